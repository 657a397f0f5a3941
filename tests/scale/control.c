/* What heapgate's verbs must not do: scale_control whole FILE reads a file as a whole, and
 * scale_control all FOLDER all results of a folder, before the first is looked at. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "result/result.h"

static bool read_whole(const char *path, struct error *error) {
    struct buffer text = BUFFER_INIT(1 << 30);
    bool read = file_read(path, &text, error);
    buffer_fini(&text);
    return read;
}

static bool read_all(const char *folder, struct error *error) {
    struct result_list list;
    bool read = result_list_read(folder, &list, error);
    if (read)
        result_list_free(&list);
    return read;
}

int main(int argc, char **argv) {
    struct error error = {.set = false};
    bool whole = argc == 3 && strcmp(argv[1], "whole") == 0;
    if (!whole && (argc != 3 || strcmp(argv[1], "all") != 0)) {
        fprintf(stderr, "usage: scale_control whole FILE | all FOLDER\n");
        return 2;
    }
    if (whole ? read_whole(argv[2], &error) : read_all(argv[2], &error))
        return 0;
    fprintf(stderr, "scale_control: %s\n", error.text);
    return 1;
}
