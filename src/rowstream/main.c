#include "rowstream/cli.h"
#include "rowstream/rowstream.h"

int main(int argc, char **argv) {
    rowstream_setup();
    int status = cli_main(argc, argv);
    rowstream_cleanup();
    return status;
}
