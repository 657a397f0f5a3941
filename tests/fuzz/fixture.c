/* Fixtures in the format FUZZ_FORMAT: every record that is handed over is whole. */
#include <string.h>

#include "fuzz.h"
#include "rowstream/format/reader.h"

/* Touches all of a value, so that a sanitizer sees what of it is not there. */
static void touch(const struct record_value *value) {
    volatile char last;
    for (size_t i = 0; value->text != NULL && i <= value->length; i++)
        last = value->text[i];
    FUZZ_ASSERT(value->text == NULL || last == '\0');
}

static enum rowstream_status take(void *context, struct record *record, struct error *error) {
    uint64_t *last = context;
    (void)error;
    FUZZ_ASSERT(record->number > *last && record->line > 0);
    *last = record->number;
    touch(&record->model);
    touch(&record->key);
    for (size_t i = 0; i < record->field_count; i++) {
        const struct record_field *field = &record->fields[i];
        FUZZ_ASSERT(strlen(field->name) < 1 << 20);
        touch(&field->value);
        if (field->value.kind == RECORD_LIST)
            FUZZ_ASSERT(field->value.first + field->value.count <= record->item_count);
    }
    for (size_t i = 0; i < record->item_count; i++)
        touch(&record->items[i]);
    return ROWSTREAM_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    static bool is_set_up;
    char path[FUZZ_PATH_BYTES];
    struct error error = {0};
    struct input input;
    struct record record;
    const struct reader_format *format;
    uint64_t last = 0;
    const struct reader_target target = {take, &last};
    if (!is_set_up)
        reader_setup();
    is_set_up = true;
    FUZZ_ASSERT(reader_find(&format, FUZZ_FORMAT, "", &error) == ROWSTREAM_OK);
    fuzz_file("fixture", data, length, path);
    FUZZ_ASSERT(input_open(&input, path, &error) == ROWSTREAM_OK);
    record_init(&record);
    enum rowstream_status status = format->read(&input, &record, &target, &error);
    FUZZ_ASSERT((status == ROWSTREAM_OK) == !error.set);
    FUZZ_ASSERT(status == ROWSTREAM_OK || status == ROWSTREAM_INPUT);
    record_fini(&record);
    input_close(&input);
    return 0;
}
