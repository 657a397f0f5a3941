/* The Massif file that the engine profile writes, beside valgrind's of the same case: ms_print
 * shows the same peak and the same five heaviest sites for both, and our own reader takes it.
 *
 * The peak is that of the useful heap, what was requested: the allocator's own share, which Massif
 * adds to it, is not heapgate's to know. Sites are compared by their functions, from the one that
 * called malloc out to main. What differs honestly is left out of that: addresses and lines; the
 * frames below main, which valgrind does not show; and constructors, which run before stacks can be
 * walked: what is not from main counts as one site. That and the peak may differ by a few bytes,
 * what the loader and the C library allocate where only one of the two looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/process.h"
#include "cases.h"
#include "fixture.h"
#include "massif/massif.h"

enum { DEPTH_MAX = 128, PATH_BYTES = 4096, SITES_MAX = 512, TOP = 5, SLACK_BYTES = 64 };

#define NOT_FROM_MAIN "(not from main)\n"

static char folder[] = "/tmp/heapgate-ms-print.XXXXXX";

struct site {
    char path[PATH_BYTES]; /* functions, the innermost first, a newline after each */
    long long bytes;
};

/* What ms_print shows of a file. */
struct shown {
    long long peak_bytes; /* of "useful heap", what was requested */
    struct site *sites;   /* heaviest first */
    size_t count;
};

/* Each is a run by itself: all of one ctest would be one, in which a case is measured once. */
static void run(const char *command) {
    static int runs;
    char run_id[32];
    snprintf(run_id, sizeof run_id, "ms-print-%d", runs++);
    setenv("HEAPGATE_RUN_ID", run_id, 1);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static long long number_at(const char *text) {
    long long number = 0;
    for (; (*text >= '0' && *text <= '9') || *text == ','; text++)
        if (*text != ',')
            number = number * 10 + (*text - '0');
    return number;
}

/* "0x1234: main (main.c:6)". The C library has a function under several names, "__strdup" as well
 * as "strdup". */
static void function_of(const char *line, char *function, size_t bytes) {
    const char *name = strstr(line, ": ");
    name = name != NULL ? name + 2 : line;
    snprintf(function, bytes, "%s", name + strspn(name, "_"));
    char *end = strrchr(function, ' ');
    char *module = strstr(function, " (in ");
    if (module != NULL)
        *module = '\0';
    else if (end != NULL && end[1] == '(')
        *end = '\0';
}

static void add_site(struct shown *shown, const char *path, long long bytes) {
    size_t i = 0;
    while (i < shown->count && strcmp(shown->sites[i].path, path) != 0)
        i++;
    if (i == SITES_MAX)
        return;
    if (i == shown->count) {
        snprintf(shown->sites[i].path, PATH_BYTES, "%s", path);
        shown->sites[i].bytes = 0;
        shown->count++;
    }
    shown->sites[i].bytes += bytes;
}

static int heaviest_first(const void *left, const void *right) {
    const struct site *a = left, *b = right;
    return a->bytes != b->bytes ? (a->bytes > b->bytes ? -1 : 1) : strcmp(a->path, b->path);
}

/* A node of the tree that is open. */
struct node {
    char function[PATH_BYTES];
    long long bytes;
};

/* A leaf is a site: by its functions out to main. */
static void end_leaf(struct shown *shown, const struct node *nodes, size_t depth) {
    char path[PATH_BYTES] = "";
    bool from_main = false;
    for (size_t i = 0; i < depth && !from_main; i++) {
        size_t length = strlen(path);
        snprintf(path + length, sizeof path - length, "%s\n", nodes[i].function);
        from_main =
            strcmp(nodes[i].function, "work_main") == 0; /* called by main in tail position */
    }
    add_site(shown, from_main ? path : NOT_FROM_MAIN, nodes[depth - 1].bytes);
}

/* The tree below "100.00% (N B) (heap allocation functions)": each level is two columns further in,
 * "->" and what it is. */
static void read_tree(char *text, struct shown *shown) {
    struct node *nodes = calloc(DEPTH_MAX, sizeof *nodes);
    size_t depth = 0;
    assert_non_null(nodes);
    for (char *line = text, *end; *line != '\0' && (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        *end = '\0';
        const char *arrow = strstr(line, "->"), *bytes = strstr(line, "% (");
        if (strncmp(line, "-----", 5) == 0)
            break;
        if (arrow == NULL || bytes == NULL)
            continue;
        size_t at = (size_t)(arrow - line) / 2;
        assert_true(at < DEPTH_MAX);
        if (depth > 0 && at < depth) /* what stands no deeper than the last is not its child */
            end_leaf(shown, nodes, depth);
        depth = 0;
        if (strstr(bytes, "B) in ") != NULL)
            continue; /* several places, too small to be told */
        depth = at + 1;
        nodes[at].bytes = number_at(bytes + 3);
        function_of(strchr(bytes, ')') + 1, nodes[at].function, PATH_BYTES);
    }
    if (depth > 0)
        end_leaf(shown, nodes, depth);
    free(nodes);
}

static void read_shown(const char *path, struct shown *shown) {
    char command[1024], output[256];
    struct buffer text = BUFFER_INIT(64 << 20);
    struct error error = {.set = false};
    snprintf(output, sizeof output, "%s/printed", folder);
    snprintf(command, sizeof command,
             "ms_print --threshold=0.1 %s >%s 2>%s.errors && ! grep . %s.errors", path, output,
             output, output);
    run(command);
    if (!file_read(output, &text, &error))
        fail_msg("%s", error.text);
    *shown = (struct shown){.sites = calloc(SITES_MAX + 1, sizeof(struct site))};
    assert_non_null(shown->sites);
    char *tree = NULL;
    for (char *at = text.bytes; (at = strstr(at, "B) (heap allocation functions)")) != NULL; at++) {
        char *bytes = at;
        while (bytes > text.bytes && bytes[-1] != '(')
            bytes--;
        if (number_at(bytes) > shown->peak_bytes) {
            shown->peak_bytes = number_at(bytes);
            tree = at;
        }
    }
    if (tree == NULL)
        fail_msg("%s: no tree in\n%s", path, text.bytes);
    read_tree(strchr(tree, '\n') + 1, shown);
    qsort(shown->sites, shown->count, sizeof *shown->sites, heaviest_first);
    buffer_fini(&text);
}

static void show_top(const char *title, const struct shown *shown) {
    print_error("%s: %lld bytes at the peak\n", title, shown->peak_bytes);
    for (size_t i = 0; i < TOP && i < shown->count; i++)
        print_error("  %lld %s", shown->sites[i].bytes, shown->sites[i].path);
}

/* Massif leaves out those constructors' call stacks that are below its threshold: 1% of their
 * sum. */
static bool is_same(const struct site *ours, const struct site *theirs) {
    bool from_main = strcmp(ours->path, NOT_FROM_MAIN) != 0;
    return strcmp(ours->path, theirs->path) == 0 &&
           llabs(ours->bytes - theirs->bytes) <= (from_main ? 0 : ours->bytes / 100);
}

static void compare(const char *case_key, const struct shown *ours, const struct shown *theirs) {
    bool same = llabs(ours->peak_bytes - theirs->peak_bytes) <= SLACK_BYTES;
    for (size_t i = 0; i < TOP && same; i++)
        same =
            (i >= ours->count && i >= theirs->count) ||
            (i < ours->count && i < theirs->count && is_same(&ours->sites[i], &theirs->sites[i]));
    if (same)
        return;
    show_top("profile", ours);
    show_top("valgrind", theirs);
    fail_msg("%s: ms_print shows another peak or other sites", case_key);
}

static void ms_print_shows_what_it_shows_of_valgrind_s(void **state) {
    const char *case_key = *state;
    char command[2048], ours_path[512], theirs_path[512];
    struct shown ours, theirs;
    struct massif_summary summary;
    struct error error = {.set = false};
    /* Not the case's own name: Massif's file is of the whole process, and so must ours be. */
    snprintf(ours_path, sizeof ours_path, "%s/whole.massif", folder);
    snprintf(theirs_path, sizeof theirs_path, "%s/valgrind.out", folder);
    snprintf(command, sizeof command,
             "KEEP_MASSIF=%s PATH=%s:$PATH %s run --engine massif --case whole --results %s -- "
             "%s %s %s /dev/null %d 2>%s/errors || { cat %s/errors; false; }",
             theirs_path, MS_PRINT_KEEP, MS_PRINT_HEAPGATE, folder, MS_PRINT_WORK, case_key,
             GATE_DATABASES, GATE_ROWS, folder, folder);
    run(command);
    snprintf(command, sizeof command,
             "%s run --engine profile --case whole --results %s -- %s %s %s /dev/null %d "
             "2>%s/errors || { cat %s/errors; false; }",
             MS_PRINT_HEAPGATE, folder, MS_PRINT_WORK, case_key, GATE_DATABASES, GATE_ROWS, folder,
             folder);
    run(command);
    read_shown(ours_path, &ours);
    read_shown(theirs_path, &theirs);
    compare(case_key, &ours, &theirs);
    if (!massif_summary_read(ours_path, &summary, &error))
        fail_msg("%s", error.text);
    assert_int_equal(summary.largest.heap_bytes, ours.peak_bytes);
    assert_true(summary.largest_is_marked);
    massif_summary_fini(&summary);
    free(ours.sites);
    free(theirs.sites);
}

static int set_up(void **state) {
    struct error error = {.set = false};
    (void)state;
    if (mkdtemp(folder) != NULL &&
        fixture_make(GATE_DATABASES, "ticket5423_item", GATE_ROWS, &error))
        return 0;
    print_error("%s\n", error.text);
    return -1;
}

static int tear_down(void **state) {
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

int main(void) {
    char path[4096];
    if (!process_find_program("valgrind", path, sizeof path) ||
        !process_find_program("ms_print", path, sizeof path)) {
        fprintf(stderr, "skipped: valgrind is not installed\n");
        return 77;
    }
#define CASE(key)                                                                                  \
    { key, ms_print_shows_what_it_shows_of_valgrind_s, NULL, NULL, (void *)(uintptr_t)key }
    const struct CMUnitTest tests[] = {
        CASE("json/dump/sqlite/stream"), CASE("json/dump/sqlite/buffered/tree"),
        CASE("xml/dump/sqlite/stream"),  CASE("xml/dump/sqlite/buffered/tree"),
        CASE("yaml/dump/sqlite/stream"), CASE("yaml/dump/sqlite/buffered/tree"),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
