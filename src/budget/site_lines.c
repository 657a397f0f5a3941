#include "budget/site_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget/insert.h"
#include "budget/number.h"

enum { LINES_BYTES_MAX = 64 << 10 };

static enum heapgate_metric metric_of(enum budget_sites which) {
    return which == BUDGET_SITES_PEAK ? HEAPGATE_METRIC_PEAK : HEAPGATE_METRIC_ALLOCATIONS;
}

/* As a single-quoted scalar, in which only the quote itself is doubled. */
static bool put_site(struct buffer *out, enum budget_sites which, const struct budget_site *site) {
    static const struct margin none;
    struct number_style style = number_style_new(metric_of(which));
    char text[NUMBER_TEXT_BYTES];
    bool fine = buffer_append_text(out, "'");
    for (const char *at = site->name; fine && *at != '\0'; at++)
        fine = buffer_append(out, at, 1) && (*at != '\'' || buffer_append_text(out, "'"));
    number_write(&style, site->amount, &none, &none, text);
    return fine && buffer_printf(out, "': %s", text);
}

static const struct budget_site *find_site(const struct budget_site *sites, size_t count,
                                           const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(sites[i].name, name) == 0)
            return &sites[i];
    return NULL;
}

/* What the figure would be written as, in the style of the old. */
static uint64_t figure_text(const struct node *node, enum budget_sites which, uint64_t amount,
                            char text[NUMBER_TEXT_BYTES]) {
    static const struct margin none;
    struct number_style style = number_style_of(node->text, metric_of(which));
    return number_write(&style, amount, &none, &none, text);
}

/* The whole list anew, as a value in braces. */
static bool put_flow(struct buffer *out, enum budget_sites which, const struct budget_site *sites,
                     size_t count) {
    bool fine = buffer_append_text(out, "{");
    for (size_t i = 0; fine && i < count; i++)
        fine = buffer_append_text(out, i > 0 ? ", " : " ") && put_site(out, which, &sites[i]);
    return fine && buffer_append_text(out, " }");
}

static bool replace_flow(struct edits *edits, const struct node *old, enum budget_sites which,
                         const struct budget_site *sites, size_t count) {
    struct buffer text = BUFFER_INIT(LINES_BYTES_MAX);
    bool fine = put_flow(&text, which, sites, count) &&
                edits_add(edits, old->begin, old->end, RANK_FIGURE, strdup(text.bytes));
    buffer_fini(&text);
    return fine;
}

/* From the start of the line to that of the next: the comment at its end belongs to it. */
static bool remove_line(struct edits *edits, const struct budget_file *file,
                        const struct node *key) {
    size_t begin = key->begin, end = key->begin;
    while (begin > 0 && file->text.bytes[begin - 1] != '\n')
        begin--;
    while (end < file->text.length && file->text.bytes[end] != '\n')
        end++;
    return edits_add(edits, begin, end < file->text.length ? end + 1 : end, RANK_FIGURE,
                     strdup(""));
}

static bool add_lines(struct edits *edits, const struct budget_case *budgeted,
                      enum budget_sites which, size_t at, int indent, const char *heading,
                      const struct budget_site *sites, size_t count) {
    struct buffer lines = BUFFER_INIT(LINES_BYTES_MAX);
    const char *eol = insert_line_break(budgeted->file);
    bool fine =
        buffer_append_text(&lines, "") &&
        (heading == NULL || buffer_printf(&lines, "%*s%s:%s", indent - 2, "", heading, eol));
    for (size_t i = 0; fine && i < count; i++)
        fine = buffer_printf(&lines, "%*s", indent, "") && put_site(&lines, which, &sites[i]) &&
               buffer_append_text(&lines, eol);
    fine = fine && insert_lines(edits, budgeted->file, at, RANK_FIGURE, &lines);
    buffer_fini(&lines);
    return fine;
}

/* A list with a line per site. At least one of them stays, so that new ones have a place. */
static bool edit_lines(struct edits *edits, const struct budget_case *budgeted,
                       enum budget_sites which, const struct budget_site *sites, size_t count) {
    const struct node *old = budgeted->sites_at[which];
    const struct budget_site *listed = budgeted->sites[which];
    struct budget_site *added = calloc(count + 1, sizeof *added);
    size_t added_count = 0;
    bool fine = added != NULL;
    for (size_t i = 0; fine && i < old->count; i += 2) {
        char text[NUMBER_TEXT_BYTES];
        const struct node *key = &old->children[i], *value = &old->children[i + 1];
        const struct budget_site *site = find_site(sites, count, key->text);
        if (site == NULL)
            fine = remove_line(edits, budgeted->file, key);
        else if (figure_text(value, which, site->amount, text) != listed[i / 2].amount)
            fine = edits_add(edits, value->begin, value->end, RANK_FIGURE, strdup(text));
    }
    for (size_t i = 0; fine && i < count; i++)
        if (find_site(listed, old->count / 2, sites[i].name) == NULL)
            added[added_count++] = sites[i];
    if (fine && added_count > 0)
        fine = add_lines(edits, budgeted, which, old->children[old->count - 1].end,
                         (int)old->children[0].column - 1, NULL, added, added_count);
    free(added);
    return fine;
}

/* A case that has no list yet: behind its figures. */
static bool add_list(struct edits *edits, const struct budget_case *budgeted,
                     enum budget_sites which, const struct budget_site *sites, size_t count) {
    const char *name = budget_sites_name(which);
    const struct node *mapping = budgeted->node;
    if (!mapping->flow && mapping->count > 0) {
        const struct node *last = insert_last_figure(mapping);
        size_t at = last != NULL ? last[1].end : mapping->children[mapping->count - 1].end;
        return add_lines(edits, budgeted, which, at, (int)mapping->children[0].column + 1, name,
                         sites, count);
    }
    struct buffer text = BUFFER_INIT(LINES_BYTES_MAX);
    size_t at = mapping->count > 0 ? mapping->children[mapping->count - 1].end : mapping->begin + 1;
    bool fine = buffer_printf(&text, "%s %s: ", mapping->count > 0 ? "," : "", name) &&
                put_flow(&text, which, sites, count) &&
                edits_add(edits, at, at, RANK_FIGURE, strdup(text.bytes));
    buffer_fini(&text);
    return fine;
}

static bool is_listed(const struct budget_case *budgeted, enum budget_sites which,
                      const struct budget_site *sites, size_t count) {
    const struct node *old = budgeted->sites_at[which];
    const struct budget_site *listed = budgeted->sites[which];
    for (size_t i = 0; i < count; i++) {
        char text[NUMBER_TEXT_BYTES];
        const struct budget_site *site = find_site(listed, old->count / 2, sites[i].name);
        if (site == NULL || figure_text(&old->children[2 * (size_t)(site - listed) + 1], which,
                                        sites[i].amount, text) != site->amount)
            return false;
    }
    return old->count / 2 == count;
}

bool sites_edit(struct edits *edits, const struct budget_case *budgeted, enum budget_sites which,
                const struct budget_site *sites, size_t count, bool *changed) {
    const struct node *old = budgeted->sites_at[which];
    bool any_stays = false;
    *changed = old != NULL ? !is_listed(budgeted, which, sites, count) : count > 0;
    if (!*changed)
        return true;
    if (old == NULL)
        return add_list(edits, budgeted, which, sites, count);
    for (size_t i = 0; i < old->count; i += 2)
        any_stays = any_stays || find_site(sites, count, old->children[i].text) != NULL;
    if (!old->flow && any_stays)
        return edit_lines(edits, budgeted, which, sites, count);
    if (old->flow)
        return replace_flow(edits, old, which, sites, count);
    /* All lines go: the new ones stand where the first was. */
    struct buffer text = BUFFER_INIT(LINES_BYTES_MAX);
    bool fine = count > 0 || buffer_append_text(&text, "{ }");
    for (size_t i = 0; fine && i < count; i++)
        fine = (i == 0 || buffer_printf(&text, "%s%*s", insert_line_break(budgeted->file),
                                        (int)old->children[0].column - 1, "")) &&
               put_site(&text, which, &sites[i]);
    fine = fine && edits_add(edits, old->begin, old->end, RANK_FIGURE, strdup(text.bytes));
    buffer_fini(&text);
    return fine;
}
