#include "rowstream/database/source.h"

#include <stdlib.h>
#include <string.h>

/* Every fetch mode that some driver has or may have, so that a mode which is only not this
 * database's can be told from a misspelt one. */
static const char *const fetches[] = {"stream", "cursor", "keyset", "buffered"};

enum { FETCH_COUNT = sizeof fetches / sizeof fetches[0] };

bool columns_add(struct column **columns, size_t *count, const char *name, const char *declared,
                 bool key) {
    struct column *more = realloc(*columns, (*count + 1) * sizeof *more);
    if (more == NULL)
        return false;
    *columns = more;
    struct column *added = &more[(*count)++];
    *added = (struct column){.name = name == NULL ? NULL : strdup(name),
                             .declared = declared == NULL ? NULL : strdup(declared),
                             .type = column_type_parse(declared),
                             .key = key};
    return added->name != NULL && (declared == NULL || added->declared != NULL);
}

void columns_free(struct column *columns, size_t count) {
    for (size_t i = 0; columns != NULL && i < count; i++) {
        free(columns[i].name);
        free(columns[i].declared);
    }
    free(columns);
}

void table_fini(struct table *table) {
    columns_free(table->columns, table->column_count);
    free(table->name);
    *table = (struct table){.name = NULL};
}

enum rowstream_status source_no_such_table(struct source *source, const char *name,
                                           struct error *error) {
    struct names names = {NULL, 0};
    enum rowstream_status status = source->driver->tables(source, &names, error);
    char text[NAMES_TEXT_BYTES];
    if (status == ROWSTREAM_OK) {
        error_set(error, "no table \"%s\": the tables are %s", name,
                  names_list(names.list, names.count, sizeof *names.list, text));
        status = ROWSTREAM_SOURCE;
    }
    names_fini(&names);
    return status;
}

void source_close(struct source *source) {
    if (source != NULL)
        source->driver->close(source);
}

/* "keyset" and "buffered" are everybody's: rows.c does them where the driver does not. */
static bool has_fetch(const struct source_driver *driver, const char *fetch) {
    for (const char *const *at = driver->fetches; *at != NULL; at++)
        if (strcmp(*at, fetch) == 0)
            return true;
    return strcmp(fetch, "keyset") == 0 || strcmp(fetch, "buffered") == 0;
}

enum rowstream_status source_check_fetch(const struct source *source, const char *fetch,
                                         struct error *error) {
    const char *had[FETCH_COUNT];
    size_t had_count = 0;
    bool known = false;
    if (has_fetch(source->driver, fetch))
        return ROWSTREAM_OK;
    for (size_t i = 0; i < FETCH_COUNT; i++) {
        known = known || strcmp(fetches[i], fetch) == 0;
        if (has_fetch(source->driver, fetches[i]))
            had[had_count++] = fetches[i];
    }
    char text[NAMES_TEXT_BYTES];
    if (known)
        error_set(error, "%s has no fetch mode \"%s\": accepted are %s", source->driver->title,
                  fetch, names_list(had, had_count, sizeof had[0], text));
    else
        error_set(error, "unknown fetch mode \"%s\": accepted are %s", fetch,
                  names_list(fetches, FETCH_COUNT, sizeof fetches[0], text));
    return ROWSTREAM_USAGE;
}
