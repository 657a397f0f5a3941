/* Who held the memory: at the peak, and from snapshot to snapshot. */
#include "report/html/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "report/html/call_tree.h"
#include "report/html/plot.h"

enum { SERIES_SHOWN = 7 };

static int64_t total_bytes(const struct result_site *sites, size_t count, int64_t other_bytes) {
    int64_t total = other_bytes;
    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(total, sites[i].bytes, &total))
            return INT64_MAX;
    return total;
}

static void put_crossing(struct page *page, const struct result *result) {
    char limit[SIZE_TEXT_BYTES];
    if (result->crossing == NULL || result->crossing[0] == NULL)
        return;
    html_open(page, "details", NULL);
    if (result->site_count == 0)
        html_attribute(page, "open", "open");
    html_leaff(page, "summary", NULL, "The allocation that first went beyond %s",
               size_format_exact(result->limit_bytes, limit));
    html_open(page, "ol", "panel places");
    for (char **frame = result->crossing; *frame != NULL; frame++)
        html_leaf(page, "li", NULL, *frame);
    html_close(page);
    html_close(page);
}

void html_case_sites(struct page *page, const struct result *result) {
    bool crossed = result->crossing != NULL && result->crossing[0] != NULL;
    if (result->site_count == 0 && !crossed)
        return;
    html_section(page, "peak", "Who held the memory at the peak");
    if (result->site_count > 0) {
        if (result->sites_phase != NULL)
            html_leaff(page, "p", NULL, "At the peak inside the phase \"%s\".",
                       result->sites_phase);
        int64_t total = total_bytes(result->sites, result->site_count, result->other_bytes);
        icicle_draw(page, "icicle", result->sites, result->site_count, total);
        html_leaf(page, "h3", NULL, "What allocated, and who called it");
        callers_draw(page, result->sites, result->site_count, total);
    }
    put_crossing(page, result);
    html_close(page);
}

/* ---- Snapshots ---- */

/* What a snapshot's stacks with one name held in it. A stack's name is the first frame that is the
 * program's own: by it the same work is known in all snapshots. */
struct part {
    const char *name;
    size_t snapshot;
    int64_t bytes;
};

/* The parts of one name. */
struct band {
    const char *name;
    int64_t highest;
    const struct part *parts;
    size_t count;
};

static const char *name_of(const struct result_site *site) {
    const char *name = site->frames[0] != NULL ? site->frames[site->own_frame] : NULL;
    return name != NULL ? name : "(no call stack)";
}

static int compare_parts(const void *left, const void *right) {
    const struct part *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->snapshot > b->snapshot) - (a->snapshot < b->snapshot);
}

static int compare_bands(const void *left, const void *right) {
    const struct band *a = left, *b = right;
    return a->highest != b->highest ? (a->highest < b->highest) - (a->highest > b->highest)
                                    : strcmp(a->name, b->name);
}

/* Sorts the parts, adds up those of one name and snapshot, and gives their number. */
static size_t merge_parts(struct part *parts, size_t count) {
    size_t merged = 0;
    qsort(parts, count, sizeof *parts, compare_parts);
    for (size_t i = 0; i < count; i++) {
        if (merged > 0 && compare_parts(&parts[merged - 1], &parts[i]) == 0) {
            int64_t *sum = &parts[merged - 1].bytes;
            if (__builtin_add_overflow(*sum, parts[i].bytes, sum))
                *sum = INT64_MAX;
        } else {
            parts[merged++] = parts[i];
        }
    }
    return merged;
}

/* The bands of merged parts, highest first. */
static size_t make_bands(const struct part *parts, size_t count, struct band *bands) {
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(parts[i - 1].name, parts[i].name) != 0)
            bands[made++] = (struct band){.name = parts[i].name, .parts = &parts[i]};
        struct band *band = &bands[made - 1];
        band->count++;
        band->highest = band->highest > parts[i].bytes ? band->highest : parts[i].bytes;
    }
    qsort(bands, made, sizeof *bands, compare_bands);
    return made;
}

static int64_t bytes_in(const struct band *band, size_t snapshot) {
    for (size_t i = 0; i < band->count; i++)
        if (band->parts[i].snapshot == snapshot)
            return band->parts[i].bytes;
    return 0;
}

/* How many of the heaviest names are to be seen in a plot of that height. */
static size_t count_visible(const struct band *bands, size_t band_count, int64_t highest) {
    size_t count = 0;
    while (count < band_count && count < SERIES_SHOWN && bands[count].highest > highest / 200)
        count++;
    return count;
}

/* One series for each of the heaviest names, the heaviest at the bottom, and one for the rest. */
static void draw_areas(struct page *page, const struct result *result, const struct band *bands,
                       size_t band_count, struct plot_point *points) {
    size_t count = result->snapshot_count;
    int64_t highest = 0;
    for (size_t at = 0; at < count; at++)
        if (result->snapshots[at].live_bytes > highest)
            highest = result->snapshots[at].live_bytes;
    size_t shown = count_visible(bands, band_count, highest);
    struct plot_series series[SERIES_SHOWN + 1];
    for (size_t i = 0; i <= shown; i++)
        series[i] = (struct plot_series){i < shown ? bands[i].name : "other",
                                         i < shown ? (unsigned)i : PLOT_OTHER, PLOT_LINE,
                                         &points[i * count], count};
    for (size_t at = 0; at < count; at++) {
        const struct result_snapshot *snapshot = &result->snapshots[at];
        double rest = (double)snapshot->live_bytes;
        for (size_t i = 0; i <= shown; i++) {
            double bytes = i < shown ? (double)bytes_in(&bands[i], at) : rest;
            rest -= bytes;
            points[i * count + at] =
                (struct plot_point){(double)snapshot->at_ms, bytes > 0 ? bytes : 0};
        }
    }
    struct plot plot = {.id = "areas",
                        .title = "Live bytes by who allocated them",
                        .note = "One area for each of the heaviest of the program's own lines.",
                        .x_name = "time",
                        .y_name = "live bytes",
                        .x_unit = PLOT_MILLISECONDS,
                        .y_unit = PLOT_BYTES,
                        .series = series,
                        .series_count = shown + 1,
                        .stacked = true};
    plot_draw(page, &plot);
}

static void put_growth(struct page *page, const struct result *result, const struct band *bands,
                       size_t band_count) {
    static const char *const columns[] = {"Line", "#First", "#Last", "#Difference", NULL};
    const struct result_snapshot *first = &result->snapshots[0];
    const struct result_snapshot *last = &result->snapshots[result->snapshot_count - 1];
    enum { ROWS = 20 };
    char caption[320], text[SIZE_TEXT_BYTES];
    snprintf(caption, sizeof caption, "From the first snapshot (%.100s) to the last (%.100s)",
             first->name, last->name);
    html_table(page, caption, columns);
    for (size_t i = 0; i < band_count && i < ROWS; i++) {
        int64_t before = bytes_in(&bands[i], 0);
        int64_t after = bytes_in(&bands[i], result->snapshot_count - 1), difference;
        if (__builtin_sub_overflow(after, before, &difference))
            difference = 0;
        html_open(page, "tr", NULL);
        html_open(page, "th", "key");
        html_attribute(page, "scope", "row");
        html_text(page, bands[i].name);
        html_close(page);
        html_number(page, size_format_exact((uint64_t)(before > 0 ? before : 0), text));
        html_number(page, size_format_exact((uint64_t)(after > 0 ? after : 0), text));
        html_number(page, signed_format(difference, SIGN_CHANGE, size_format_exact, text));
        html_close(page);
    }
    html_table_end(page);
}

static void put_snapshots(struct page *page, const struct result *result, struct part *parts,
                          size_t part_count, struct band *bands) {
    size_t used = 0;
    for (size_t i = 0; i < result->snapshot_count; i++)
        for (size_t j = 0; j < result->snapshots[i].site_count; j++) {
            const struct result_site *site = &result->snapshots[i].sites[j];
            parts[used++] = (struct part){name_of(site), i, site->bytes};
        }
    size_t band_count = make_bands(parts, merge_parts(parts, part_count), bands);
    struct plot_point *points = calloc((SERIES_SHOWN + 1) * result->snapshot_count, sizeof *points);
    if (points == NULL) {
        page_fail(page);
        return;
    }
    html_section(page, "snapshots", "Snapshots");
    if (result->snapshot_count > 1)
        draw_areas(page, result, bands, band_count, points);
    put_growth(page, result, bands, band_count);
    html_close(page);
    free(points);
}

void html_case_snapshots(struct page *page, const struct result *result) {
    size_t part_count = 0;
    if (result->snapshot_count == 0)
        return;
    for (size_t i = 0; i < result->snapshot_count; i++)
        part_count += result->snapshots[i].site_count;
    struct part *parts = calloc(part_count + 1, sizeof *parts);
    struct band *bands = calloc(part_count + 1, sizeof *bands);
    if (parts != NULL && bands != NULL)
        put_snapshots(page, result, parts, part_count, bands);
    else
        page_fail(page);
    free(parts);
    free(bands);
}
