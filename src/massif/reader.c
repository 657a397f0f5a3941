/* The grammar of a Massif file, as valgrind 3.19 writes it:
 *
 *     desc: OPTIONS                          one line each, but an argument may hold newlines
 *     cmd: PROGRAM ARGUMENTS
 *     time_unit: i|ms|B
 *     #-----------                           from here once per snapshot
 *     snapshot=0                             counting up without gaps
 *     #-----------
 *     time=0
 *     mem_heap_B=0
 *     mem_heap_extra_B=0
 *     mem_stacks_B=0
 *     heap_tree=empty|detailed|peak          and unless empty, a tree:
 *     nCHILDREN: BYTES TEXT                  the root, then its children, depth first,
 *      nCHILDREN: BYTES TEXT                 indented by a space per level
 *
 * The number of children says how a tree goes on, and the indentation has to agree with it: a file
 * that lost a line in the middle is noticed even where the counts happen to come out. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "massif/lines.h"
#include "massif/massif.h"

const char *const massif_time_unit_names[MASSIF_TIME_UNITS] = {
    [MASSIF_INSTRUCTIONS] = "i", [MASSIF_MILLISECONDS] = "ms", [MASSIF_ALLOCATED_BYTES] = "B"};
const char *const massif_detail_names[MASSIF_DETAILS] = {
    [MASSIF_EMPTY] = "empty", [MASSIF_DETAILED] = "detailed", [MASSIF_PEAK] = "peak"};

#define SEPARATOR "#-----------"

struct open_node {
    uint64_t line;
    uint64_t children;
    uint64_t left;
};

struct reader {
    struct massif_lines lines;
    const struct massif_handler *handler;
    void *context;
    struct error *error;
    struct buffer text; /* the header's, gathered over its lines */
    uint64_t snapshot_count;
    size_t depth; /* nodes in use of: */
    struct open_node open[MASSIF_DEPTH_MAX];
};

static bool fail_at(struct reader *reader, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns false, for the caller to return. */
static bool fail_at(struct reader *reader, uint64_t line, const char *format, ...) {
    char message[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_set(reader->error, "%s:%llu: %s", reader->lines.path, (unsigned long long)line, message);
    return false;
}

static bool fail_found(struct reader *reader, struct massif_slice line, const char *wanted) {
    char excerpt[MASSIF_EXCERPT_TEXT_BYTES];
    return fail_at(reader, reader->lines.number, "found \"%s\" where %s was expected",
                   massif_slice_excerpt(line, excerpt), wanted);
}

static bool fail_short(struct reader *reader, const char *wanted) {
    return fail_at(reader, reader->lines.number + 1,
                   "the file ends where %s was expected: it was cut short", wanted);
}

/* Sees that a line is whole, and text. */
static bool check_line(struct reader *reader, struct massif_slice line) {
    char excerpt[MASSIF_EXCERPT_TEXT_BYTES];
    if (memchr(line.bytes, '\0', line.length) != NULL)
        return fail_at(reader, reader->lines.number,
                       "found \"%s\", which holds a NUL byte, where text was expected",
                       massif_slice_excerpt(line, excerpt));
    /* The only line that cannot be the beginning of a longer one. */
    if (reader->lines.unfinished && !massif_slice_is(line, "heap_tree=empty"))
        return fail_at(reader, reader->lines.number,
                       "the file ends in the middle of the line \"%s\": it was cut short",
                       massif_slice_excerpt(line, excerpt));
    return true;
}

static enum massif_lines_status next_line(struct reader *reader, struct massif_slice *line) {
    enum massif_lines_status status = massif_lines_next(&reader->lines, line, reader->error);
    if (status == MASSIF_LINES_ONE && !check_line(reader, *line))
        return MASSIF_LINES_FAILED;
    return status;
}

/* The next line, which has to be there. */
static bool need_line(struct reader *reader, struct massif_slice *line, const char *wanted) {
    enum massif_lines_status status = next_line(reader, line);
    return status == MASSIF_LINES_ONE || (status == MASSIF_LINES_END && fail_short(reader, wanted));
}

/* ---- the header ----
 *
 * An argument may hold newlines, and so lines that look like the header's own. What ends a header
 * is a "time_unit:" line and a separator right after it, so all lines up to there are gathered
 * first and told apart afterwards. */

#define DESCRIPTION_KEY "desc:"
#define COMMAND_KEY "cmd:"
#define TIME_UNIT_KEY "time_unit: "

/* One line of the gathered text, and then the next. */
struct header_lines {
    struct massif_slice rest;
    uint64_t number;
};

static bool next_header_line(struct header_lines *lines, struct massif_slice *line) {
    const char *newline = memchr(lines->rest.bytes, '\n', lines->rest.length);
    if (newline == NULL)
        return false;
    line->bytes = lines->rest.bytes;
    line->length = (size_t)(newline - line->bytes);
    lines->rest.bytes += line->length + 1;
    lines->rest.length -= line->length + 1;
    lines->number++;
    return true;
}

/* Says what is wrong with a header that was not ended: the line after the last good one. */
static bool fail_header(struct reader *reader) {
    static const struct {
        const char *key;
        const char *next;
    } parts[] = {{COMMAND_KEY, "\"" COMMAND_KEY "\""},
                 {TIME_UNIT_KEY, "\"time_unit:\""},
                 {NULL, "\"" SEPARATOR "\""}};
    struct header_lines lines = {{reader->text.bytes, reader->text.length}, 0};
    struct massif_slice line;
    next_header_line(&lines, &line);
    for (size_t part = 0;; part++) {
        struct header_lines after = lines;
        bool found = false;
        while (parts[part].key != NULL && !found && next_header_line(&lines, &line))
            found = massif_slice_take(&line, parts[part].key);
        if (found)
            continue;
        if (!next_header_line(&after, &line))
            return fail_short(reader, parts[part].next);
        char excerpt[MASSIF_EXCERPT_TEXT_BYTES];
        return fail_at(reader, after.number, "found \"%s\" where %s was expected",
                       massif_slice_excerpt(line, excerpt), parts[part].next);
    }
}

static bool read_first_line(struct reader *reader) {
    struct massif_slice line, key;
    char excerpt[MASSIF_EXCERPT_TEXT_BYTES];
    enum massif_lines_status status = massif_lines_next(&reader->lines, &line, reader->error);
    if (status == MASSIF_LINES_FAILED)
        return false;
    if (status == MASSIF_LINES_END)
        return fail_at(reader, 1, "the file is empty: a Massif file starts with \"desc:\"");
    key = line;
    if (!massif_slice_take(&key, DESCRIPTION_KEY))
        return fail_at(reader, 1, "found \"%s\" where a Massif file starts with \"desc:\"",
                       massif_slice_excerpt(line, excerpt));
    return check_line(reader, line) && buffer_append(&reader->text, line.bytes, line.length) &&
           buffer_append_text(&reader->text, "\n");
}

/* Gathers the header and reads past the separator that ends it. */
static bool gather_header(struct reader *reader) {
    if (!read_first_line(reader))
        return false;
    bool may_end = false;
    for (;;) {
        struct massif_slice line;
        enum massif_lines_status status = next_line(reader, &line);
        if (status == MASSIF_LINES_FAILED)
            return false;
        if (status == MASSIF_LINES_END && may_end)
            return fail_at(reader, reader->lines.number,
                           "no snapshot: the program made no "
                           "allocation or valgrind was killed");
        if (may_end && massif_slice_is(line, SEPARATOR) && status == MASSIF_LINES_ONE)
            return true;
        if (status == MASSIF_LINES_END || !buffer_append(&reader->text, line.bytes, line.length) ||
            !buffer_append_text(&reader->text, "\n"))
            return fail_header(reader);
        may_end = massif_slice_take(&line, TIME_UNIT_KEY);
    }
}

static bool parse_time_unit(struct reader *reader, struct massif_slice name,
                            enum massif_time_unit *unit) {
    for (size_t at = 0; at < MASSIF_TIME_UNITS; at++)
        if (massif_slice_is(name, massif_time_unit_names[at])) {
            *unit = (enum massif_time_unit)at;
            return true;
        }
    char excerpt[MASSIF_EXCERPT_TEXT_BYTES];
    return fail_at(reader, reader->lines.number - 1, "time_unit is \"%s\": expected i, ms or B",
                   massif_slice_excerpt(name, excerpt));
}

/* What lies between the starts of two lines, without the newline, the key and its space. */
static struct massif_slice value_between(const char *start, const char *end, const char *key) {
    struct massif_slice value = {start, (size_t)(end - start) - 1};
    massif_slice_take(&value, key);
    massif_slice_take(&value, " ");
    return value;
}

static bool read_header(struct reader *reader) {
    if (!gather_header(reader))
        return false;
    struct header_lines lines = {{reader->text.bytes, reader->text.length}, 0};
    const char *command = NULL, *last = NULL;
    struct massif_slice line = {NULL, 0};
    while (next_header_line(&lines, &line)) {
        last = line.bytes;
        if (command == NULL && massif_slice_take(&line, COMMAND_KEY))
            command = last;
    }
    if (command == NULL)
        return fail_header(reader);
    struct massif_header header = {.description =
                                       value_between(reader->text.bytes, command, DESCRIPTION_KEY),
                                   .command = value_between(command, last, COMMAND_KEY)};
    massif_slice_take(&line, TIME_UNIT_KEY);
    if (!parse_time_unit(reader, line, &header.time_unit))
        return false;
    return reader->handler->header == NULL ||
           reader->handler->header(reader->context, &header, reader->error);
}

/* ---- a tree ---- */

/* "child 2 of the 3 that line 58 announces", or "the root of the tree". */
static const char *describe_wanted(const struct reader *reader, char text[96]) {
    if (reader->depth == 0)
        return "the root of the tree";
    const struct open_node *parent = &reader->open[reader->depth - 1];
    snprintf(text, 96, "child %llu of the %llu that line %llu announces",
             (unsigned long long)(parent->children - parent->left + 1),
             (unsigned long long)parent->children, (unsigned long long)parent->line);
    return text;
}

/* Other tools of valgrind write execution trees in this format, where a snapshot is no moment of
 * the run but one more thing that they counted. What a root stands for tells them apart. */
static bool check_root(struct reader *reader, struct massif_slice text) {
    static const char heap[] = "(heap allocation functions)",
                      pages[] = "(page allocation syscalls)";
    char excerpt[MASSIF_EXCERPT_TEXT_BYTES];
    struct massif_slice rest = text;
    return massif_slice_take(&rest, heap) || massif_slice_take(&rest, pages) ||
           fail_at(reader, reader->lines.number,
                   "the root of the tree stands for \"%s\": expected \"%s\" or \"%s\"",
                   massif_slice_excerpt(text, excerpt), heap, pages);
}

/* Tells a frame, "0xADDRESS: ...", from several too small ones, "in N places, ...". */
static bool parse_node_kind(struct massif_node *node) {
    struct massif_slice text = node->text;
    uint64_t address;
    node->places = 0;
    node->kind = MASSIF_ROOT;
    if (node->depth == 0)
        return true;
    node->kind = MASSIF_CALL;
    if (massif_slice_take_address(&text, &address))
        return true;
    node->kind = MASSIF_BELOW;
    return massif_slice_take(&text, "in ") && massif_slice_take_number(&text, &node->places) &&
           massif_slice_take(&text, " place") && node->places > 0 && node->children == 0;
}

/* Takes a line apart: indentation, "nCHILDREN: BYTES TEXT". */
static bool parse_node(struct massif_slice line, struct massif_node *node) {
    size_t indentation = 0;
    while (indentation < line.length && line.bytes[indentation] == ' ')
        indentation++;
    line.bytes += indentation;
    line.length -= indentation;
    node->depth = indentation;
    if (!massif_slice_take(&line, "n") || !massif_slice_take_number(&line, &node->children) ||
        !massif_slice_take(&line, ": ") || !massif_slice_take_number(&line, &node->bytes) ||
        !massif_slice_take(&line, " "))
        return false;
    node->text = line;
    return parse_node_kind(node);
}

static bool read_node(struct reader *reader, struct massif_node *node) {
    char wanted[96];
    struct massif_slice line;
    enum massif_lines_status status = next_line(reader, &line);
    if (status == MASSIF_LINES_END)
        return fail_short(reader, describe_wanted(reader, wanted));
    if (status == MASSIF_LINES_FAILED)
        return false;
    if (!parse_node(line, node))
        return fail_found(reader, line, describe_wanted(reader, wanted));
    if (node->depth != reader->depth)
        return fail_at(reader, reader->lines.number,
                       "the line is indented by %zu: %s is indented by %zu", node->depth,
                       describe_wanted(reader, wanted), reader->depth);
    if (node->children > 0 && reader->depth == MASSIF_DEPTH_MAX)
        return fail_at(reader, reader->lines.number,
                       "the tree is deeper than %d levels, the most that is read",
                       MASSIF_DEPTH_MAX);
    if (node->kind == MASSIF_ROOT && !check_root(reader, node->text))
        return false;
    return reader->handler->node == NULL ||
           reader->handler->node(reader->context, node, reader->error);
}

static bool read_tree(struct reader *reader) {
    do {
        struct massif_node node;
        if (!read_node(reader, &node))
            return false;
        if (node.children > 0) {
            reader->open[reader->depth++] =
                (struct open_node){reader->lines.number, node.children, node.children};
            continue;
        }
        while (reader->depth > 0 && --reader->open[reader->depth - 1].left == 0)
            reader->depth--;
    } while (reader->depth > 0);
    return true;
}

/* ---- a snapshot ---- */

static bool read_number(struct reader *reader, const char *key, uint64_t *number) {
    struct massif_slice line, value;
    char wanted[32], excerpt[MASSIF_EXCERPT_TEXT_BYTES];
    snprintf(wanted, sizeof wanted, "\"%s=\"", key);
    if (!need_line(reader, &line, wanted))
        return false;
    value = line;
    if (!massif_slice_take(&value, key) || !massif_slice_take(&value, "="))
        return fail_found(reader, line, wanted);
    struct massif_slice digits = value;
    if (massif_slice_take_number(&digits, number) && digits.length == 0)
        return true;
    return fail_at(reader, reader->lines.number,
                   "%s is \"%s\": expected a whole number from 0 to 9223372036854775807", key,
                   massif_slice_excerpt(value, excerpt));
}

static bool read_detail(struct reader *reader, enum massif_detail *detail) {
    struct massif_slice line, value;
    char excerpt[MASSIF_EXCERPT_TEXT_BYTES];
    if (!need_line(reader, &line, "\"heap_tree=\""))
        return false;
    value = line;
    if (!massif_slice_take(&value, "heap_tree="))
        return fail_found(reader, line, "\"heap_tree=\"");
    for (size_t at = 0; at < MASSIF_DETAILS; at++)
        if (massif_slice_is(value, massif_detail_names[at])) {
            *detail = (enum massif_detail)at;
            return true;
        }
    return fail_at(reader, reader->lines.number,
                   "heap_tree is \"%s\": expected empty, detailed or peak",
                   massif_slice_excerpt(value, excerpt));
}

static bool read_separator(struct reader *reader) {
    struct massif_slice line;
    return need_line(reader, &line, "\"" SEPARATOR "\"") &&
           (massif_slice_is(line, SEPARATOR) || fail_found(reader, line, "\"" SEPARATOR "\""));
}

/* Reads all of a snapshot after its first separator. */
static bool read_snapshot(struct reader *reader) {
    struct massif_snapshot snapshot;
    if (!read_number(reader, "snapshot", &snapshot.index))
        return false;
    if (snapshot.index != reader->snapshot_count)
        return fail_at(reader, reader->lines.number, "found snapshot %llu where %llu was expected",
                       (unsigned long long)snapshot.index,
                       (unsigned long long)reader->snapshot_count);
    reader->snapshot_count++;
    return read_separator(reader) && read_number(reader, "time", &snapshot.time) &&
           read_number(reader, "mem_heap_B", &snapshot.heap_bytes) &&
           read_number(reader, "mem_heap_extra_B", &snapshot.extra_bytes) &&
           read_number(reader, "mem_stacks_B", &snapshot.stacks_bytes) &&
           read_detail(reader, &snapshot.detail) &&
           (reader->handler->snapshot == NULL ||
            reader->handler->snapshot(reader->context, &snapshot, reader->error)) &&
           (snapshot.detail == MASSIF_EMPTY || read_tree(reader));
}

static bool read_file(struct reader *reader) {
    if (!read_header(reader))
        return false;
    for (;;) {
        if (!read_snapshot(reader))
            return false;
        struct massif_slice line;
        enum massif_lines_status status = next_line(reader, &line);
        if (status != MASSIF_LINES_ONE)
            return status == MASSIF_LINES_END;
        if (!massif_slice_is(line, SEPARATOR))
            return fail_found(reader, line, "\"" SEPARATOR "\" or the end of the file");
    }
}

bool massif_read(const char *path, const struct massif_handler *handler, void *context,
                 struct error *error) {
    struct reader *reader = malloc(sizeof *reader);
    if (reader == NULL) {
        error_set(error, "%s: out of memory", path);
        return false;
    }
    reader->handler = handler;
    reader->context = context;
    reader->error = error;
    reader->text = (struct buffer)BUFFER_INIT(MASSIF_LINE_BYTES_MAX);
    reader->snapshot_count = 0;
    reader->depth = 0;
    bool read = massif_lines_open(&reader->lines, path, error) && read_file(reader);
    massif_lines_close(&reader->lines);
    buffer_fini(&reader->text);
    free(reader);
    return read;
}
