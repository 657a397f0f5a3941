/* What no Massif file is: a row per way to be wrong, with the whole message. Every file is called
 * "f" and lies in the working directory, which the fixture made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "massif/massif.h"
#include "massif_errors_test.h"

#define HEADER "desc: (none)\ncmd: ./a\ntime_unit: i\n"
#define LINE "#-----------\n"
#define OPEN LINE "snapshot=0\n" LINE "time=1\n"
#define FIGURES "mem_heap_B=100\nmem_heap_extra_B=8\nmem_stacks_B=0\n"
#define WHOLE HEADER OPEN FIGURES "heap_tree=empty\n"
#define TREE HEADER OPEN FIGURES "heap_tree=peak\n" /* 11 lines */
#define ROOT "(heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n"
#define SHORT ": it was cut short"
#define NUMBER ": expected a whole number from 0 to 9223372036854775807"

struct row {
    const char *name;
    const char *text;
    size_t length; /* where the text holds a NUL; else 0 */
    const char *message;
};

static const struct row rows[] = {
    {"empty", "", 0, "f:1: the file is empty: a Massif file starts with \"desc:\""},
    {"foreign", "<?xml version=\"1.0\"?>\n<a/>\n", 0,
     "f:1: found \"<?xml version=\"1.0\"?>\" where a Massif file starts with \"desc:\""},
    {"foreign, one long line",
     "{\"schema\": 1, \"case\": \"json/dump/sqlite/stream\", \"command\": []}", 0,
     "f:1: found \"{\"schema\": 1, \"case\": \"json/dump/sqlite/stream\",...\" where a Massif file "
     "starts with \"desc:\""},
    {"binary", "\177ELF\002\001\0\377\n", 9,
     "f:1: found \"\\x7fELF\\x02\\x01\\x00\\xff\" where a Massif file starts with \"desc:\""},
    {"blank first line", "\n" WHOLE, 0,
     "f:1: found \"\" where a Massif file starts with \"desc:\""},

    {"ends in desc", "desc: (no", 0,
     "f:1: the file ends in the middle of the line \"desc: (no\"" SHORT},
    {"ends after desc", "desc: (none)\n", 0,
     "f:2: the file ends where \"cmd:\" was expected" SHORT},
    {"no cmd", "desc: (none)\ntime_unit: i\n" OPEN FIGURES "heap_tree=empty\n", 0,
     "f:2: found \"time_unit: i\" where \"cmd:\" was expected"},
    {"ends after cmd", "desc: (none)\ncmd: ./a\n", 0,
     "f:3: the file ends where \"time_unit:\" was expected" SHORT},
    {"no time unit", "desc: (none)\ncmd: ./a\n" OPEN FIGURES "heap_tree=empty\n", 0,
     "f:3: found \"#-----------\" where \"time_unit:\" was expected"},
    {"unknown time unit", "desc: (none)\ncmd: ./a\ntime_unit: s\n" OPEN, 0,
     "f:3: time_unit is \"s\": expected i, ms or B"},
    {"no separator after the header", HEADER "snapshot=0\n" LINE "time=1\n" FIGURES, 0,
     "f:4: found \"snapshot=0\" where \"#-----------\" was expected"},
    {"header that holds a NUL", "desc: \0\n", 8,
     "f:1: found \"desc: \\x00\", which holds a NUL byte, where text was expected"},

    {"no snapshot", HEADER, 0,
     "f:3: no snapshot: the program made no allocation or valgrind was killed"},
    {"ends in a separator", HEADER "#---", 0,
     "f:4: the file ends in the middle of the line \"#---\"" SHORT},
    {"ends after a separator", HEADER LINE, 0,
     "f:5: the file ends where \"snapshot=\" was expected" SHORT},
    {"ends after a second separator", WHOLE LINE, 0,
     "f:13: the file ends where \"snapshot=\" was expected" SHORT},
    {"ends after the number", HEADER LINE "snapshot=0\n", 0,
     "f:6: the file ends where \"#-----------\" was expected" SHORT},
    {"ends in a figure", HEADER OPEN "mem_heap_B=10", 0,
     "f:8: the file ends in the middle of the line \"mem_heap_B=10\"" SHORT},
    {"ends after a figure", HEADER OPEN "mem_heap_B=10\n", 0,
     "f:9: the file ends where \"mem_heap_extra_B=\" was expected" SHORT},
    {"ends before heap_tree", HEADER OPEN FIGURES, 0,
     "f:11: the file ends where \"heap_tree=\" was expected" SHORT},
    {"ends in heap_tree", HEADER OPEN FIGURES "heap_tree=emp", 0,
     "f:11: the file ends in the middle of the line \"heap_tree=emp\"" SHORT},

    {"number missing", HEADER OPEN "mem_heap_extra_B=8\n", 0,
     "f:8: found \"mem_heap_extra_B=8\" where \"mem_heap_B=\" was expected"},
    {"negative number", HEADER OPEN "mem_heap_B=-5\n", 0, "f:8: mem_heap_B is \"-5\"" NUMBER},
    {"number with a sign", HEADER LINE "snapshot=+0\n", 0, "f:5: snapshot is \"+0\"" NUMBER},
    {"no digits", HEADER LINE "snapshot=0\n" LINE "time=\n", 0, "f:7: time is \"\"" NUMBER},
    {"number too large", HEADER OPEN "mem_heap_B=9223372036854775808\n", 0,
     "f:8: mem_heap_B is \"9223372036854775808\"" NUMBER},
    {"number far too large", HEADER OPEN "mem_heap_B=99999999999999999999999\n", 0,
     "f:8: mem_heap_B is \"99999999999999999999999\"" NUMBER},
    {"number with a unit", HEADER OPEN "mem_heap_B=5 KiB\n", 0,
     "f:8: mem_heap_B is \"5 KiB\"" NUMBER},
    {"carriage return", HEADER OPEN "mem_heap_B=5\r\n", 0, "f:8: mem_heap_B is \"5\\x0d\"" NUMBER},
    {"snapshot left out", WHOLE LINE "snapshot=2\n", 0,
     "f:13: found snapshot 2 where 1 was expected"},
    {"snapshot again", WHOLE LINE "snapshot=0\n", 0, "f:13: found snapshot 0 where 1 was expected"},
    {"unknown detail", HEADER OPEN FIGURES "heap_tree=full\n", 0,
     "f:11: heap_tree is \"full\": expected empty, detailed or peak"},
    {"two files in one", WHOLE WHOLE, 0,
     "f:12: found \"desc: (none)\" where \"#-----------\" or the end of the file was expected"},
    {"tree of an empty snapshot", WHOLE "n0: 100 " ROOT, 0,
     "f:12: found \"n0: 100 (heap allocation functions) malloc/new/n...\" where \"#-----------\" "
     "or the end of the file was expected"},

    {"no tree", TREE, 0, "f:12: the file ends where the root of the tree was expected" SHORT},
    {"no tree, but a snapshot", TREE LINE, 0,
     "f:12: found \"#-----------\" where the root of the tree was expected"},
    {"tree of another tool", TREE "n0: 100 curB : currently allocated Bytes\n", 0,
     "f:12: the root of the tree stands for \"curB : currently allocated Bytes\": expected "
     "\"(heap allocation functions)\" or \"(page allocation syscalls)\""},
    {"fewer children than announced, at the end", TREE "n3: 100 " ROOT " n0: 90 0x1F: f (a.c:1)\n",
     0, "f:14: the file ends where child 2 of the 3 that line 12 announces was expected" SHORT},
    {"fewer children than announced", TREE "n2: 100 " ROOT " n0: 90 0x1F: f (a.c:1)\n" LINE, 0,
     "f:14: found \"#-----------\" where child 2 of the 2 that line 12 announces was expected"},
    {"more children than announced",
     TREE "n1: 100 " ROOT " n0: 90 0x1F: f (a.c:1)\n n0: 10 0x2F: g (a.c:2)\n", 0,
     "f:14: found \" n0: 10 0x2F: g (a.c:2)\" where \"#-----------\" or the end of the file was "
     "expected"},
    {"ends in a tree's last line", TREE "n1: 100 " ROOT " n0: 90 0x1F: f (a.c:1)", 0,
     "f:13: the file ends in the middle of the line \" n0: 90 0x1F: f (a.c:1)\"" SHORT},
    {"indentation too deep", TREE "n1: 100 " ROOT "   n0: 90 0x1F: f (a.c:1)\n", 0,
     "f:13: the line is indented by 3: child 1 of the 1 that line 12 announces is indented by 1"},
    {"indented root", TREE " n0: 100 0x1F: f (a.c:1)\n", 0,
     "f:12: the line is indented by 1: the root of the tree is indented by 0"},
    {"child without address", TREE "n1: 100 " ROOT " n0: 90 f (a.c:1)\n", 0,
     "f:13: found \" n0: 90 f (a.c:1)\" where child 1 of the 1 that line 12 announces was "
     "expected"},
    {"child with a long address", TREE "n1: 100 " ROOT " n0: 90 0x11111111111111111: f\n", 0,
     "f:13: found \" n0: 90 0x11111111111111111: f\" where child 1 of the 1 that line 12 announces "
     "was expected"},
    {"too small ones with children", TREE "n1: 100 " ROOT " n1: 9 in 2 places, all below\n", 0,
     "f:13: found \" n1: 9 in 2 places, all below\" where child 1 of the 1 that line 12 announces "
     "was expected"},
    {"too small ones in no place", TREE "n1: 100 " ROOT " n0: 9 in 0 places, all below\n", 0,
     "f:13: found \" n0: 9 in 0 places, all below\" where child 1 of the 1 that line 12 announces "
     "was expected"},
    {"negative bytes in a tree", TREE "n0: -4 " ROOT, 0,
     "f:12: found \"n0: -4 (heap allocation functions) malloc/new/ne...\" where the root of the "
     "tree was expected"},
    {"too many children to count", TREE "n99999999999999999999: 4 " ROOT, 0,
     "f:12: found \"n99999999999999999999: 4 (heap allocation functi...\" where the root of the "
     "tree was expected"},
    {"junk in a tree", TREE "n1: 100 " ROOT "\001\002\0\003\n", sizeof TREE "n1: 100 " ROOT + 4,
     "f:13: found \"\\x01\\x02\\x00\\x03\", which holds a NUL byte, where text was expected"},
};

static void expect_message(const char *name, const char *message) {
    struct massif_summary summary;
    struct error error = {0};
    if (massif_summary_read("f", &summary, &error)) {
        massif_summary_fini(&summary);
        fail_msg("%s: wanted \"%s\", but it was read", name, message);
    }
    if (strcmp(error.text, message) != 0)
        fail_msg("%s:\nwanted \"%s\"\n   got \"%s\"", name, message, error.text);
    assert_false(massif_summary_read("f", &summary, NULL));
}

void malformed_files_are_told(void **state) {
    (void)state;
    for (size_t at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        size_t length = rows[at].length > 0 ? rows[at].length : strlen(rows[at].text);
        assert_true(file_write("f", rows[at].text, length, NULL));
        expect_message(rows[at].name, rows[at].message);
    }
}

static void write_buffer(struct buffer *text) {
    assert_true(file_write("f", text->bytes, text->length, NULL));
    buffer_clear(text);
}

/* A chain of frames, one below the other, whose last is `deepest` levels below the root. */
static void write_chain(struct buffer *text, int deepest) {
    assert_true(buffer_append_text(text, TREE "n1: 100 " ROOT));
    for (int depth = 1; depth <= deepest; depth++)
        assert_true(buffer_printf(text, "%*sn%d: 100 0x%X: f (a.c:1)\n", depth, "", depth < deepest,
                                  depth));
    write_buffer(text);
}

/* A frame whose line is `length` bytes long, without the newline. */
static void write_long_line(struct buffer *text, size_t length) {
    static const char start[] = " n0: 100 0x1F: ";
    assert_true(buffer_append_text(text, TREE "n1: 100 " ROOT));
    assert_true(buffer_append_text(text, start));
    assert_true(buffer_reserve(text, length));
    size_t name = length - strlen(start);
    memset(text->bytes + text->length, 'f', name);
    text->length += name;
    assert_true(buffer_append_text(text, "\n"));
    write_buffer(text);
}

static void expect_largest(const char *name, uint64_t heap_bytes) {
    struct massif_summary summary;
    struct error error = {0};
    if (!massif_summary_read("f", &summary, &error))
        fail_msg("%s: %s", name, error.text);
    assert_int_equal(summary.largest.heap_bytes, heap_bytes);
    massif_summary_fini(&summary);
}

void extremes_are_refused(void **state) {
    (void)state;
    struct buffer text = BUFFER_INIT(64 << 20);
    write_chain(&text, MASSIF_DEPTH_MAX);
    expect_largest("deepest tree", 100);
    struct massif_sites sites;
    assert_true(massif_sites_read("f", 0, 10, &sites, NULL));
    assert_int_equal(sites.items[0].frame_count, MASSIF_DEPTH_MAX);
    massif_sites_fini(&sites);
    write_chain(&text, MASSIF_DEPTH_MAX + 1);
    expect_message("too deep a tree",
                   "f:4108: the tree is deeper than 4096 levels, the most that is read");

    write_long_line(&text, MASSIF_LINE_BYTES_MAX);
    expect_largest("longest line", 100);
    assert_true(massif_sites_read("f", 0, 1, &sites, NULL));
    assert_int_equal(sites.items[0].frames[0].function.length, MASSIF_LINE_BYTES_MAX - 15);
    massif_sites_fini(&sites);
    write_long_line(&text, MASSIF_LINE_BYTES_MAX + 1);
    expect_message("too long a line",
                   "f:13: the line is longer than 8388608 bytes, the most that is read");

    /* A header that never ends is refused before all of a large file is held. */
    assert_true(buffer_append_text(&text, "desc: (none)\ncmd: ./a\ntime_unit: i\nstray\n"));
    while (text.length < 16 << 20)
        assert_true(buffer_append_text(&text, "more lines of no header at all\n"));
    write_buffer(&text);
    expect_message("endless header", "f:4: found \"stray\" where \"#-----------\" was expected");
    buffer_fini(&text);

    assert_true(
        file_write("f",
                   HEADER OPEN "mem_heap_B=9223372036854775807\n"
                               "mem_heap_extra_B=9223372036854775807\nmem_stacks_B=0\n"
                               "heap_tree=empty",
                   strlen(HEADER OPEN "mem_heap_B=9223372036854775807\n"
                                      "mem_heap_extra_B=9223372036854775807\nmem_stacks_B=0\n"
                                      "heap_tree=empty"),
                   NULL));
    expect_largest("largest number, and no newline at the end", INT64_MAX);
}

void unreadable_paths_are_told(void **state) {
    (void)state;
    static const struct {
        const char *path;
        const char *message;
    } paths[] = {
        {"missing", "missing: cannot read: No such file or directory"},
        {".", ".: cannot read: Is a directory"},
        {"", ": cannot read: No such file or directory"},
        {"/dev/null", "/dev/null:1: the file is empty: a Massif file starts with \"desc:\""}};
    for (size_t at = 0; at < sizeof paths / sizeof paths[0]; at++) {
        struct error error = {0};
        struct massif_summary summary;
        assert_false(massif_summary_read(paths[at].path, &summary, &error));
        assert_string_equal(error.text, paths[at].message);
        assert_null(summary.command);
    }
}
