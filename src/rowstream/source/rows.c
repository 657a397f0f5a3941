#include "rowstream/source/rows.h"

#include <stdlib.h>
#include <string.h>

/* One row's cells, and behind them the bytes they point to. */
struct rows_copy {
    struct rows_copy *next;
    struct cell cells[];
};

static bool has_bytes(const struct cell *cell) {
    return cell->kind == CELL_TEXT || cell->kind == CELL_BLOB;
}

static struct rows_copy *copy_row(const struct cell *cells, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += has_bytes(&cells[i]) ? cells[i].length + 1 : 0;
    struct rows_copy *copy = malloc(sizeof *copy + count * sizeof *cells + bytes);
    if (copy == NULL)
        return NULL;
    copy->next = NULL;
    char *at = (char *)(copy->cells + count);
    for (size_t i = 0; i < count; i++) {
        copy->cells[i] = cells[i];
        if (!has_bytes(&cells[i]))
            continue;
        if (cells[i].length > 0)
            memcpy(at, cells[i].bytes, cells[i].length);
        at[cells[i].length] = '\0';
        copy->cells[i].bytes = at;
        at += cells[i].length + 1;
    }
    return copy;
}

static enum rowstream_status copy_all(struct rows *rows, struct error *error) {
    const struct source_driver *driver = rows->source->driver;
    struct rows_copy **end = &rows->first;
    for (uint64_t count = 0;; count++) {
        const struct cell *cells;
        enum rowstream_status status = driver->next(rows->cursor, &cells, error);
        if (status != ROWSTREAM_OK || cells == NULL)
            return status;
        *end = copy_row(cells, rows->cursor->column_count);
        if (*end == NULL) {
            error_set(error, "out of memory after %llu buffered rows", (unsigned long long)count);
            return ROWSTREAM_MEMORY;
        }
        end = &(*end)->next;
    }
}

enum rowstream_status rows_open(struct rows *rows, struct source *source,
                                const struct selection *selection, const char *fetch,
                                struct error *error) {
    *rows = (struct rows){.source = source, .buffered = true};
    const char *native = source->driver->fetches[0];
    for (const char *const *at = source->driver->fetches; *at != NULL; at++) {
        if (strcmp(*at, fetch) == 0) {
            native = *at;
            rows->buffered = false;
        }
    }
    enum rowstream_status status =
        source->driver->select(source, selection, native, &rows->cursor, error);
    if (status == ROWSTREAM_OK && rows->buffered)
        status = copy_all(rows, error);
    if (status != ROWSTREAM_OK)
        rows_close(rows);
    return status;
}

enum rowstream_status rows_next(struct rows *rows, const struct cell **cells,
                                struct error *error) {
    if (!rows->buffered)
        return rows->source->driver->next(rows->cursor, cells, error);
    rows->current = rows->current == NULL ? rows->first : rows->current->next;
    *cells = rows->current == NULL ? NULL : rows->current->cells;
    return ROWSTREAM_OK;
}

void rows_close(struct rows *rows) {
    while (rows->first != NULL) {
        struct rows_copy *next = rows->first->next;
        free(rows->first);
        rows->first = next;
    }
    if (rows->cursor != NULL)
        rows->source->driver->finish(rows->cursor);
    *rows = (struct rows){.source = NULL};
}
