/* What writing and reading a result file share: the names of its figures, and where a file is. */
#ifndef RESULT_RESULT_FILE_H
#define RESULT_RESULT_FILE_H

#include <stddef.h>

#include <jansson.h>

#include "result/result.h"

enum { RESULT_FILE_BYTES_MAX = 64 << 20 };

/* How a metric is written in an engine's usage; NULL for those per unit, which stand under
 * "growth". */
extern const char *const result_figure_keys[HEAPGATE_METRIC_COUNT];

/* The figures of a usage that no budget judges: uint64_t, at `offset` of struct result_usage. */
struct result_plain_figure {
    const char *key;
    size_t offset;
};
extern const struct result_plain_figure result_plain_figures[]; /* ends with a NULL key */

/* Arguments, paths and symbols are bytes, JSON is UTF-8: what isn't becomes U+FFFD. NULL when
 * memory is out. */
json_t *result_json_text(const char *text);

/* folder/<case><ending>, which the caller frees; NULL when memory is out. */
char *result_file_path(const char *folder, const char *case_key, const char *ending);

#endif
