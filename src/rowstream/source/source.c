#include "rowstream/source/source.h"

#include <stdlib.h>
#include <string.h>

/* Every driver there is. */
static const struct source_driver *const drivers[] = {&source_sqlite};

/* Every fetch mode that some driver has or may have, so that a mode which is only not this
 * database's can be told from a misspelt one. */
static const char *const fetches[] = {"stream", "cursor", "keyset", "buffered"};

enum { DRIVER_COUNT = sizeof drivers / sizeof drivers[0] };

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

enum rowstream_status source_open(struct source **source, const char *url,
                                  enum source_access access, struct error *error) {
    *source = NULL;
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        size_t length = strlen(drivers[i]->name);
        if (strncmp(url, drivers[i]->name, length) != 0 || url[length] != ':')
            continue;
        enum rowstream_status status = drivers[i]->open(source, url + length + 1, access, error);
        if (status != ROWSTREAM_OK)
            error_prefix(error, "%s: ", url);
        return status;
    }
    const char *names[DRIVER_COUNT];
    for (size_t i = 0; i < DRIVER_COUNT; i++)
        names[i] = drivers[i]->name;
    char text[NAMES_TEXT_BYTES];
    error_set(error, "\"%s\" is not the URL of a database: accepted are SCHEME:LOCATION with the "
              "scheme %s", url, names_list(names, DRIVER_COUNT, sizeof names[0], text));
    return ROWSTREAM_USAGE;
}

void source_setup(void) {
    for (size_t i = 0; i < DRIVER_COUNT; i++)
        if (drivers[i]->setup != NULL)
            drivers[i]->setup();
}

void source_cleanup(void) {
    for (size_t i = 0; i < DRIVER_COUNT; i++)
        if (drivers[i]->cleanup != NULL)
            drivers[i]->cleanup();
}

void source_close(struct source *source) {
    if (source != NULL)
        source->driver->close(source);
}

enum rowstream_status source_check_fetch(const struct source *source, const char *fetch,
                                         struct error *error) {
    const size_t count = sizeof fetches / sizeof fetches[0];
    const char *had[sizeof fetches / sizeof fetches[0] + 1];
    size_t had_count = 0;
    bool known = false;
    for (const char *const *at = source->driver->fetches; *at != NULL; at++)
        had[had_count++] = *at;
    had[had_count++] = "buffered";
    for (size_t i = 0; i < had_count; i++)
        if (strcmp(had[i], fetch) == 0)
            return ROWSTREAM_OK;
    for (size_t i = 0; i < count; i++)
        known = known || strcmp(fetches[i], fetch) == 0;
    char text[NAMES_TEXT_BYTES];
    if (known)
        error_set(error, "%s has no fetch mode \"%s\": accepted are %s", source->driver->title,
                  fetch, names_list(had, had_count, sizeof had[0], text));
    else
        error_set(error, "unknown fetch mode \"%s\": accepted are %s", fetch,
                  names_list(fetches, count, sizeof fetches[0], text));
    return ROWSTREAM_USAGE;
}
