/* Which plain YAML scalars a reader takes for something else than a string. */
#ifndef ROWSTREAM_FORMAT_YAML_PLAIN_H
#define ROWSTREAM_FORMAT_YAML_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* True when `text` (followed by a NUL), unquoted, could be read as null, a boolean, a number, a
 * date, a time or a merge key: by YAML 1.1 as PyYAML resolves it, or by YAML 1.2's core schema. */
bool yaml_plain_is_other(const char *text, size_t length);

#endif
