#include "cli/progress_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "cli/live_page.h"
#include "cli/terminal.h"

enum { LINE_BYTES_MAX = 4096, SHOWN_AFTER_MS = 500 };

static void put_line(const struct cli_progress *progress, const struct measure_moment *moment,
                     struct writer *line) {
    char text[SIZE_TEXT_BYTES];
    put(line, "heapgate: ");
    put_plain(line, moment->case_key);
    put(line, ", %s, ", result_engine_names[moment->engine]);
    live_print_clock(moment->elapsed_ms, line);
    if (progress->expected_ms[moment->engine] > 0) {
        put(line, " of about ");
        live_print_clock(progress->expected_ms[moment->engine], line);
    }
    if (moment->units_done > 0)
        put(line, ", %s units", count_format(moment->units_done, text));
    if (moment->counted)
        put(line, ", live %s",
            size_format(moment->live_bytes > 0 ? (uint64_t)moment->live_bytes : 0, text));
}

/* What is over before anybody could read it shows nothing. */
static void show(void *context, const struct measure_moment *moment) {
    struct cli_progress *progress = context;
    struct buffer text = BUFFER_INIT(LINE_BYTES_MAX);
    struct writer line = {.buffer = &text};
    int columns, lines;
    if (moment->elapsed_ms < SHOWN_AFTER_MS)
        return;
    put_line(progress, moment, &line);
    terminal_size(STDERR_FILENO, &columns, &lines);
    if (!line.failed) {
        fprintf(stderr, "\r%.*s\033[K", (int)terminal_fit(text.bytes, text.length, columns - 1),
                text.bytes);
        fflush(stderr);
        progress->drawn = true;
    }
    buffer_fini(&text);
}

static void end(void *context) {
    struct cli_progress *progress = context;
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

void cli_progress_init(struct cli_progress *progress, const char *results, const char *case_key) {
    char *path = NULL;
    struct result *last = NULL;
    *progress = (struct cli_progress){.calls = {show, end, progress}};
    if (results == NULL || !result_case_valid(case_key, NULL) ||
        asprintf(&path, "%s/%s.json", results, case_key) < 0)
        return;
    if (result_read(path, NULL, &last, NULL))
        for (int engine = 0; engine < RESULT_ENGINES; engine++)
            progress->expected_ms[engine] = last->engines[engine].wall_ms;
    result_free(last);
    free(path);
}
