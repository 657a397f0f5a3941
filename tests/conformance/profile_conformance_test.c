/* Programs of every kind under the engine `profile`: each call stack with its bytes, which add up
 * to the peak that the counters have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "massif/massif.h"
#include "measure/measure.h"

enum { MEGABYTE = 1000000 };

/* A limit that is never met makes count load what profile loads, which a thread's own bookkeeping
 * (16 bytes for each library with thread-local variables) shows. */
static struct result *measure(const char *program, const char *mode, const char *extra,
                              enum result_engine engine) {
    char path[512];
    struct result *result;
    struct error error = {0};
    snprintf(path, sizeof path, "%s%s", program[0] == '/' ? "" : SUBJECT_FOLDER "/", program);
    char *argv[] = {path, (char *)(uintptr_t)mode, (char *)(uintptr_t)extra, NULL};
    struct measure_request request = {
        .case_key = "conformance", .argv = argv, .limit_bytes = UINT64_C(1) << 50, .silent = true};
    request.engines[engine] = true;
    heapgate_status status = measure_case(&request, &result, &error);
    if (result == NULL || !result->engines[engine].present)
        fail_msg("%s %s: status %d (%s)", program, mode, status, error.text);
    return result;
}

/* The engine's Massif file, read again. */
static uint64_t massif_peak(const struct result *result) {
    char path[] = "/tmp/heapgate-profile.XXXXXX";
    struct massif_summary summary;
    struct error error = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    if (!file_write(path, result->massif, strlen(result->massif), &error) ||
        !massif_summary_read(path, &summary, &error))
        fail_msg("%s", error.text);
    uint64_t bytes = summary.largest.heap_bytes;
    assert_true(bytes == 0 || summary.largest_is_marked);
    massif_summary_fini(&summary);
    unlink(path);
    return bytes;
}

static int64_t sum_modules(const struct result *result) {
    int64_t bytes = 0;
    for (size_t i = 0; i < result->module_count; i++)
        bytes += result->modules[i].bytes;
    return bytes;
}

static int64_t sum(const struct result *result) {
    int64_t bytes = result->other_bytes;
    for (size_t i = 0; i < result->site_count; i++)
        bytes += result->sites[i].bytes;
    return bytes;
}

/* All but rss and time: neither may know that it is profiled. */
static void the_figures_are_those_of_count(void **state) {
    (void)state;
    static const struct {
        const char *program, *mode, *extra;
    } rows[] = {
        {"subject", "nothing", NULL},
        {"subject", "once", NULL},
        {"subject", "exit-handler", NULL},
        {"subject", "_exit", NULL},
        {"subject", "abort", NULL},
        {"subject", "kill", NULL},
        {"subject", "fail", NULL},
        {"subject", "leak", "5000"},
        {"subject", "fork", NULL},
        {"subject", "exec", NULL},
        {"subject", "vfork", NULL},
        {"subject", "exec-missing", NULL},
        {"subject", "threads", NULL},
        {"subject", "thread-destructor", NULL},
        {"subject", "plugin", SUBJECT_PLUGIN},
        {"subject_cxx", "new", NULL},
        {"subject_cxx", "names", NULL},
        {"/bin/ls", "-l", "/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result *count = measure(rows[i].program, rows[i].mode, rows[i].extra, RESULT_COUNT);
        struct result *profile =
            measure(rows[i].program, rows[i].mode, rows[i].extra, RESULT_PROFILE);
        for (int metric = 0; metric < HEAPGATE_METRIC_COUNT; metric++) {
            int64_t counted = count->engines[RESULT_COUNT].figures[metric];
            int64_t profiled = profile->engines[RESULT_PROFILE].figures[metric];
            if (metric != HEAPGATE_METRIC_RSS && counted != profiled)
                fail_msg("%s %s: metric %d: %lld under count, %lld under profile", rows[i].program,
                         rows[i].mode, metric, (long long)counted, (long long)profiled);
        }
        if (sum(profile) != profile->engines[RESULT_PROFILE].figures[HEAPGATE_METRIC_PEAK])
            fail_msg("%s %s: the sites hold %lld of %lld", rows[i].program, rows[i].mode,
                     (long long)sum(profile),
                     (long long)profile->engines[RESULT_PROFILE].figures[HEAPGATE_METRIC_PEAK]);
        int64_t peak = profile->engines[RESULT_PROFILE].figures[HEAPGATE_METRIC_PEAK];
        if (sum_modules(profile) != peak || massif_peak(profile) != (uint64_t)peak)
            fail_msg("%s %s: the modules hold %lld, the Massif file says %lld, of %lld",
                     rows[i].program, rows[i].mode, (long long)sum_modules(profile),
                     (long long)massif_peak(profile), (long long)peak);
        result_free(count);
        result_free(profile);
    }
}

static void check_site(const struct result *result, const char *mode, const char *frame,
                       int64_t bytes, int64_t blocks, int64_t live) {
    const struct result_site *site = NULL;
    for (size_t i = 0; site == NULL && i < result->site_count; i++)
        if (strncmp(result->sites[i].frames[0], frame, strlen(frame)) == 0)
            site = &result->sites[i];
    if (site == NULL || site->bytes != bytes || site->blocks != blocks || site->live_bytes != live)
        fail_msg("%s: %s holds %lld B in %lld blocks and %lld at the end, wanted %lld, %lld, %lld",
                 mode, frame, (long long)(site != NULL ? site->bytes : -1),
                 (long long)(site != NULL ? site->blocks : -1),
                 (long long)(site != NULL ? site->live_bytes : -1), (long long)bytes,
                 (long long)blocks, (long long)live);
}

static void each_site_holds_what_it_allocated(void **state) {
    (void)state;
    static const struct {
        const char *mode, *extra, *frame;
        int64_t bytes, blocks, live;
    } rows[] = {
        {"once", NULL, "hold (subject.c:", MEGABYTE, 1, 0},
        {"_exit", NULL, "hold (subject.c:", MEGABYTE, 1, MEGABYTE},
        {"leak", "5000", "leak (subject.c:", 5000, 5000, 5000},
        {"threads", NULL, "in_thread (subject.c:", 800000, 8, 0},
        {"thread-destructor", NULL, "at_thread_end (subject.c:", 2 * MEGABYTE, 1, 0},
        /* Some of a thread's stacks are walked in one way, and the others in another. */
        {"brief-threads", "3", "in_brief_thread (subject.c:", 900, 900, 900},
        {"brief-threads", "100", "in_brief_thread (subject.c:", 30000, 30000, 30000},
        {"plugin", SUBJECT_PLUGIN, "in_plugin (subject.c:", MEGABYTE, 1, 0}, /* a tail call */
        {"plugin", SUBJECT_PLUGIN, "load (plugin.c:", 500000, 1, 0},
        /* The child of the fork is the larger: what it inherited, and what it allocated. It frees
         * both, the first in the name of its parent. */
        {"fork", NULL, "(inherited from the parent process)", MEGABYTE, 0, 0},
        {"fork", NULL, "hold (subject.c:", 3 * MEGABYTE, 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result *result = measure("subject", rows[i].mode, rows[i].extra, RESULT_PROFILE);
        assert_int_equal(result->exit_status, 0);
        check_site(result, rows[i].mode, rows[i].frame, rows[i].bytes, rows[i].blocks,
                   rows[i].live);
        result_free(result);
    }
}

static const struct result_site *find_site(const struct result *result, const char *frame) {
    for (size_t i = 0; i < result->site_count; i++)
        for (size_t j = 0; result->sites[i].frames[j] != NULL; j++)
            if (strncmp(result->sites[i].frames[j], frame, strlen(frame)) == 0)
                return &result->sites[i];
    return NULL;
}

/* Eight threads allocate and free 1,000 blocks each, and then one that they keep for a while. */
static void what_is_freed_at_once_is_temporary(void **state) {
    (void)state;
    struct result *result = measure("subject", "threads", NULL, RESULT_PROFILE);
    uint64_t temporary = 0, kept = 0;
    for (size_t i = 0; i < result->site_count; i++) {
        const struct result_site *site = &result->sites[i];
        if (strncmp(site->frames[0], "in_thread (subject.c:", strlen("in_thread (subject.c:")) != 0)
            continue;
        temporary += site->temporary;
        kept += site->allocations - site->temporary;
    }
    /* The kept ones are freed without another allocation before, too, and in the same thread. */
    assert_int_equal(temporary, 8008);
    assert_int_equal(kept, 0);
    result_free(result);

    result = measure("subject", "leak", "5000", RESULT_PROFILE);
    const struct result_site *leak = find_site(result, "leak (subject.c:");
    assert_non_null(leak);
    assert_int_equal(leak->allocations, 5000);
    assert_int_equal(leak->temporary, 0);
    result_free(result);
}

static void each_site_has_its_module_and_place(void **state) {
    (void)state;
    struct result *result = measure("subject", "plugin", SUBJECT_PLUGIN, RESULT_PROFILE);
    const struct result_site *held = find_site(result, "in_plugin (subject.c:");
    const struct result_site *loaded = find_site(result, "load (plugin.c:");
    assert_non_null(held);
    assert_non_null(loaded);
    assert_string_equal(held->module, "subject");
    assert_string_equal(held->place, "in_plugin <- main");
    assert_string_equal(loaded->module, "libsubject_plugin.so");
    assert_string_equal(loaded->place, "load <- call_init");
    assert_string_equal(result->modules[0].name, "subject");
    assert_true(result->modules[0].own);
    result_free(result);
}

static void names_of_cxx_are_demangled(void **state) {
    (void)state;
    struct result *result = measure("subject_cxx", "names", NULL, RESULT_PROFILE);
    const struct result_site *site =
        find_site(result, "shop::Basket::fill(unsigned long) (subject_cxx.cc:");
    assert_non_null(site);
    assert_int_equal(site->bytes, MEGABYTE);
    if (strstr(result->folded, "_ZN") != NULL)
        fail_msg("a mangled name in %s", result->folded);
    result_free(result);
}

/* Debug information apart from the program: found by its build-id below a folder, or by its name
 * beside the program. Without any, what addr2line needs is told. */
static void symbols_are_found_where_they_are(void **state) {
    (void)state;
    static const struct {
        const char *name, *prepare, *frame;
    } rows[] = {
        {"nowhere", "objcopy --strip-all $SUBJECT $FOLDER/apart", "?? (apart+0x"},
        {"by build-id",
         "id=$(readelf -n $SUBJECT | sed -n 's/.*Build ID: //p'); rest=${id#??}; "
         "at=$FOLDER/debug/.build-id/${id%$rest}; mkdir -p $at && "
         "objcopy --only-keep-debug $SUBJECT $at/$rest.debug",
         "hold (subject.c:"},
        {"beside it",
         "rm -r $FOLDER/debug && mkdir $FOLDER/.debug && cd $FOLDER/.debug && "
         "objcopy --only-keep-debug $SUBJECT apart.debug && "
         "objcopy --strip-all --add-gnu-debuglink=apart.debug $SUBJECT $FOLDER/apart",
         "hold (subject.c:"},
    };
    char folder[] = "/tmp/heapgate-symbols.XXXXXX", path[64], command[512];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/debug:.debug", folder);
    setenv("HEAPGATE_DEBUG_PATH", path, 1);
    setenv("FOLDER", folder, 1);
    setenv("SUBJECT", SUBJECT_FOLDER "/subject", 1);
    snprintf(path, sizeof path, "%s/apart", folder);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (system(rows[i].prepare) != 0)
            fail_msg("%s: failed: %s", rows[i].name, rows[i].prepare);
        struct result *result = measure(path, "once", NULL, RESULT_PROFILE);
        const char *frame = result->sites[0].frames[0];
        assert_int_equal(result->sites[0].bytes, MEGABYTE);
        assert_string_equal(result->sites[0].module, "apart");
        if (strncmp(frame, rows[i].frame, strlen(rows[i].frame)) != 0)
            fail_msg("%s: %s, wanted %s", rows[i].name, frame, rows[i].frame);
        const char *offset = strchr(frame, '+');
        snprintf(command, sizeof command, "addr2line -f -i -e $SUBJECT %.*s | grep -q '^hold$'",
                 offset != NULL ? (int)strcspn(offset + 1, ")") : 0,
                 offset != NULL ? offset + 1 : "");
        if (i == 0 && system(command) != 0)
            fail_msg("%s does not find hold", command);
        result_free(result);
    }
    unsetenv("HEAPGATE_DEBUG_PATH");
    assert_true(file_remove_tree(folder, NULL));
}

static void sites_are_kept_in_the_result(void **state) {
    (void)state;
    char folder[] = "/tmp/heapgate-profile.XXXXXX", path[64];
    struct buffer folded = BUFFER_INIT(1 << 20);
    struct result *result = measure("subject", "once", NULL, RESULT_PROFILE), *read = NULL;
    struct error error = {0};
    assert_non_null(mkdtemp(folder));
    assert_true(result_write(result, folder, &error));
    snprintf(path, sizeof path, "%s/conformance.json", folder);
    if (!result_read(path, folder, &read, &error))
        fail_msg("%s", error.text);
    assert_int_equal(read->site_count, result->site_count);
    for (size_t i = 0; i < read->site_count; i++) {
        assert_int_equal(read->sites[i].bytes, result->sites[i].bytes);
        assert_int_equal(read->sites[i].allocations, result->sites[i].allocations);
        assert_string_equal(read->sites[i].frames[0], result->sites[i].frames[0]);
    }
    snprintf(path, sizeof path, "%s/conformance.folded", folder);
    assert_true(file_read(path, &folded, &error));
    assert_non_null(strstr(folded.bytes, "main (subject.c:"));
    assert_non_null(strstr(folded.bytes, " 1000000\n"));
    snprintf(path, sizeof path, "%s/conformance.massif", folder);
    assert_int_equal(access(path, R_OK), 0);
    /* Files of another run do not stay beside a result without stacks. */
    free(result->folded);
    free(result->massif);
    result->folded = result->massif = NULL;
    assert_true(result_write(result, folder, &error));
    assert_int_equal(access(path, R_OK), -1);
    buffer_fini(&folded);
    result_free(result);
    result_free(read);
    assert_true(file_remove_tree(folder, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_figures_are_those_of_count),
        cmocka_unit_test(each_site_holds_what_it_allocated),
        cmocka_unit_test(what_is_freed_at_once_is_temporary),
        cmocka_unit_test(each_site_has_its_module_and_place),
        cmocka_unit_test(names_of_cxx_are_demangled),
        cmocka_unit_test(symbols_are_found_where_they_are),
        cmocka_unit_test(sites_are_kept_in_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
