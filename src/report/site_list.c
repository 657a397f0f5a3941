#include "report/site_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/view.h"

enum {
    FRAMES_SHOWN = 3,
    AMOUNT_WIDTH = 17,
    SHARE_WIDTH = 8,
    BLOCKS_WIDTH = 12,
    MODULES_SHOWN = 4,
    TEMPORARY_SHOWN = 3,
};

static double share_of(int64_t bytes, int64_t total_bytes) {
    return total_bytes > 0 ? 100.0 * (double)bytes / (double)total_bytes : 0;
}

/* Of a library, the function that the program called: what goes on inside says less. */
void report_site_frames(const char *const *frames, size_t own_frame, struct writer *writer) {
    size_t begin = own_frame > 0 ? own_frame - 1 : 0;
    if (frames[0] == NULL)
        put(writer, "(no call stack)");
    for (size_t i = 0; i < FRAMES_SHOWN && frames[0] != NULL && frames[begin + i] != NULL; i++) {
        put(writer, i > 0 ? " <- " : "");
        put_plain(writer, frames[begin + i]);
    }
    put(writer, "\n");
}

static const char *format_amount(enum report_by by, int64_t amount, char text[SIZE_TEXT_BYTES]) {
    uint64_t shown = amount > 0 ? (uint64_t)amount : 0;
    return by == REPORT_BY_ALLOCATIONS ? count_format(shown, text) : size_format_exact(shown, text);
}

void report_sites(const struct report_sites *sites, size_t most, struct writer *writer) {
    static const char *const titles[] = {
        [REPORT_BY_PEAK] = "who held the memory at the peak",
        [REPORT_BY_NOW] = "who holds the memory now",
        [REPORT_BY_LIVE] = "who holds what was not freed",
        [REPORT_BY_ALLOCATIONS] = "who allocated, by calls",
    };
    char text[SIZE_TEXT_BYTES];
    size_t shown = 0;
    int64_t rest = sites->total;
    put(writer, "  %s", sites->title != NULL ? sites->title : titles[sites->by]);
    if (sites->phase != NULL) {
        put(writer, " in the phase \"");
        put_plain(writer, sites->phase);
        put(writer, "\"");
    }
    put(writer, ", of %s:\n", format_amount(sites->by, sites->total, text));
    for (; shown < sites->count && shown < REPORT_SITES_SHOWN && shown < most; shown++) {
        const struct report_site *site = &sites->items[shown];
        if (site->amount <= 0 || (shown >= REPORT_SITES_LEAST && rest <= sites->total / 100))
            break;
        rest -= site->amount;
        put(writer, "    %*s", AMOUNT_WIDTH, format_amount(sites->by, site->amount, text));
        put(writer, "%*.1f%%", SHARE_WIDTH - 1, share_of(site->amount, sites->total));
        put(writer, "%*s  ", BLOCKS_WIDTH,
            site->blocks >= 0 ? count_format((uint64_t)site->blocks, text) : "");
        report_site_frames(site->frames, site->own_frame, writer);
    }
    if (rest > 0)
        put(writer, "    %*s  in other call stacks\n", AMOUNT_WIDTH,
            format_amount(sites->by, rest, text));
}

static void put_modules(const struct result *result, int64_t total_bytes, struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    int64_t rest = total_bytes;
    size_t shown = 0;
    if (result->module_count == 0)
        return;
    put(writer, "  whose it is:");
    for (; shown < result->module_count && shown < MODULES_SHOWN; shown++) {
        const struct result_module *module = &result->modules[shown];
        if (shown > 0 && module->bytes * 1000 < total_bytes)
            break;
        rest -= module->bytes;
        put(writer, shown > 0 ? ", " : " ");
        put_plain(writer, module->name);
        put(writer, "%s %s (%.1f%%)", module->own ? " (own code)" : "",
            size_format((uint64_t)(module->bytes > 0 ? module->bytes : 0), text),
            share_of(module->bytes, total_bytes));
    }
    if (shown < result->module_count && rest > 0)
        put(writer, ", others %s", size_format((uint64_t)rest, text));
    put(writer, "\n");
}

static int most_first(const void *left, const void *right) {
    const struct report_site *a = left, *b = right;
    if (a->amount != b->amount)
        return a->amount > b->amount ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static int64_t amount_of(const struct result_site *site, enum report_by by) {
    return by == REPORT_BY_PEAK || by == REPORT_BY_NOW ? site->bytes
           : by == REPORT_BY_LIVE                      ? site->live_bytes
                                                       : (int64_t)site->allocations;
}

/* Of the phase that the sites are of: of those of its name the sum. */
static int64_t phase_total(const struct result *result, enum report_by by) {
    int64_t total = 0;
    for (size_t i = 0; i < result->phase_count; i++) {
        const struct result_phase *phase = &result->phases[i];
        int64_t amount = by == REPORT_BY_LIVE
                             ? figure_subtract(phase->live_after_bytes, phase->live_before_bytes)
                             : (int64_t)phase->allocations;
        if (strcmp(phase->name, result->sites_phase) == 0 &&
            __builtin_add_overflow(total, amount, &total))
            return INT64_MAX;
    }
    return total;
}

/* Of the run in which the stacks were taken, if there is its figure. */
static int64_t total_of(const struct result *result, enum report_by by) {
    static const enum heapgate_metric metrics[] = {
        [REPORT_BY_PEAK] = HEAPGATE_METRIC_PEAK,
        [REPORT_BY_LIVE] = HEAPGATE_METRIC_LIVE,
        [REPORT_BY_ALLOCATIONS] = HEAPGATE_METRIC_ALLOCATIONS,
    };
    bool by_bytes = by == REPORT_BY_PEAK || by == REPORT_BY_NOW;
    int64_t total = by_bytes ? result->other_bytes : 0;
    const struct result_usage *usage = &result->engines[RESULT_COUNT];
    if (!usage->present)
        usage = &result->engines[RESULT_PROFILE];
    if (!by_bytes && result->sites_phase != NULL)
        return phase_total(result, by);
    if (!by_bytes && usage->present)
        return usage->figures[metrics[by]];
    for (size_t i = 0; i < result->site_count; i++)
        total += amount_of(&result->sites[i], by);
    return total;
}

/* Calls are many small ones along many ways through a library: those of one place count together.
 * The index of the first of them. */
static size_t first_of_place(const struct result *result, size_t index, enum report_by by) {
    const char *place = result->sites[index].place;
    size_t first = 0;
    if (by != REPORT_BY_ALLOCATIONS || place == NULL)
        return index;
    while (result->sites[first].place == NULL || strcmp(result->sites[first].place, place) != 0)
        first++;
    return first;
}

void report_result_sites(const struct result *result, enum report_by by, size_t most,
                         struct writer *writer) {
    struct report_site items[RESULT_SITES_MAX];
    struct report_sites sites = {
        .by = by, .items = items, .total = total_of(result, by), .phase = result->sites_phase};
    bool shows_blocks = by == REPORT_BY_PEAK || by == REPORT_BY_NOW;
    for (; sites.count < result->site_count && sites.count < RESULT_SITES_MAX; sites.count++) {
        const struct result_site *site = &result->sites[sites.count];
        size_t first = first_of_place(result, sites.count, by);
        items[sites.count] = (struct report_site){.amount = amount_of(site, by),
                                                  .blocks = shows_blocks ? site->blocks : -1,
                                                  .frames = (const char *const *)site->frames,
                                                  .own_frame = site->own_frame,
                                                  .order = sites.count};
        if (first < sites.count) {
            items[first].amount += items[sites.count].amount;
            items[sites.count].amount = 0;
        }
    }
    if (by != REPORT_BY_PEAK)
        qsort(items, sites.count, sizeof *items, most_first);
    report_sites(&sites, most, writer);
    if (by == REPORT_BY_PEAK)
        put_modules(result, sites.total, writer);
}

/* ---- Against the budget's own sites ---- */

static const char *format_site(enum budget_sites which, uint64_t amount,
                               char text[SIZE_TEXT_BYTES]) {
    return which == BUDGET_SITES_PEAK ? size_format(amount, text) : count_format(amount, text);
}

void report_new_sites(const struct new_sites *sites, struct writer *writer) {
    char text[SIZE_TEXT_BYTES];
    for (size_t i = 0; i < sites->count; i++) {
        const struct new_site *site = &sites->items[i];
        if (i == 0)
            put(writer, sites->which == BUDGET_SITES_PEAK
                            ? "  new, beside the sites in the budget:\n"
                            : "  new, by calls, beside the allocation_sites in the budget:\n");
        put(writer, "    +%s  ", format_site(sites->which, site->more, text));
        put_plain(writer, site->name);
        put(writer, " (was %s)\n", format_site(sites->which, site->before, text));
    }
}

/* ---- Temporary allocations ---- */

static int most_temporary_first(const void *left, const void *right) {
    const struct result_site *a = *(const struct result_site *const *)left;
    const struct result_site *b = *(const struct result_site *const *)right;
    if (a->temporary != b->temporary)
        return a->temporary > b->temporary ? -1 : 1;
    return a < b ? -1 : a > b;
}

void report_temporary(const struct result *result, struct writer *writer) {
    const struct result_site *sites[RESULT_SITES_MAX];
    char temporary[SIZE_TEXT_BYTES], allocations[SIZE_TEXT_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < result->site_count && count < RESULT_SITES_MAX; i++)
        if (result->sites[i].temporary > 0)
            sites[count++] = &result->sites[i];
    if (count == 0)
        return;
    qsort(sites, count, sizeof(*sites), most_temporary_first);
    put(writer, "  freed before their thread allocated again:\n");
    for (size_t i = 0; i < count && i < TEMPORARY_SHOWN; i++) {
        put(writer, "    %*s of %*s  ", AMOUNT_WIDTH, count_format(sites[i]->temporary, temporary),
            BLOCKS_WIDTH, count_format(sites[i]->allocations, allocations));
        report_site_frames((const char *const *)sites[i]->frames, sites[i]->own_frame, writer);
    }
}

void report_held_now(const struct result *result, struct writer *writer) {
    report_result_sites(result, REPORT_BY_NOW, REPORT_SITES_SHOWN, writer);
}
