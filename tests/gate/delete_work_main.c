#include "delete_work.h"

#include <stddef.h>

int main(int argc, char **argv) {
    return delete_work_main(argc, argv, NULL);
}
