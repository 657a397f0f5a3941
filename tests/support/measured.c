#include "measured.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "result/file_id.h"

bool measured_program(struct result *result, const char *program) {
    struct result_identity *identity = &result->identity;
    char path[PATH_MAX], id[FILE_ID_BYTES];
    identity->run = strdup(MEASURED_RUN);
    identity->start = strdup(MEASURED_START);
    identity->host = strdup("here");
    identity->heapgate = strdup("0.1.0");
    return identity->run != NULL && identity->start != NULL && identity->host != NULL &&
           identity->heapgate != NULL && realpath(program, path) != NULL &&
           file_id_read(path, false, id, NULL) &&
           identity_add(identity, RESULT_PROGRAM, path, id, false);
}

bool measured_now(struct result *result) {
    return measured_program(result, "/proc/self/exe");
}
