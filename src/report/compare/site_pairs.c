#include "report/compare/site_pairs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { FRAMES_MATCHED = 3, FRAMES_BYTES_MAX = 1 << 20 };

/* ---- What a stack is known by ---- */

/* Appends `length` bytes of a name without what belongs to a version: "libz.so.1.2.13" is
 * "libz.so", "__libc_start_main@@GLIBC_2.34" the function alone. */
static bool append_unversioned(struct buffer *text, const char *name, size_t length) {
    const char *at = memmem(name, length, "@", 1);
    if (at != NULL && at > name)
        length = (size_t)(at - name);
    const char *library = memmem(name, length, ".so.", 4);
    if (library != NULL && isdigit((unsigned char)library[4]))
        length = (size_t)(library - name) + 3;
    return buffer_append(text, name, length);
}

/* "copy_row (rows.c:20)" becomes "copy_row (rows.c)", "?? in libz.so.1" "?? in libz.so". */
static bool append_frame(struct buffer *text, const char *frame) {
    size_t length = strlen(frame), digits = 0;
    const char *in = memmem(frame, length, " in ", 4), *open = memrchr(frame, '(', length);
    if (length > 0 && frame[length - 1] == ')' && open != NULL && open > frame) {
        while (digits + 2 < length && isdigit((unsigned char)frame[length - 2 - digits]))
            digits++;
        bool line = digits > 0 && frame[length - 2 - digits] == ':';
        size_t name = (size_t)(open - frame) - (open[-1] == ' ');
        return append_unversioned(text, frame, name) &&
               buffer_append(text, frame + name, length - name - 1 - (line ? digits + 1 : 0)) &&
               buffer_append(text, ")", 1);
    }
    if (in == NULL)
        return append_unversioned(text, frame, length);
    return append_unversioned(text, frame, (size_t)(in - frame)) &&
           buffer_append(text, " in ", 4) && append_unversioned(text, in + 4, strlen(in + 4));
}

/* Of a library, the function that the program called: what goes on inside it changes with its
 * version. */
static char *known_by(const struct result_site *site) {
    struct buffer text = BUFFER_INIT(FRAMES_BYTES_MAX);
    char *const *frames = site->frames + (site->own_frame > 0 ? site->own_frame - 1 : 0);
    bool fine = buffer_append_text(&text, "");
    for (size_t i = 0; fine && i < FRAMES_MATCHED && frames[i] != NULL; i++)
        fine = (i == 0 || buffer_append(&text, "\n", 1)) && append_frame(&text, frames[i]);
    if (fine && frames[0] == NULL)
        fine = buffer_append_text(&text, "(no call stack)");
    if (fine)
        return text.bytes;
    buffer_fini(&text);
    return NULL;
}

/* ---- The two lists ---- */

int64_t compare_site_difference(const struct compare_site *site) {
    const struct compare_figure figure = {
        .value = {site->bytes[COMPARE_BASE], site->bytes[COMPARE_HEAD]}};
    return compare_difference(&figure);
}

const char *compare_site_kind(const struct compare_site *site) {
    int64_t difference = compare_site_difference(site);
    if (!site->in[COMPARE_BASE])
        return "added";
    if (!site->in[COMPARE_HEAD])
        return "gone";
    return difference > 0 ? "grown" : difference < 0 ? "shrunk" : "same";
}

static int by_frames(const void *left, const void *right) {
    return strcmp(((const struct compare_site *)left)->frames,
                  ((const struct compare_site *)right)->frames);
}

static uint64_t magnitude(int64_t value) {
    return value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
}

static int by_difference(const void *left, const void *right) {
    const struct compare_site *a = left, *b = right;
    uint64_t x = magnitude(compare_site_difference(a)), y = magnitude(compare_site_difference(b));
    if (x != y)
        return x > y ? -1 : 1;
    if (a->bytes[COMPARE_HEAD] != b->bytes[COMPARE_HEAD])
        return a->bytes[COMPARE_HEAD] > b->bytes[COMPARE_HEAD] ? -1 : 1;
    return by_frames(left, right);
}

static int64_t add(int64_t left, int64_t right) {
    int64_t sum;
    return __builtin_add_overflow(left, right, &sum) ? (left > 0 ? INT64_MAX : INT64_MIN) : sum;
}

/* The list is sorted by frames: those that are the same become one. */
static void sum_equal(struct compare_sites *sites) {
    size_t kept = 0;
    for (size_t i = 0; i < sites->count; i++) {
        struct compare_site *site = &sites->items[i], *last = &sites->items[kept];
        if (kept == 0 || strcmp(last[-1].frames, site->frames) != 0) {
            *last = *site;
            kept++;
            continue;
        }
        for (int side = 0; side < COMPARE_SIDES; side++) {
            last[-1].in[side] = last[-1].in[side] || site->in[side];
            last[-1].bytes[side] = add(last[-1].bytes[side], site->bytes[side]);
            last[-1].blocks[side] = add(last[-1].blocks[side], site->blocks[side]);
        }
        free(site->frames);
    }
    sites->count = kept;
}

/* Stacks of a phase are nothing to those of the case, or of another phase. */
static bool is_comparable(struct result *const results[COMPARE_SIDES]) {
    if (results[0] == NULL || results[1] == NULL)
        return true;
    const char *base = results[0]->sites_phase, *head = results[1]->sites_phase;
    return base == NULL || head == NULL ? base == head : strcmp(base, head) == 0;
}

bool compare_sites_build(struct result *const results[COMPARE_SIDES], struct compare_sites *sites) {
    size_t counts[COMPARE_SIDES] = {0}, most = 0;
    *sites = (struct compare_sites){0};
    for (int side = 0; side < COMPARE_SIDES; side++) {
        if (results[side] != NULL && is_comparable(results))
            counts[side] = results[side]->site_count;
        most += counts[side];
    }
    sites->items = calloc(most + 1, sizeof *sites->items);
    if (sites->items == NULL)
        return false;
    for (int side = 0; side < COMPARE_SIDES; side++) {
        size_t count = counts[side];
        sites->has[side] = count > 0;
        sites->other_bytes[side] = count > 0 ? results[side]->other_bytes : 0;
        for (size_t i = 0; i < count; i++) {
            const struct result_site *from = &results[side]->sites[i];
            struct compare_site *site = &sites->items[sites->count];
            *site = (struct compare_site){.frames = known_by(from)};
            if (site->frames == NULL)
                return false;
            site->in[side] = true;
            site->bytes[side] = from->bytes;
            site->blocks[side] = from->blocks;
            sites->count++;
        }
    }
    if (sites->count > 1)
        qsort(sites->items, sites->count, sizeof *sites->items, by_frames);
    sum_equal(sites);
    if (sites->count > 1)
        qsort(sites->items, sites->count, sizeof *sites->items, by_difference);
    return true;
}

void compare_sites_free(struct compare_sites *sites) {
    for (size_t i = 0; i < sites->count; i++)
        free(sites->items[i].frames);
    free(sites->items);
    *sites = (struct compare_sites){0};
}
