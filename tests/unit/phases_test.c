/* Phases of a case: how they are printed, held to a budget, and how that budget is updated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "budget/rewrite.h"
#include "report/phase_table.h"
#include "report/snapshot_growth.h"
#include "report/view.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/heapgate-phases.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* A dump of which "rows" was marked twice. */
static struct result *example(void) {
    static const struct result_phase phases[] = {
        {.name = NULL, .live_after_bytes = 60000, .peak_bytes = 61000, .allocations = 600},
        {.live_before_bytes = 60000,
         .live_after_bytes = 65536,
         .peak_bytes = 65536,
         .allocations = 12},
        {.live_before_bytes = 65536,
         .live_after_bytes = 64512,
         .peak_bytes = 114688,
         .allocations = 1000},
        {.live_before_bytes = 64512, .live_after_bytes = 0, .peak_bytes = 64512},
    };
    static const char *const names[COUNT(phases)] = {"connect", "rows", "rows", "finish <&>"};
    struct result *result = result_new("json/dump");
    struct result_usage *count = &result->engines[RESULT_COUNT];
    *count = (struct result_usage){
        .present = true, .has = {true, true, true}, .figures = {114688, 1612, 0}};
    result->phases = calloc(COUNT(phases), sizeof *phases);
    memcpy(result->phases, phases, sizeof phases);
    for (; result->phase_count < COUNT(phases); result->phase_count++)
        result->phases[result->phase_count].name = strdup(names[result->phase_count]);
    return result;
}

static void expect_text(void (*part)(const struct result *, struct writer *),
                        const struct result *result, const char *wanted) {
    struct buffer text = BUFFER_INIT(1 << 20);
    struct writer writer = {.buffer = &text};
    part(result, &writer);
    assert_false(writer.failed);
    const char *got = text.bytes != NULL ? text.bytes : "";
    if (strcmp(got, wanted) != 0)
        fail_msg("wanted:\n%s\ngot:\n%s", wanted, got);
    buffer_fini(&text);
}

#define HEADING "          Mem usage        Increment      Peak inside  Allocations  Phase\n"
#define TABLE                                                                                      \
    HEADING                                                                                        \
    "           60,000 B        +60,000 B         61,000 B          600  connect\n"                \
    "           65,536 B         +5,536 B         65,536 B           12  rows\n"                   \
    "           64,512 B         -1,024 B        114,688 B        1,000  rows\n"                   \
    "                0 B        -64,512 B         64,512 B            0  finish <&>\n"

static void the_table(void **state) {
    (void)state;
    struct result *result = example(), *none = result_new("none");
    expect_text(report_phases, none, "");
    expect_text(report_phases, result, TABLE);
    result->phases[1].sampled = true;
    expect_text(report_phases, result,
                TABLE
                "  (marked from outside by lines: the figures are about those of the marks)\n");
    result_free(result);

    /* Of very many the first are shown. */
    struct buffer wanted = BUFFER_INIT(1 << 16);
    none->phases = calloc(REPORT_PHASES_SHOWN + 2, sizeof *none->phases);
    for (; none->phase_count < REPORT_PHASES_SHOWN + 2; none->phase_count++)
        none->phases[none->phase_count].name = strdup("batch\n");
    assert_true(buffer_append_text(&wanted, HEADING));
    for (int i = 0; i < REPORT_PHASES_SHOWN; i++)
        assert_true(
            buffer_printf(&wanted, "  %17s%17s%17s%13s  batch\n\n", "0 B", "+0 B", "0 B", "0"));
    assert_true(buffer_append_text(&wanted, "  and 2 more phases, which are in the result\n"));
    expect_text(report_phases, none, wanted.bytes);
    buffer_fini(&wanted);
    result_free(none);
}

/* Points of [ms, live, rss] in MiB; the last is of the end, when the process is gone. */
static void what_the_system_did_not_get_back(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct result_sample points[5];
        const char *wanted;
    } rows[] = {
        {"kept",
         {{0, 1, 5}, {10, 60, 66}, {20, 2, 66}, {30, 2, 65}, {40, 0, 65}},
         "  freed, but not returned to the system: after the peak, live bytes fell by 58.0 MiB and "
         "the resident set by 1.0 MiB, to 65.0 MiB with 2.0 MiB live\n"},
        {"returned", {{0, 1, 5}, {10, 60, 66}, {20, 2, 8}, {30, 2, 8}, {40, 0, 8}}, ""},
        {"half of it", {{0, 1, 5}, {10, 60, 66}, {20, 2, 36}, {30, 2, 36}, {40, 0, 36}}, ""},
        {"never freed", {{0, 1, 5}, {10, 60, 66}, {20, 60, 66}, {30, 60, 66}, {40, 0, 66}}, ""},
        {"at the very end, unseen",
         {{0, 1, 5}, {10, 5, 9}, {20, 30, 36}, {40, 60, 66}, {40, 0, 66}},
         ""},
        {"too little", {{0, 0, 5}, {10, 4, 9}, {20, 4, 9}, {30, 1, 9}, {40, 0, 9}}, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result *result = result_new("json/dump");
        result->timeline = calloc(5, sizeof *result->timeline);
        for (; result->timeline_count < 5; result->timeline_count++) {
            struct result_sample point = rows[i].points[result->timeline_count];
            point.live_bytes *= 1 << 20;
            point.rss_bytes *= 1 << 20;
            result->timeline[result->timeline_count] = point;
        }
        expect_text(report_not_returned, result, rows[i].wanted);
        result_free(result);
    }
}

static void add_site(struct result_snapshot *snapshot, const char *frame, int64_t bytes,
                     int64_t blocks) {
    struct result_site *site = &snapshot->sites[snapshot->site_count++];
    *site = (struct result_site){.bytes = bytes, .blocks = blocks};
    site->frames = calloc(2, sizeof *site->frames);
    site->frames[0] = strdup(frame);
}

static void what_grew_is_told(void **state) {
    (void)state;
    enum { SNAPSHOTS = 3, SITES = 5 };
    static const char *const names[SNAPSHOTS] = {"units=1000", "units=2000", "end"};
    struct result *result = result_new("json/dump");
    expect_text(report_snapshot_growth, result, "");
    result->snapshots = calloc(SNAPSHOTS, sizeof *result->snapshots);
    for (; result->snapshot_count < SNAPSHOTS; result->snapshot_count++) {
        struct result_snapshot *snapshot = &result->snapshots[result->snapshot_count];
        int64_t at = (int64_t)result->snapshot_count;
        snapshot->name = strdup(names[at]);
        snapshot->live_bytes = 10000 + 1500 * at - (at == 2 ? 20000 : 0);
        snapshot->sites = calloc(SITES, sizeof *snapshot->sites);
        add_site(snapshot, "keep_row (rows.c:1)", 5000 + 1000 * at, 50 + 10 * at);
        add_site(snapshot, "steady (rows.c:2)", 4000, 1);
        if (at > 0)
            add_site(snapshot, "later\n (rows.c:3)", 200, 2);
    }
    expect_text(report_snapshot_growth, result,
                "  what grew between snapshots:\n"
                "            +bytes             bytes    +blocks     blocks  site\n"
                "  from units=1000 to units=2000: +1,500 B, to 11,500 B\n"
                "          +1,000 B           6,000 B        +10         60  keep_row (rows.c:1)\n"
                "            +200 B             200 B         +2          2  later\n (rows.c:3)\n"
                "  from units=2000 to end: -18,500 B, to 0 B\n"
                "          +1,000 B           7,000 B        +10         70  keep_row (rows.c:1)\n"
                "  from units=1000 to end: -17,000 B, to 0 B\n"
                "          +2,000 B           7,000 B        +20         70  keep_row (rows.c:1)\n"
                "            +200 B             200 B         +2          2  later\n (rows.c:3)\n");
    result_free(result);
}

#define HEAD "schema: 1\ncases:\n  dump:\n    peak: 112 KiB\n"

static struct heapgate_budgets *load(const char *text) {
    struct heapgate_budgets *budgets;
    struct error error = {0};
    assert_true(file_write("json.yaml", text, strlen(text), NULL));
    if (budget_load("json.yaml", 0, &budgets, &error) != HEAPGATE_OK)
        fail_msg("%s: %s", text, error.text);
    return budgets;
}

static void phases_are_judged(void **state) {
    (void)state;
    static const struct {
        const char *phases;
        enum heapgate_status status;
        const char *wanted;
    } rows[] = {
        {"{ rows: { peak: 112 KiB, allocations: 1012, live: 4512 } }", HEAPGATE_OK, NULL},
        {"{ rows: { peak: 96 KiB } }", HEAPGATE_OVER,
         "OVER json/dump\n"
         "  peak in rows, by count\n"
         "    measured    114,688 B (112.0 KiB)\n"
         "    budget      98,304 B (96.0 KiB)\n"
         "    difference  +16,384 B (16.0 KiB) over\n"
         "    at          json.yaml:5\n" TABLE "  if this is intended:\n"
         "    heapgate update --budgets json.yaml --results results --case json/dump --raise\n"},
        {"{ rows: { allocations: 1011 } }", HEAPGATE_OVER,
         "OVER json/dump\n"
         "  allocations in rows, by count\n"
         "    measured    1,012\n"
         "    budget      1,011\n"
         "    difference  +1 over\n"
         "    at          json.yaml:5\n" TABLE "  if this is intended:\n"
         "    heapgate update --budgets json.yaml --results results --case json/dump --raise\n"},
        {"{ \"finish <&>\": { live: 0 }, connect: { live: 59999 } }", HEAPGATE_OVER,
         "OVER json/dump\n"
         "  live in connect, by count\n"
         "    measured    60,000 B (58.6 KiB)\n"
         "    budget      59,999 B (58.6 KiB)\n"
         "    difference  +1 B over\n"
         "    at          json.yaml:5\n" TABLE "  if this is intended:\n"
         "    heapgate update --budgets json.yaml --results results --case json/dump --raise\n"},
        {"{ rowz: { peak: 1 } }", HEAPGATE_INVALID,
         "INVALID json/dump\n"
         "  the phase \"rowz\" has a budget, and the run marked none of that name (json.yaml:3)\n"
         "  peak in rowz, by count\n"
         "    measured    nothing\n"
         "    budget      1 B\n"
         "    at          json.yaml:5\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];
        struct buffer out = BUFFER_INIT(1 << 20);
        struct judged_case judged;
        struct result *result = example();
        snprintf(text, sizeof text, HEAD "    phases: %s\n", rows[i].phases);
        struct heapgate_budgets *budgets = load(text);
        judged_case_build(budgets, result, &judged);
        assert_true(report_case_block(
            &judged, &(struct report_options){.budgets = "json.yaml", .results = "results"}, &out));
        const char *got = out.bytes != NULL ? out.bytes : "";
        if (judged.status != rows[i].status ||
            strcmp(got, rows[i].wanted != NULL ? rows[i].wanted : "") != 0)
            fail_msg("%s: status %d, wanted:\n%s\ngot:\n%s", rows[i].phases, judged.status,
                     rows[i].wanted, got);
        buffer_fini(&out);
        judged_case_fini(&judged);
        result_free(result);
        budget_free(budgets);
    }
}

/* A phase that is marked again and again is judged by all of them, whichever has the figure: its
 * highest peak, and the sum of its calls and of what it added. */
static void each_time_a_phase_is_marked_counts(void **state) {
    (void)state;
    enum { TIMES = 3 };
    static const int64_t peaks[TIMES] = {9000, 1000, 2000}, added[TIMES] = {70, -30, 2};
    static const struct {
        const char *figure;
        int64_t measured;
    } rows[] = {{"peak", 9000}, {"allocations", 7 + 0 + 1}, {"live", 42}};
    for (size_t first = 0; first < TIMES; first++)
        for (size_t i = 0; i < COUNT(rows); i++)
            for (int64_t budget = rows[i].measured - 1; budget <= rows[i].measured; budget++) {
                static const uint64_t calls[TIMES] = {7, 0, 1};
                char text[256];
                struct judged_case judged;
                struct result *result = result_new("json/dump");
                result->engines[RESULT_COUNT] =
                    (struct result_usage){.present = true, .has = {true}, .figures = {9000}};
                result->phases = calloc(TIMES, sizeof *result->phases);
                for (; result->phase_count < TIMES; result->phase_count++) {
                    size_t at = (first + result->phase_count) % TIMES;
                    result->phases[result->phase_count] =
                        (struct result_phase){.name = strdup("rows"),
                                              .live_before_bytes = 500,
                                              .live_after_bytes = 500 + added[at],
                                              .peak_bytes = peaks[at],
                                              .allocations = calls[at]};
                }
                snprintf(text, sizeof text, HEAD "    phases: { rows: { %s: %lld } }\n",
                         rows[i].figure, (long long)budget);
                struct heapgate_budgets *budgets = load(text);
                judged_case_build(budgets, result, &judged);
                enum heapgate_status wanted =
                    budget < rows[i].measured ? HEAPGATE_OVER : HEAPGATE_OK;
                const struct budget_row *row = &judged.rows[judged.row_count - 1].bounds;
                if (judged.status != wanted || row->measured != rows[i].measured)
                    fail_msg("%s of %lld, turned by %zu: status %d, measured %lld", rows[i].figure,
                             (long long)budget, first, judged.status, (long long)row->measured);
                judged_case_fini(&judged);
                result_free(result);
                budget_free(budgets);
            }
}

/* Each view names the phase, and escapes it. */
static void views_name_phases(void **state) {
    (void)state;
    static const struct {
        const char *view, *wanted;
    } rows[] = {
        {"text", "peak in finish <&>   63.0 KiB    1.0 KiB  -62.0 KiB  OVER\n"},
        {"markdown", "| json/dump | count | peak in finish &lt;&amp;&gt; | 64,512 B | 1,024 B |"},
        {"junit", "message=\"peak in finish &lt;&amp;&gt; 64,512 B, expected at most 1,024 B\""},
        {"openmetrics",
         "heapgate_peak_bytes{case=\"json/dump\",engine=\"count\",phase=\"finish <&>\"} 64512\n"},
        {"openmetrics", "heapgate_peak_limit_bytes{case=\"json/dump\",engine=\"count\"} 114688\n"},
        {"github", "peak in finish <&>, by count%0A"},
    };
    struct heapgate_budgets *budgets =
        load(HEAD "    phases: { \"finish <&>\": { peak: 1 KiB } }\n");
    struct result *result = example();
    struct result_list results = {&result, 1};
    struct judged_list list;
    assert_true(judged_list_build(budgets, &results, NULL, &list));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out = BUFFER_INIT(1 << 20);
        const struct report_view *view = report_view_find(rows[i].view, NULL);
        assert_true(view->render(&list, &(struct report_options){.budgets = NULL}, &out));
        if (strstr(out.bytes, rows[i].wanted) == NULL)
            fail_msg("%s: wanted:\n%s\nin:\n%s", rows[i].view, rows[i].wanted, out.bytes);
        buffer_fini(&out);
    }
    judged_list_free(&list);
    result_free(result);
    budget_free(budgets);
}

static bool phase_of(const void *context, const char *name, enum heapgate_metric metric,
                     int64_t *value) {
    (void)context;
    *value = metric == HEAPGATE_METRIC_PEAK ? 98304 : 1000;
    return strcmp(name, "rows") == 0;
}

static void budgets_of_phases_are_updated_in_place(void **state) {
    (void)state;
    static const struct {
        const char *before, *after, *change; /* NULL: nothing to change */
    } rows[] = {
        {"    phases: { rows: { peak: 112 KiB } } # why\n",
         "    phases: { rows: { peak: 96 KiB } } # why\n", "peak rows 112 KiB 96 KiB 5"},
        {"    phases:\n      rows:\n        allocations: 10\n        peak: \"98304\"\n",
         "    phases:\n      rows:\n        allocations: 1000\n        peak: \"98304\"\n",
         "allocations rows 10 1000 7"},
        {"    phases: { rows: { peak: 96 KiB, live: 1000 } }\n", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512], wanted[512];
        struct buffer got = BUFFER_INIT(1 << 16);
        struct error error = {0};
        struct budget_figures figures = {.has = {true}, .values = {112 << 10}, .phase = phase_of};
        snprintf(text, sizeof text, HEAD "%s", rows[i].before);
        snprintf(wanted, sizeof wanted, HEAD "%s",
                 rows[i].after != NULL ? rows[i].after : rows[i].before);
        struct heapgate_budgets *budgets = load(text);
        struct budget_update *update = budget_update_new(budgets, true);
        if (budget_update_add(update, "json/dump", &figures, &error) != HEAPGATE_OK ||
            !budget_update_finish(update, &error) || !budget_update_write(update, &error))
            fail_msg("%s: %s", text, error.text);
        assert_int_equal(budget_update_count(update), rows[i].change != NULL);
        if (rows[i].change != NULL) {
            const struct budget_change *change = budget_update_change(update, 0);
            char said[512];
            snprintf(said, sizeof said, "%s %s %s %s %u", budget_metric_name(change->metric),
                     change->phase, change->old_text, change->new_text, change->line);
            assert_string_equal(said, rows[i].change);
        }
        assert_true(file_read("json.yaml", &got, &error));
        assert_string_equal(got.bytes, wanted);
        buffer_fini(&got);
        budget_update_free(update);
        budget_free(budgets);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(what_the_system_did_not_get_back),
        cmocka_unit_test(what_grew_is_told),
        cmocka_unit_test(phases_are_judged),
        cmocka_unit_test(each_time_a_phase_is_marked_counts),
        cmocka_unit_test(views_name_phases),
        cmocka_unit_test(budgets_of_phases_are_updated_in_place),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
