/* The keys "run" and "subject" of a result file. */
#ifndef RESULT_IDENTITY_JSON_H
#define RESULT_IDENTITY_JSON_H

#include <jansson.h>

#include "base/error.h"
#include "result/identity.h"

/* Adds them to the object of the file. False when memory is out. */
bool identity_put(json_t *root, const struct result_identity *identity);

/* Reads them; a file without them gives an empty identity. False with `path`, key and what was
 * expected; the identity is to be freed then too. */
bool identity_get(const json_t *root, const char *path, struct result_identity *identity,
                  struct error *error);

#endif
