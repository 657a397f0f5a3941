/* Result files: what is read, written and read again is the same text; and what is told of its
 * times can be told of anything. */
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/file.h"
#include "fuzz.h"
#include "report/notes.h"
#include "report/phase_table.h"
#include "report/snapshot_growth.h"
#include "result/result.h"

static void write_text(const struct result *result, const char *folder, struct buffer *text) {
    char path[512];
    struct error error = {0};
    FUZZ_ASSERT(result_write(result, folder, &error));
    snprintf(path, sizeof path, "%s/%s.json", folder, result->case_key);
    FUZZ_ASSERT(file_read(path, text, &error));
    struct result *again = NULL;
    FUZZ_ASSERT(result_read(path, folder, &again, &error));
    result_free(again);
}

static void tell(const struct result *result) {
    struct buffer text = BUFFER_INIT(1 << 28);
    struct writer writer = {.buffer = &text};
    report_phases(result, &writer);
    report_not_returned(result, &writer);
    report_snapshot_growth(result, &writer);
    report_outside(result, &writer);
    FUZZ_ASSERT(!writer.failed);
    buffer_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char path[FUZZ_PATH_BYTES], folder[FUZZ_PATH_BYTES];
    struct error error = {0};
    struct result *result = NULL, *again = NULL;
    struct buffer text[2] = {BUFFER_INIT(1 << 28), BUFFER_INIT(1 << 28)};
    fuzz_file("result.json", data, length, path);
    if (!result_read(path, NULL, &result, &error)) {
        FUZZ_ASSERT(error.set && strstr(error.text, path) == error.text);
        return 0;
    }
    tell(result);
    snprintf(folder, sizeof folder, "%s/r", fuzz_folder());
    write_text(result, folder, &text[0]);
    char written[512];
    snprintf(written, sizeof written, "%s/%s.json", folder, result->case_key);
    FUZZ_ASSERT(result_read(written, folder, &again, &error));
    write_text(again, folder, &text[1]);
    FUZZ_ASSERT(text[0].length == text[1].length &&
                memcmp(text[0].bytes, text[1].bytes, text[0].length) == 0);
    FUZZ_ASSERT(file_remove_tree(folder, &error));
    for (int i = 0; i < 2; i++)
        buffer_fini(&text[i]);
    result_free(result);
    result_free(again);
    return 0;
}
