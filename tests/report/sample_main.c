/* report_sample FOLDER [CASES]: the results that the report's tests look at, or that many. */
#include <stdio.h>
#include <stdlib.h>

#include "sample.h"

int main(int argc, char **argv) {
    if (argc == 2)
        return sample_write(argv[1]) ? 0 : 1;
    if (argc == 3)
        return sample_write_many(argv[1], strtoul(argv[2], NULL, 10)) ? 0 : 1;
    fprintf(stderr, "usage: report_sample FOLDER [CASES]\n");
    return 2;
}
