#include "budget/new_phases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget/insert.h"

enum { INDENT = 2 };

bool phases_can_name(const char *name) {
    for (const char *at = name; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return name[0] != '\0' && strlen(name) < HEAPGATE_NAME_BYTES;
}

/* Letters, digits and what never means anything between them stand as they are. */
static bool is_plain(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t length = strlen(name);
    return strchr(letters, name[0]) != NULL && name[length - 1] != ' ' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ") ==
               length;
}

static bool put_name(struct buffer *out, const char *name) {
    if (is_plain(name))
        return buffer_append_text(out, name);
    bool fine = buffer_append_text(out, "'");
    for (const char *at = name; fine && *at != '\0'; at++)
        fine = buffer_append(out, at, 1) && (*at != '\'' || buffer_append_text(out, "'"));
    return fine && buffer_append_text(out, "'");
}

/* "peak: 86 KiB, allocations: 39" */
static bool put_figures(struct buffer *out, const struct phase_line *lines, size_t count) {
    bool fine = true;
    for (size_t i = 0; fine && i < count; i++)
        fine = buffer_printf(out, "%s%s: %s", i > 0 ? ", " : "",
                             budget_metric_name(lines[i].metric), lines[i].text);
    return fine;
}

/* "rows: { peak: 86 KiB }" */
static bool put_phase(struct buffer *out, const char *name, const struct phase_line *lines,
                      size_t count) {
    return put_name(out, name) && buffer_append_text(out, ": { ") &&
           put_figures(out, lines, count) && buffer_append_text(out, " }");
}

/* Behind the last pair of a mapping: in its line, or as one of its own. */
static bool add_pair(struct edits *edits, const struct budget_case *budgeted,
                     const struct node *mapping, const char *pair) {
    char *text = NULL;
    if (mapping->count > 0 && !mapping->flow) {
        struct buffer line = BUFFER_INIT(DOCUMENT_FILE_BYTES);
        bool added = buffer_printf(&line, "%*s%s%s", (int)mapping->children[0].column - 1, "", pair,
                                   insert_line_break(budgeted->file)) &&
                     insert_lines(edits, budgeted->file, mapping->children[mapping->count - 1].end,
                                  RANK_FIGURE, &line);
        buffer_fini(&line);
        return added;
    }
    size_t at = mapping->count > 0 ? mapping->children[mapping->count - 1].end : mapping->begin + 1;
    if (asprintf(&text, mapping->count > 0 ? ", %s" : " %s ", pair) < 0)
        text = NULL;
    return edits_add(edits, at, at, RANK_FIGURE, text);
}

static const struct node *find_phases(const struct budget_case *budgeted) {
    return node_find(budgeted->node, "phases");
}

bool phases_edit(struct edits *edits, const struct budget_case *budgeted, const char *name,
                 const struct phase_line *lines, size_t count, struct buffer *pending) {
    const struct node *phases = find_phases(budgeted);
    const struct node *phase = phases != NULL ? node_find(phases, name) : NULL;
    struct buffer text = BUFFER_INIT(DOCUMENT_FILE_BYTES);
    bool fine;
    if (phases == NULL) {
        bool flow = budgeted->node->flow || budgeted->node->count == 0;
        int indent = flow ? 0 : (int)budgeted->node->children[0].column - 1 + INDENT;
        fine =
            buffer_printf(pending, "%s%*s", flow && pending->length > 0 ? ", " : "", indent, "") &&
            put_phase(pending, name, lines, count) &&
            buffer_append_text(pending, flow ? "" : insert_line_break(budgeted->file));
    } else if (phase == NULL) {
        fine =
            put_phase(&text, name, lines, count) && add_pair(edits, budgeted, phases, text.bytes);
    } else {
        fine = true;
        for (size_t i = 0; fine && i < count; i++) {
            buffer_clear(&text);
            fine = put_figures(&text, &lines[i], 1) && add_pair(edits, budgeted, phase, text.bytes);
        }
    }
    buffer_fini(&text);
    return fine;
}

bool phases_finish(struct edits *edits, const struct budget_case *budgeted,
                   struct buffer *pending) {
    const struct node *mapping = budgeted->node, *last = insert_last_figure(mapping);
    struct buffer text = BUFFER_INIT(DOCUMENT_FILE_BYTES);
    bool fine;
    if (pending->length == 0)
        return true;
    if (mapping->flow || mapping->count == 0) {
        fine = buffer_printf(&text, "{ %s }", pending->bytes) &&
               insert_figure(edits, budgeted, true, "phases", text.bytes);
    } else {
        size_t at = last != NULL ? last[1].end : mapping->children[mapping->count - 1].end;
        fine = buffer_printf(&text, "%*sphases:%s%s", (int)mapping->children[0].column - 1, "",
                             insert_line_break(budgeted->file), pending->bytes) &&
               insert_lines(edits, budgeted->file, at, RANK_FIGURE, &text);
    }
    buffer_fini(&text);
    return fine;
}
