/* A table of random rows: a column description, a generator per kind of column, and one
 * transaction. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rowstream/core/random.h"
#include "rowstream/database/source.h"
#include "rowstream/database/url.h"

enum { PROGRESS_ROWS = 1024, CELL_CHARACTERS_MAXIMUM = 1 << 20, DEFAULT_CHARACTERS = 255 };

/* Memory of one cell: texts and blobs are made in it. */
struct room {
    char *bytes; /* owned */
    size_t characters;
};

struct shape {
    struct column *columns; /* owned */
    bool *nullable;         /* owned */
    struct room *rooms;     /* owned */
    struct cell *cells;     /* owned */
    size_t count;
};

static enum rowstream_status no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static void text_cell(struct cell *cell, const struct room *room, int length) {
    cell->kind = CELL_TEXT;
    cell->bytes = room->bytes;
    cell->length = (size_t)length;
}

static void draw_boolean(struct random *random, const struct column *column, struct room *room,
                         struct cell *cell) {
    (void)column;
    (void)room;
    cell->kind = CELL_INTEGER;
    cell->integer = (int64_t)random_below(random, 2);
}

/* Of any magnitude that the type has, and its limits now and then. */
static void draw_integer(struct random *random, const struct column *column, struct room *room,
                         struct cell *cell) {
    (void)room;
    int bits = column->type.bits;
    int64_t most = bits == 64 ? INT64_MAX : ((int64_t)1 << (bits - 1)) - 1;
    int64_t number = most >> random_below(random, (uint64_t)bits - 1);
    if (random_below(random, 16) > 0 && number > 0)
        number = (int64_t)random_below(random, (uint64_t)number);
    bool may_be_negative = strncmp(column->type.field, "Positive", 8) != 0;
    cell->kind = CELL_INTEGER;
    cell->integer = may_be_negative && random_below(random, 2) == 1 ? -number - 1 : number;
}

static void draw_real(struct random *random, const struct column *column, struct room *room,
                      struct cell *cell) {
    (void)column;
    (void)room;
    /* 53 bits over a power of two: the same double on every machine */
    double unit = (double)(random_next(random) >> 11) / 9007199254740992.0;
    cell->kind = CELL_REAL;
    cell->real = (unit - 0.5) * (double)(1ull << random_below(random, 50));
}

/* At most 15 digits in all: SQLite keeps a decimal as a double. */
static void draw_decimal(struct random *random, const struct column *column, struct room *room,
                         struct cell *cell) {
    int digits = column->type.size < 1 ? 10 : column->type.size > 15 ? 15 : column->type.size;
    int scale = column->type.size < 1 ? 2 : column->type.scale < 0 ? 0 : column->type.scale;
    scale = scale > digits ? digits : scale;
    uint64_t whole = 1, part = 1;
    for (int i = 0; i < digits - scale; i++)
        whole *= 10;
    for (int i = 0; i < scale; i++)
        part *= 10;
    const char *sign = random_below(random, 2) == 1 ? "-" : "";
    unsigned long long before = random_below(random, whole);
    unsigned long long after = random_below(random, part);
    int length = scale > 0 ? sprintf(room->bytes, "%s%llu.%0*llu", sign, before, scale, after)
                           : sprintf(room->bytes, "%s%llu", sign, before);
    text_cell(cell, room, length);
}

static void draw_text(struct random *random, const struct column *column, struct room *room,
                      struct cell *cell) {
    (void)column;
    text_cell(cell, room, (int)random_text(random, room->characters, room->bytes));
}

static int put_date(struct random *random, char *text) {
    unsigned year = (unsigned)random_below(random, 80) + 1970;
    unsigned month = (unsigned)random_below(random, 12) + 1;
    return sprintf(text, "%04u-%02u-%02u", year, month, (unsigned)random_below(random, 28) + 1);
}

static int put_time(struct random *random, char *text) {
    unsigned second = (unsigned)random_below(random, 86400);
    int length = sprintf(text, "%02u:%02u:%02u", second / 3600, second / 60 % 60, second % 60);
    unsigned microsecond = (unsigned)random_below(random, 1000000);
    if (random_below(random, 2) == 1 && microsecond > 0)
        length += sprintf(text + length, ".%06u", microsecond);
    return length;
}

static void draw_date(struct random *random, const struct column *column, struct room *room,
                      struct cell *cell) {
    (void)column;
    text_cell(cell, room, put_date(random, room->bytes));
}

static void draw_time(struct random *random, const struct column *column, struct room *room,
                      struct cell *cell) {
    (void)column;
    text_cell(cell, room, put_time(random, room->bytes));
}

static void draw_datetime(struct random *random, const struct column *column, struct room *room,
                          struct cell *cell) {
    (void)column;
    int length = put_date(random, room->bytes);
    room->bytes[length++] = ' ';
    text_cell(cell, room, length + put_time(random, room->bytes + length));
}

static void draw_uuid(struct random *random, const struct column *column, struct room *room,
                      struct cell *cell) {
    (void)column;
    unsigned long long high = random_next(random), low = random_next(random);
    text_cell(cell, room, sprintf(room->bytes, "%016llx%016llx", high, low));
}

static void draw_blob(struct random *random, const struct column *column, struct room *room,
                      struct cell *cell) {
    (void)column;
    cell->kind = CELL_BLOB;
    cell->bytes = room->bytes;
    cell->length = (size_t)random_below(random, room->characters + 1);
    for (size_t i = 0; i < cell->length; i++)
        room->bytes[i] = (char)(random_next(random) & 0xFF);
}

typedef void draw(struct random *random, const struct column *column, struct room *room,
                  struct cell *cell);
static draw *const draws[] = {
    [COLUMN_BOOLEAN] = draw_boolean,   [COLUMN_INTEGER] = draw_integer, [COLUMN_REAL] = draw_real,
    [COLUMN_DECIMAL] = draw_decimal,   [COLUMN_TEXT] = draw_text,       [COLUMN_DATE] = draw_date,
    [COLUMN_DATETIME] = draw_datetime, [COLUMN_TIME] = draw_time,       [COLUMN_UUID] = draw_uuid,
    [COLUMN_BINARY] = draw_blob,
};

#define ACCEPTED_TYPES                                                                             \
    "integer, smallint, bigint, real, decimal(p,s), bool, varchar(n), char(n), text, date, "       \
    "datetime, time, blob, uuid"

/* Reads a name: a word, or anything in double quotes, where two stand for one. */
static char *parse_name(const char **at) {
    const char *text = *at;
    char *name = malloc(strlen(text) + 1);
    size_t length = 0;
    if (name == NULL)
        return NULL;
    if (*text == '"') {
        for (text++; *text != '\0' && (text[0] != '"' || text[1] == '"'); text++) {
            name[length++] = *text;
            text += *text == '"';
        }
        text += *text == '"';
    } else {
        while (*text != '\0' && *text != ',' && !isspace((unsigned char)*text))
            name[length++] = *text++;
    }
    name[length] = '\0';
    *at = text;
    return name;
}

/* Reads a type up to a comma outside of parentheses, without a NULL or NOT NULL at its end. */
static char *parse_type(const char **at, bool *nullable) {
    const char *start = *at + strspn(*at, " \t\n");
    const char *end = start;
    int depth = 0;
    for (; *end != '\0' && (*end != ',' || depth > 0); end++)
        depth += *end == '(' ? 1 : *end == ')' ? -1 : 0;
    *at = end;
    static const char *const endings[] = {" not null", " null", " "};
    size_t length = (size_t)(end - start);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t bytes = strlen(endings[i]);
        while (length > bytes && isspace((unsigned char)start[length - 1]))
            length--;
        if (length <= bytes || strncasecmp(start + length - bytes, endings[i], bytes) != 0)
            continue;
        length -= bytes;
        *nullable = i == 1;
        break;
    }
    return strndup(start, length);
}

static enum rowstream_status parse_column(struct column *column, bool *nullable, struct room *room,
                                          const char **at, struct error *error) {
    column->name = parse_name(at);
    column->declared = column->name == NULL ? NULL : parse_type(at, nullable);
    if (column->declared == NULL)
        return no_memory(error);
    column->type = column_type_parse(column->declared);
    if (*column->name == '\0' || column->type.kind == COLUMN_ANY) {
        error_set(error,
                  "columns: \"%s\" has no type that is known (\"%s\"): expected NAME TYPE "
                  "[NULL], ... with the types " ACCEPTED_TYPES,
                  column->name, column->declared);
        return ROWSTREAM_USAGE;
    }
    int size = column->type.size < 0 ? DEFAULT_CHARACTERS : column->type.size;
    if (size > CELL_CHARACTERS_MAXIMUM) {
        error_set(error, "columns: \"%s\" is too long (%d): accepted are up to %d characters",
                  column->name, size, CELL_CHARACTERS_MAXIMUM);
        return ROWSTREAM_USAGE;
    }
    room->characters = (size_t)size;
    room->bytes = malloc(room->characters * RANDOM_CHARACTER_BYTES + 64);
    return room->bytes == NULL ? no_memory(error) : ROWSTREAM_OK;
}

static enum rowstream_status parse_columns(struct shape *shape, const char *text,
                                           struct error *error) {
    size_t most = 1;
    for (const char *at = text; *at != '\0'; at++)
        most += *at == ',';
    shape->columns = calloc(most, sizeof *shape->columns);
    shape->nullable = calloc(most, sizeof *shape->nullable);
    shape->rooms = calloc(most, sizeof *shape->rooms);
    shape->cells = calloc(most, sizeof *shape->cells);
    if (shape->columns == NULL || shape->nullable == NULL || shape->rooms == NULL ||
        shape->cells == NULL)
        return no_memory(error);
    enum rowstream_status status = ROWSTREAM_OK;
    do {
        text += strspn(text, ", \t\n");
        size_t i = shape->count++;
        status =
            parse_column(&shape->columns[i], &shape->nullable[i], &shape->rooms[i], &text, error);
    } while (status == ROWSTREAM_OK && *text == ',');
    return status;
}

static void shape_fini(struct shape *shape) {
    columns_free(shape->columns, shape->count);
    for (size_t i = 0; shape->rooms != NULL && i < shape->count; i++)
        free(shape->rooms[i].bytes);
    free(shape->rooms);
    free(shape->nullable);
    free(shape->cells);
}

static enum rowstream_status write_rows(struct source *source, struct shape *shape,
                                        const struct rowstream_seed_options *options,
                                        struct rowstream_counts *counts, struct error *error) {
    const struct rowstream_progress *progress = &options->progress;
    struct random random = {options->seed};
    while (counts->rows < options->rows) {
        for (size_t i = 0; i < shape->count; i++) {
            const struct column *column = &shape->columns[i];
            if (shape->nullable[i] && random_below(&random, 8) == 0)
                shape->cells[i].kind = CELL_NULL;
            else
                draws[column->type.kind](&random, column, &shape->rooms[i], &shape->cells[i]);
        }
        enum rowstream_status status = source->driver->insert(source, shape->cells, error);
        if (status != ROWSTREAM_OK) {
            error_prefix(error, "row %llu: ", (unsigned long long)counts->rows + 1);
            return status;
        }
        if (++counts->rows % PROGRESS_ROWS == 0 && progress->report != NULL)
            progress->report(progress->context, counts->rows, options->rows);
    }
    if (progress->report != NULL)
        progress->report(progress->context, counts->rows, options->rows);
    return ROWSTREAM_OK;
}

enum rowstream_status rowstream_seed(const struct rowstream_seed_options *options,
                                     struct rowstream_counts *counts, struct error *error) {
    struct rowstream_counts done = {0, 0, 0};
    struct shape shape = {.columns = NULL};
    struct source *source = NULL;
    enum rowstream_status status = ROWSTREAM_USAGE;
    if (options->url == NULL)
        error_set(error, "the URL of a database is missing");
    else if (options->table == NULL || *options->table == '\0')
        error_set(error, "the name of a table is missing");
    else
        status = parse_columns(
            &shape, options->columns != NULL ? options->columns : ROWSTREAM_SEED_COLUMNS, error);
    if (status == ROWSTREAM_OK)
        status = source_open(&source, options->url, SOURCE_WRITE, error);
    if (status != ROWSTREAM_OK)
        goto out;
    status = source->driver->fill(source, options->table, shape.columns, shape.nullable,
                                  shape.count, options->replace, error);
    if (status == ROWSTREAM_OK) {
        done.tables = 1;
        status = write_rows(source, &shape, options, &done, error);
    }
    if (status == ROWSTREAM_OK)
        status = source->driver->commit(source, error);
    if (status != ROWSTREAM_OK) {
        char shown[URL_TEXT_BYTES];
        error_prefix(error, "%s: table \"%s\": ", url_shown(options->url, shown), options->table);
    }
out:
    source_close(source);
    shape_fini(&shape);
    if (counts != NULL)
        *counts = done;
    return status;
}
