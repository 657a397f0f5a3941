/* The keys "run" and "subject" of a result file. */
#ifndef RESULT_IDENTITY_JSON_H
#define RESULT_IDENTITY_JSON_H

#include <jansson.h>

#include "result/identity.h"
#include "result/result_value.h"

/* Adds them to the object of the file. False when memory is out. */
bool identity_put(json_t *root, const struct result_identity *identity);

/* Reads them; a file without them gives an empty identity, which is to be freed also after a
 * failure. */
bool identity_get(const struct reader *reader, const json_t *root,
                  struct result_identity *identity);

#endif
