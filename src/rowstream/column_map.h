/* How the records of one model go into the database: which column or which list each field is.
 * Found out once, and again when a record has other fields than the one before. */
#ifndef ROWSTREAM_COLUMN_MAP_H
#define ROWSTREAM_COLUMN_MAP_H

#include "rowstream/cell.h"
#include "rowstream/database/sink.h"

struct column_map;

/* Makes the plan of the record's model. ROWSTREAM_INPUT for a model that has no table. */
enum rowstream_status column_map_new(struct column_map **plan, struct sink *sink,
                                     const struct record *record, struct error *error);
/* Takes NULL. */
void column_map_free(struct column_map *plan);
const char *column_map_model(const struct column_map *plan);
bool column_map_is_for(const struct column_map *plan, const struct record *record);

/* Puts the record into its table, and its lists into theirs; the sink's place is the record's. For
 * an error that is about a field `*field` becomes that, else NULL, unless the sink says what it is
 * about. */
enum rowstream_status column_map_put(struct column_map *plan, struct record *record,
                                     const struct record_field **field, struct error *error);

#endif
