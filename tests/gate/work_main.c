#include "work.h"

int main(int argc, char **argv) {
    return work_main(argc, argv, NULL);
}
