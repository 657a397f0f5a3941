/* The databases there are, by the scheme of their URLs. */
#include <string.h>

#include "rowstream/core/names.h"
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

static const struct scheme {
    const char *name;                   /* the URL's, up to the colon */
    const char *title;                  /* for messages */
    const struct source_driver *source; /* NULL: not in this build, and so is the sink */
    const struct sink_driver *sink;
} schemes[] = {
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

/* Those of different drivers, one after the other; the next of NULL is the first. */
static const struct scheme *next_driver(const struct scheme *scheme) {
    for (scheme = scheme == NULL ? schemes : scheme + 1; scheme < schemes + SCHEME_COUNT; scheme++)
        if (is_first(scheme))
            return scheme;
    return NULL;
}

/* ROWSTREAM_USAGE for an unknown scheme, listing those there are, and for one whose client library
 * this build has not. Errors name the URL, without a password. */
static enum rowstream_status find(const struct scheme **scheme, const char *url,
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

enum rowstream_status source_open(struct source **source, const char *url,
                                  enum source_access access, struct error *error) {
    const struct scheme *scheme;
    char shown[URL_TEXT_BYTES];
    *source = NULL;
    enum rowstream_status status = find(&scheme, url, error);
    if (status != ROWSTREAM_OK)
        return status;
    status = scheme->source->open(source, url, access, error);
    if (status != ROWSTREAM_OK)
        error_prefix(error, "%s: ", url_shown(url, shown));
    return status;
}

enum rowstream_status sink_open(struct sink **sink, const char *url, struct error *error) {
    const struct scheme *scheme;
    char shown[URL_TEXT_BYTES];
    *sink = NULL;
    enum rowstream_status status = find(&scheme, url, error);
    if (status != ROWSTREAM_OK)
        return status;
    status = scheme->sink->open(sink, url, error);
    if (status != ROWSTREAM_OK)
        error_prefix(error, "%s: ", url_shown(url, shown));
    return status;
}

void source_setup(void) {
    for (const struct scheme *at = NULL; (at = next_driver(at)) != NULL;)
        if (at->source->setup != NULL)
            at->source->setup();
}

void source_cleanup(void) {
    for (const struct scheme *at = NULL; (at = next_driver(at)) != NULL;)
        if (at->source->cleanup != NULL)
            at->source->cleanup();
}
