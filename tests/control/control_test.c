/* The gate proves that it can fail. Each row runs `heapgate run`, as a pipeline would, on the
 * gate's own work with a seeded fault and under the gate's own budgets, and wants an exit status
 * and a message. A control that stays green fails here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cases.h"
#include "fixture.h"
#include "servers.h"

static char folder[] = "/tmp/heapgate-control.XXXXXX";

/* Runs a shell command with $HEAPGATE, $WORK, … set and all its output kept; returns its exit
 * status. Each is a run by itself: all of one ctest would be one, in which a case is measured
 * once. */
static int run(const char *command, struct buffer *output) {
    static int runs;
    char line[8192], path[256], run_id[32];
    snprintf(run_id, sizeof run_id, "control-%d", runs++);
    setenv("HEAPGATE_RUN_ID", run_id, 1);
    struct error error = {.set = false};
    snprintf(path, sizeof path, "%s/output", folder);
    snprintf(line, sizeof line, "{ %s ; } >%s 2>&1", command, path);
    int status = system(line);
    buffer_clear(output);
    if (!file_read(path, output, &error) || !buffer_append(output, "", 0))
        fail_msg("%s", error.text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Whether the at most three stacks that are new beside the budget have this text. */
static bool is_new(const char *output, const char *text) {
    const char *line = strstr(output, "\n  new, ");
    while (line != NULL && (line = strchr(line + 1, '\n')) != NULL &&
           strncmp(line, "\n    +", 6) == 0) {
        const char *found = strstr(line, text);
        if (found != NULL && found < line + 1 + strcspn(line + 1, "\n"))
            return true;
    }
    return false;
}

/* Whether the list of who held the memory, or allocated, names a function within its first
 * stacks. */
static bool is_held_by(const char *output, const char *function, int stacks) {
    const char *line = strstr(output, "\n  who ");
    line = line != NULL ? line + 1 : strncmp(output, "  who ", 6) == 0 ? output : NULL;
    const char *found = line != NULL ? strstr(line, function) : NULL;
    for (; found != NULL && (line = strchr(line, '\n')) != NULL && line < found; line++) {
        const char *share = strchr(line + 1, '%');
        const char *end = strchr(line + 1, '\n');
        stacks -= share != NULL && end != NULL && share < end;
    }
    return found != NULL && stacks >= 0;
}

/* `holder`: a function that must be found within the first three stacks, or NULL. */
static void expect_held(const char *name, const char *command, int wanted, const char *const *texts,
                        const char *holder) {
    struct buffer output = BUFFER_INIT(1 << 20);
    int status = run(command, &output);
    if (holder != NULL && !is_held_by(output.bytes, holder, 3) && !is_new(output.bytes, holder))
        fail_msg("%s: \"%s\" is not within the first three stacks of\n%s", name, holder,
                 output.bytes);
    if (status != wanted)
        fail_msg("%s: exit status %d, wanted %d\n%s", name, status, wanted, output.bytes);
    for (size_t i = 0; texts[i] != NULL; i++)
        if (strstr(output.bytes, texts[i]) == NULL)
            fail_msg("%s: no \"%s\" in\n%s", name, texts[i], output.bytes);
    buffer_fini(&output);
}

static void expect(const char *name, const char *command, int wanted, const char *const *texts) {
    expect_held(name, command, wanted, texts, NULL);
}

enum { TEXTS_MAX = 7 };

/* What the message says of a peak that grows with the rows where none may: no version of a library
 * makes that right. */
#define GROWS "growth, by count"

/* What more columns lead to: more of the statement, and in XML a tag for each of them. */
#define COLUMNS_HOLDER "libsqlite3: sqlite3_prepare_v2 <- client_sqlite_use (was "
#define COLUMNS_XML_HOLDER "libxml2: xmlNewProp <- set_attribute (was "

/* Status 1: over budget, with the metric, the place of the budget, and who did it. */
static const struct {
    const char *fault;
    const char *name; /* of the case, without the format */
    const char *texts[TEXTS_MAX];
    const char *holder; /* the function in which the fault is, or to which it leads */
} red[] = {
    {"rows-buffered",
     "dump/sqlite/stream",
     {"OVER", "peak, by count", GROWS, ".yaml:", "+56.8 MiB  copy_row <- copy_all (was 0 B)",
      "(own code) 56."},
     "copy_row ("},
    {"document-as-tree",
     "dump/sqlite/stream",
     {"OVER", "peak, by count", GROWS, ".yaml:"},
     "(writer.c:"},
    {"row-leaked",
     "dump/sqlite/stream",
     {"OVER", "peak, by count", "live, by count", GROWS, ".yaml:"},
     "leak_row ("},
    {"cache-of-rows",
     "dump/sqlite/stream",
     {"OVER", "peak, by count", GROWS, ".yaml:"},
     "cache_row ("},
    {"string-doubled",
     "dump/sqlite/stream",
     {"OVER", "peak, by count", GROWS, ".yaml:"},
     "gather_output ("},
    /* One byte of each row is as much of a leak as all of it. */
    {"byte-leaked",
     "dump/sqlite/stream",
     {"OVER", "live, by count", GROWS, ".yaml:", " B per unit; the budget says 0;"},
     "leak_byte ("},
    /* Asks the database for more, by an option: SQLite allocates some 20 times more often for the
     * query, and six places still do so more often than that. */
    {"all-columns",
     "dump/sqlite/one-column",
     {"OVER", "allocations, by count", ".yaml:", "who allocated, by calls"},
     COLUMNS_HOLDER},
    {"larger-buffer",
     "dump/sqlite/stream",
     {"OVER", "peak, by count", ".yaml:", "difference  +"},
     "begin_larger_buffer ("},
    {"one-more-allocation",
     "dump/sqlite/stream",
     {"OVER", "allocations, by count", "allocation_growth, by count", ".yaml:", "difference  +"},
     "allocate_once_more ("},
};

static void a_regression_turns_its_case_red(void **state) {
    const char *format = *state;
    for (size_t i = 0; i < sizeof red / sizeof red[0]; i++) {
        char command[2048], name[256];
        snprintf(name, sizeof name, "%s on %s/%s", red[i].fault, format, red[i].name);
        snprintf(command, sizeof command,
                 "$HEAPGATE run --case %s/%s --budgets $BUDGETS --results $RESULTS $SWEEP -- "
                 "$WORK %s %s/%s $DATABASES /dev/null {N}",
                 format, red[i].name, red[i].fault, format, red[i].name);
        print_message("%s\n", name);
        const char *holder = red[i].holder;
        assert_non_null(holder);
        if (strcmp(format, "xml") == 0 && strcmp(holder, COLUMNS_HOLDER) == 0)
            holder = COLUMNS_XML_HOLDER;
        expect_held(name, command, 1, red[i].texts, holder);
    }
}

/* Of the 2.9 million calls of a tree one more for each row is within a tolerance of 2%; of calls
 * per row it is not. */
static void one_more_call_among_many_turns_its_case_red(void **state) {
    (void)state;
    static const char *const over[] = {
        "OVER xml/dump/sqlite/stream/tree", "allocation_growth, by count",
        "xml.yaml:", "who allocated, by calls in the phase \"more rows\", of ", NULL};
    static const char *const hidden[] = {"within budget", NULL};
    expect(
        "one-more-allocation on xml/dump/sqlite/stream/tree",
        "$HEAPGATE run --case xml/dump/sqlite/stream/tree --budgets $BUDGETS --results $RESULTS "
        "$SWEEP -- $WORK one-more-allocation xml/dump/sqlite/stream/tree $DATABASES /dev/null {N}",
        1, over);
    expect(
        "the same with room for 2% of all calls, and no budget of calls per row",
        "sed -e '/allocation_growth:/d' -e '/phases:/d' -e '/^ *rows: {/d' -e '/more rows: {/d' "
        "-e 's/allocations: 0 }/allocations: 2% }/' $BUDGETS/xml.yaml >$STALE/load/xml.yaml; "
        "$HEAPGATE run --case xml/dump/sqlite/stream/tree --budgets $STALE/load --results $RESULTS "
        "$SWEEP -- $WORK one-more-allocation xml/dump/sqlite/stream/tree $DATABASES /dev/null {N}",
        0, hidden);
}

/* What the case's own peak hides, a budget of the phase shows. */
static void a_phase_turns_its_case_red(void **state) {
    (void)state;
    static const char *const over[] = {"OVER json/dump/sqlite/stream",
                                       "  peak in rows, by count",
                                       "json.yaml:",
                                       "Peak inside",
                                       "  rows\n",
                                       " in the phase \"rows\", of ",
                                       NULL};
    static const char *const hidden[] = {"within budget", NULL};
    static const char *const unmarked[] = {
        "the phase \"rows\" has a budget, and the run marked none of that name", NULL};
    expect_held(
        "hidden-below-the-peak on json/dump/sqlite/stream",
        "$HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS --results $RESULTS "
        "$SWEEP -- $WORK hidden-below-the-peak json/dump/sqlite/stream $DATABASES /dev/null "
        "{N}",
        1, over, "write_behind_buffer (");
    expect("the same without a budget for the phase, and with room for one call",
           "sed -e '/phases:/d' -e '/^ *rows: {/d' -e '/more rows: {/d' "
           "-e 's/allocations: 0 }/allocations: 1 }/' $BUDGETS/json.yaml >$STALE/load/json.yaml; "
           "$HEAPGATE run --case json/dump/sqlite/stream --budgets $STALE/load --results $RESULTS "
           "$SWEEP -- $WORK hidden-below-the-peak json/dump/sqlite/stream $DATABASES /dev/null {N}",
           0, hidden);
    expect("a phase that was not marked",
           "printf 'schema: 1\\ncases: { unmarked: { phases: { rows: { peak: 1 GiB } } } }\\n' "
           ">$STALE/app.yaml; "
           "$HEAPGATE run --case app/unmarked --budgets $STALE/app.yaml --results $RESULTS -- true",
           3, unmarked);
}

/* Of the case that is the state. 5,000 rows are enough to tell, and to see that the peak grows. */
static void expect_red_load(const char *fault, const char *holder, const char *case_key) {
    static const char *const texts[] = {"OVER", "peak, by count", GROWS, ".yaml:", NULL};
    char command[2048], name[96], format[8];
    struct error error = {.set = false};
    snprintf(format, sizeof format, "%.*s", (int)strcspn(case_key, "/"), case_key);
    if (!fixture_make_document(GATE_DATABASES, "items", format, 500, &error) ||
        !fixture_make_document(GATE_DATABASES, "items", format, 5000, &error))
        fail_msg("%s", error.text);
    snprintf(name, sizeof name, "%s on %s", fault, case_key);
    snprintf(command, sizeof command,
             "sed 's/units: 50000/units: 5000/' $BUDGETS/%s.yaml >$STALE/load/%s.yaml; "
             "$HEAPGATE run --case %s --budgets $STALE/load --results $RESULTS --sweep 500,5000 "
             "-- $LOAD %s %s $DATABASES/items-{N}.%s $STALE/loaded.sqlite3",
             format, format, case_key, fault, case_key, format);
    print_message("%s\n", name);
    expect_held(name, command, 1, texts, holder);
}

static void a_whole_document_turns_its_load_red(void **state) {
    expect_red_load("document-whole", "read_whole (", *state);
}

/* What a format has to do with is before the rows: one of them will do. */
static void rows_kept_turn_their_load_red(void **state) {
    char case_key[64];
    snprintf(case_key, sizeof case_key, "json/load/%s/stream", (const char *)*state);
    expect_red_load("rows-kept", "keep_row (", case_key);
}

/* All of the gate's rows: of a tenth the keys would hide below what SQLite holds for its
 * journal. */
static void keys_kept_turn_their_delete_red(void **state) {
    static const char *const texts[] = {"OVER", "peak, by count", GROWS, "rows.yaml:", NULL};
    const char *database = *state;
    char command[1024], name[96];
    snprintf(name, sizeof name, "keys-kept on rows/delete/%s/keyed", database);
    snprintf(command, sizeof command,
             "$HEAPGATE run --case rows/delete/%s/keyed --budgets $BUDGETS --results $RESULTS "
             "--sweep 20000,50000 -- $DELETE keys-kept rows/delete/%s/keyed {N} "
             "$STALE/deleted.sqlite3",
             database, database);
    print_message("%s\n", name);
    expect_held(name, command, 1, texts, "keep_keys (");
}

/* ci/matrix has budgets of its own, of nothing but the growth. */
static void the_matrix_does_not_let_a_case_grow(void **state) {
    (void)state;
    static const char *const over[] = {"OVER", GROWS, "tests/matrix/budgets/", NULL};
    static const char *const within[] = {"within budget", NULL};
    const char *command =
        "$HEAPGATE run --case yaml/dump/sqlite/keyset --budgets $MATRIX_BUDGETS --results $RESULTS "
        "$SWEEP -- $WORK rows-buffered yaml/dump/sqlite/keyset $DATABASES /dev/null {N}";
    expect_held("rows-buffered under the matrix's budgets", command, 1, over, "copy_row (");
    command = "$HEAPGATE run --case yaml/dump/sqlite/keyset --budgets $MATRIX_BUDGETS --results "
              "$RESULTS $SWEEP -- $GATE yaml/dump/sqlite/keyset $DATABASES /dev/null {N}";
    expect("no fault under the matrix's budgets", command, 0, within);
}

/* What grows with the square of the work is more than a slope. */
static void growth_that_grows_is_named(void **state) {
    (void)state;
    static const char *const over[] = {"OVER json/squared", GROWS, "it grows faster than linearly",
                                       NULL};
    expect_held("square the size",
                "$HEAPGATE run --case json/squared --budgets $STALE/growth/json.yaml --results "
                "$RESULTS --sweep 100,200,400 -- $SUBJECT squared {N}",
                1, over, "squared (");
}

static void massif_sees_a_regression_too(void **state) {
    (void)state;
    static const char *const texts[] = {"OVER", "peak, by count", "peak, by massif", NULL};
    expect_held(
        "both engines",
        "$HEAPGATE run --engine all --case json/dump/sqlite/stream --budgets $BUDGETS $SWEEP "
        "--results $RESULTS -- $WORK larger-buffer json/dump/sqlite/stream $DATABASES "
        "/dev/null {N}",
        1, texts, "begin_larger_buffer (");
}

/* Status 3: nothing valid was measured. */
static const struct {
    const char *name;
    const char *command;
    int status;
    const char *texts[TEXTS_MAX];
} vacuous[] = {
    {"allocator inactive: a static program",
     "$HEAPGATE run --results $RESULTS --max 1MiB -- $STATIC once",
     3,
     {"the allocator cannot be active", "statically linked"}},
    {"allocator inactive: no preload library",
     "HEAPGATE_PRELOAD=/nonexistent.so $HEAPGATE run --results $RESULTS --max 1MiB -- true",
     3,
     {"the preload library /nonexistent.so ($HEAPGATE_PRELOAD) cannot be read"}},
    {"no rows",
     "$HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS --results $RESULTS -- "
     "$WORK no-rows json/dump/sqlite/stream $DATABASES /dev/null",
     3,
     {"INVALID", "no work was done", "0 units"}},
    {"command killed",
     "$HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS --results $RESULTS -- "
     "$WORK killed json/dump/sqlite/stream $DATABASES /dev/null",
     3,
     {"INVALID", "was killed by signal 9 (Killed)"}},
    {"command failed",
     "$HEAPGATE run --results $RESULTS --max 1MiB -- sh -c 'exit 5'",
     3,
     {"failed with status 5"}},
    {"valgrind missing",
     "PATH=/nonexistent HEAPGATE_REQUIRE=valgrind $HEAPGATE run --engine massif --max 1MiB "
     "--results $RESULTS -- /bin/true",
     3,
     {"valgrind is not installed, and HEAPGATE_REQUIRE asks for it"}},
    {"valgrind missing, and not required",
     "unset HEAPGATE_REQUIRE; PATH=/nonexistent $HEAPGATE run --engine massif --max 1MiB "
     "--results $RESULTS -- /bin/true",
     77,
     {"skipped: ", "valgrind is not installed"}},
    {"budget missing",
     "$HEAPGATE run --case json/dump/sqlite/unheard-of --budgets $BUDGETS --results $RESULTS -- "
     "true",
     3,
     {"INVALID json/dump/sqlite/unheard-of", "no budget", "heapgate update"}},
    {"engines disagree",
     "$HEAPGATE run --engine all --case json/dump/sqlite/stream --budgets $BUDGETS --results "
     "$RESULTS -- $WORK only-when-counted json/dump/sqlite/stream $DATABASES /dev/null",
     3,
     {"INVALID", "the engines disagree"}},
    {"result from another case",
     "rm -rf $RESULTS/other; mkdir -p $RESULTS/other/json && "
     "$HEAPGATE run --case true --results $RESULTS/other -- true && "
     "cp $RESULTS/other/true.json $RESULTS/other/json/false.json && "
     "$HEAPGATE check --budgets $BUDGETS --results $RESULTS/other",
     3,
     {"json/false.json", "true"}},
    {"no results at all",
     "mkdir -p $RESULTS/none && $HEAPGATE check --budgets $BUDGETS --results $RESULTS/none",
     3,
     {"no results"}},
    {"a budget that no case measured",
     "rm -rf $RESULTS/one; $HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS "
     "--results $RESULTS/one $SWEEP -- $GATE json/dump/sqlite/stream $DATABASES /dev/null {N} && "
     "$HEAPGATE check --budgets $BUDGETS --results $RESULTS/one",
     3,
     {"INVALID", "xml/dump/sqlite/stream"}},
    {"another amount of work",
     "$HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS --results $RESULTS "
     "--units 7 -- true",
     3,
     {"INVALID", "7 units", "50,000"}},
    {"growth not measured, and budgeted",
     "$HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS --results $RESULTS -- "
     "$GATE json/dump/sqlite/stream $DATABASES /dev/null",
     3,
     {"INVALID", "growth has a budget and was not measured"}},
    {"a stale budget",
     "$HEAPGATE run --case json/dump/sqlite/stream --budgets $STALE/json.yaml --results $RESULTS "
     "-- $GATE json/dump/sqlite/stream $DATABASES /dev/null",
     4,
     {"STALE", "below", "heapgate update"}},
    {"an unreadable budget",
     "$HEAPGATE run --case json/dump/sqlite/stream --budgets $STALE/broken.yaml --results "
     "$RESULTS -- $GATE json/dump/sqlite/stream $DATABASES /dev/null",
     2,
     {"broken.yaml:4:11: \"96 KB\" has an unknown unit"}},
};

static void what_measures_nothing_never_passes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vacuous / sizeof vacuous[0]; i++)
        expect(vacuous[i].name, vacuous[i].command, vacuous[i].status, vacuous[i].texts);
}

static void a_control_s_result_never_becomes_a_budget(void **state) {
    (void)state;
    static const char *const texts[] = {"json/dump/sqlite/stream", "control", NULL};
    static const char *const same[] = {NULL};
    expect("update from a control",
           "rm -rf $RESULTS/control $RESULTS/budgets; cp -r $BUDGETS $RESULTS/budgets; "
           "$HEAPGATE run --case json/dump/sqlite/stream --results $RESULTS/control -- "
           "$WORK larger-buffer json/dump/sqlite/stream $DATABASES /dev/null || exit 99; "
           "$HEAPGATE update --raise --budgets $RESULTS/budgets --results $RESULTS/control",
           3, texts);
    expect("nothing was written", "diff -r $BUDGETS $RESULTS/budgets", 0, same);
}

/* The list is kept, and told again. */
static void a_result_and_a_massif_file_can_be_explained(void **state) {
    (void)state;
    static const char *const nothing[] = {NULL}, *const refused[] = {"has no call stacks", NULL};
    expect_held("explain a case",
                "$HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS --results "
                "$RESULTS/explained $SWEEP -- $WORK larger-buffer json/dump/sqlite/stream "
                "$DATABASES /dev/null {N} >/dev/null 2>&1; "
                "$HEAPGATE explain --results $RESULTS/explained json/dump/sqlite/stream",
                0, nothing, "begin_larger_buffer (");
    expect_held("the engine profile by itself",
                "$HEAPGATE run --engine profile --case json/dump/sqlite/stream --results "
                "$RESULTS/explained -- $WORK cache-of-rows json/dump/sqlite/stream $DATABASES "
                "/dev/null",
                0, nothing, "cache_row (");
    expect("explain a case without stacks",
           "$HEAPGATE run --case true --results $RESULTS/explained -- true && "
           "$HEAPGATE explain --results $RESULTS/explained true",
           3, refused);
    expect_held("explain a Massif file", "$HEAPGATE explain $MASSIF_FILE", 0, nothing, " (");
}

static void the_same_work_without_a_fault_is_green(void **state) {
    (void)state;
    static const char *const texts[] = {"within budget", NULL};
    expect("no fault",
           "$HEAPGATE run --case json/dump/sqlite/stream --budgets $BUDGETS --results $RESULTS "
           "$SWEEP -- $GATE json/dump/sqlite/stream $DATABASES /dev/null {N}",
           0, texts);
}

/* The client library buffers where it was told to stream. That grows with the rows where it gets
 * them all in one result; of pages and a cursor's chunks it holds the largest. A cursor of MySQL
 * and what is buffered anyway do not ask it to stream, and stay green. */
static const struct {
    const char *name;
    int status;
    const char *growth; /* the line that is wanted, if one is */
    const char *holder; /* libpq buffers by itself, where its results are asked for; MySQL's library
                           in what the fault calls instead */
} library_buffers[] = {
    {"dump/postgresql/stream", 1, GROWS, "PQgetResult in libpq"},
    {"dump/postgresql/one-column", 1, GROWS, "PQgetResult in libpq"},
    {"dump/postgresql/cursor", 1, NULL, "PQgetResult in libpq"},
    {"dump/postgresql/keyset", 1, NULL, "PQgetResult in libpq"},
    {"dump/postgresql/buffered", 0, NULL, NULL},
    {"dump/mysql/stream", 1, GROWS, "__wrap_mysql_use_result ("},
    {"dump/mysql/one-column", 1, GROWS, "__wrap_mysql_use_result ("},
    {"dump/mysql/keyset", 1, NULL, "__wrap_mysql_use_result ("},
    {"dump/mysql/cursor", 0, NULL, NULL},
    {"dump/mysql/buffered", 0, NULL, NULL},
    {"dump/sqlite/stream", 0, NULL, NULL},
    {"dump/sqlite/keyset", 0, NULL, NULL},
};

static void a_library_that_buffers_turns_its_cells_red(void **state) {
    const char *format = *state;
    static const char *const within[] = {"within budget", NULL};
    for (size_t i = 0; i < sizeof library_buffers / sizeof library_buffers[0]; i++) {
        char command[2048], key[256];
        int status = library_buffers[i].status;
        const char *const over[] = {"OVER", "peak, by count", ".yaml:", library_buffers[i].growth,
                                    NULL};
        snprintf(key, sizeof key, "%s/%s", format, library_buffers[i].name);
        snprintf(command, sizeof command,
                 "$HEAPGATE run --case %s --budgets $BUDGETS --results $RESULTS $SWEEP -- "
                 "$WORK library-buffers %s $DATABASES /dev/null {N}",
                 key, key);
        expect_held(key, command, status, status == 0 ? within : over, library_buffers[i].holder);
    }
}

static int set_up(void **state) {
    (void)state;
    char path[256];
    struct error error = {.set = false};
    static const char stale[] = "schema: 1\ndefaults: { slack: 25% }\ncases:\n"
                                "  dump/sqlite/stream: { units: 50000, peak: 64 MiB }\n";
    static const char squared[] = "schema: 1\ncases:\n  squared: { growth: 0 B }\n";
    static const char broken[] = "schema: 1\ncases:\n  dump/sqlite/stream:\n    peak: 96 KB\n";
    if (mkdtemp(folder) == NULL)
        return -1;
    setenv("HEAPGATE", CONTROL_HEAPGATE, 1);
    setenv("WORK", CONTROL_WORK, 1);
    setenv("GATE", CONTROL_GATE_WORK, 1);
    setenv("SWEEP", "--sweep 5000,50000", 1);
    setenv("STATIC", CONTROL_STATIC, 1);
    setenv("SUBJECT", CONTROL_SUBJECT, 1);
    setenv("BUDGETS", GATE_BUDGETS, 1);
    setenv("MATRIX_BUDGETS", CONTROL_MATRIX_BUDGETS, 1);
    setenv("MASSIF_FILE", CONTROL_MASSIF_FILE, 1);
    setenv("DATABASES", GATE_DATABASES, 1);
    setenv("LOAD", CONTROL_LOAD, 1);
    setenv("DELETE", CONTROL_DELETE, 1);
    setenv("STALE", folder, 1);
    snprintf(path, sizeof path, "%s/load", folder);
    if (!file_make_directories(path, &error))
        return -1;
    snprintf(path, sizeof path, "%s/growth/json.yaml", folder);
    if (!file_make_parents(path, &error) || !file_write(path, squared, sizeof squared - 1, &error))
        return -1;
    snprintf(path, sizeof path, "%s/results", folder);
    setenv("RESULTS", path, 1);
    snprintf(path, sizeof path, "%s/json.yaml", folder);
    if (!file_write(path, stale, sizeof stale - 1, &error))
        return -1;
    snprintf(path, sizeof path, "%s/broken.yaml", folder);
    if (!file_write(path, broken, sizeof broken - 1, &error))
        return -1;
    return fixture_make(GATE_DATABASES, "ticket5423_item", GATE_FEW_ROWS, &error) &&
                   fixture_make(GATE_DATABASES, "ticket5423_item", GATE_ROWS, &error)
               ? 0
               : -1;
}

/* No test finds what another one left: alone it does the same. */
static int fresh_results(void **state) {
    struct error error = {.set = false};
    const char *results = getenv("RESULTS");
    (void)state;
    if (results != NULL && file_remove_tree(results, &error) &&
        file_make_directories(results, &error))
        return 0;
    print_error("%s\n", error.text);
    return -1;
}

static void start_each_afresh(struct CMUnitTest *tests, size_t count) {
    for (size_t i = 0; i < count; i++)
        tests[i].setup_func = fresh_results;
}

static int tear_down(void **state) {
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

#define LOAD_CONTROL(format, database)                                                             \
    {                                                                                              \
        "a whole document turns its load red: " format "/load/" database,                          \
            a_whole_document_turns_its_load_red, NULL, NULL,                                       \
            (void *)(uintptr_t)(format "/load/" database "/stream")                                \
    }

int main(int argc, char **argv) {
    static const char json[] = "json", xml[] = "xml", yaml[] = "yaml";
    struct CMUnitTest on_servers[] = {
        {"a library that buffers turns its cells red: json",
         a_library_that_buffers_turns_its_cells_red, NULL, NULL, (void *)(uintptr_t)json},
        {"a library that buffers turns its cells red: xml",
         a_library_that_buffers_turns_its_cells_red, NULL, NULL, (void *)(uintptr_t)xml},
        {"a library that buffers turns its cells red: yaml",
         a_library_that_buffers_turns_its_cells_red, NULL, NULL, (void *)(uintptr_t)yaml},
        LOAD_CONTROL("json", "postgresql"),
        LOAD_CONTROL("xml", "postgresql"),
        LOAD_CONTROL("yaml", "postgresql"),
        LOAD_CONTROL("json", "mysql"),
        LOAD_CONTROL("xml", "mysql"),
        LOAD_CONTROL("yaml", "mysql"),
        {"rows that are kept turn their load red: postgresql", rows_kept_turn_their_load_red, NULL,
         NULL, (void *)(uintptr_t) "postgresql"},
        {"rows that are kept turn their load red: mysql", rows_kept_turn_their_load_red, NULL, NULL,
         (void *)(uintptr_t) "mysql"},
        {"keys that are kept turn their delete red: postgresql", keys_kept_turn_their_delete_red,
         NULL, NULL, (void *)(uintptr_t) "postgresql"},
        {"keys that are kept turn their delete red: mysql", keys_kept_turn_their_delete_red, NULL,
         NULL, (void *)(uintptr_t) "mysql"},
    };
    struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_work_without_a_fault_is_green),
        {"a regression turns its case red: json", a_regression_turns_its_case_red, NULL, NULL,
         (void *)(uintptr_t)json},
        {"a regression turns its case red: xml", a_regression_turns_its_case_red, NULL, NULL,
         (void *)(uintptr_t)xml},
        {"a regression turns its case red: yaml", a_regression_turns_its_case_red, NULL, NULL,
         (void *)(uintptr_t)yaml},
        LOAD_CONTROL("json", "sqlite"),
        LOAD_CONTROL("xml", "sqlite"),
        LOAD_CONTROL("yaml", "sqlite"),
        {"rows that are kept turn their load red: sqlite", rows_kept_turn_their_load_red, NULL,
         NULL, (void *)(uintptr_t) "sqlite"},
        {"keys that are kept turn their delete red: sqlite", keys_kept_turn_their_delete_red, NULL,
         NULL, (void *)(uintptr_t) "sqlite"},
        cmocka_unit_test(one_more_call_among_many_turns_its_case_red),
        cmocka_unit_test(a_phase_turns_its_case_red),
        cmocka_unit_test(the_matrix_does_not_let_a_case_grow),
        cmocka_unit_test(growth_that_grows_is_named),
        cmocka_unit_test(massif_sees_a_regression_too),
        cmocka_unit_test(what_measures_nothing_never_passes),
        cmocka_unit_test(a_control_s_result_never_becomes_a_budget),
        cmocka_unit_test(a_result_and_a_massif_file_can_be_explained),
    };
    start_each_afresh(on_servers, sizeof on_servers / sizeof on_servers[0]);
    start_each_afresh(tests, sizeof tests / sizeof tests[0]);
    if (argc == 2 && strcmp(argv[1], "servers") == 0) {
        char url[SERVER_URL_BYTES];
        int found = server_find("postgresql", url);
        if (found == 0)
            found = server_find("mysql", url);
        return found != 0 ? found : cmocka_run_group_tests(on_servers, set_up, tear_down);
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
