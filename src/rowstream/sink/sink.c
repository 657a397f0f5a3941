#include "rowstream/sink/sink.h"

#include <string.h>

#include "rowstream/source/url.h"

/* Every driver there is. */
static const struct sink_driver *const drivers[] = {&sink_sqlite};

enum { DRIVER_COUNT = sizeof drivers / sizeof drivers[0] };

enum rowstream_status sink_open(struct sink **sink, const char *url, struct error *error) {
    const char *names[DRIVER_COUNT];
    char shown[URL_TEXT_BYTES], text[NAMES_TEXT_BYTES];
    *sink = NULL;
    url_shown(url, shown);
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        size_t length = strlen(drivers[i]->name);
        names[i] = drivers[i]->name;
        if (strncmp(url, drivers[i]->name, length) != 0 || url[length] != ':')
            continue;
        enum rowstream_status status = drivers[i]->open(sink, url, error);
        if (status != ROWSTREAM_OK)
            error_prefix(error, "%s: ", shown);
        return status;
    }
    error_set(error, "\"%s\" is not the URL of a database that can be written to: accepted are "
              "SCHEME:LOCATION with the scheme %s", shown,
              names_list(names, DRIVER_COUNT, sizeof names[0], text));
    return ROWSTREAM_USAGE;
}

void sink_close(struct sink *sink) {
    if (sink != NULL)
        sink->driver->close(sink);
}
