#include "rowstream/database/driver.h"

#include <string.h>

#include "rowstream/names.h"
#include "rowstream/database/sink.h"
#include "rowstream/database/source.h"
#include "rowstream/database/url.h"

/* Without its client library a database is left out of the build. */
#if ROWSTREAM_WITH_POSTGRESQL
#define POSTGRESQL &source_postgresql, &sink_postgresql
#else
#define POSTGRESQL NULL, NULL
#endif
#if ROWSTREAM_WITH_MYSQL
#define MYSQL &source_mysql, &sink_mysql
#else
#define MYSQL NULL, NULL
#endif

static const struct scheme schemes[] = {
    {"sqlite", "SQLite", &source_sqlite, &sink_sqlite},
    {"postgresql", "PostgreSQL", POSTGRESQL},
    {"postgres", "PostgreSQL", POSTGRESQL},
    {"mysql", "MySQL", MYSQL},
};

enum { SCHEME_COUNT = sizeof schemes / sizeof schemes[0] };

/* Two schemes may be one driver. */
static bool is_first(const struct scheme *scheme) {
    return scheme->source != NULL && (scheme == schemes || scheme[-1].source != scheme->source);
}

const struct scheme *scheme_next(const struct scheme *scheme) {
    for (scheme = scheme == NULL ? schemes : scheme + 1; scheme < schemes + SCHEME_COUNT; scheme++)
        if (is_first(scheme))
            return scheme;
    return NULL;
}

enum rowstream_status scheme_find(const struct scheme **scheme, const char *url,
                                  struct error *error) {
    char shown[URL_TEXT_BYTES], text[NAMES_TEXT_BYTES];
    url_shown(url, shown);
    for (*scheme = schemes; *scheme < schemes + SCHEME_COUNT; (*scheme)++) {
        size_t length = strlen((*scheme)->name);
        if (strncmp(url, (*scheme)->name, length) != 0 || url[length] != ':')
            continue;
        if ((*scheme)->source != NULL)
            return ROWSTREAM_OK;
        error_set(error, "%s: this rowstream was built without %s", shown, (*scheme)->title);
        return ROWSTREAM_USAGE;
    }
    error_set(error,
              "\"%s\" is not the URL of a database: accepted are SCHEME:LOCATION with the "
              "scheme %s",
              shown, names_list(&schemes[0].name, SCHEME_COUNT, sizeof schemes[0], text));
    return ROWSTREAM_USAGE;
}
