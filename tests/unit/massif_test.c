/* Reading Massif files that valgrind 3.19 wrote (massif/generate tells how), cut ones, damaged ones
 * and large ones. The files that are wrong are in massif_errors_test.c. */
#include <malloc.h>
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

#define NONE UINT64_MAX

struct expected {
    const char *file;
    const char *command;
    enum massif_time_unit time_unit;
    uint64_t snapshot_count;
    struct massif_snapshot largest;
    uint64_t marked_index; /* or NONE */
    uint64_t detailed_index;
    struct {
        uint64_t index;
        uint64_t heap_bytes;
    } last;
};

static const struct expected expected[] = {
    {"default",
     "./grow",
     MASSIF_INSTRUCTIONS,
     86,
     {43, 142783, 165400, 488, 0, MASSIF_PEAK},
     43,
     43,
     {85, 0}},
    {"exact",
     "./grow rise",
     MASSIF_INSTRUCTIONS,
     66,
     {44, 144269, 205900, 500, 0, MASSIF_PEAK},
     44,
     44,
     {65, 0}},
    /* The case this reader is for: the largest snapshot is not the one that is marked. */
    {"rise",
     "./grow rise",
     MASSIF_ALLOCATED_BYTES,
     81,
     {42, 527392, 205900, 500, 0, MASSIF_EMPTY},
     39,
     39,
     {80, 0}},
    {"keep",
     "./grow keep",
     MASSIF_ALLOCATED_BYTES,
     41,
     {40, 100864, 100400, 464, 0, MASSIF_EMPTY},
     NONE,
     39,
     {40, 100400}},
    {"milliseconds",
     "./grow",
     MASSIF_MILLISECONDS,
     6,
     {2, 162, 165400, 488, 0, MASSIF_PEAK},
     2,
     2,
     {5, 0}},
    {"stacks",
     "./grow",
     MASSIF_ALLOCATED_BYTES,
     19,
     {12, 363344, 165400, 488, 896, MASSIF_PEAK},
     12,
     12,
     {18, 0}},
    {"pages",
     "./grow",
     MASSIF_INSTRUCTIONS,
     6,
     {5, 166873, 4407296, 0, 0, MASSIF_PEAK},
     5,
     5,
     {5, 4407296}},
    {"threshold",
     "./grow",
     MASSIF_INSTRUCTIONS,
     18,
     {12, 142783, 165400, 488, 0, MASSIF_PEAK},
     12,
     12,
     {17, 10039}},
    {"paths",
     "./grow",
     MASSIF_INSTRUCTIONS,
     5,
     {3, 142783, 165400, 488, 0, MASSIF_PEAK},
     3,
     3,
     {4, 30175}},
    {"stripped",
     "/opt/demo/stripped",
     MASSIF_INSTRUCTIONS,
     5,
     {3, 142797, 165400, 488, 0, MASSIF_PEAK},
     3,
     3,
     {4, 30175}},
    {"names",
     "./names",
     MASSIF_ALLOCATED_BYTES,
     8,
     {4, 232952, 172833, 71, 0, MASSIF_PEAK},
     4,
     4,
     {7, 0}},
    {"odd",
     "./odd program two words a\ntime_unit: B\nb  #x",
     MASSIF_INSTRUCTIONS,
     5,
     {3, 142799, 165400, 488, 0, MASSIF_PEAK},
     3,
     3,
     {4, 30175}},
    {"monitor-all",
     "./grow monitor",
     MASSIF_INSTRUCTIONS,
     13,
     {12, 142785, 165400, 488, 0, MASSIF_PEAK},
     12,
     12,
     {12, 165400}},
    {"monitor-one",
     "./grow monitor",
     MASSIF_INSTRUCTIONS,
     1,
     {0, 142874, 105400, 480, 0, MASSIF_EMPTY},
     NONE,
     NONE,
     {0, 105400}},
    {"monitor-detailed",
     "./grow monitor",
     MASSIF_INSTRUCTIONS,
     1,
     {0, 142888, 105400, 480, 0, MASSIF_DETAILED},
     NONE,
     0,
     {0, 105400}},
    {"no-heap",
     "./grow",
     MASSIF_INSTRUCTIONS,
     5,
     {0, 0, 0, 0, 0, MASSIF_EMPTY},
     NONE,
     NONE,
     {4, 0}},
    {"nothing", "true", MASSIF_INSTRUCTIONS, 1, {0, 0, 0, 0, 0, MASSIF_EMPTY}, NONE, NONE, {0, 0}},
};

static const char *path_of(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s.out", MASSIF_FILES, name);
    return path;
}

/* The figures on one line, so that a failure shows what was wanted beside what came. */
static const char *describe(const struct expected *of, char text[256]) {
    const struct massif_snapshot *largest = &of->largest;
    snprintf(text, 256,
             "[%s] %s, %llu snapshots, largest %llu at %llu: %llu+%llu+%llu %s, marked %lld, "
             "detailed %lld, last %llu: %llu",
             of->command, massif_time_unit_names[of->time_unit],
             (unsigned long long)of->snapshot_count, (unsigned long long)largest->index,
             (unsigned long long)largest->time, (unsigned long long)largest->heap_bytes,
             (unsigned long long)largest->extra_bytes, (unsigned long long)largest->stacks_bytes,
             massif_detail_names[largest->detail], (long long)of->marked_index,
             (long long)of->detailed_index, (unsigned long long)of->last.index,
             (unsigned long long)of->last.heap_bytes);
    return text;
}

static void figures_are_those_in_the_file(void **state) {
    (void)state;
    for (size_t at = 0; at < sizeof expected / sizeof expected[0]; at++) {
        struct massif_summary summary;
        struct error error = {0};
        if (!massif_summary_read(path_of(expected[at].file), &summary, &error))
            fail_msg("%s: %s", expected[at].file, error.text);
        struct expected found = {.command = summary.command,
                                 .time_unit = summary.time_unit,
                                 .snapshot_count = summary.snapshot_count,
                                 .largest = summary.largest,
                                 .marked_index = summary.has_marked ? summary.marked.index : NONE,
                                 .detailed_index =
                                     summary.has_detailed ? summary.detailed.index : NONE,
                                 .last = {summary.last.index, summary.last.heap_bytes}};
        char wanted_text[256], found_text[256];
        describe(&found, found_text);
        bool is_marked = summary.largest_is_marked;
        massif_summary_fini(&summary);
        if (strcmp(describe(&expected[at], wanted_text), found_text) != 0)
            fail_msg("%s:\nwanted %s\n   got %s", expected[at].file, wanted_text, found_text);
        assert_int_equal(is_marked, expected[at].marked_index == expected[at].largest.index);
    }
}

static void the_options_are_kept(void **state) {
    (void)state;
    struct massif_summary summary;
    assert_true(massif_summary_read(path_of("threshold"), &summary, NULL));
    assert_string_equal(summary.description, "--massif-out-file=threshold.out --threshold=10 "
                                             "--detailed-freq=3 --max-snapshots=20");
    massif_summary_fini(&summary);
}

static void another_tools_tree_is_refused(void **state) {
    (void)state;
    struct massif_summary summary;
    struct error error = {0};
    assert_false(massif_summary_read(path_of("other-tool"), &summary, &error));
    assert_non_null(
        strstr(error.text, "other-tool.out:12: the root of the tree stands for \"curB"));
}

/* ---- frames ---- */

static void print_frame(struct buffer *to, const struct massif_frame *frame) {
    char line[32] = "";
    if (frame->line > 0)
        snprintf(line, sizeof line, "%llu", (unsigned long long)frame->line);
    assert_true(buffer_printf(to, "%llX|%.*s|%.*s|%s|%.*s", (unsigned long long)frame->address,
                              (int)frame->function.length, frame->function.bytes,
                              (int)frame->file.length, frame->file.bytes, line,
                              (int)frame->module.length, frame->module.bytes));
}

static void frames_are_taken_apart(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *parts; /* address|function|file|line|module */
    } frames[] = {
        {"0x1093A0: leaf (grow.c:10)", "1093A0|leaf|grow.c|10|"},
        {"0x1093A0: leaf+23 (/opt/demo/grow.c:10)", "1093A0|leaf+23|/opt/demo/grow.c|10|"},
        {"0x48FA7B9: ??? (in /usr/lib/libx.so.6)", "48FA7B9||||/usr/lib/libx.so.6"},
        {"0x0: ???", "0||||"},
        {"0xFFFFFFFFFFFFFFFF: f", "FFFFFFFFFFFFFFFF|f|||"},
        {"0x1: f (in /opt/a b (c)/d)", "1|f|||/opt/a b (c)/d"},
        {"0x1: f (in /opt/a (b/c)", "1|f|||/opt/a (b/c"},
        {"0x1: (below main) (libc_start_call_main.h:58)",
         "1|(below main)|libc_start_call_main.h|58|"},
        {"0x1: (below main)", "1|(below main)|||"},
        {"0x1: main (odd (name) file.c:38)", "1|main|odd (name) file.c|38|"},
        {"0x1: main (odd (name file.c:38)", "1|main (odd|name file.c|38|"},
        {"0x1: main (odd) name.c:38)", "1|main|odd) name.c|38|"},
        {"0x1: f (C:\\x.c:3)", "1|f|C:\\x.c|3|"},
        {"0x1: operator new(unsigned long)", "1|operator new(unsigned long)|||"},
        {"0x1: operator()(int (*)(char)) (a.cc:2)", "1|operator()(int (*)(char))|a.cc|2|"},
        {"0x1: call(int (*)(char))", "1|call(int (*)(char))|||"},
        {"0x1: a::(anonymous namespace)::T<b::c, (d)1>::f(int) const (a.cc:7)",
         "1|a::(anonymous namespace)::T<b::c, (d)1>::f(int) const|a.cc|7|"},
        {"0x1: main::{lambda(int)#1}::_FUN(int) (names.cc:30)",
         "1|main::{lambda(int)#1}::_FUN(int)|names.cc|30|"},
        {"0x1: f(int) (.cold) (in /opt/a)", "1|f(int) (.cold)|||/opt/a"},
        {"0x1: f (a.c:)", "1|f (a.c:)|||"},
        {"0x1: f (a.c:99999999999999999999)", "1|f (a.c:99999999999999999999)|||"},
        {"0x1: )", "1|)|||"},
        {"0x1: ", "1||||"},
    };
    for (size_t at = 0; at < sizeof frames / sizeof frames[0]; at++) {
        struct massif_slice text = {frames[at].text, strlen(frames[at].text)};
        struct massif_frame frame;
        struct buffer found = BUFFER_INIT(1 << 16);
        assert_true(massif_frame_parse(text, &frame));
        print_frame(&found, &frame);
        if (strcmp(found.bytes, frames[at].parts) != 0)
            fail_msg("\"%s\":\nwanted %s\n   got %s", frames[at].text, frames[at].parts,
                     found.bytes);
        buffer_fini(&found);
    }
    static const char *const others[] = {"",
                                         "0x",
                                         "0x: f",
                                         "0x1:f",
                                         "1093A0: f",
                                         "0xg: f",
                                         "0x10000000000000000: f",
                                         "in 2 places, all below"};
    for (size_t at = 0; at < sizeof others / sizeof others[0]; at++) {
        struct massif_frame frame;
        assert_false(
            massif_frame_parse((struct massif_slice){others[at], strlen(others[at])}, &frame));
    }
}

/* ---- sites ---- */

/* "BYTES in PLACES: function file:line < function module < ...\n" per site. */
static void print_sites(struct buffer *to, const struct massif_sites *sites) {
    for (size_t at = 0; at < sites->count; at++) {
        const struct massif_site *site = &sites->items[at];
        assert_true(buffer_printf(to, "%llu in %llu:", (unsigned long long)site->bytes,
                                  (unsigned long long)site->places));
        for (size_t depth = 0; depth < site->frame_count; depth++) {
            assert_true(buffer_append_text(to, " "));
            print_frame(to, &site->frames[depth]);
        }
        assert_true(buffer_append_text(to, "\n"));
    }
    assert_true(buffer_printf(
        to, "%llu of %llu in %llu others\n", (unsigned long long)sites->other_bytes,
        (unsigned long long)sites->heap_bytes, (unsigned long long)sites->other_count));
}

static void expect_sites(const char *path, uint64_t index, size_t wanted_count,
                         const char *wanted) {
    struct massif_sites sites;
    struct error error = {0};
    struct buffer found = BUFFER_INIT(1 << 20);
    if (!massif_sites_read(path, index, wanted_count, &sites, &error))
        fail_msg("%s: %s", path, error.text);
    print_sites(&found, &sites);
    massif_sites_fini(&sites);
    if (strcmp(found.bytes, wanted) != 0)
        fail_msg("%s:\nwanted\n%s\ngot\n%s", path, wanted, found.bytes);
    buffer_fini(&found);
}

static void sites_are_the_heaviest_stacks(void **state) {
    (void)state;
    static const char leaf_and_main[] =
        "80000 in 0: 1093A0|leaf|grow.c|10| 1093D8|middle|grow.c|14| 1094BD|main|grow.c|34|\n"
        "60000 in 0: 109521|main|grow.c|38|\n";
    char wanted[1024];
    snprintf(wanted, sizeof wanted, "%s25400 of 165400 in 2 others\n", leaf_and_main);
    expect_sites(path_of("default"), 43, 2, wanted);
    snprintf(wanted, sizeof wanted,
             "%s20400 in 0: 1093A0|leaf|grow.c|10| 1093CC|middle|grow.c|14| 1094BD|main|grow.c|34|"
             "\n5000 in 1:\n0 of 165400 in 0 others\n",
             leaf_and_main);
    expect_sites(path_of("threshold"), 12, 100, wanted);
    expect_sites(path_of("default"), 43, 0, "165400 of 165400 in 4 others\n");
}

static void sites_account_for_every_byte(void **state) {
    (void)state;
    for (size_t at = 0; at < sizeof expected / sizeof expected[0]; at++) {
        struct massif_sites sites;
        if (expected[at].detailed_index == NONE)
            continue;
        for (size_t wanted = 0; wanted < 40; wanted += 3) {
            assert_true(massif_sites_read(path_of(expected[at].file), expected[at].detailed_index,
                                          wanted, &sites, NULL));
            uint64_t sum = sites.other_bytes;
            for (size_t site = 0; site < sites.count; site++) {
                sum += sites.items[site].bytes;
                assert_true(site == 0 || sites.items[site - 1].bytes >= sites.items[site].bytes);
            }
            assert_int_equal(sum, sites.heap_bytes);
            assert_true(sites.count == wanted || sites.other_count == 0);
            massif_sites_fini(&sites);
        }
    }
}

/* Children may come to less than their parent, or to more. */
static void sums_that_do_not_come_out_are_taken_as_they_are(void **state) {
    (void)state;
    static const char text[] =
        "desc: --pages-as-heap=yes\ncmd: a\ntime_unit: B\n#-----------\nsnapshot=0\n#-----------\n"
        "time=1\nmem_heap_B=100\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=detailed\n"
        "n3: 100 (page allocation syscalls) mmap/mremap/brk, --alloc-fns, etc.\n"
        " n1: 50 0xA: a (a.c:1)\n"
        "  n0: 20 0xB: b (a.c:2)\n"
        " n2: 30 0xC: c (a.c:3)\n"
        "  n0: 25 0xD: d (a.c:4)\n"
        "  n0: 25 0xE: e (a.c:5)\n"
        " n0: 5 in 1 place, below massif's threshold (01.00%)\n";
    assert_true(file_write("sums", text, strlen(text), NULL));
    expect_sites("sums", 0, 10,
                 "30 in 0: A|a|a.c|1|\n"
                 "25 in 0: C|c|a.c|3| D|d|a.c|4|\n"
                 "25 in 0: C|c|a.c|3| E|e|a.c|5|\n"
                 "20 in 0: A|a|a.c|1| B|b|a.c|2|\n"
                 "15 in 0:\n"
                 "5 in 1:\n"
                 "0 of 100 in 0 others\n");
}

static void sites_that_are_not_there_are_told(void **state) {
    (void)state;
    struct massif_sites sites;
    struct error empty = {0}, missing = {0};
    assert_false(massif_sites_read(path_of("default"), 0, 1, &sites, &empty));
    assert_non_null(strstr(empty.text, "default.out: snapshot 0 has no tree: only those with "
                                       "heap_tree=detailed or heap_tree=peak have one"));
    assert_false(massif_sites_read(path_of("default"), 86, 1, &sites, &missing));
    assert_non_null(strstr(missing.text, "default.out: there is no snapshot 86: the file has 86, "
                                         "counted from 0"));
    assert_null(sites.items);
}

/* ---- cut, damaged and large files ---- */

static bool starts_snapshot(const char *at) {
    static const char start[] = "#-----------\nsnapshot=";
    return strncmp(at, start, strlen(start)) == 0;
}

/* True when the first `cut` bytes of a file are a whole file too: the cut is between snapshots, or
 * takes only the newline of one without a tree. */
static bool cut_is_whole(const char *text, size_t cut) {
    const char *at = text + cut;
    const char *snapshot = strstr(text, "\nsnapshot=");
    if (at < snapshot)
        return false;
    return starts_snapshot(at) || *at == '\0' ||
           (*at == '\n' && strncmp(at - 15, "heap_tree=empty", 15) == 0);
}

static void a_file_cut_anywhere_is_told(void **state) {
    (void)state;
    static const char *const names[] = {"stacks", "names", "odd"};
    for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
        struct buffer text = BUFFER_INIT(1 << 20);
        assert_true(file_read(path_of(names[at]), &text, NULL));
        assert_true(file_write("cut", text.bytes, text.length, NULL));
        for (size_t cut = text.length + 1; cut-- > 0;) {
            struct massif_summary summary;
            struct massif_sites sites;
            struct error error = {0};
            assert_int_equal(truncate("cut", (off_t)cut), 0);
            bool read = massif_summary_read("cut", &summary, &error);
            if (read != cut_is_whole(text.bytes, cut))
                fail_msg("%s cut to %zu bytes: %s", names[at], cut, read ? "read" : error.text);
            if (read)
                massif_summary_fini(&summary);
            else
                assert_true(strncmp(error.text, "cut:", 4) == 0);
            if (massif_sites_read("cut", 4, 5, &sites, NULL))
                massif_sites_fini(&sites);
        }
        buffer_fini(&text);
    }
}

static void a_damaged_file_is_survived(void **state) {
    (void)state;
    static const char bytes[] = {'\n', '\0', '9', 'n', ' ', ':', '(', ')', '#', '\377'};
    struct buffer text = BUFFER_INIT(1 << 20);
    assert_true(file_read(path_of("names"), &text, NULL));
    uint32_t random = 1;
    for (int round = 0; round < 3000; round++) {
        random = random * 1664525 + 1013904223;
        size_t at = (random >> 8) % text.length;
        char kept = text.bytes[at];
        text.bytes[at] = bytes[random % sizeof bytes];
        assert_true(file_write("damaged", text.bytes, text.length, NULL));
        struct massif_summary summary;
        struct massif_sites sites;
        struct error error = {0};
        if (massif_summary_read("damaged", &summary, &error))
            massif_summary_fini(&summary);
        else
            assert_true(strncmp(error.text, "damaged:", 8) == 0);
        if (massif_sites_read("damaged", 4, 5, &sites, NULL))
            massif_sites_fini(&sites);
        text.bytes[at] = kept;
    }
    buffer_fini(&text);
}

/* Writes a file of about `bytes`: a detailed snapshot over and over, the fifth last the largest. */
static uint64_t write_large(const char *path, size_t bytes) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("desc: (none)\ncmd: a\ntime_unit: B\n", file);
    uint64_t count = bytes / 220000;
    for (uint64_t at = 0; at < count; at++) {
        fprintf(file,
                "#-----------\nsnapshot=%llu\n#-----------\ntime=%llu\nmem_heap_B=%d\n"
                "mem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=detailed\n"
                "n2000: 200000 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n",
                (unsigned long long)at, (unsigned long long)at, at + 5 == count ? 200000 : 199999);
        for (unsigned child = 0; child < 2000; child++)
            fprintf(file,
                    " n1: 100 0x%X: the_function_with_number_%u (some_file.c:%u)\n"
                    "  n0: 100 0x109443: main (some_other_file.c:1234)\n",
                    child, child, child);
    }
    assert_int_equal(fclose(file), 0);
    return count;
}

static size_t allocated_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static bool sample_memory(void *context, const struct massif_node *node, struct error *error) {
    (void)error;
    size_t *most = context, now;
    if (node->depth == 0 && (now = allocated_bytes()) > *most)
        *most = now;
    return true;
}

/* Under a sanitizer, whose allocator mallinfo2 doesn't know, only the figures are tested. */
static void memory_does_not_grow_with_the_file(void **state) {
    (void)state;
    enum { BYTES = 30 << 20, MEMORY_BYTES_MAX = 600 << 10 };
    uint64_t count = write_large("large", BYTES);
    size_t before = allocated_bytes(), most = before;
    assert_true(massif_read("large", &(struct massif_handler){.node = sample_memory}, &most, NULL));
    if (before > 0)
        assert_in_range(most - before, 100 << 10, MEMORY_BYTES_MAX);

    struct massif_summary summary;
    struct massif_sites sites;
    assert_true(massif_summary_read("large", &summary, NULL));
    assert_int_equal(summary.snapshot_count, count);
    assert_int_equal(summary.largest.index, count - 5);
    massif_summary_fini(&summary);
    assert_true(massif_sites_read("large", count - 5, 3, &sites, NULL));
    assert_int_equal(sites.items[2].frames[0].line, 2); /* as heavy ones in the file's order */
    assert_int_equal(sites.other_count, 1997);
    massif_sites_fini(&sites);
}

static bool stop_at_second(void *context, const struct massif_snapshot *snapshot,
                           struct error *error) {
    (void)error;
    ++*(int *)context;
    return snapshot->index < 1;
}

static void a_callback_can_stop(void **state) {
    (void)state;
    int count = 0;
    struct error error = {0};
    assert_false(massif_read(path_of("default"),
                             &(struct massif_handler){.snapshot = stop_at_second}, &count, &error));
    assert_int_equal(count, 2);
    assert_false(error.set);
}

/* All files are made in a folder of their own, which is the working directory meanwhile. */
static char folder[] = "/tmp/heapgate-massif.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_in_the_file),
        cmocka_unit_test(the_options_are_kept),
        cmocka_unit_test(another_tools_tree_is_refused),
        cmocka_unit_test(frames_are_taken_apart),
        cmocka_unit_test(sites_are_the_heaviest_stacks),
        cmocka_unit_test(sites_account_for_every_byte),
        cmocka_unit_test(sums_that_do_not_come_out_are_taken_as_they_are),
        cmocka_unit_test(sites_that_are_not_there_are_told),
        cmocka_unit_test(malformed_files_are_told),
        cmocka_unit_test(extremes_are_refused),
        cmocka_unit_test(unreadable_paths_are_told),
        cmocka_unit_test(a_file_cut_anywhere_is_told),
        cmocka_unit_test(a_damaged_file_is_survived),
        cmocka_unit_test(memory_does_not_grow_with_the_file),
        cmocka_unit_test(a_callback_can_stop),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
