#include "scale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "measured.h"

enum { PATH_BYTES = 1024, SITES = 10, FRAMES = 8, SAMPLES = 50, PEAK_BYTES = 100000 };

static void make_site(struct result_site *site, size_t index, int64_t bytes) {
    *site = (struct result_site){.bytes = bytes, .blocks = 1, .allocations = 1};
    site->frames = calloc(FRAMES + 1, sizeof *site->frames);
    for (int i = 0; site->frames != NULL && i < FRAMES; i++)
        if (asprintf(&site->frames[i], "function_%zu_%d (file_%d.c:%zu)", index, i, i, index) < 0)
            site->frames[i] = NULL;
}

static struct result *make_result(const char *key, int64_t peak_bytes) {
    struct result *result = result_new(key);
    if (result == NULL)
        return NULL;
    result->engines[RESULT_COUNT] = (struct result_usage){
        .present = true,
        .has = {[HEAPGATE_METRIC_PEAK] = true, [HEAPGATE_METRIC_ALLOCATIONS] = true},
        .figures = {[HEAPGATE_METRIC_PEAK] = peak_bytes, [HEAPGATE_METRIC_ALLOCATIONS] = 100}};
    result->sites = calloc(SITES, sizeof *result->sites);
    result->timeline = calloc(SAMPLES, sizeof *result->timeline);
    if (result->sites == NULL || result->timeline == NULL) {
        result_free(result);
        return NULL;
    }
    for (size_t i = 0; i < SITES; i++)
        make_site(&result->sites[result->site_count++], i, peak_bytes / SITES);
    for (size_t i = 0; i < SAMPLES; i++)
        result->timeline[result->timeline_count++] =
            (struct result_sample){i, (int64_t)i * peak_bytes / SAMPLES, 1 << 20};
    return result;
}

/* What the results are of is a file that every build leaves as it is. */
static bool write_results(const char *folder, const char *program, size_t count, bool changed,
                          struct error *error) {
    for (size_t i = 0; i < count; i++) {
        char key[64];
        /* One in ten changes, as after a change to a part of a program. */
        int64_t peak_bytes = PEAK_BYTES + (int64_t)i + (changed && i % 10 == 0 ? 4096 : 0);
        snprintf(key, sizeof key, "app/part-%zu/case-%zu", i / 100, i % 100);
        struct result *result = make_result(key, peak_bytes);
        bool written = result != NULL && measured_program(result, program) &&
                       result_write(result, folder, error);
        if (!written)
            error_set(error, "%s: cannot be made", key);
        result_free(result);
        if (!written)
            return false;
    }
    return true;
}

static bool write_budgets(const char *folder, size_t count, struct error *error) {
    struct buffer text = BUFFER_INIT(64 << 20);
    char path[PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/app.yaml", folder);
    bool put = buffer_append_text(&text, "schema: 1\ndefaults: { tolerance: 20% }\ncases:\n");
    for (size_t i = 0; put && i < count; i++)
        put = buffer_printf(&text, "  part-%zu/case-%zu: { peak: %d }\n", i / 100, i % 100,
                            PEAK_BYTES);
    if (!put)
        error_set(error, "%s: out of memory", path);
    bool written =
        put && file_make_parents(path, error) && file_write(path, text.bytes, text.length, error);
    buffer_fini(&text);
    return written;
}

bool scale_make_results(const char *folder, size_t count, struct error *error) {
    static const char text[] = "what was measured\n";
    char paths[3][PATH_BYTES], done[PATH_BYTES], program[PATH_BYTES];
    static const char *const names[3] = {"results", "changed", "budgets"};
    for (int i = 0; i < 3; i++)
        snprintf(paths[i], PATH_BYTES, "%s/%s-%zu", folder, names[i], count);
    snprintf(done, sizeof done, "%s/made-%zu", folder, count);
    snprintf(program, sizeof program, "%s/program", folder);
    return access(done, R_OK) == 0 ||
           (file_write(program, text, sizeof text - 1, error) &&
            write_results(paths[0], program, count, false, error) &&
            write_results(paths[1], program, count, true, error) &&
            write_budgets(paths[2], count, error) && file_write(done, "", 0, error));
}
