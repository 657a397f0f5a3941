#include "budget/measured.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget/insert.h"

enum { LINE_BYTES_MAX = 16 << 10 };

static const char *recorded_value(const struct node *recorded, const char *name) {
    const struct node *value = recorded != NULL ? node_find(recorded, name) : NULL;
    return value != NULL ? value->text : NULL;
}

size_t budget_case_measured(const struct budget_case *budgeted,
                            const struct budget_figures *figures,
                            struct budget_pair pairs[BUDGET_MEASURED_MAX]) {
    const struct variant *variant = variant_find(budgeted, figures);
    const struct node *first = variant != NULL ? variant->measured : budgeted->measured;
    const struct node *second = variant != NULL ? NULL : budgeted->file->measured;
    size_t count = 0;
    for (size_t i = 0; first != NULL && i < first->count && count < BUDGET_MEASURED_MAX; i += 2)
        pairs[count++] = (struct budget_pair){first->children[i].text, first->children[i + 1].text};
    for (size_t i = 0; second != NULL && i < second->count && count < BUDGET_MEASURED_MAX; i += 2)
        if (recorded_value(first, second->children[i].text) == NULL)
            pairs[count++] =
                (struct budget_pair){second->children[i].text, second->children[i + 1].text};
    return count;
}

size_t measured_difference(const struct node *recorded, const struct budget_pair *pairs,
                           size_t count, struct budget_pair *difference) {
    size_t differing = 0;
    for (size_t i = 0; i < count; i++) {
        const char *value = recorded_value(recorded, pairs[i].name);
        if (value == NULL || strcmp(value, pairs[i].value) != 0)
            difference[differing++] = pairs[i];
    }
    return differing;
}

/* ---- As text ---- */

/* A scalar within braces, quoted unless it is plain beyond doubt. */
static bool put_scalar(struct buffer *out, const char *text) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char others[] = "_.+~/() -";
    bool plain =
        text[0] != '\0' && strchr(letters, text[0]) != NULL && text[strlen(text) - 1] != ' ';
    for (const char *at = text; plain && *at != '\0'; at++)
        plain = strchr(letters, *at) != NULL || strchr(others, *at) != NULL;
    if (plain)
        return buffer_append_text(out, text);
    bool fine = buffer_append_text(out, "'");
    for (const char *at = text; fine && *at != '\0'; at++) /* a control character would end it */
        fine = buffer_append(out, (unsigned char)*at < ' ' || *at == 0x7f ? "?" : at, 1) &&
               (*at != '\'' || buffer_append_text(out, "'"));
    return fine && buffer_append_text(out, "'");
}

static bool put_pair(struct buffer *out, const struct budget_pair *pair) {
    return put_scalar(out, pair->name) && buffer_append_text(out, ": ") &&
           put_scalar(out, pair->value);
}

bool measured_put(struct buffer *out, const struct budget_pair *pairs, size_t count) {
    bool fine = buffer_append_text(out, "{");
    for (size_t i = 0; fine && i < count; i++)
        fine = buffer_append_text(out, i > 0 ? ", " : " ") && put_pair(out, &pairs[i]);
    return fine && buffer_append_text(out, " }");
}

static bool put_line(struct buffer *out, int indent, const struct budget_pair *pairs, size_t count,
                     const char *eol) {
    return buffer_printf(out, "%*smeasured: ", indent, "") && measured_put(out, pairs, count) &&
           buffer_append_text(out, eol);
}

/* ---- In a file ---- */

static bool replace_scalar(struct edits *edits, const struct node *node, const char *value) {
    struct buffer text = BUFFER_INIT(LINE_BYTES_MAX);
    bool fine = put_scalar(&text, value) &&
                edits_add(edits, node->begin, node->end, RANK_FIGURE, strdup(text.bytes));
    buffer_fini(&text);
    return fine;
}

/* A record with a line per name: its values change, and what is new gets a line. */
static bool edit_lines(struct edits *edits, const struct budget_file *file, const struct node *old,
                       const struct budget_pair *difference, size_t count) {
    struct buffer lines = BUFFER_INIT(LINE_BYTES_MAX);
    bool fine = buffer_append_text(&lines, "");
    for (size_t i = 0; fine && i < count; i++) {
        const struct node *value = node_find(old, difference[i].name);
        fine = value != NULL ? replace_scalar(edits, value, difference[i].value)
                             : buffer_printf(&lines, "%*s", (int)old->children[0].column - 1, "") &&
                                   put_pair(&lines, &difference[i]) &&
                                   buffer_append_text(&lines, insert_line_break(file));
    }
    if (fine && lines.length > 0)
        fine = insert_lines(edits, file, old->children[old->count - 1].end, RANK_FIGURE, &lines);
    buffer_fini(&lines);
    return fine;
}

static bool replace(struct edits *edits, const struct budget_file *file, const struct node *old,
                    const struct budget_pair *pairs, size_t count) {
    struct budget_pair difference[BUDGET_MEASURED_MAX];
    struct buffer text = BUFFER_INIT(LINE_BYTES_MAX);
    size_t differing = measured_difference(old, pairs, count, difference);
    if (differing == 0 && old->count / 2 == count)
        return true;
    if (!old->flow && old->count > 0)
        return edit_lines(edits, file, old, difference, differing);
    bool fine = measured_put(&text, pairs, count) &&
                edits_add(edits, old->begin, old->end, RANK_FIGURE, strdup(text.bytes));
    buffer_fini(&text);
    return fine;
}

bool measured_edit(struct edits *edits, const struct budget_file *file, const struct node *mapping,
                   bool is_first, const struct node *old, const struct budget_pair *pairs,
                   size_t count) {
    struct buffer text = BUFFER_INIT(LINE_BYTES_MAX);
    bool fine;
    if (old != NULL)
        return replace(edits, file, old, pairs, count);
    if (count == 0)
        return true;
    const struct node *last = mapping->count > 0 ? &mapping->children[mapping->count - 1] : NULL;
    if (!mapping->flow && last != NULL) {
        const struct node *figure = insert_last_figure(mapping);
        fine = put_line(&text, (int)mapping->children[0].column - 1, pairs, count,
                        insert_line_break(file)) &&
               insert_lines(edits, file, figure != NULL ? figure[1].end : last->end, RANK_FIGURE,
                            &text);
    } else {
        size_t at = last != NULL ? last->end : mapping->begin + 1;
        fine =
            buffer_append_text(&text, last != NULL || !is_first ? ", measured: " : " measured: ") &&
            measured_put(&text, pairs, count) &&
            edits_add(edits, at, at, RANK_FIGURE, strdup(text.bytes));
    }
    buffer_fini(&text);
    return fine;
}

bool measured_add_to_file(struct edits *edits, const struct budget_file *file,
                          const struct budget_pair *pairs, size_t count) {
    struct buffer text = BUFFER_INIT(LINE_BYTES_MAX);
    bool in_flow = file != NULL && file->root.flow;
    const char *end = in_flow ? ", " : file != NULL ? insert_line_break(file) : "\n";
    size_t at = file != NULL ? node_find(&file->root, "cases")[-1].begin : 0;
    bool fine = put_line(&text, 0, pairs, count, end) &&
                edits_add(edits, at, at, RANK_MEASURED, strdup(text.bytes));
    buffer_fini(&text);
    return fine;
}

bool measured_add_to_case(struct edits *edits, const struct budget_file *file,
                          const struct budget_pair *pairs, size_t count) {
    const struct node *cases = file->cases;
    struct buffer text = BUFFER_INIT(LINE_BYTES_MAX);
    if (count == 0 || cases->flow)
        return true;
    bool fine =
        put_line(&text, insert_inner_indent(cases), pairs, count, insert_line_break(file)) &&
        insert_lines(edits, file, cases->children[cases->count - 1].end, RANK_CASE, &text);
    buffer_fini(&text);
    return fine;
}
