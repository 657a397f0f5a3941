/* Rows from a source into a document: the pipeline, which knows neither by name. */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "rowstream/core/progress.h"
#include "rowstream/database/rows.h"
#include "rowstream/database/url.h"
#include "rowstream/format/document.h"
#include "rowstream/format/reader.h"

enum { PROGRESS_ROWS = 1024, INDENT_MAXIMUM = 9, CHUNK_ROWS = 2000 };

struct dump {
    const struct rowstream_dump_options *options;
    const char *fetch;
    size_t chunk_rows;
    struct source *source;
    const struct document_format *format;
    struct document *document;
    struct output output;
    struct value_scratch scratch;
    struct rowstream_counts counts;
};

/* One table, or the query, on its way through. */
struct part {
    const char *name; /* for messages: the table's; "query" */
    bool query;
    char *model;                  /* owned */
    struct table table;           /* owned; not for a query */
    const struct column **fields; /* owned array, in the order of writing */
    size_t *cells;                /* owned: the cell of each field */
    size_t field_count;
    const struct column *key; /* NULL: without primary key */
    size_t key_cell;
    struct rows rows;
};

static enum rowstream_status no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static enum rowstream_status usage(struct error *error, const char *message) {
    error_set(error, "%s", message);
    return ROWSTREAM_USAGE;
}

static enum rowstream_status check_options(const struct rowstream_dump_options *options,
                                           struct error *error) {
    if (options->url == NULL)
        return usage(error, "the URL of a database is missing");
    if (options->format == NULL)
        return usage(error, "a format is missing: accepted are \"json\", \"xml\", \"yaml\"");
    if (options->query != NULL && options->table_count > 0)
        return usage(error, "a query and a table exclude each other");
    if (options->query != NULL && options->model == NULL)
        return usage(error, "a query needs a model, such as app.name");
    if (options->model != NULL && options->query == NULL && options->table_count != 1)
        return usage(error, "a model needs a query or exactly one table");
    if (options->column_count > 0 && options->query == NULL && options->table_count != 1)
        return usage(error, "columns need a query or exactly one table");
    if (options->indent > INDENT_MAXIMUM)
        return usage(error, "the indent is too large: accepted are 0 to 9");
    if (options->model == NULL)
        return ROWSTREAM_OK;
    const char *dot = strchr(options->model, '.');
    if (dot == NULL || dot == options->model || dot[1] == '\0') {
        error_set(error, "\"%s\" is not a model: expected app.name", options->model);
        return ROWSTREAM_USAGE;
    }
    return ROWSTREAM_OK;
}

static enum rowstream_status choose_model(struct part *part, const char *given,
                                          struct error *error) {
    part->model = strdup(given != NULL ? given : part->name);
    if (part->model == NULL)
        return no_memory(error);
    if (given != NULL)
        return ROWSTREAM_OK;
    char *underscore = strchr(part->model, '_');
    if (underscore == NULL || underscore == part->model || underscore[1] == '\0') {
        error_set(error, "the name does not tell a model, as app_name would: give one");
        return ROWSTREAM_USAGE;
    }
    *underscore = '.';
    return ROWSTREAM_OK;
}

static const struct column *find_column(const struct column *columns, size_t count,
                                        const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

static enum rowstream_status choose_key(struct part *part, const struct column *columns,
                                        size_t count, struct error *error) {
    if (part->query) {
        part->key = find_column(columns, count, "pk");
        if (part->key == NULL)
            part->key = find_column(columns, count, "id");
        return ROWSTREAM_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (!columns[i].key)
            continue;
        if (part->key != NULL) {
            error_set(error,
                      "the primary key has several columns (\"%s\", \"%s\"), which a "
                      "fixture cannot hold",
                      part->key->name, columns[i].name);
            return ROWSTREAM_SOURCE;
        }
        part->key = &columns[i];
    }
    return ROWSTREAM_OK;
}

/* A fixture's names are text too, and a field of which there are two would be lost. */
static enum rowstream_status check_names(const struct part *part, struct error *error) {
    if (utf8_check(part->model, strlen(part->model)) != strlen(part->model)) {
        error_set(error, "the name is not valid UTF-8");
        return ROWSTREAM_DATA;
    }
    for (size_t i = 0; i < part->field_count; i++) {
        const char *name = part->fields[i]->name;
        if (utf8_check(name, strlen(name)) != strlen(name)) {
            error_set(error, "the name of column %zu is not valid UTF-8", i + 1);
            return ROWSTREAM_DATA;
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(part->fields[j]->name, name) == 0) {
                error_set(error, "there are two columns \"%s\"", name);
                return ROWSTREAM_SOURCE;
            }
        }
    }
    return ROWSTREAM_OK;
}

static enum rowstream_status choose_fields(struct part *part, const struct column *columns,
                                           size_t count,
                                           const struct rowstream_dump_options *options,
                                           struct error *error) {
    enum rowstream_status status = choose_key(part, columns, count, error);
    if (status != ROWSTREAM_OK)
        return status;
    size_t most = options->column_count > 0 ? options->column_count : count;
    part->fields = calloc(most + 1, sizeof(const struct column *)); /* one more: the key */
    part->cells = calloc(most + 1, sizeof *part->cells);
    if (part->fields == NULL || part->cells == NULL)
        return no_memory(error);
    for (size_t i = 0; i < most; i++) {
        const struct column *column = &columns[i];
        if (options->column_count > 0)
            column = find_column(columns, count, options->columns[i]);
        if (column == NULL) {
            char text[NAMES_TEXT_BYTES];
            error_set(error, "no column \"%s\": the columns are %s", options->columns[i],
                      names_list(&columns[0].name, count, sizeof columns[0], text));
            return ROWSTREAM_SOURCE;
        }
        if (column != part->key)
            part->fields[part->field_count++] = column;
    }
    return check_names(part, error);
}

/* Opens the rows of a table, of which only the columns that are written are fetched. */
static enum rowstream_status open_table(struct dump *dump, struct part *part, struct error *error) {
    enum rowstream_status status =
        dump->source->driver->describe(dump->source, part->name, &part->table, error);
    if (status != ROWSTREAM_OK)
        return status;
    part->name = part->table.name;
    status = choose_model(part, dump->options->model, error);
    if (status == ROWSTREAM_OK)
        status = choose_fields(part, part->table.columns, part->table.column_count, dump->options,
                               error);
    if (status != ROWSTREAM_OK)
        goto out;
    for (size_t i = 0; i < part->field_count; i++)
        part->cells[i] = i;
    part->key_cell = part->field_count;
    part->fields[part->field_count] = part->key;
    struct selection selection = {.table = part->name,
                                  .columns = part->fields,
                                  .column_count = part->field_count + (part->key != NULL),
                                  .chunk_rows = dump->chunk_rows,
                                  .key = part->key};
    status = rows_open(&part->rows, dump->source, &selection, dump->fetch, error);
out:
    if (status != ROWSTREAM_OK)
        error_prefix(error, "table \"%s\": ", part->name);
    return status;
}

static enum rowstream_status open_query(struct dump *dump, struct part *part, struct error *error) {
    struct selection selection = {.query = dump->options->query, .chunk_rows = dump->chunk_rows};
    enum rowstream_status status =
        rows_open(&part->rows, dump->source, &selection, dump->fetch, error);
    if (status != ROWSTREAM_OK)
        goto out;
    const struct cursor *cursor = part->rows.cursor;
    status = choose_model(part, dump->options->model, error);
    if (status == ROWSTREAM_OK)
        status = choose_fields(part, cursor->columns, cursor->column_count, dump->options, error);
    for (size_t i = 0; i < part->field_count; i++)
        part->cells[i] = (size_t)(part->fields[i] - cursor->columns);
    if (part->key != NULL)
        part->key_cell = (size_t)(part->key - cursor->columns);
out:
    if (status != ROWSTREAM_OK)
        error_prefix(error, "query: ");
    return status;
}

/* Puts in front of an error which value it is about. The key is what finds the row again; the
 * number is there where a key is not. */
static void locate(const struct part *part, const struct cell *cells, uint64_t row,
                   const char *column, struct error *error) {
    char key[96] = "";
    const struct cell *cell = part->key == NULL ? NULL : &cells[part->key_cell];
    if (cell != NULL && cell->kind == CELL_INTEGER)
        snprintf(key, sizeof key, " (%s %lld)", part->key->name, (long long)cell->integer);
    else if (cell != NULL && cell->kind == CELL_TEXT && column != part->key->name)
        snprintf(key, sizeof key, " (%s \"%.60s\")", part->key->name, cell->bytes);
    if (column != NULL)
        error_prefix(error, "column \"%s\": ", column);
    error_prefix(error, "row %llu%s%s", (unsigned long long)row, key, column != NULL ? ", " : ": ");
}

static enum rowstream_status write_row(struct dump *dump, const struct part *part,
                                       const struct cell *cells, const char **column,
                                       struct error *error) {
    static const struct cell null = {.kind = CELL_NULL};
    static const struct column_type any = {.kind = COLUMN_ANY};
    const struct document_format *format = dump->format;
    struct value value;
    *column = part->key == NULL ? NULL : part->key->name;
    enum rowstream_status status =
        value_from_cell(&value, part->key == NULL ? &null : &cells[part->key_cell],
                        part->key == NULL ? &any : &part->key->type, &dump->scratch, error);
    if (status == ROWSTREAM_OK)
        status = format->row(dump->document, &value, error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < part->field_count; i++) {
        *column = part->fields[i]->name;
        status = value_from_cell(&value, &cells[part->cells[i]], &part->fields[i]->type,
                                 &dump->scratch, error);
        if (status == ROWSTREAM_OK)
            status = format->field(dump->document, i, &value, error);
    }
    if (status == ROWSTREAM_OK)
        status = format->row_end(dump->document, error);
    return status;
}

static enum rowstream_status write_rows(struct dump *dump, struct part *part, struct error *error) {
    const struct rowstream_progress *progress = &dump->options->progress;
    struct document_table table = {part->model, part->fields, part->field_count};
    enum rowstream_status status = dump->format->table(dump->document, &table, error);
    dump->counts.tables++;
    if (status == ROWSTREAM_DATA)
        error_prefix(error, "a name: ");
    for (uint64_t row = 1; status == ROWSTREAM_OK; row++) {
        const struct cell *cells;
        const char *column = NULL;
        status = rows_next(&part->rows, &cells, error);
        if (status == ROWSTREAM_OK && cells == NULL)
            break;
        if (status == ROWSTREAM_OK) {
            status = write_row(dump, part, cells, &column, error);
            if (status == ROWSTREAM_DATA || status == ROWSTREAM_MEMORY)
                locate(part, cells, row, column, error);
        } else {
            error_prefix(error, "row %llu: ", (unsigned long long)row);
        }
        if (status == ROWSTREAM_OK && ++dump->counts.rows % PROGRESS_ROWS == 0 &&
            progress->report != NULL)
            progress->report(progress->context, dump->counts.rows, 0);
    }
    /* Not about the output: that has its own name in its message. */
    if (status != ROWSTREAM_OK && status != ROWSTREAM_OUTPUT) {
        if (part->query)
            error_prefix(error, "query, ");
        else
            error_prefix(error, "table \"%s\", ", part->name);
    }
    return status;
}

static enum rowstream_status dump_part(struct dump *dump, const char *table, struct error *error) {
    struct part part = {.name = table, .query = table == NULL};
    progress_begin_stage(&dump->options->progress, "query");
    enum rowstream_status status =
        part.query ? open_query(dump, &part, error) : open_table(dump, &part, error);
    progress_begin_stage(&dump->options->progress, "rows");
    if (status == ROWSTREAM_OK)
        status = write_rows(dump, &part, error);
    rows_close(&part.rows);
    table_fini(&part.table);
    free(part.fields);
    free(part.cells);
    free(part.model);
    return status;
}

static enum rowstream_status dump_parts(struct dump *dump, struct error *error) {
    const struct rowstream_dump_options *options = dump->options;
    struct names all = {NULL, 0};
    const char *const *tables = options->tables;
    size_t count = options->table_count;
    enum rowstream_status status = ROWSTREAM_OK;
    if (options->query != NULL)
        return dump_part(dump, NULL, error);
    if (count == 0) {
        status = dump->source->driver->tables(dump->source, &all, error);
        tables = (const char *const *)all.list;
        count = all.count;
        if (status == ROWSTREAM_OK && count == 0) {
            char shown[URL_TEXT_BYTES];
            error_set(error, "%s: there is no table", url_shown(options->url, shown));
            status = ROWSTREAM_SOURCE;
        }
    }
    for (size_t i = 0; status == ROWSTREAM_OK && i < count; i++)
        status = dump_part(dump, tables[i], error);
    names_fini(&all);
    return status;
}

void rowstream_setup(void) {
    source_setup();
    document_setup();
    reader_setup();
}

void rowstream_cleanup(void) {
    source_cleanup();
    reader_cleanup();
    document_cleanup();
}

enum rowstream_status rowstream_dump(const struct rowstream_dump_options *options,
                                     const struct rowstream_output *output,
                                     struct rowstream_counts *counts, struct error *error) {
    struct dump dump = {.options = options,
                        .fetch = options->fetch != NULL ? options->fetch : "stream",
                        .chunk_rows = options->chunk > 0 ? options->chunk : CHUNK_ROWS};
    struct document_options document = {.indent = options->indent};
    value_scratch_init(&dump.scratch);
    output_init(&dump.output, output);
    enum rowstream_status status = check_options(options, error);
    if (status == ROWSTREAM_OK)
        status = document_find(&dump.format, options->format, error);
    if (status == ROWSTREAM_OK)
        status = document_find_mode(
            &document.tree, options->document != NULL ? options->document : "stream", error);
    progress_begin_stage(&options->progress, "connect");
    if (status == ROWSTREAM_OK)
        status = source_open(&dump.source, options->url, SOURCE_READ, error);
    if (status == ROWSTREAM_OK)
        status = source_check_fetch(dump.source, dump.fetch, error);
    if (status != ROWSTREAM_OK)
        goto out;
    status = dump.format->open(&dump.document, &document, &dump.output, error);
    if (status == ROWSTREAM_OK)
        status = dump_parts(&dump, error);
    progress_begin_stage(&options->progress, "finish");
    if (status == ROWSTREAM_OK)
        status = dump.format->close(dump.document, error);
    if (status == ROWSTREAM_OK && !output_flush(&dump.output))
        status = output_failure(&dump.output, error);
    if (status == ROWSTREAM_OK && options->progress.report != NULL)
        options->progress.report(options->progress.context, dump.counts.rows, dump.counts.rows);
    dump.counts.bytes = dump.output.total_bytes;
out:
    if (dump.format != NULL)
        dump.format->free(dump.document);
    source_close(dump.source);
    value_scratch_fini(&dump.scratch);
    output_fini(&dump.output);
    if (counts != NULL)
        *counts = dump.counts;
    return status;
}
