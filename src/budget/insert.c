#include "budget/insert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASE_BYTES_MAX = 4096, INDENT = 2 };

const char *insert_line_break(const struct budget_file *file) {
    const char *newline = strchr(file->text.bytes, '\n');
    return newline != NULL && newline > file->text.bytes && newline[-1] == '\r' ? "\r\n" : "\n";
}

/* The start of the line after the one that `at` is in; the end of the text in its last line. */
static size_t next_line(const struct budget_file *file, size_t at, bool *at_end) {
    const char *newline = memchr(file->text.bytes + at, '\n', file->text.length - at);
    *at_end = newline == NULL;
    return newline == NULL ? file->text.length : (size_t)(newline - file->text.bytes) + 1;
}

/* Puts whole lines behind the line of `at`. The last line of the file may lack its line break:
 * then it is made up for, and the new last line lacks it instead. */
bool insert_lines(struct edits *edits, const struct budget_file *file, size_t at,
                  enum edit_rank rank, struct buffer *lines) {
    const char *eol = insert_line_break(file);
    bool at_end;
    char *text = NULL;
    size_t place = next_line(file, at, &at_end);
    if (at_end)
        lines->length -= strlen(eol);
    if (asprintf(&text, "%s%.*s", at_end ? eol : "", (int)lines->length, lines->bytes) < 0)
        text = NULL;
    return edits_add(edits, place, place, rank, text);
}

static bool is_figure(const struct node *key) {
    bool found = strcmp(key->text, "units") == 0;
    for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++)
        found = found || strcmp(key->text, budget_metric_name((enum heapgate_metric)metric)) == 0;
    return found;
}

const struct node *insert_last_figure(const struct node *mapping) {
    const struct node *last = NULL;
    for (size_t i = 0; i < mapping->count; i += 2)
        if (is_figure(&mapping->children[i]))
            last = &mapping->children[i];
    return last;
}

bool insert_figure(struct edits *edits, const struct budget_case *budgeted, bool is_first,
                   const char *name, const char *value) {
    const struct node *mapping = budgeted->node, *last = insert_last_figure(mapping);
    const struct node *first = mapping->count > 0 ? &mapping->children[0] : NULL;
    const char *eol = insert_line_break(budgeted->file);
    char *text = NULL;
    size_t at = last != NULL ? last[1].end : first != NULL ? first->begin : mapping->begin + 1;
    int length;
    if (last != NULL && !mapping->flow) {
        struct buffer line = BUFFER_INIT(CASE_BYTES_MAX);
        bool added =
            buffer_printf(&line, "%*s%s: %s%s", (int)last->column - 1, "", name, value, eol) &&
            insert_lines(edits, budgeted->file, at, RANK_FIGURE, &line);
        buffer_fini(&line);
        return added;
    }
    if (last != NULL)
        length = asprintf(&text, ", %s: %s", name, value);
    else if (first == NULL) /* an empty "{}" */
        length = asprintf(&text, "%s %s: %s", is_first ? "" : ",", name, value);
    else if (mapping->flow)
        length = asprintf(&text, "%s: %s, ", name, value);
    else
        length = asprintf(&text, "%s: %s%s%*s", name, value, eol, (int)first->column - 1, "");
    return edits_add(edits, at, at, RANK_FIGURE, length < 0 ? NULL : text);
}

/* ---- Whole cases ---- */

static bool put_block_case(struct buffer *out, int indent, int inner, const char *eol,
                           const char *name, const struct insert_pair *pairs, size_t pair_count) {
    bool put = buffer_printf(out, "%*s%s:%s", indent, "", name, eol);
    for (size_t i = 0; i < pair_count; i++)
        put =
            put && buffer_printf(out, "%*s%s: %s%s", inner, "", pairs[i].name, pairs[i].value, eol);
    return put;
}

static bool put_flow_case(struct buffer *out, const char *before, const char *name,
                          const struct insert_pair *pairs, size_t pair_count) {
    bool put = buffer_printf(out, "%s %s: {", before, name);
    for (size_t i = 0; i < pair_count; i++)
        put =
            put && buffer_printf(out, "%s %s: %s", i > 0 ? "," : "", pairs[i].name, pairs[i].value);
    return put && buffer_append_text(out, " }");
}

int insert_inner_indent(const struct node *cases) {
    int indent = (int)cases->children[0].column - 1;
    for (size_t i = 1; i < cases->count; i += 2)
        if (!cases->children[i].flow && cases->children[i].count > 0)
            return (int)cases->children[i].children[0].column - 1;
    return indent + INDENT;
}

static bool insert_into_file(struct edits *edits, const struct budget_file *file, bool is_first,
                             const char *name, const struct insert_pair *pairs, size_t pair_count,
                             struct buffer *text) {
    const struct node *cases = file->cases;
    const struct node *last = cases->count > 0 ? &cases->children[cases->count - 1] : NULL;
    if (!cases->flow) {
        int indent = last != NULL ? (int)cases->children[0].column - 1 : INDENT;
        int inner = last != NULL ? insert_inner_indent(cases) : 2 * INDENT;
        return put_block_case(text, indent, inner, insert_line_break(file), name, pairs,
                              pair_count) &&
               insert_lines(edits, file, last != NULL ? last->end : cases->begin, RANK_CASE, text);
    }
    size_t at = last != NULL ? last->end : cases->begin + 1;
    const char *before = last != NULL || !is_first ? "," : "";
    return put_flow_case(text, before, name, pairs, pair_count) &&
           edits_add(edits, at, at, RANK_CASE, strdup(text->bytes));
}

bool insert_case(struct edits *edits, const struct budget_file *file, bool is_first,
                 const char *name, const struct insert_pair *pairs, size_t pair_count) {
    struct buffer text = BUFFER_INIT(CASE_BYTES_MAX);
    bool inserted;
    if (file != NULL)
        inserted = insert_into_file(edits, file, is_first, name, pairs, pair_count, &text);
    else
        inserted = (!is_first || edits_add(edits, 0, 0, RANK_HEAD, strdup(INSERT_HEAD))) &&
                   buffer_append_text(&text, is_first ? INSERT_CASES : "") &&
                   put_block_case(&text, INDENT, 2 * INDENT, "\n", name, pairs, pair_count) &&
                   edits_add(edits, 0, 0, RANK_CASE, strdup(text.bytes));
    buffer_fini(&text);
    return inserted;
}
