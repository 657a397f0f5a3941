#include "rowstream/sink/sink.h"

#include "rowstream/scheme.h"
#include "rowstream/source/url.h"

enum rowstream_status sink_open(struct sink **sink, const char *url, struct error *error) {
    const struct scheme *scheme;
    char shown[URL_TEXT_BYTES];
    *sink = NULL;
    enum rowstream_status status = scheme_find(&scheme, url, error);
    if (status != ROWSTREAM_OK)
        return status;
    status = scheme->sink->open(sink, url, error);
    if (status != ROWSTREAM_OK)
        error_prefix(error, "%s: ", url_shown(url, shown));
    return status;
}

void sink_close(struct sink *sink) {
    if (sink != NULL)
        sink->driver->close(sink);
}
