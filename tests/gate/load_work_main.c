#include "load_work.h"

#include <stddef.h>

int main(int argc, char **argv) {
    return load_work_main(argc, argv, NULL);
}
