#include "rowstream/column_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A many-to-many list: the table that has its rows. */
struct list {
    struct list *next;
    char *field; /* owned */
    struct sink_table *table;
    const struct column *owner, *target;
};

/* Where a field goes: one of the two. */
struct place {
    const struct column *column;
    struct list *list;
};

struct column_map {
    struct sink *sink;
    char *model; /* owned */
    struct sink_table *table;
    struct list *lists; /* all that were opened */
    /* As the last record had them. */
    struct names fields;
    bool keyed, has_lists;
    struct place *places;          /* of each field */
    const struct column **columns; /* of the row */
    struct cell *cells;
    char (*texts)[CELL_TEXT_BYTES];
    size_t column_count;
};

static enum rowstream_status no_memory(struct error *error) {
    error_set(error, "out of memory");
    return ROWSTREAM_MEMORY;
}

static enum rowstream_status no_such_model(struct sink *sink, const char *model, const char *table,
                                           struct error *error) {
    struct names names = {NULL, 0};
    char text[NAMES_TEXT_BYTES];
    enum rowstream_status status = sink->driver->tables(sink, &names, error);
    if (status == ROWSTREAM_OK) {
        error_set(error, "unknown model \"%.80s\": no table \"%.80s\": the tables are %s", model,
                  table, names_list(names.list, names.count, sizeof *names.list, text));
        status = ROWSTREAM_INPUT;
    }
    names_fini(&names);
    return status;
}

enum rowstream_status column_map_new(struct column_map **made, struct sink *sink,
                                     const struct record *record, struct error *error) {
    const char *model = record->model.text;
    const char *dot = strchr(model, '.');
    *made = NULL;
    if (dot == NULL || dot == model || dot[1] == '\0') {
        error_set(error, "\"%.80s\" is not a model: expected app.name", model);
        return ROWSTREAM_INPUT;
    }
    struct column_map *plan = calloc(1, sizeof *plan);
    char *table = strdup(model);
    enum rowstream_status status = ROWSTREAM_MEMORY;
    if (plan != NULL)
        plan->model = strdup(model);
    if (plan == NULL || table == NULL || plan->model == NULL) {
        no_memory(error);
        goto out;
    }
    plan->sink = sink;
    table[dot - model] = '_';
    status = sink->driver->table_open(sink, table, &plan->table, error);
    if (status == ROWSTREAM_OK && plan->table == NULL)
        status = no_such_model(sink, model, table, error);
out:
    free(table);
    if (status == ROWSTREAM_OK)
        *made = plan;
    else
        column_map_free(plan);
    return status;
}

static void forget_fields(struct column_map *plan) {
    names_fini(&plan->fields);
    free(plan->places);
    free(plan->columns);
    free(plan->cells);
    free(plan->texts);
    plan->places = NULL;
    plan->columns = NULL;
    plan->cells = NULL;
    plan->texts = NULL;
}

void column_map_free(struct column_map *plan) {
    if (plan == NULL)
        return;
    forget_fields(plan);
    while (plan->lists != NULL) {
        struct list *next = plan->lists->next;
        if (plan->lists->table != NULL)
            plan->sink->driver->table_close(plan->lists->table);
        free(plan->lists->field);
        free(plan->lists);
        plan->lists = next;
    }
    if (plan->table != NULL)
        plan->sink->driver->table_close(plan->table);
    free(plan->model);
    free(plan);
}

const char *column_map_model(const struct column_map *plan) {
    return plan->model;
}

bool column_map_is_for(const struct column_map *plan, const struct record *record) {
    return strcmp(plan->model, record->model.text) == 0;
}

static const struct column *find_column(const struct table *table, const char *name) {
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

/* The table of a list has a key of its own and two columns, of which <model>_id is the owner's;
 * where a model refers to itself they are from_<model>_id and to_<model>_id. */
static bool find_ends(struct list *list, const char *model) {
    char owner[256], from[256];
    const struct table *table = &list->table->table;
    const char *name = strchr(model, '.') + 1;
    snprintf(owner, sizeof owner, "%s_id", name);
    snprintf(from, sizeof from, "from_%s_id", name);
    size_t others = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (column == list->table->key)
            continue;
        others++;
        if (list->owner == NULL &&
            (strcasecmp(column->name, owner) == 0 || strcasecmp(column->name, from) == 0))
            list->owner = column;
        else
            list->target = column;
    }
    return others == 2 && list->owner != NULL && list->target != NULL;
}

/* Opens the table <table>_<field>; `*found` is NULL when there is none that holds a list. */
static enum rowstream_status find_list(struct column_map *plan, const char *field,
                                       struct list **found, struct error *error) {
    const struct sink_driver *driver = plan->sink->driver;
    for (*found = plan->lists; *found != NULL; *found = (*found)->next)
        if (strcmp((*found)->field, field) == 0)
            return ROWSTREAM_OK;
    struct list *list = calloc(1, sizeof *list);
    char *name = NULL;
    if (list == NULL || (list->field = strdup(field)) == NULL ||
        asprintf(&name, "%s_%s", plan->table->table.name, field) < 0) {
        if (list != NULL)
            free(list->field);
        free(list);
        return no_memory(error);
    }
    list->next = plan->lists;
    plan->lists = list;
    enum rowstream_status status = driver->table_open(plan->sink, name, &list->table, error);
    free(name);
    if (status != ROWSTREAM_OK || list->table == NULL || !find_ends(list, plan->model)) {
        plan->lists = list->next;
        if (list->table != NULL)
            driver->table_close(list->table);
        free(list->field);
        free(list);
        return status;
    }
    const struct column *columns[] = {list->owner, list->target};
    *found = list;
    return driver->ready(list->table, columns, 2, SINK_SKIP, error);
}

static enum rowstream_status find_place(struct column_map *plan, const char *name,
                                        struct place *place, struct error *error) {
    const struct table *table = &plan->table->table;
    char text[NAMES_TEXT_BYTES];
    *place = (struct place){.column = find_column(table, name)};
    if (place->column == NULL && strlen(name) < sizeof text - 4) {
        snprintf(text, sizeof text, "%s_id", name);
        place->column = find_column(table, text);
    }
    if (place->column != NULL && place->column == plan->table->key) {
        error_set(error, "this is the primary key, which a record gives as its pk");
        return ROWSTREAM_INPUT;
    }
    if (place->column != NULL)
        return ROWSTREAM_OK;
    enum rowstream_status status = find_list(plan, name, &place->list, error);
    if (status == ROWSTREAM_OK && place->list == NULL) {
        error_set(error, "no such field: the columns of table \"%s\" are %s", table->name,
                  names_list(&table->columns[0].name, table->column_count, sizeof table->columns[0],
                             text));
        status = ROWSTREAM_INPUT;
    }
    return status;
}

/* Whether the record has the fields that the plan was made for, in their order. */
static bool has_same_fields(const struct column_map *plan, const struct record *record) {
    if (plan->places == NULL || plan->fields.count != record->field_count ||
        plan->keyed != (record->key.kind != RECORD_NULL))
        return false;
    for (size_t i = 0; i < record->field_count; i++)
        if (strcmp(plan->fields.list[i], record->fields[i].name) != 0)
            return false;
    return true;
}

static enum rowstream_status check_twice(const struct column_map *plan, const struct record *record,
                                         size_t index, struct error *error) {
    const struct place *place = &plan->places[index];
    for (size_t i = 0; i < index; i++) {
        if (plan->places[i].column != place->column || plan->places[i].list != place->list)
            continue;
        if (strcmp(record->fields[i].name, record->fields[index].name) == 0)
            error_set(error, "the field appears twice");
        else
            error_set(error, "field \"%s\" is the same column", record->fields[i].name);
        return ROWSTREAM_INPUT;
    }
    return ROWSTREAM_OK;
}

static enum rowstream_status learn_fields(struct column_map *plan, const struct record *record,
                                          const struct record_field **field, struct error *error) {
    size_t count = record->field_count;
    forget_fields(plan);
    plan->keyed = record->key.kind != RECORD_NULL;
    plan->has_lists = false;
    plan->column_count = 0;
    plan->places = calloc(count + 1, sizeof *plan->places);
    plan->columns = calloc(count + 1, sizeof(const struct column *));
    plan->cells = calloc(count + 1, sizeof *plan->cells);
    plan->texts = calloc(count + 1, sizeof *plan->texts);
    if (plan->places == NULL || plan->columns == NULL || plan->cells == NULL || plan->texts == NULL)
        return no_memory(error);
    if (plan->keyed && plan->table->key == NULL) {
        error_set(error, "table \"%s\" has no primary key of one column, but the record has a pk",
                  plan->table->table.name);
        return ROWSTREAM_INPUT;
    }
    if (plan->keyed)
        plan->columns[plan->column_count++] = plan->table->key;
    for (size_t i = 0; i < count; i++) {
        *field = &record->fields[i];
        enum rowstream_status status =
            find_place(plan, record->fields[i].name, &plan->places[i], error);
        if (status == ROWSTREAM_OK)
            status = check_twice(plan, record, i, error);
        if (status != ROWSTREAM_OK)
            return status;
        if (plan->places[i].column != NULL)
            plan->columns[plan->column_count++] = plan->places[i].column;
        else
            plan->has_lists = true;
        if (!names_add(&plan->fields, record->fields[i].name))
            return no_memory(error);
    }
    *field = NULL;
    return plan->sink->driver->ready(plan->table, plan->columns, plan->column_count, SINK_REPLACE,
                                     error);
}

static enum rowstream_status check_shape(const struct place *place,
                                         const struct record_value *value, struct error *error) {
    bool list = value->kind == RECORD_LIST;
    if (list && (value->natural || place->column != NULL)) {
        error_set(error, "a natural key: only primary keys can be loaded (dumpdata without "
                         "--natural-foreign)");
        return ROWSTREAM_INPUT;
    }
    if (place->list != NULL && !list) {
        error_set(error, "the field is a list of keys, but the record has none");
        return ROWSTREAM_INPUT;
    }
    return ROWSTREAM_OK;
}

static enum rowstream_status make_cells(struct column_map *plan, struct record *record,
                                        const struct record_field **field, struct error *error) {
    size_t at = 0;
    enum rowstream_status status = ROWSTREAM_OK;
    if (plan->keyed) {
        status =
            cell_from_value(&plan->cells[0], &record->key, plan->table->key, plan->texts[0], error);
        at = 1;
        if (status != ROWSTREAM_OK)
            error_prefix(error, "pk: ");
    }
    for (size_t i = 0; status == ROWSTREAM_OK && i < record->field_count; i++) {
        struct record_value *value = &record->fields[i].value;
        *field = &record->fields[i];
        status = check_shape(&plan->places[i], value, error);
        if (status != ROWSTREAM_OK || plan->places[i].column == NULL)
            continue;
        status = cell_from_value(&plan->cells[at], value, plan->places[i].column, plan->texts[at],
                                 error);
        at++;
    }
    if (status == ROWSTREAM_OK)
        *field = NULL;
    return status;
}

/* Replaces the rows of a list. */
static enum rowstream_status put_list(struct column_map *plan, const struct list *list,
                                      struct record *record, const struct record_value *value,
                                      const struct cell *key, struct error *error) {
    const struct sink_driver *driver = plan->sink->driver;
    char text[CELL_TEXT_BYTES];
    struct cell cells[2] = {*key};
    enum rowstream_status status = driver->clear(list->table, list->owner, key, error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < value->count; i++) {
        struct record_value *item = &record->items[value->first + i];
        status = cell_from_value(&cells[1], item, list->target, text, error);
        if (status == ROWSTREAM_OK)
            status = driver->put(list->table, cells, NULL, error);
    }
    return status;
}

enum rowstream_status column_map_put(struct column_map *plan, struct record *record,
                                     const struct record_field **field, struct error *error) {
    struct sink_place *place = &plan->sink->place;
    enum rowstream_status status = ROWSTREAM_OK;
    struct cell made;
    *field = NULL;
    place->field = NULL;
    if (!has_same_fields(plan, record))
        status = learn_fields(plan, record, field, error);
    if (status == ROWSTREAM_OK)
        status = make_cells(plan, record, field, error);
    if (status == ROWSTREAM_OK)
        status = plan->sink->driver->put(plan->table, plan->cells,
                                         plan->has_lists && !plan->keyed ? &made : NULL, error);
    for (size_t i = 0; status == ROWSTREAM_OK && i < record->field_count; i++) {
        if (plan->places[i].list == NULL)
            continue;
        *field = &record->fields[i];
        place->field = plan->places[i].list->field;
        place->field_line = record->fields[i].line;
        status = put_list(plan, plan->places[i].list, record, &record->fields[i].value,
                          plan->keyed ? &plan->cells[0] : &made, error);
    }
    return status;
}
