/* Results made by hand for the report's tests: one case with everything that a page can show, a few
 * with each verdict, and names that try to be markup wherever a name can come from outside. */
#ifndef REPORT_SAMPLE_H
#define REPORT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SAMPLE_SAMPLES = 1000,
    SAMPLE_STEPS = 300,
    SAMPLE_SNAPSHOTS = 12,
    SAMPLE_POINTS = 4,
    SAMPLE_PHASES = 5,
    SAMPLE_CASES = 7,
    SAMPLE_FEW = 9
};

#define SAMPLE_FULL "app/export/buffered"
/* What is written into names, in some of them with more around it. */
#define SAMPLE_HOSTILE "<script>alert('1')</script>\"><img src=http://x onerror=a>&amp;]]>"
/* Control characters, bytes that are no UTF-8, and a change of direction. */
#define SAMPLE_ODD "bell\a esc\033[31m bytes\xff\xfe turn\xe2\x80\xae end"
#define SAMPLE_ODD_SHOWN                                                                           \
    "bell\xe2\x90\x87 esc\xe2\x90\x9b[31m bytes\xef\xbf\xbd\xef\xbf\xbd turn\xef\xbf\xbd end"

/* Writes folder/budgets and folder/results. */
bool sample_write(const char *folder);
/* Writes folder/results with that many cases, and folder/budgets for them. */
bool sample_write_many(const char *folder, size_t cases);

#endif
