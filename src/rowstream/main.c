#include "rowstream/cli.h"
#include "rowstream/rowstream.h"

int main(int argc, char **argv) {
    int status = cli_main(argc, argv);
    rowstream_cleanup();
    return status;
}
