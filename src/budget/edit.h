/* Changes of a text, byte for byte: replaced and inserted pieces, and what they look like as a
 * diff. Everything between the edits stays as it is. Internal to src/budget. */
#ifndef BUDGET_EDIT_H
#define BUDGET_EDIT_H

#include "base/buffer.h"

/* Edits at one place keep the order of their rank, and within a rank the order of adding. */
struct edit {
    size_t begin, end; /* bytes of the old text; equal for an insertion */
    unsigned rank;
    size_t sequence;
    char *text;
};

struct edits {
    struct edit *items;
    size_t count;
};

/* Takes over `text`, also on failure, which is memory running out or `text` being NULL. */
bool edits_add(struct edits *edits, size_t begin, size_t end, unsigned rank, char *text);
void edits_fini(struct edits *edits);

/* Sorts the edits and appends the changed text. False when memory or the maximum is out, or edits
 * overlap. */
bool edits_apply(struct edits *edits, const struct buffer *old_text, struct buffer *new_text);

/* Appends a unified diff without context. The edits have been applied (they must be sorted).
 * `is_new` for a file that does not exist yet. */
bool edits_diff(const struct edits *edits, const char *path, bool is_new,
                const struct buffer *old_text, struct buffer *out);

#endif
