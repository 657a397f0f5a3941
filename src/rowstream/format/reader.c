#include "rowstream/format/reader.h"

void reader_locate(struct error *error, uint64_t line, uint64_t record) {
    if (record > 0)
        error_prefix(error, "record %llu: ", (unsigned long long)record);
    if (line > 0)
        error_prefix(error, "line %llu: ", (unsigned long long)line);
}

enum rowstream_status reader_input_failure(const struct input *input, struct error *error) {
    error_set(error, "%s", input->error.text);
    return input->status;
}
