/* What valgrind wrote, read and written again, is the same file to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "massif/massif.h"

static bool write_header(void *context, const struct massif_header *header, struct error *error) {
    (void)error;
    massif_write_header(context, header);
    return true;
}

static bool write_snapshot(void *context, const struct massif_snapshot *snapshot,
                           struct error *error) {
    (void)error;
    massif_write_snapshot(context, snapshot);
    return true;
}

static bool write_node(void *context, const struct massif_node *node, struct error *error) {
    struct massif_frame frame;
    double percent;
    const char *threshold = memchr(node->text.bytes, '(', node->text.length);
    if (node->kind == MASSIF_ROOT)
        massif_write_root(context, node->children, node->bytes);
    else if (node->kind == MASSIF_CALL && massif_frame_parse(node->text, &frame))
        massif_write_call(context, node->children, node->bytes, &frame);
    else if (threshold != NULL && sscanf(threshold, "(%lf%%)", &percent) == 1)
        massif_write_below(context, node->bytes, node->places, percent);
    else
        error_set(error, "no threshold in %.*s", (int)node->text.length, node->text.bytes);
    return !error->set;
}

static void what_is_read_is_written_the_same(void **state) {
    static const char *const files[] = {
        "default.out",      "exact.out",     "names.out",       "monitor-all.out",
        "milliseconds.out", "rise.out",      "stacks.out",      "stripped.out",
        "no-heap.out",      "threshold.out", "monitor-one.out", "monitor-detailed.out"};
    static const struct massif_handler handler = {write_header, write_snapshot, write_node};
    size_t read = 0;
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[1024];
        struct buffer was = BUFFER_INIT(64 << 20), text = BUFFER_INIT(64 << 20);
        struct massif_writer *writer = calloc(1, sizeof *writer);
        struct error error = {.set = false};
        snprintf(path, sizeof path, "%s/%s", MASSIF_FILES, files[i]);
        assert_non_null(writer);
        writer->text = &text;
        if (!file_read(path, &was, &error) || !massif_read(path, &handler, writer, &error))
            fail_msg("%s", error.text);
        assert_true(massif_write_end(writer));
        size_t same = 0;
        while (same < was.length && same < text.length && was.bytes[same] == text.bytes[same])
            same++;
        if (same < was.length || same < text.length)
            fail_msg("%s: was\n%.200s\nand is\n%.200s", files[i], was.bytes + same,
                     text.bytes + same);
        read++;
        free(writer);
        buffer_fini(&was);
        buffer_fini(&text);
    }
    assert_int_equal(read, sizeof files / sizeof files[0]);
}

static void a_buffer_that_is_full_is_noticed(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(10);
    struct massif_writer *writer = calloc(1, sizeof *writer);
    assert_non_null(writer);
    writer->text = &text;
    massif_write_header(writer, &(struct massif_header){{"", 0}, {"", 0}, MASSIF_INSTRUCTIONS});
    assert_false(massif_write_end(writer));
    buffer_fini(&text);
    free(writer);
}

/* Our own argument may hold a newline; the line may not. */
static void a_command_stands_on_one_line(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(1000);
    struct massif_writer *writer = calloc(1, sizeof *writer);
    assert_non_null(writer);
    writer->text = &text;
    massif_write_header(
        writer, &(struct massif_header){{"a", 1}, {"b\ntime_unit: B", 14}, MASSIF_ALLOCATED_BYTES});
    assert_string_equal(text.bytes, "desc: a\ncmd: b time_unit: B\ntime_unit: B\n");
    buffer_fini(&text);
    free(writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_the_same),
        cmocka_unit_test(a_buffer_that_is_full_is_noticed),
        cmocka_unit_test(a_command_stands_on_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
