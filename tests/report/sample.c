#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "measured.h"
#include "result/result.h"

enum { PEAK = 59662124, LIMITED = 113 << 10 };

static char *copy(const char *text) {
    char *copied = strdup(text);
    if (copied == NULL)
        abort();
    return copied;
}

static void *zeroed(size_t count, size_t bytes) {
    void *items = calloc(count, bytes);
    if (items == NULL)
        abort();
    return items;
}

static char **texts(const char *const *from) {
    size_t count = 0;
    while (from[count] != NULL)
        count++;
    char **made = zeroed(count + 1, sizeof *made);
    for (size_t i = 0; i < count; i++)
        made[i] = copy(from[i]);
    return made;
}

static void set_count(struct result *result, int64_t peak, int64_t allocations, int64_t live) {
    result->engines[RESULT_COUNT] =
        (struct result_usage){.present = true,
                              .has = {true, true, true, true, true},
                              .figures = {peak, allocations, live, 65536, peak + (9 << 20)},
                              .allocated_bytes = 164515284,
                              .wall_ms = 1204,
                              .processes = 1,
                              .sum_peak_bytes = (uint64_t)peak};
    result->has_units = true;
    result->units = 50000;
}

/* ---- The case with everything ---- */

/* Rises while rows are fetched, falls as they are written. */
static int64_t live_at(size_t at, size_t count) {
    if (at < count / 20)
        return (int64_t)(40000 + at * 500);
    if (at < count * 6 / 10)
        return PEAK / (int64_t)(count * 6 / 10) * (int64_t)at;
    return at < count * 9 / 10 ? PEAK - (int64_t)(at * 4000) : 60000;
}

static void add_timelines(struct result *result) {
    result->timeline = zeroed(SAMPLE_SAMPLES, sizeof *result->timeline);
    result->steps = zeroed(SAMPLE_STEPS, sizeof *result->steps);
    for (size_t i = 0; i < SAMPLE_SAMPLES; i++) {
        int64_t live = live_at(i, SAMPLE_SAMPLES);
        int64_t resident = i < SAMPLE_SAMPLES * 9 / 10 ? live : PEAK - (20 << 20);
        result->timeline[i] =
            (struct result_sample){2 + i * 12 / 10, live, (uint64_t)(resident + (8 << 20))};
    }
    for (size_t i = 0; i < SAMPLE_STEPS; i++)
        result->steps[i] = (struct result_step){i * 548384, live_at(i, SAMPLE_STEPS)};
    result->timeline_count = SAMPLE_SAMPLES;
    result->step_count = SAMPLE_STEPS;
}

static void add_phases(struct result *result) {
    static const struct {
        const char *name;
        uint64_t begin_ms, end_ms;
        int64_t before, after, peak;
        uint64_t allocations;
    } phases[SAMPLE_PHASES] = {
        {"connect", 4, 62, 2048, 104960, 109980, 212},
        {"query", 62, 722, 104960, PEAK - 2000, PEAK, 50100},
        {"rows", 722, 1082, PEAK - 2000, PEAK - 3600000, PEAK, 612},
        {SAMPLE_HOSTILE, 1082, 1150, PEAK - 3600000, 70000, PEAK - 3600000, 3},
        {"finish", 1150, 1200, 70000, 60000, 70000, 0}};
    result->phases = zeroed(SAMPLE_PHASES, sizeof *result->phases);
    for (size_t i = 0; i < SAMPLE_PHASES; i++) {
        result->phases[i] = (struct result_phase){.name = copy(phases[i].name),
                                                  .begin_ms = phases[i].begin_ms,
                                                  .end_ms = phases[i].end_ms,
                                                  .live_before_bytes = phases[i].before,
                                                  .live_after_bytes = phases[i].after,
                                                  .peak_bytes = phases[i].peak,
                                                  .allocations = phases[i].allocations};
    }
    result->phase_count = SAMPLE_PHASES;
}

static const struct {
    const char *frames[8];
    size_t own_frame;
    int64_t bytes, blocks;
} stacks[] = {
    {{"copy_row (rows.c:20)", "copy_all (rows.c:46)", "rows_open (rows.c:129)",
      "open_table (dump.c:191)", "export (dump.c:370)", "main (main.c:31)"},
     0,
     31000000,
     50000},
    {{"?? in libpq.so.5.15", "PQexec in libpq.so.5.15", "fetch (postgresql.c:88)",
      "open_table (dump.c:191)", "export (dump.c:370)", "main (main.c:31)"},
     2,
     15500000,
     812},
    {{"realloc_text (text.c:12)", "append (text.c:40)", "write_row (json.c:64)",
      "export (dump.c:372)", "main (main.c:31)"},
     0,
     8200000,
     40},
    {{"std::vector<Row<\"a\">>::push_back (rows.cc:9)", SAMPLE_HOSTILE, SAMPLE_ODD,
      "export (dump.c:375)", "main (main.c:31)"},
     0,
     4600000,
     17},
    {{"xmlNewNode in libxml2.so.2.9.14", "write_row (xml.c:20)", "export (dump.c:372)",
      "main (main.c:31)"},
     1,
     200000,
     1500},
    {{"begin (main.c:12)", "main (main.c:30)"}, 0, 60000, 3},
};
enum { STACKS = sizeof stacks / sizeof stacks[0] };

static struct result_site *make_sites(int64_t per_mille) {
    struct result_site *sites = zeroed(STACKS, sizeof *sites);
    for (size_t i = 0; i < STACKS; i++)
        sites[i] = (struct result_site){.bytes = stacks[i].bytes / 1000 * per_mille,
                                        .blocks = stacks[i].blocks,
                                        .frames = texts(stacks[i].frames),
                                        .own_frame = stacks[i].own_frame};
    return sites;
}

static void add_sites(struct result *result) {
    result->sites = make_sites(1000);
    result->site_count = STACKS;
    result->other_bytes = 102124;
    result->engines[RESULT_PROFILE] =
        (struct result_usage){.present = true, .has = {true}, .figures = {PEAK}};
    result->snapshots = zeroed(SAMPLE_SNAPSHOTS, sizeof *result->snapshots);
    for (size_t i = 0; i < SAMPLE_SNAPSHOTS; i++) {
        int64_t per_mille = i < 7 ? 1000 * (int64_t)(i + 1) / 7 : 1000 - 40 * (int64_t)(i - 6);
        struct result_snapshot *snapshot = &result->snapshots[i];
        *snapshot = (struct result_snapshot){.name = copy(i == 3 ? SAMPLE_HOSTILE : "units=5000"),
                                             .at_ms = 60 + i * 100,
                                             .live_bytes = 90000,
                                             .other_bytes = 90000,
                                             .sites = make_sites(per_mille),
                                             .site_count = STACKS};
        for (size_t j = 0; j < STACKS; j++)
            snapshot->live_bytes += snapshot->sites[j].bytes;
    }
    result->snapshot_count = SAMPLE_SNAPSHOTS;
}

static void add_points(struct result *result) {
    static const struct growth_point points[SAMPLE_POINTS] = {{5000, 6020000, 6000},
                                                              {10000, 11980000, 11000},
                                                              {20000, 23900000, 21000},
                                                              {50000, PEAK, 51000}};
    result_set_points(result, points, SAMPLE_POINTS, true);
}

static struct result *make_full(void) {
    static const char *const command[] = {"./export", "--name",          SAMPLE_HOSTILE,
                                          SAMPLE_ODD, "it's two\nlines", NULL};
    static const char *const crossing[] = {"copy_row (rows.c:20)", SAMPLE_HOSTILE, SAMPLE_ODD,
                                           NULL};
    struct result *result = result_new(SAMPLE_FULL);
    set_count(result, PEAK, 50992, 32);
    result->engines[RESULT_MASSIF] = (struct result_usage){
        .present = true, .has = {true}, .figures = {PEAK - 8}, .overhead_bytes = 7474};
    add_timelines(result);
    add_phases(result);
    add_sites(result);
    add_points(result);
    result->argv = texts(command);
    result->crossing = texts(crossing);
    result->limit_bytes = LIMITED;
    result_set_environment(result, "libc", "glibc 2.36");
    result_set_environment(result, SAMPLE_HOSTILE, SAMPLE_ODD);
    return result;
}

/* ---- Writing ---- */

static bool write_and_free(struct result *result, const char *folder) {
    struct error error = {0};
    char results[512];
    snprintf(results, sizeof results, "%s/results", folder);
    bool written = measured_now(result) && result_write(result, results, &error);
    if (!written)
        fprintf(stderr, "%s\n", error.text);
    result_free(result);
    return written;
}

static bool write_budgets(const char *folder, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/budgets/app.yaml", folder);
    return file_make_parents(path, NULL) && file_write(path, text, strlen(text), NULL);
}

static bool write_plain(const char *folder, const char *key, int64_t peak, int64_t allocations,
                        int status) {
    static const char *const command[] = {"./export", NULL};
    struct result *result = result_new(key);
    set_count(result, peak, allocations, 0);
    result->argv = texts(command);
    result->exit_status = status;
    result_set_environment(result, "libc", "glibc 2.36");
    return write_and_free(result, folder);
}

/* Little is live, in a process that is large: a plot of both would show one. */
static bool write_small(const char *folder) {
    struct result *result = result_new("app/export/fine");
    set_count(result, 115000, 992, 0);
    result->timeline = zeroed(SAMPLE_FEW, sizeof *result->timeline);
    for (size_t i = 0; i < SAMPLE_FEW; i++)
        result->timeline[i] =
            (struct result_sample){i * 10, i == 4 ? 115000 : 80000, (uint64_t)12 << 20};
    result->timeline_count = SAMPLE_FEW;
    result_set_environment(result, "libc", "glibc 2.36");
    return write_and_free(result, folder);
}

bool sample_write(const char *folder) {
    static const char budgets[] =
        "schema: 1\n"
        "defaults: { tolerance: 2%, slack: 25%, live: 0 B, growth: 0 B }\n"
        "cases:\n"
        "  export/buffered: { units: 50000, peak: 113 KiB, allocations: 992, live: 32 B }\n"
        "  export/fine: { units: 50000, peak: 113 KiB, allocations: 992 }\n"
        "  export/calls: { units: 50000, peak: 113 KiB, allocations: 992 }\n"
        "  export/lean: { peak: 4 MiB }\n"
        "  export/failed: { peak: 1 MiB }\n"
        "  \"<script>alert('1')</script>\\\"><img src=http://x onerror=a>&amp;]]>\": { peak: 1 }\n";
    return write_budgets(folder, budgets) && write_and_free(make_full(), folder) &&
           write_small(folder) && write_plain(folder, "app/export/calls", 115000, 1500, 0) &&
           write_plain(folder, "app/export/lean", 65536, 12, 0) &&
           write_plain(folder, "app/export/failed", 1024, 1, 139) &&
           write_plain(folder, "app/export/new", 1024, 1, 0);
}

bool sample_write_many(const char *folder, size_t cases) {
    struct buffer budgets = BUFFER_INIT(16 << 20);
    bool written = buffer_append_text(&budgets, "schema: 1\ncases:\n");
    for (size_t i = 0; written && i < cases; i++) {
        char key[64];
        snprintf(key, sizeof key, "app/many/%03zu/%03zu", i / 1000, i % 1000);
        written = buffer_printf(&budgets, "  %s: { peak: 113 KiB }\n", key + strlen("app/")) &&
                  write_plain(folder, key, (int64_t)(i % 130000), 992, 0);
    }
    written = written && write_budgets(folder, budgets.bytes);
    buffer_fini(&budgets);
    return written;
}
