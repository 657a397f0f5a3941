/* What a budget must see, each in a program of its own: first it is as it should be, and its
 * figures become the budget; then it is a little worse, which is less than the tolerance of the
 * whole. */
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

enum { TEXTS_MAX = 6 };

static char folder[] = "/tmp/heapgate-budgets.XXXXXX";

/* $HEAPGATE and $ITEMS are programs; $RUN measures app/items, $HELD under budgets, and $TAKE takes
 * what was measured into them. Each row starts in an empty folder. */
static const struct row {
    const char *name, *command;
    int status;
    const char *texts[TEXTS_MAX]; /* "!" before one: it must not be there */
} rows[] = {
    {"a sweep without {N} is refused before anything runs",
     "$RUN --sweep 10,20 -- touch ran; status=$?; test ! -e ran || exit 99; "
     "test ! -e heapgate-results || exit 98; exit $status",
     2,
     {"heapgate: no argument of the command has {N}: the sweep would do the same work at every "
      "size; "
      "put {N} where the size stands"}},
    {"{N} in any argument will do",
     "$RUN --sweep 100,400 -- env ITEMS_OF={N} sh -c '$ITEMS 60 0 0 $ITEMS_OF'",
     0,
     {"growth"}},
    {"a new file has the growth of a swept case",
     "$RUN --sweep 100,400 -- $ITEMS 60 0 0 {N} && $TAKE && cat budgets/app.yaml && "
     "$HELD --sweep 100,400 -- $ITEMS 60 6000 0 {N}",
     1,
     {"growth: 0 B\n", "allocation_growth: 60\n", "growth, by count", "!peak, by count",
      "measured    600 B per unit"}},
    {"and so has an empty one",
     "mkdir budgets; printf 'schema: 1\\ndefaults: { tolerance: 2%% }\\ncases: {}\\n' > "
     "budgets/app.yaml; $RUN --sweep 100,400 -- $ITEMS 60 0 0 {N} && $TAKE && "
     "$HELD --sweep 100,400 -- $ITEMS 60 6000 0 {N}",
     1,
     {"growth, by count", "!peak, by count"}},
    {"one more call for each of 10,000 items",
     "$RUN --sweep 1000,10000 -- $ITEMS 60 0 0 {N} && $TAKE && "
     "$HELD --sweep 1000,10000 -- $ITEMS 61 0 0 {N}",
     1,
     {"allocation_growth, by count", "measured    61 per unit", "!allocations, by count",
      "who allocated, by calls", "main (items.c:"}},
    {"one more for each, with a tolerance of calls and no sweep",
     "$RUN --units 10000 -- $ITEMS 60 0 0 10000 && $TAKE && "
     "sed -i 's/tolerance: 2%/tolerance: { peak: 2%, allocations: 0 }/' budgets/app.yaml && "
     "$HELD --units 10000 -- $ITEMS 60 0 0 10000 && $HELD --units 10000 -- $ITEMS 61 0 0 10000",
     1,
     {"within budget", "allocations, by count", "!peak, by count"}},
    {"a byte is told as one, beside a few bytes once",
     "$RUN --sweep 1000,10000 -- $ITEMS 60 10 16 {N} && $TAKE && cat budgets/app.yaml",
     0,
     {"growth                 1 B per unit\n", "    growth: 1 B\n"}},
    {"0.9 of one as 0.9, and it is a budget",
     "$RUN --sweep 1000,10000 -- $ITEMS 60 9 0 {N} && $TAKE && grep growth: budgets/app.yaml && "
     "$HELD --sweep 1000,10000 -- $ITEMS 60 9 0 {N} && "
     "$HELD --sweep 1000,10000 -- $ITEMS 60 10 0 {N}",
     1,
     {"growth               0.9 B per unit\n", "growth: 0.9 B\n", "within budget",
      "measured    1 B per unit", "budget      0.9 B per unit, at most 0.91 B per unit"}},
    {"a few bytes once are no growth",
     "$RUN --sweep 1000,10000 -- $ITEMS 60 0 0 {N} && $TAKE && "
     "$HELD --sweep 1000,10000 -- $ITEMS 60 0 16 {N}",
     0,
     {"growth                 0 B per unit\n", "within budget"}},
};

static void run_row(const struct row *row) {
    char line[4096];
    struct buffer output = BUFFER_INIT(1 << 20);
    struct error error = {.set = false};
    snprintf(line, sizeof line,
             "rm -rf %s/row && mkdir %s/row && cd %s/row && { %s ; } >../output 2>&1", folder,
             folder, folder, row->command);
    int status = system(line);
    snprintf(line, sizeof line, "%s/output", folder);
    if (!file_read(line, &output, &error) || !buffer_append(&output, "", 0))
        fail_msg("%s", error.text);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != row->status)
        fail_msg("%s: status %d, wanted %d\n%s", row->name, WEXITSTATUS(status), row->status,
                 output.bytes);
    for (size_t i = 0; i < TEXTS_MAX && row->texts[i] != NULL; i++) {
        bool wanted = row->texts[i][0] != '!';
        if ((strstr(output.bytes, row->texts[i] + !wanted) != NULL) != wanted)
            fail_msg("%s: \"%s\"\n%s", row->name, row->texts[i], output.bytes);
    }
    buffer_fini(&output);
}

static void a_little_worse_is_seen(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run_row(&rows[i]);
}

static int make_folder(void **state) {
    (void)state;
    setenv("HEAPGATE", BUDGETS_HEAPGATE, 1);
    setenv("ITEMS", BUDGETS_ITEMS, 1);
    /* One run measures a case but once. */
    setenv("RUN", "../as_run " BUDGETS_HEAPGATE " run --case app/items", 1);
    setenv("HELD", "../as_run " BUDGETS_HEAPGATE " run --case app/items --budgets budgets", 1);
    setenv("TAKE", BUDGETS_HEAPGATE " update --raise --budgets budgets", 1);
    char command[256];
    snprintf(command, sizeof command,
             "echo 'HEAPGATE_RUN_ID=budgets-$$ exec \"$@\"' >%s/as_run && chmod +x %s/as_run",
             mkdtemp(folder), folder);
    return system(command) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_little_worse_is_seen)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
