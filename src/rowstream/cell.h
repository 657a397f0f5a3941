/* What a fixture says of a value becomes what a database keeps: value.h the other way round, by
 * the column's declared type, the same for every format and database. */
#ifndef ROWSTREAM_CELL_H
#define ROWSTREAM_CELL_H

#include "rowstream/core/datetime.h"
#include "rowstream/core/value.h"
#include "rowstream/format/record.h"

enum { CELL_TEXT_BYTES = 64 };

/* Makes `cell` of `value`, as Django would store it: booleans as 0 and 1, decimals as their text
 * (which the column makes a number of), dates and times as text, UUIDs without hyphens, binary data
 * from its base64. The cell points into the value's text, which may have been changed, or into
 * `text`, the caller's CELL_TEXT_BYTES. ROWSTREAM_INPUT for a value of another type than the
 * column's: nothing is guessed. */
enum rowstream_status cell_from_value(struct cell *cell, struct record_value *value,
                                      const struct column *column, char *text, struct error *error);

#endif
