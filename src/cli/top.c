/* heapgate top: what a running command holds right now. On a terminal a page that is drawn again
 * and again, elsewhere a line each time; --once is one page, for a script or a hurried look. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/size.h"
#include "cli/cli.h"
#include "cli/live_page.h"
#include "cli/terminal.h"
#include "measure/live.h"
#include "report/view.h"

struct request {
    int pid;
    int operand_count;
    bool once;
    uint64_t interval_ms;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

static bool take_pid(void *target, char *word, struct error *error) {
    struct request *request = target;
    uint64_t number;
    bool fine = count_parse(word, &number, NULL) && number > 0 && number <= INT32_MAX;
    if (fine)
        request->pid = (int)number;
    else
        error_set(error, "\"%s\" is not the number of a process", word);
    request->operand_count++;
    return fine;
}

static bool take_interval(void *field, const char *value, struct error *error) {
    enum { INTERVAL_MS_MAX = 3600000 };
    uint64_t *interval_ms = field;
    if (!count_parse(value, interval_ms, error))
        return false;
    if (*interval_ms > 0 && *interval_ms <= INTERVAL_MS_MAX)
        return true;
    error_set(error, "expected 1 to %d ms", INTERVAL_MS_MAX);
    return false;
}

static const struct option_row rows[] = {
    {"--once", NULL, "one page, and no more", option_flag, offsetof(struct request, once)},
    {"--interval", "MS", "how often (default: 1000)", take_interval,
     offsetof(struct request, interval_ms)},
    OPTION_HELP,
};

static const struct cli_usage command_line = {
    .verb = "top",
    .about =
        "usage: heapgate top [--once] [--interval MS] PID\n\n"
        "Shows the heap of a command while it runs: live, peak, resident set, rates, and of a run "
        "under\n"
        "engine profile the call stacks that hold the most. PID is any process that was started\n"
        "under heapgate run, or that heapgate itself: then its process with the most live bytes.\n"
        "It reads what the process leaves in shared memory, and does not slow it down.\n",
    .table = {.rows = rows, .count = sizeof rows / sizeof rows[0], .operand = take_pid},
    .exits =
        "On a terminal the page is drawn anew each time, until the run ends or Ctrl-C; elsewhere\n"
        "each look is a line.\n\n"
        "exit status: 0, 2 wrong usage, 3 there is nothing to see: no such process, not under\n"
        "             heapgate run, not permitted\n",
};

/* From the top of the screen, each line cut to it and cleared to its end. */
static void draw_page(const struct buffer *page) {
    int columns, lines;
    terminal_size(STDOUT_FILENO, &columns, &lines);
    fputs("\033[H", stdout);
    for (const char *at = page->bytes; *at != '\0' && lines > 1; lines--) {
        size_t length = strcspn(at, "\n");
        printf("%.*s\033[K\n", (int)terminal_fit(at, length, columns), at);
        at += length + (at[length] == '\n');
    }
    fputs("\033[J", stdout);
}

static bool show(struct live_run *run, const struct request *request, bool drawn,
                 const struct live_look *look, const struct live_look *before) {
    struct buffer page = BUFFER_INIT(REPORT_BYTES_MAX);
    struct writer writer = {.buffer = &page};
    struct result *sites = result_new("top");
    bool fine = sites != NULL;
    if (fine && (drawn || request->once)) {
        fine = live_sites(run, sites);
        live_print_page(look, before, sites, &writer);
    } else if (fine) {
        live_print_line(look, before, &writer);
    }
    fine = fine && !writer.failed;
    if (fine && drawn)
        draw_page(&page);
    else if (fine)
        fputs(page.bytes, stdout);
    fflush(stdout);
    result_free(sites);
    buffer_fini(&page);
    return fine;
}

static void rest(uint64_t ms) {
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static int follow(struct live_run *run, const struct request *request) {
    bool drawn = !request->once && isatty(STDOUT_FILENO);
    struct live_look look, before;
    bool has_before = false, goes_on;
    if (drawn)
        fputs("\033[2J", stdout);
    while ((goes_on = live_look(run, &look)) && !stopped) {
        if (!show(run, request, drawn, &look, has_before ? &before : NULL))
            return cli_refuse("top", "out of memory");
        if (ferror(stdout))
            return cli_refuse("top", "cannot write to standard output");
        if (request->once)
            return HEAPGATE_OK;
        before = look;
        has_before = true;
        rest(request->interval_ms);
    }
    if (!goes_on && !has_before) {
        cli_refuse("top", "process %d is not counted, or has ended", request->pid);
        return HEAPGATE_INVALID;
    }
    if (!goes_on)
        printf("process %d has ended\n", look.pid);
    return HEAPGATE_OK;
}

int cli_top(int argc, char **argv) {
    struct request request = {.interval_ms = 1000};
    struct error error = {0};
    int status;
    (void)argc;
    if (!cli_read(&command_line, argv, &request, &status))
        return status;
    if (request.operand_count != 1)
        return cli_refuse("top", "expected the number of one process: see heapgate top --help");
    struct live_run *run = live_open(request.pid, &error);
    if (run == NULL) {
        cli_refuse("top", "%s", error.text);
        return HEAPGATE_INVALID;
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    status = follow(run, &request);
    live_free(run);
    return status;
}
