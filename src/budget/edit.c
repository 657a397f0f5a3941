#include "budget/edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool edits_add(struct edits *edits, size_t begin, size_t end, unsigned rank, char *text) {
    struct edit *items =
        text == NULL ? NULL : reallocarray(edits->items, edits->count + 1, sizeof *items);
    if (items == NULL) {
        free(text);
        return false;
    }
    edits->items = items;
    items[edits->count] = (struct edit){
        .begin = begin, .end = end, .rank = rank, .sequence = edits->count, .text = text};
    edits->count++;
    return true;
}

void edits_fini(struct edits *edits) {
    for (size_t i = 0; i < edits->count; i++)
        free(edits->items[i].text);
    free(edits->items);
    *edits = (struct edits){0};
}

static int compare_edits(const void *left, const void *right) {
    const struct edit *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* The old text from `from` to `to` with the edits `first` up to `last` in it. */
static bool append_edited(const struct edit *first, const struct edit *last,
                          const struct buffer *old_text, size_t from, size_t to,
                          struct buffer *out) {
    for (; first < last; first++) {
        if (first->begin < from || first->end > to || first->end < first->begin)
            return false;
        if (!buffer_append(out, old_text->bytes + from, first->begin - from) ||
            !buffer_append_text(out, first->text))
            return false;
        from = first->end;
    }
    return buffer_append(out, old_text->bytes + from, to - from);
}

bool edits_apply(struct edits *edits, const struct buffer *old_text, struct buffer *new_text) {
    static char nothing[1];
    struct buffer old = *old_text;
    if (old.bytes == NULL)
        old.bytes = nothing;
    if (edits->count == 0)
        return buffer_append(new_text, old.bytes, old.length);
    qsort(edits->items, edits->count, sizeof *edits->items, compare_edits);
    return append_edited(edits->items, edits->items + edits->count, &old, 0, old.length, new_text);
}

/* ---- The diff ---- */

static size_t line_start(const struct buffer *text, size_t at) {
    while (at > 0 && text->bytes[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(const struct buffer *text, size_t at) {
    const char *newline = memchr(text->bytes + at, '\n', text->length - at);
    return newline != NULL ? (size_t)(newline - text->bytes) + 1 : text->length;
}

static size_t count_lines(const char *bytes, size_t length) {
    size_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += bytes[i] == '\n';
    return lines + (length > 0 && bytes[length - 1] != '\n');
}

static bool put_lines(struct buffer *out, char sign, const char *bytes, size_t length) {
    while (length > 0) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline != NULL ? (size_t)(newline - bytes) + 1 : length;
        if (!buffer_append(out, &sign, 1) || !buffer_append(out, bytes, line) ||
            (newline == NULL && !buffer_append_text(out, "\n\\ No newline at end of file\n")))
            return false;
        bytes += line;
        length -= line;
    }
    return true;
}

/* Whole lines put in between lines take nothing away. */
static bool is_between_lines(const struct edit *edit, const struct buffer *text) {
    size_t length = strlen(edit->text);
    return edit->begin == edit->end && line_start(text, edit->begin) == edit->begin && length > 0 &&
           edit->text[length - 1] == '\n';
}

static bool put_hunk(const struct edit *first, const struct edit *last, const struct buffer *text,
                     size_t from, size_t to, long *shift, struct buffer *out) {
    struct buffer changed = BUFFER_INIT(SIZE_MAX / 2);
    bool put = append_edited(first, last, text, from, to, &changed);
    if (put) {
        size_t removed = count_lines(text->bytes + from, to - from);
        size_t added = count_lines(changed.bytes, changed.length);
        long line = (long)count_lines(text->bytes, from) + 1;
        put = buffer_printf(out, "@@ -%ld,%zu +%ld,%zu @@\n", removed > 0 ? line : line - 1,
                            removed, line + *shift - (added == 0), added) &&
              put_lines(out, '-', text->bytes + from, to - from) &&
              put_lines(out, '+', changed.bytes, changed.length);
        *shift += (long)added - (long)removed;
    }
    buffer_fini(&changed);
    return put;
}

bool edits_diff(const struct edits *edits, const char *path, bool is_new,
                const struct buffer *old_text, struct buffer *out) {
    static char nothing[1];
    struct buffer text = *old_text;
    long shift = 0;
    if (edits->count == 0)
        return true;
    const struct edit *end = edits->items + edits->count;
    if (text.bytes == NULL)
        text.bytes = nothing;
    if (!buffer_printf(out, "--- %s\n+++ %s\n", is_new ? "/dev/null" : path, path))
        return false;
    for (const struct edit *first = edits->items, *last; first < end; first = last) {
        bool between = is_between_lines(first, &text);
        size_t from = between ? first->begin : line_start(&text, first->begin);
        size_t to = between ? first->begin : line_end(&text, first->end);
        for (last = first + 1; last < end && last->begin <= to; last++)
            if (!is_between_lines(last, &text) && line_end(&text, last->end) > to)
                to = line_end(&text, last->end);
        if (!put_hunk(first, last, &text, from, to, &shift, out))
            return false;
    }
    return true;
}
