#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/heapgate-fuzz.XXXXXX";

static void remove_folder(void) {
    file_remove_tree(folder, NULL);
}

const char *fuzz_folder(void) {
    if (strcmp(folder + sizeof folder - 7, "XXXXXX") == 0) {
        FUZZ_ASSERT(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    return folder;
}

const char *fuzz_file(const char *name, const uint8_t *data, size_t length,
                      char path[FUZZ_PATH_BYTES]) {
    snprintf(path, FUZZ_PATH_BYTES, "%s/%s", fuzz_folder(), name);
    FILE *file = fopen(path, "w");
    FUZZ_ASSERT(file != NULL);
    FUZZ_ASSERT(fwrite(data, 1, length, file) == length);
    FUZZ_ASSERT(fclose(file) == 0);
    return path;
}
