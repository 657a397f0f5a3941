#include "rowstream/database/mysql/batch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rowstream/database/mysql/quote.h"

/* As many rows as keep what is held, and what the library makes of it, to some dozens of KiB. Of
 * wide rows fewer fit; those go in groups of a fourth. */
enum { HELD_ROWS = 16, HELD_PARAMETERS = 512, HELD_BYTES = 32 << 10, GROUP_STEP = 4 };

_Static_assert((int)HELD_ROWS <= (int)SINK_HELD_RECORDS,
               "the caller must know where they are from");

void my_batch_fini(struct my_batch *batch) {
    my_statement_fini(&batch->insert);
    my_statement_fini(&batch->update_one);
    my_statement_fini(&batch->note);
    for (size_t i = 0; i < MY_GROUPS; i++) {
        my_statement_fini(&batch->groups[i].insert);
        my_statement_fini(&batch->groups[i].note);
    }
    free(batch->cells);
    free(batch->places);
    free(batch->bytes);
    batch->cells = NULL;
    batch->places = NULL;
    batch->bytes = NULL;
}

/* ---- Statements ---- */

/* "(?, ?), (?, ?)" */
static bool append_parameters(struct buffer *sql, size_t rows, size_t columns) {
    bool done = true;
    for (size_t row = 0; done && row < rows; row++) {
        done = buffer_append_text(sql, row == 0 ? "(" : ", (");
        for (size_t i = 0; done && i < columns; i++)
            done = buffer_append_text(sql, i == 0 ? "?" : ", ?");
        done = done && buffer_append_text(sql, ")");
    }
    return done;
}

static enum rowstream_status prepare_note(struct my_batch *batch, struct my_statement *note,
                                          size_t count, struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    bool made = buffer_printf(&sql, "INSERT INTO rowstream_seen_%u VALUES ", *batch->seen_count) &&
                append_parameters(&sql, count, 1);
    enum rowstream_status status =
        my_statement_prepare(note, batch->connection, made, &sql, count, error);
    buffer_fini(&sql);
    return status;
}

/* Makes the temporary table of the document's keys, compared as the key itself is. */
static enum rowstream_status ready_note(struct my_batch *batch, struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    if (batch->note.prepared != NULL)
        return ROWSTREAM_OK;
    bool made = buffer_printf(&sql,
                              "CREATE TEMPORARY TABLE rowstream_seen_%u (PRIMARY KEY (seen)) "
                              "ENGINE=InnoDB SELECT",
                              ++*batch->seen_count) &&
                my_sql_name(&sql, " ", batch->table->key->name) &&
                my_sql_name(&sql, " AS seen FROM ", batch->table->table.name) &&
                buffer_append_text(&sql, " LIMIT 0");
    enum rowstream_status status = !made
                                       ? client_mysql_no_memory(error)
                                       : client_mysql_execute(batch->connection, sql.bytes, error);
    buffer_fini(&sql);
    if (status == ROWSTREAM_OK)
        status = prepare_note(batch, &batch->note, 1, error);
    return status;
}

/* UPDATE of the other columns by the key, which is the last parameter. */
static enum rowstream_status
ready_update(struct my_batch *batch, const struct column *const *columns, struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    const struct column *key = batch->table->key;
    size_t count = batch->table->column_count;
    bool made = my_sql_name(&sql, "UPDATE ", batch->table->table.name);
    const char *between = " SET ";
    for (size_t i = 0; made && i < count; i++) {
        if (columns[i] == key)
            continue;
        made = my_sql_name(&sql, between, columns[i]->name) && buffer_append_text(&sql, " = ?");
        between = ", ";
    }
    if (between[0] != ',') /* a key and nothing else is as it is */
        made = made && my_sql_name(&sql, " SET ", key->name) && my_sql_name(&sql, " = ", key->name);
    made = made && my_sql_name(&sql, " WHERE ", key->name) && buffer_append_text(&sql, " = ?");
    enum rowstream_status status =
        my_statement_prepare(&batch->update_one, batch->connection, made, &sql, count, error);
    buffer_fini(&sql);
    return status;
}

/* Updates the row that is there where its key is the same, and else fails: nothing but a subquery
 * of two rows does that here. */
static bool append_update(struct buffer *sql, const struct sink_table *table,
                          const struct column *const *columns) {
    const char *key = table->key->name;
    bool done = my_sql_name(sql, " ON DUPLICATE KEY UPDATE ", key) &&
                my_sql_name(sql, " = IF(", key) && my_sql_name(sql, " = VALUES(", key) &&
                my_sql_name(sql, "), ", key) &&
                buffer_append_text(sql, ", (SELECT 1 UNION ALL SELECT 2))");
    for (size_t i = 0; done && i < table->column_count; i++)
        if (columns[i] != table->key)
            done = my_sql_name(sql, ", ", columns[i]->name) &&
                   my_sql_name(sql, " = VALUES(", columns[i]->name) && buffer_append_text(sql, ")");
    return done;
}

static enum rowstream_status ready_insert(struct my_batch *batch, struct my_statement *insert,
                                          const struct column *const *columns, size_t row_count,
                                          enum sink_conflict conflict, struct error *error) {
    struct buffer sql = BUFFER_INIT(MY_SQL_BYTES_MAX);
    size_t count = batch->table->column_count;
    bool made = my_sql_name(&sql, "INSERT INTO ", batch->table->table.name);
    for (size_t i = 0; made && i < count; i++)
        made = my_sql_name(&sql, i == 0 ? " (" : ", ", columns[i]->name);
    made = made && buffer_append_text(&sql, count == 0 ? " () VALUES " : ") VALUES ") &&
           append_parameters(&sql, row_count, count);
    if (conflict == SINK_SKIP) /* IGNORE would ignore more than that */
        made = made && my_sql_name(&sql, " ON DUPLICATE KEY UPDATE ", columns[0]->name) &&
               my_sql_name(&sql, " = ", columns[0]->name);
    else if (batch->update && row_count > 1)
        made = made && append_update(&sql, batch->table, columns);
    enum rowstream_status status =
        my_statement_prepare(insert, batch->connection, made, &sql, count * row_count, error);
    buffer_fini(&sql);
    return status;
}

static void size_groups(struct my_batch *batch) {
    size_t columns = batch->table->column_count;
    size_t count = columns == 0 ? 1 : HELD_PARAMETERS / columns;
    count = count < HELD_ROWS ? count : HELD_ROWS;
    for (size_t i = 0; i < MY_GROUPS; i++, count /= GROUP_STEP)
        batch->groups[i].count = count;
}

static enum rowstream_status make_room(struct my_batch *batch, struct error *error) {
    size_groups(batch);
    size_t most = batch->groups[0].count;
    free(batch->cells);
    free(batch->places);
    batch->cells = calloc(most * batch->table->column_count + 1, sizeof *batch->cells);
    batch->places = calloc(most + 1, sizeof *batch->places);
    if (batch->bytes == NULL)
        batch->bytes = malloc(HELD_BYTES);
    return batch->cells != NULL && batch->places != NULL && batch->bytes != NULL
               ? ROWSTREAM_OK
               : client_mysql_no_memory(error);
}

enum rowstream_status my_batch_ready(struct my_batch *batch, const struct column *const *columns,
                                     enum sink_conflict conflict, struct error *error) {
    const struct sink_table *table = batch->table;
    batch->update =
        conflict == SINK_REPLACE && table->key_cell < table->column_count && !table->was_empty;
    enum rowstream_status status = make_room(batch, error);
    if (status == ROWSTREAM_OK && batch->update)
        status = ready_note(batch, error);
    if (status == ROWSTREAM_OK && batch->update)
        status = ready_update(batch, columns, error);
    if (status == ROWSTREAM_OK)
        status = ready_insert(batch, &batch->insert, columns, 1, conflict, error);
    for (size_t i = 0; i < MY_GROUPS && batch->groups[i].count > 1; i++) {
        struct my_group *group = &batch->groups[i];
        if (status == ROWSTREAM_OK)
            status = ready_insert(batch, &group->insert, columns, group->count, conflict, error);
        if (status == ROWSTREAM_OK && batch->update)
            status = prepare_note(batch, &group->note, group->count, error);
    }
    return status;
}

/* ---- A row ---- */

/* Of a key that was put before. The server names the index: 'PRIMARY', or 'table.PRIMARY'. */
static enum rowstream_status key_failure(const struct my_statement *statement,
                                         enum rowstream_status status, struct error *error) {
    enum { DUPLICATE_ENTRY = 1062 };
    static const char ending[] = "PRIMARY'";
    const char *message = mysql_stmt_error(statement->prepared);
    size_t length = strlen(message);
    if (status == ROWSTREAM_OK || mysql_stmt_errno(statement->prepared) != DUPLICATE_ENTRY ||
        length < strlen(ending) || strcmp(message + length - strlen(ending), ending) != 0)
        return status;
    if (error != NULL)
        error->set = false;
    error_set(error, "the key was there in a record before");
    return ROWSTREAM_INPUT;
}

/* `*found` says whether there was a row of that key. */
static enum rowstream_status update_one(struct my_batch *batch, const struct cell *cells,
                                        bool *found, struct error *error) {
    struct my_statement *statement = &batch->update_one;
    size_t at = 0;
    for (size_t i = 0; i < batch->table->column_count; i++)
        if (i != batch->table->key_cell)
            my_statement_bind(statement, at++, &cells[i]);
    my_statement_bind(statement, at, &cells[batch->table->key_cell]);
    enum rowstream_status status = my_statement_run(statement, error);
    *found = status == ROWSTREAM_OK && mysql_stmt_affected_rows(statement->prepared) > 0;
    return status;
}

static enum rowstream_status put_one(struct my_batch *batch, const struct cell *cells, bool noted,
                                     struct error *error) {
    const struct sink_table *table = batch->table;
    bool found = false;
    enum rowstream_status status = ROWSTREAM_OK;
    if (batch->update && !noted) {
        status = my_statement_run_with(&batch->note, &cells[table->key_cell], 1, error);
        status = key_failure(&batch->note, status, error);
    }
    if (status == ROWSTREAM_OK && batch->update)
        status = update_one(batch, cells, &found, error);
    if (status != ROWSTREAM_OK || found)
        return status;
    status = my_statement_run_with(&batch->insert, cells, table->column_count, error);
    return table->key_cell < table->column_count ? key_failure(&batch->insert, status, error)
                                                 : status;
}

/* ---- Many rows ---- */

/* Tries a group of the held rows at once; ROWSTREAM_INPUT when one of them is in the way. */
static enum rowstream_status put_group(struct my_batch *batch, struct my_group *group, size_t first,
                                       bool *noted, struct error *error) {
    size_t count = batch->table->column_count;
    const struct cell *cells = &batch->cells[first * count];
    enum rowstream_status status = ROWSTREAM_OK;
    *noted = false;
    if (batch->update) {
        for (size_t i = 0; i < group->count; i++)
            my_statement_bind(&group->note, i, &cells[i * count + batch->table->key_cell]);
        status = my_statement_run(&group->note, error);
        *noted = status == ROWSTREAM_OK;
    }
    return status == ROWSTREAM_OK
               ? my_statement_run_with(&group->insert, cells, group->count * count, error)
               : status;
}

static enum rowstream_status put_one_by_one(struct my_batch *batch, size_t first, size_t end,
                                            bool noted, struct sink *sink, struct error *error) {
    for (size_t i = first; i < end; i++) {
        const struct cell *cells = &batch->cells[i * batch->table->column_count];
        enum rowstream_status status = put_one(batch, cells, noted, error);
        if (status == ROWSTREAM_OK)
            continue;
        sink->failed = batch->places[i];
        return status;
    }
    return ROWSTREAM_OK;
}

/* The largest group that so many rows make; NULL for too few. */
static struct my_group *find_group(struct my_batch *batch, size_t count) {
    for (size_t i = 0; i < MY_GROUPS; i++)
        if (batch->groups[i].count > 1 && batch->groups[i].count <= count)
            return &batch->groups[i];
    return NULL;
}

enum rowstream_status my_batch_flush(struct my_batch *batch, struct sink *sink,
                                     struct error *error) {
    size_t held = batch->held, at = 0;
    struct my_group *group;
    enum rowstream_status status = ROWSTREAM_OK;
    batch->held = 0;
    batch->byte_count = 0;
    while (status == ROWSTREAM_OK && (group = find_group(batch, held - at)) != NULL) {
        struct error reason = {.set = false};
        bool noted;
        status = put_group(batch, group, at, &noted, &reason);
        if (status == ROWSTREAM_INPUT) {
            status = put_one_by_one(batch, at, at + group->count, noted, sink, error);
        } else if (status != ROWSTREAM_OK) {
            sink->failed = batch->places[at];
            error_set(error, "%s", reason.text);
        }
        at += group->count;
    }
    return status == ROWSTREAM_OK ? put_one_by_one(batch, at, held, false, sink, error) : status;
}

static size_t bytes_of(const struct cell *cells, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        if (cells[i].kind == CELL_TEXT || cells[i].kind == CELL_BLOB)
            bytes += cells[i].length;
    return bytes;
}

static void hold(struct my_batch *batch, const struct cell *cells, struct sink_place place) {
    size_t count = batch->table->column_count;
    struct cell *copies = &batch->cells[batch->held * count];
    for (size_t i = 0; i < count; i++) {
        copies[i] = cells[i];
        if (cells[i].kind != CELL_TEXT && cells[i].kind != CELL_BLOB)
            continue;
        copies[i].bytes = batch->bytes + batch->byte_count;
        if (cells[i].length > 0)
            memcpy(batch->bytes + batch->byte_count, cells[i].bytes, cells[i].length);
        batch->byte_count += cells[i].length;
    }
    batch->places[batch->held++] = place;
}

enum rowstream_status my_batch_put(struct my_batch *batch, const struct cell *cells,
                                   struct cell *key, struct sink *sink, struct error *error) {
    size_t bytes = bytes_of(cells, batch->table->column_count);
    size_t most = batch->groups[0].count;
    bool held = most > 1 && key == NULL && bytes <= HELD_BYTES;
    enum rowstream_status status = ROWSTREAM_OK;
    if (!held || batch->byte_count + bytes > HELD_BYTES)
        status = my_batch_flush(batch, sink, error);
    if (status != ROWSTREAM_OK)
        return status;
    if (held) {
        hold(batch, cells, sink->place);
        return batch->held == most ? my_batch_flush(batch, sink, error) : ROWSTREAM_OK;
    }
    status = put_one(batch, cells, false, error);
    if (status == ROWSTREAM_OK && key != NULL)
        *key = (struct cell){.kind = CELL_INTEGER,
                             .integer = (int64_t)mysql_stmt_insert_id(batch->insert.prepared)};
    return status;
}
