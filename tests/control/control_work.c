/* The gate's work with a fault: control_work FAULT CASE DATABASE-FOLDER OUTPUT [ROWS] */
#include <stdio.h>

#include "faults.h"

int main(int argc, char **argv) {
    const struct work_fault *fault = argc == 5 || argc == 6 ? fault_find(argv[1]) : NULL;
    if (fault == NULL) {
        fprintf(stderr, "usage: control_work FAULT CASE DATABASE-FOLDER OUTPUT [ROWS]\n");
        return 2;
    }
    return work_main(argc - 1, argv + 1, fault);
}
