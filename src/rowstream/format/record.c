#include "rowstream/format/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void record_init(struct record *record) {
    *record = (struct record){.texts = BUFFER_INIT(ROWSTREAM_RECORD_BYTES_MAXIMUM)};
}

void record_fini(struct record *record) {
    buffer_fini(&record->texts);
    free(record->fields);
    free(record->items);
    record_init(record);
}

void record_clear(struct record *record, uint64_t line) {
    record->number++;
    record->line = line;
    record->model = record->key = (struct record_value){.kind = RECORD_NULL};
    record->has_fields = false;
    record->field_count = 0;
    record->item_count = 0;
    buffer_clear(&record->texts);
}

enum rowstream_status record_no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

enum rowstream_status record_too_large(struct error *error) {
    error_set(error, "the record is larger than %d MiB", ROWSTREAM_RECORD_BYTES_MAXIMUM >> 20);
    return ROWSTREAM_INPUT;
}

enum rowstream_status record_too_deep(struct error *error) {
    error_set(error, "lists or objects within each other more than %d deep", RECORD_DEPTH_MAXIMUM);
    return ROWSTREAM_INPUT;
}

enum rowstream_status record_append(struct record *record, struct record_value *value,
                                    const char *bytes, size_t length, struct error *error) {
    if (!buffer_append(&record->texts, bytes, length))
        return errno == EFBIG ? record_too_large(error) : record_no_memory(error);
    value->length += length;
    return ROWSTREAM_OK;
}

enum rowstream_status record_text(struct record *record, struct record_value *value,
                                  const char *bytes, size_t length, struct error *error) {
    /* The text before keeps the NUL that follows it, also when it is empty. */
    if (!buffer_append(&record->texts, "", 1))
        return errno == EFBIG ? record_too_large(error) : record_no_memory(error);
    *value = (struct record_value){.kind = RECORD_TEXT, .offset = record->texts.length};
    return record_append(record, value, bytes, length, error);
}

/* Makes room for one more; false when memory is out. */
static bool grow(void **array, size_t *room, size_t count, size_t bytes) {
    if (count < *room)
        return true;
    size_t more = *room == 0 ? 16 : *room * 2;
    void *grown = realloc(*array, more * bytes);
    if (grown == NULL)
        return false;
    *array = grown;
    *room = more;
    return true;
}

enum rowstream_status record_field(struct record *record, const char *name, size_t length,
                                   struct record_field **field, struct error *error) {
    struct record_value text;
    if (record->field_count == RECORD_FIELDS_MAXIMUM) {
        error_set(error, "the record has more than %d fields", RECORD_FIELDS_MAXIMUM);
        return ROWSTREAM_INPUT;
    }
    void *fields = record->fields;
    if (!grow(&fields, &record->field_room, record->field_count, sizeof *record->fields))
        return record_no_memory(error);
    record->fields = fields;
    enum rowstream_status status = record_text(record, &text, name, length, error);
    if (status != ROWSTREAM_OK)
        return status;
    *field = &record->fields[record->field_count++];
    **field = (struct record_field){.name_offset = text.offset};
    return ROWSTREAM_OK;
}

void record_list(struct record *record, struct record_value *value) {
    *value = (struct record_value){.kind = RECORD_LIST, .first = record->item_count};
}

enum rowstream_status record_item(struct record *record, struct record_value *list,
                                  struct record_value **item, struct error *error) {
    if (record->item_count == RECORD_ITEMS_MAXIMUM) {
        error_set(error, "the lists of the record have more than %d items", RECORD_ITEMS_MAXIMUM);
        return ROWSTREAM_INPUT;
    }
    void *items = record->items;
    if (!grow(&items, &record->item_room, record->item_count, sizeof *record->items))
        return record_no_memory(error);
    record->items = items;
    *item = &record->items[record->item_count++];
    **item = (struct record_value){.kind = RECORD_NULL};
    list->count++;
    return ROWSTREAM_OK;
}

static void place(const struct record *record, struct record_value *value) {
    if (value->kind == RECORD_TEXT || value->kind == RECORD_AMBIGUOUS)
        value->text = record->texts.bytes + value->offset;
}

enum rowstream_status record_end(struct record *record, struct error *error) {
    place(record, &record->model);
    place(record, &record->key);
    for (size_t i = 0; i < record->field_count; i++) {
        record->fields[i].name = record->texts.bytes + record->fields[i].name_offset;
        place(record, &record->fields[i].value);
    }
    for (size_t i = 0; i < record->item_count; i++)
        place(record, &record->items[i]);
    if (record->model.kind != RECORD_TEXT || !record->has_fields) {
        error_set(error, "no record of a fixture: it has no %s",
                  record->has_fields ? "model" : "fields");
        return ROWSTREAM_INPUT;
    }
    return ROWSTREAM_OK;
}
