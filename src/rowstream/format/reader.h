/* A fixture being read: the contract that every format in this folder fulfils.
 *
 * A format is one file, with a `const struct reader_format` at its bottom and a line for it in
 * reader.c; it is the only file that includes its library's header for reading. `read` goes
 * through the document once and hands over one record at a time; it keeps nothing of those before.
 *
 * No reader trusts its document. Nothing outside it is looked up, no entity and no alias is
 * expanded, and whatever passes the limits of record.h is refused. */
#ifndef ROWSTREAM_FORMAT_READER_H
#define ROWSTREAM_FORMAT_READER_H

#include "rowstream/core/input.h"
#include "rowstream/format/record.h"

/* Who gets the records. */
struct reader_target {
    enum rowstream_status (*take)(void *context, struct record *record, struct error *error);
    void *context;
};

struct reader_format {
    const char *name;
    const char *const *extensions; /* of file names, without dot; NULL-terminated */

    /* Required. Reads all of `input`. A status of `take` that is not ROWSTREAM_OK ends it and is
     * handed on, with its error as it is. Else ROWSTREAM_INPUT, with an error that names no file:
     * "line 3: record 2: ...", or ROWSTREAM_MEMORY. */
    enum rowstream_status (*read)(struct input *input, struct record *record,
                                  const struct reader_target *target, struct error *error);
    /* Optional: as in document.h. */
    void (*setup)(void);
    void (*cleanup)(void);
};

extern const struct reader_format reader_json;
extern const struct reader_format reader_xml;
extern const struct reader_format reader_yaml;

void reader_setup(void);
void reader_cleanup(void);

/* The format of that name, or where it is NULL, the one by the file's extension, before which a
 * ".gz" does not count. ROWSTREAM_USAGE, listing the formats there are. */
enum rowstream_status reader_find(const struct reader_format **format, const char *name,
                                  const char *path, struct error *error);

/* Puts in front of an error what the library told of its place: "line 3: record 2: ". A line of 0
 * is left out. */
void reader_locate(struct error *error, uint64_t line, uint64_t record);

/* Why a library says that the input ended or failed. `what` is where the document was cut off. */
enum rowstream_status reader_input_failure(const struct input *input, struct error *error);

#endif
