#include "rowstream/database/rows.h"

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

/* Starts the page behind the key that was kept last. */
static enum rowstream_status open_page(struct rows *rows, struct error *error) {
    const struct source_driver *driver = rows->source->driver;
    if (rows->cursor != NULL)
        driver->finish(rows->cursor);
    rows->cursor = NULL;
    rows->page_at = 0;
    rows->selection.after = rows->last_key == NULL ? NULL : rows->last_key->cells;
    return driver->select(rows->source, &rows->selection, driver->fetches[0], &rows->cursor, error);
}

static enum rowstream_status open_pages(struct rows *rows, struct error *error) {
    struct selection *selection = &rows->selection;
    if (selection->table == NULL || selection->key == NULL) {
        error_set(error, "the fetch mode \"keyset\" needs a table with a primary key");
        return ROWSTREAM_SOURCE;
    }
    selection->page_rows = selection->chunk_rows;
    while (selection->columns[rows->key_cell] != selection->key)
        rows->key_cell++;
    return open_page(rows, error);
}

static enum rowstream_status next_of_pages(struct rows *rows, const struct cell **cells,
                                           struct error *error) {
    const struct source_driver *driver = rows->source->driver;
    enum rowstream_status status = driver->next(rows->cursor, cells, error);
    if (status == ROWSTREAM_OK && *cells == NULL && rows->page_at == rows->selection.page_rows) {
        status = open_page(rows, error);
        if (status == ROWSTREAM_OK)
            status = driver->next(rows->cursor, cells, error);
    }
    if (status != ROWSTREAM_OK || *cells == NULL)
        return status;
    const struct cell *key = &(*cells)[rows->key_cell];
    if (key->kind == CELL_NULL) {
        error_set(error, "the primary key is NULL, behind which the fetch mode \"keyset\" "
                         "finds no page");
        return ROWSTREAM_SOURCE;
    }
    if (++rows->page_at < rows->selection.page_rows)
        return ROWSTREAM_OK;
    free(rows->last_key);
    rows->last_key = copy_row(key, 1);
    if (rows->last_key != NULL)
        return ROWSTREAM_OK;
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

/* The driver's own mode of that name, or NULL. */
static const char *find_native(const struct source_driver *driver, const char *fetch) {
    for (const char *const *at = driver->fetches; *at != NULL; at++)
        if (strcmp(*at, fetch) == 0)
            return *at;
    return NULL;
}

enum rowstream_status rows_open(struct rows *rows, struct source *source,
                                const struct selection *selection, const char *fetch,
                                struct error *error) {
    *rows = (struct rows){.source = source, .selection = *selection};
    const char *native = find_native(source->driver, fetch);
    enum rowstream_status status;
    if (native == NULL && strcmp(fetch, "keyset") == 0) {
        status = open_pages(rows, error);
    } else {
        rows->buffered = native == NULL;
        status = source->driver->select(source, selection,
                                        native != NULL ? native : source->driver->fetches[0],
                                        &rows->cursor, error);
    }
    if (status == ROWSTREAM_OK && rows->buffered)
        status = copy_all(rows, error);
    if (status != ROWSTREAM_OK)
        rows_close(rows);
    return status;
}

enum rowstream_status rows_next(struct rows *rows, const struct cell **cells, struct error *error) {
    if (rows->selection.page_rows > 0)
        return next_of_pages(rows, cells, error);
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
    free(rows->last_key);
    *rows = (struct rows){.source = NULL};
}
