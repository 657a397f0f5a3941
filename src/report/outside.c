#include "report/outside.h"

#include <string.h>

#include "base/size.h"

/* What a budget of mapped memory holds, of the process that is judged, is not outside of every
 * budget. */
static uint64_t bytes_not_held(const struct result_outside *outside, bool holds_mapped) {
    uint64_t held = holds_mapped && outside->measured ? outside->mapped_bytes : 0;
    return outside->bytes > held ? outside->bytes - held : 0;
}

bool outside_is_refused(const struct result *result, const bool held[HEAPGATE_METRIC_COUNT],
                        struct error *error) {
    char anonymous[SIZE_TEXT_BYTES], bytes[SIZE_TEXT_BYTES], mapped[SIZE_TEXT_BYTES];
    const struct result_outside *outside = &result->outside;
    if (held[HEAPGATE_METRIC_RSS] ||
        bytes_not_held(outside, held[HEAPGATE_METRIC_MAPPED]) <= RESULT_OUTSIDE_MAX)
        return false;
    size_format(outside->anonymous_bytes, anonymous);
    size_format(outside->bytes, bytes);
    size_format(outside->mapped_bytes, mapped);
    error_set(error,
              "%s had %s of anonymous memory resident, %s more than its heap explains (it mapped %s "
              "itself): a budget that says nothing of it holds only a part; name %s in the budget",
              outside->program, anonymous, bytes, mapped,
              held[HEAPGATE_METRIC_MAPPED] ||
                      bytes_not_held(outside, true) > RESULT_OUTSIDE_MAX
                  ? "rss"
                  : "mapped or rss");
    return true;
}

void report_outside(const struct result *result, struct writer *writer) {
    char anonymous[SIZE_TEXT_BYTES], bytes[SIZE_TEXT_BYTES], mapped[SIZE_TEXT_BYTES];
    const struct result_outside *outside = &result->outside;
    if (result->mapped_lost != NULL) {
        put(writer, "  note: what was mapped is not known: ");
        put_plain(writer, result->mapped_lost);
        put(writer, "\n");
    }
    if (outside->program == NULL || outside->bytes <= RESULT_OUTSIDE_MAX)
        return;
    put(writer, "  note: ");
    put_plain(writer, outside->program);
    put(writer,
        " had %s of anonymous memory resident, %s more than its heap explains; it\n"
        "        mapped %s itself\n",
        size_format(outside->anonymous_bytes, anonymous), size_format(outside->bytes, bytes),
        size_format(outside->mapped_bytes, mapped));
}
