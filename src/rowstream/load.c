/* Fixtures into a database: the pipeline, which knows neither format nor database by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/column_map.h"
#include "rowstream/core/progress.h"
#include "rowstream/database/sink.h"
#include "rowstream/database/url.h"
#include "rowstream/format/reader.h"

enum { PROGRESS_ROWS = 1024, DELETE_CHUNK_ROWS = 2000, PLANS_MAXIMUM = 1000 };

/* Where a record is from, and its key as messages show it. */
struct origin {
    uint64_t number, line;
    const char *model;
    char key[96];
};

struct load {
    const struct rowstream_load_options *options;
    struct sink *sink;
    struct column_map **plans; /* of this file's models; a hash is not worth it: see find_plan */
    size_t column_map_count;
    struct column_map *last;
    uint64_t record;                          /* of all files, from 1 */
    struct origin origins[SINK_HELD_RECORDS]; /* of the last records, each in its turn */
    struct rowstream_counts counts;
};

static enum rowstream_status usage(struct error *error, const char *message) {
    error_set(error, "%s", message);
    return ROWSTREAM_USAGE;
}

/* Notes where a record is from, for as long as rows of it may be held back. `model` lasts. */
static void note_origin(struct load *load, const struct record *record) {
    struct origin *origin = &load->origins[++load->record % SINK_HELD_RECORDS];
    load->sink->place = (struct sink_place){.record = load->record};
    load->sink->failed = (struct sink_place){.record = 0};
    *origin = (struct origin){record->number, record->line, record->model.text, ""};
    if (record->key.kind == RECORD_INTEGER)
        snprintf(origin->key, sizeof origin->key, " %lld", (long long)record->key.integer);
    else if (record->key.kind == RECORD_TEXT)
        snprintf(origin->key, sizeof origin->key, " \"%.60s\"", record->key.text);
}

/* Puts in front of an error which record it is about: what the sink says has failed, or else this
 * place. */
static void locate(const struct load *load, struct sink_place place, struct error *error) {
    if (load->sink->failed.record > 0)
        place = load->sink->failed;
    const struct origin *origin = &load->origins[place.record % SINK_HELD_RECORDS];
    if (place.field != NULL)
        error_prefix(error, "field \"%.80s\": ", place.field);
    error_prefix(error, "record %llu (%.80s%s)%s", (unsigned long long)origin->number,
                 origin->model, origin->key, place.field != NULL ? ", " : ": ");
    error_prefix(error, "line %llu: ",
                 (unsigned long long)(place.field != NULL && place.field_line > 0 ? place.field_line
                                                                                  : origin->line));
}

static void forget_plans(struct load *load) {
    for (size_t i = 0; i < load->column_map_count; i++)
        column_map_free(load->plans[i]);
    load->column_map_count = 0;
    load->last = NULL;
}

/* Fixtures have their records sorted by model, so that the last one is nearly always it. */
static enum rowstream_status find_plan(struct load *load, const struct record *record,
                                       struct error *error) {
    if (load->last != NULL && column_map_is_for(load->last, record))
        return ROWSTREAM_OK;
    for (size_t i = 0; i < load->column_map_count; i++) {
        if (column_map_is_for(load->plans[i], record)) {
            load->last = load->plans[i];
            return ROWSTREAM_OK;
        }
    }
    if (load->column_map_count == PLANS_MAXIMUM) {
        error_set(error, "more than %d models in one file", PLANS_MAXIMUM);
        return ROWSTREAM_INPUT;
    }
    struct column_map **more = realloc(load->plans, (load->column_map_count + 1) * sizeof *more);
    if (more == NULL)
        return record_no_memory(error);
    load->plans = more;
    enum rowstream_status status = column_map_new(&load->last, load->sink, record, error);
    if (status == ROWSTREAM_OK) {
        load->plans[load->column_map_count++] = load->last;
        load->counts.tables++;
    }
    return status;
}

static enum rowstream_status take_record(void *context, struct record *record,
                                         struct error *error) {
    struct load *load = context;
    const struct rowstream_progress *progress = &load->options->progress;
    const struct record_field *field = NULL;
    note_origin(load, record);
    enum rowstream_status status = find_plan(load, record, error);
    if (status == ROWSTREAM_OK) {
        load->origins[load->record % SINK_HELD_RECORDS].model = column_map_model(load->last);
        status = column_map_put(load->last, record, &field, error);
    }
    if (status != ROWSTREAM_OK) {
        struct sink_place place = {.record = load->record};
        if (field != NULL) {
            place.field = field->name;
            place.field_line = field->line;
        }
        locate(load, place, error);
        return status;
    }
    if (++load->counts.rows % PROGRESS_ROWS == 0 && progress->report != NULL)
        progress->report(progress->context, load->counts.rows, 0);
    return ROWSTREAM_OK;
}

/* Waits for the rows that are held back. When one of them fails, that came before whatever ended
 * the file, and is its error. */
static enum rowstream_status settle(struct load *load, enum rowstream_status status,
                                    struct error *error) {
    struct error earlier = {.set = false};
    load->sink->failed = (struct sink_place){.record = 0};
    enum rowstream_status flushed = sink_flush(load->sink, &earlier);
    if (flushed == ROWSTREAM_OK)
        return status;
    locate(load, load->sink->place, &earlier);
    if (error != NULL)
        *error = earlier;
    return flushed;
}

static enum rowstream_status load_file(struct load *load, const char *path, struct error *error) {
    const struct reader_format *format = NULL;
    struct input input = {.file = NULL};
    struct record record;
    enum rowstream_status status = reader_find(&format, load->options->format, path, error);
    if (status == ROWSTREAM_OK)
        status = input_open(&input, path, error);
    if (status != ROWSTREAM_OK)
        return status;
    record_init(&record);
    status = format->read(&input, &record, &(struct reader_target){take_record, load}, error);
    status = settle(load, status, error);
    if (status != ROWSTREAM_OK)
        error_prefix(error, "%s: ", input.name);
    forget_plans(load);
    record_fini(&record);
    input_close(&input);
    return status;
}

enum rowstream_status rowstream_load(const struct rowstream_load_options *options,
                                     struct rowstream_counts *counts, struct error *error) {
    struct load load = {.options = options};
    const struct reader_format *format;
    char shown[URL_TEXT_BYTES];
    enum rowstream_status status = ROWSTREAM_OK;
    if (options->url == NULL)
        return usage(error, "the URL of a database is missing");
    if (options->file_count == 0)
        return usage(error, "a file is missing: the fixture to load, or - for standard input");
    for (size_t i = 0; status == ROWSTREAM_OK && i < options->file_count; i++)
        status = reader_find(&format, options->format, options->files[i], error);
    progress_begin_stage(&options->progress, "connect");
    if (status == ROWSTREAM_OK)
        status = sink_open(&load.sink, options->url, error);
    if (status != ROWSTREAM_OK)
        return status;
    status = load.sink->driver->begin(load.sink, error);
    if (status != ROWSTREAM_OK)
        error_prefix(error, "%s: ", url_shown(options->url, shown));
    progress_begin_stage(&options->progress, "rows");
    for (size_t i = 0; status == ROWSTREAM_OK && i < options->file_count; i++)
        status = load_file(&load, options->files[i], error);
    progress_begin_stage(&options->progress, "finish");
    if (status == ROWSTREAM_OK) {
        status = load.sink->driver->commit(load.sink, error);
        if (status != ROWSTREAM_OK)
            error_prefix(error, "%s: ", url_shown(options->url, shown));
    }
    free(load.plans);
    sink_close(load.sink);
    if (status == ROWSTREAM_OK && options->progress.report != NULL)
        options->progress.report(options->progress.context, load.counts.rows, load.counts.rows);
    if (counts != NULL)
        *counts = load.counts;
    return status;
}

enum rowstream_status rowstream_delete(const struct rowstream_delete_options *options,
                                       struct rowstream_counts *counts, struct error *error) {
    struct rowstream_counts done = {0};
    struct sink *sink = NULL;
    char shown[URL_TEXT_BYTES];
    uint64_t chunk = options->chunk > 0 ? options->chunk : DELETE_CHUNK_ROWS, deleted = 0;
    if (options->url == NULL)
        return usage(error, "the URL of a database is missing");
    if (options->table == NULL)
        return usage(error, "a table is missing");
    enum rowstream_status status = sink_open(&sink, options->url, error);
    if (status != ROWSTREAM_OK)
        return status;
    do {
        status = sink->driver->begin(sink, error);
        if (status == ROWSTREAM_OK)
            status = sink->driver->delete_chunk(sink, options->table, chunk, &deleted, error);
        if (status == ROWSTREAM_OK)
            status = sink->driver->commit(sink, error);
        if (status != ROWSTREAM_OK)
            break;
        done.rows += deleted;
        if (options->progress.report != NULL)
            options->progress.report(options->progress.context, done.rows,
                                     deleted < chunk ? done.rows : 0);
    } while (deleted == chunk);
    if (status != ROWSTREAM_OK)
        error_prefix(error,
                     "%s: table \"%s\", after %llu deleted rows: ", url_shown(options->url, shown),
                     options->table, (unsigned long long)done.rows);
    sink_close(sink);
    if (counts != NULL)
        *counts = done;
    return status;
}
