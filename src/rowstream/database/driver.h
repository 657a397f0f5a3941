/* The databases there are, by the scheme of their URLs: the one list of drivers, for reading and
 * for writing. */
#ifndef ROWSTREAM_DATABASE_DRIVER_H
#define ROWSTREAM_DATABASE_DRIVER_H

#include "rowstream/rowstream.h"

struct source_driver;
struct sink_driver;

struct scheme {
    const char *name;                   /* the URL's, up to the colon */
    const char *title;                  /* for messages */
    const struct source_driver *source; /* NULL: not in this build, and so is the sink */
    const struct sink_driver *sink;
};

/* Those of different drivers, one after the other; the next of NULL is the first. */
const struct scheme *scheme_next(const struct scheme *scheme);

/* ROWSTREAM_USAGE for an unknown scheme, listing those there are, and for one whose client library
 * this build has not. Errors name the URL, without a password. */
enum rowstream_status scheme_find(const struct scheme **scheme, const char *url,
                                  struct error *error);

#endif
