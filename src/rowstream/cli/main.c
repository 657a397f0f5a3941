#include "rowstream/cli/cli.h"
#include "rowstream/core/rowstream.h"

int main(int argc, char **argv) {
    rowstream_setup();
    int status = cli_main(argc, argv);
    rowstream_cleanup();
    return status;
}
