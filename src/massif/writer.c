/* Writes what reader.c reads; its head has the grammar. The writer keeps the nodes that are
 * open, and so the indentation; a tree that does not come out is a mistake of the caller's, and
 * no file. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "massif/massif.h"

#define SEPARATOR "#-----------\n"

static void put(struct massif_writer *writer, bool written) {
    writer->failed = writer->failed || !written;
}

/* On one line: ms_print reads a header line by line. */
static void put_line(struct massif_writer *writer, const char *key, struct massif_slice value) {
    struct buffer *text = writer->text;
    size_t begin;
    put(writer, buffer_append_text(text, key));
    begin = text->length;
    put(writer, buffer_append(text, value.bytes, value.length) && buffer_append_text(text, "\n"));
    for (size_t i = begin; !writer->failed && i + 1 < text->length; i++)
        if (text->bytes[i] == '\n')
            text->bytes[i] = ' ';
}

void massif_write_header(struct massif_writer *writer, const struct massif_header *header) {
    put_line(writer, "desc: ", header->description);
    put_line(writer, "cmd: ", header->command);
    put(writer,
        buffer_printf(writer->text, "time_unit: %s\n", massif_time_unit_names[header->time_unit]));
}

void massif_write_snapshot(struct massif_writer *writer, const struct massif_snapshot *snapshot) {
    assert(writer->depth == 0 && !writer->wants_root);
    put(writer, buffer_printf(writer->text,
                              SEPARATOR "snapshot=%" PRIu64 "\n" SEPARATOR "time=%" PRIu64 "\n"
                                        "mem_heap_B=%" PRIu64 "\nmem_heap_extra_B=%" PRIu64 "\n"
                                        "mem_stacks_B=%" PRIu64 "\nheap_tree=%s\n",
                              writer->snapshot_count++, snapshot->time, snapshot->heap_bytes,
                              snapshot->extra_bytes, snapshot->stacks_bytes,
                              massif_detail_names[snapshot->detail]));
    writer->wants_root = snapshot->detail != MASSIF_EMPTY;
}

/* The beginning of a node's line; the node is then open until its last child is whole. */
static void begin_node(struct massif_writer *writer, uint64_t children, uint64_t bytes) {
    assert(writer->depth > 0 || writer->wants_root);
    assert(children == 0 || writer->depth < MASSIF_DEPTH_MAX);
    writer->wants_root = false;
    put(writer, buffer_printf(writer->text, "%*sn%" PRIu64 ": %" PRIu64 " ", (int)writer->depth, "",
                              children, bytes));
    if (children > 0) {
        writer->left[writer->depth++] = children;
        return;
    }
    while (writer->depth > 0 && --writer->left[writer->depth - 1] == 0)
        writer->depth--;
}

void massif_write_root(struct massif_writer *writer, uint64_t children, uint64_t bytes) {
    assert(writer->wants_root);
    begin_node(writer, children, bytes);
    put(writer, buffer_append_text(writer->text, "(heap allocation functions) malloc/new/new[], "
                                                 "--alloc-fns, etc.\n"));
}

void massif_write_call(struct massif_writer *writer, uint64_t children, uint64_t bytes,
                       const struct massif_frame *frame) {
    static const struct massif_slice unknown = {"???", 3};
    struct massif_slice function = frame->function.length > 0 ? frame->function : unknown;
    begin_node(writer, children, bytes);
    put(writer, buffer_printf(writer->text, "0x%" PRIX64 ": %.*s", frame->address,
                              (int)function.length, function.bytes));
    if (frame->file.length > 0)
        put(writer, buffer_printf(writer->text, " (%.*s:%" PRIu64 ")", (int)frame->file.length,
                                  frame->file.bytes, frame->line));
    else if (frame->module.length > 0)
        put(writer, buffer_printf(writer->text, " (in %.*s)", (int)frame->module.length,
                                  frame->module.bytes));
    put(writer, buffer_append_text(writer->text, "\n"));
}

void massif_write_below(struct massif_writer *writer, uint64_t bytes, uint64_t places,
                        double threshold_percent) {
    assert(places > 0);
    begin_node(writer, 0, bytes);
    put(writer,
        buffer_printf(writer->text, "in %" PRIu64 " place%s below massif's threshold (%.2f%%)\n",
                      places, places == 1 ? "," : "s, all", threshold_percent));
}

bool massif_write_end(const struct massif_writer *writer) {
    assert(writer->depth == 0 && !writer->wants_root);
    return !writer->failed;
}
