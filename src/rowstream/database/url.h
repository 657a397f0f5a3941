/* Database URLs: what may be shown of one, and its parts.
 *
 * A password is in a URL to be used and never to be seen: every message shows a URL through
 * url_shown, and the command line is masked as soon as it has been read. */
#ifndef ROWSTREAM_DATABASE_URL_H
#define ROWSTREAM_DATABASE_URL_H

#include <stddef.h>

#include "rowstream/core/rowstream.h"

enum { URL_TEXT_BYTES = 512, URL_PARAMETERS_MAX = 8 };

/* Writes the URL with "***" for every password into the caller's URL_TEXT_BYTES and returns it;
 * what does not fit is cut. Where it is not clear what is a password, more is hidden than need
 * be. */
const char *url_shown(const char *url, char text[URL_TEXT_BYTES]);

/* A URL taken apart and percent-decoded. A part that is not there is NULL. */
struct url {
    char *storage; /* owned: what all else points into */
    const char *user, *password, *host, *port, *database;
    struct {
        const char *name, *value;
    } parameters[URL_PARAMETERS_MAX];
    size_t parameter_count;
};

/* Reads SCHEME://[USER[:PASSWORD]@][HOST][:PORT][/DATABASE][?NAME=VALUE&...]; HOST may be an IPv6
 * address in brackets. ROWSTREAM_USAGE for anything else; the message shows no part of it. */
enum rowstream_status url_parse(struct url *url, const char *text, struct error *error);
void url_fini(struct url *url);

#endif
