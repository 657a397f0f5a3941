#include "rowstream/database/sink.h"

enum rowstream_status sink_flush(struct sink *sink, struct error *error) {
    return sink->driver->flush == NULL ? ROWSTREAM_OK : sink->driver->flush(sink, error);
}

const struct column *sink_single_key(const struct table *table) {
    const struct column *key = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        if (key != NULL)
            return NULL;
        key = &table->columns[i];
    }
    return key;
}

void sink_table_aim(struct sink_table *table, const struct column *const *columns, size_t count) {
    table->column_count = table->key_cell = count;
    for (size_t i = 0; i < count; i++)
        if (columns[i] == table->key)
            table->key_cell = i;
}

void sink_close(struct sink *sink) {
    if (sink != NULL)
        sink->driver->close(sink);
}
