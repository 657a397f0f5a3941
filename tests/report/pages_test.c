/* The report as files: every page is sound, says what was measured, and shows a hostile name as
 * that; the folder is whole or as it was. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/file.h"
#include "cli/cli.h"
#include "page_checks.h"
#include "report/html/html.h"
#include "sample.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FULL "cases/app~export~buffered.html"

static char folder[] = "/tmp/heapgate-pages.XXXXXX";

/* ---- Calling the verb ---- */

static int redirect(int fd, const char *path) {
    int kept = dup(fd), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(kept >= 0 && file >= 0 && dup2(file, fd) == fd);
    close(file);
    return kept;
}

static void restore(int fd, int kept) {
    dup2(kept, fd);
    close(kept);
}

enum { ARGUMENTS_MAX = 10 };
struct call {
    const char *name;
    const char *arguments[ARGUMENTS_MAX];
    int status;
    const char *output, *message;
};

static void run(const struct call *call) {
    char *argv[ARGUMENTS_MAX + 2] = {strdup("report")};
    int argc = 1;
    struct buffer output = BUFFER_INIT(1 << 20), message = BUFFER_INIT(1 << 20);
    for (; call->arguments[argc - 1] != NULL; argc++)
        argv[argc] = strdup(call->arguments[argc - 1]);
    fflush(stdout);
    int out = redirect(STDOUT_FILENO, "stdout"), err = redirect(STDERR_FILENO, "stderr");
    int status = cli_report(argc, argv);
    fflush(stdout);
    restore(STDOUT_FILENO, out);
    restore(STDERR_FILENO, err);
    assert_true(buffer_append_text(&output, "") && buffer_append_text(&message, ""));
    assert_true(file_read("stdout", &output, NULL) && file_read("stderr", &message, NULL));
    if (status != call->status || strcmp(output.bytes, call->output) != 0 ||
        strcmp(message.bytes, call->message) != 0)
        fail_msg("%s: wanted %d\n%s---\n%s---\ngot %d\n%s---\n%s---", call->name, call->status,
                 call->output, call->message, status, output.bytes, message.bytes);
    buffer_fini(&output);
    buffer_fini(&message);
    while (argc > 0)
        free(argv[--argc]);
}

#define SAMPLE_PLACES "--results", "results", "--budgets", "budgets"
#define WRITTEN "7 cases: 1 within budget, 2 over, 1 stale, 3 invalid\n"

static int make_report(void **state) {
    (void)state;
    static const struct call call = {
        "the sample", {SAMPLE_PLACES, "--out", "report"}, 0, "report/index.html: " WRITTEN, ""};
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || !sample_write("."))
        return -1;
    run(&call);
    return 0;
}

static int remove_report(void **state) {
    (void)state;
    return chdir("/") == 0 && file_remove_tree(folder, NULL) ? 0 : -1;
}

/* ---- Every page ---- */

static size_t check_folder(const char *report, const char *below) {
    char path[512], complaint[COMPLAINT_BYTES];
    size_t pages = 0;
    snprintf(path, sizeof path, "%s/%s", report, below);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".html") != 0)
            continue;
        snprintf(path, sizeof path, "%s%s", below, entry->d_name);
        if (!page_check(report, path, complaint))
            fail_msg("%s", complaint);
        pages++;
    }
    closedir(directory);
    return pages;
}

static void every_page_is_sound(void **state) {
    (void)state;
    assert_int_equal(check_folder("report", ""), 4);
    assert_int_equal(check_folder("report", "cases/"), SAMPLE_CASES);
}

static const char *const others[] = {"style.css", "icon.svg", PAGE_NOTE};

static void the_files_of_every_report_are_there(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        char path[256];
        snprintf(path, sizeof path, "report/%s", others[i]);
        assert_int_equal(access(path, R_OK), 0);
    }
}

/* ---- What is in them ---- */

static const struct {
    const char *name, *page, *xpath;
    int count;
} counts[] = {
    {"a row for each case", "index.html", "//table[@class='cases']/tbody/tr", SAMPLE_CASES},
    {"a bar for each peak and budget", "index.html", "//td[@class='bar']/svg", 4},
    {"one goes on beyond its end", "index.html", "//td[@class='bar']//line[@class='cut']", 2},
    {"the order is marked", "index.html", "//th[@aria-sort='ascending'][contains(., 'Head')]", 1},
    {"and the other", "peak.html", "//th[@aria-sort='descending'][contains(., 'Peak')]", 1},
    {"four orders", "name.html", "//nav[@aria-label='Orders']//a", 4},
    {"one of them this one", "name.html", "//nav//a[@aria-current='page'][@href='name.html']", 1},
    {"samples and resident set", FULL, "//svg[starts-with(@aria-labelledby,'time-')]//polyline", 2},
    {"phases", FULL, "//svg//g[@class='band']", SAMPLE_PHASES},
    {"rows of phases", FULL, "//section[h2/@id='phases']//tbody/tr", SAMPLE_PHASES},
    {"peak and limit", FULL,
     "//svg[starts-with(@aria-labelledby,'time-')]/g[contains(@class,"
     "'level')]",
     2},
    {"areas: 4 lines and the rest", FULL, "//svg[@class='areas']//polygon", 5},
    {"points of the sweep", FULL, "//svg[starts-with(@aria-labelledby,'growth-plot-')]//circle",
     SAMPLE_POINTS},
    {"and its calls", FULL, "//svg[starts-with(@aria-labelledby,'calls-plot-')]//circle",
     SAMPLE_POINTS},
    {"the fit", FULL, "//svg[starts-with(@aria-labelledby,'growth-plot-')]//polyline", 1},
    {"frames of the icicle", FULL, "//figure[@class='icicle']//rect", 22},
    {"each with its title", FULL, "//figure[@class='icicle']//g[title and rect]", 22},
    {"trees of callers", FULL, "//div[@class='tree']/*", 7},
    {"tables of the plots' figures", FULL, "//details[@class='figures']//table", 7},
    {"50 rows of 1,000 samples", FULL, "(//details[@class='figures'])[1]//tbody/tr", 50},
    /* The peak under profile is that under count, and told once. */
    {"rows held to a budget", FULL, "//section[h2/@id='figures']/div[1]//tbody/tr", 5},
    {"no plot where nothing was sampled", "cases/app~export~lean.html", "//figure", 0},
    {"a small live has its own", "cases/app~export~fine.html", "//figure", 2},
    {"with one line", "cases/app~export~fine.html", "(//figure)[1]//polyline", 1},
    {"and one beside the resident set", "cases/app~export~fine.html", "(//figure)[2]//polyline", 2},
    {"an unmeasured budget", "index.html", "//tr[td[contains(., 'was not measured')]]", 1},
};

static void pages_hold_what_was_measured(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        char page[128];
        snprintf(page, sizeof page, "%s", counts[i].page);
        int count = page_count("report", page, counts[i].xpath);
        if (count != counts[i].count)
            fail_msg("%s: wanted %d, got %d", counts[i].name, counts[i].count, count);
    }
}

static size_t count_points(const char *xpath) {
    char *points = page_text("report", FULL, xpath);
    size_t count = 0;
    assert_non_null(points);
    for (const char *at = points; *at != '\0'; at++)
        count += *at == ',';
    free(points);
    return count;
}

static void plots_have_every_point(void **state) {
    (void)state;
    assert_int_equal(
        count_points("(//svg[starts-with(@aria-labelledby,'time-')]//polyline)[1]/@points"),
        SAMPLE_SAMPLES);
    assert_int_equal(
        count_points("(//svg[starts-with(@aria-labelledby,'time-')]//polyline)[2]/@points"),
        SAMPLE_SAMPLES);
    assert_int_equal(
        count_points("//svg[starts-with(@aria-labelledby,'allocated-')]//polyline/@points"),
        SAMPLE_STEPS);
    /* There along the top, and back. */
    assert_int_equal(count_points("(//svg[@class='areas']//polygon)[3]/@points"),
                     2 * SAMPLE_SNAPSHOTS);
}

/* In the order that they are wanted: over, most over first; then invalid, stale, fine. */
static void failures_come_first(void **state) {
    (void)state;
    static const char *const keys[SAMPLE_CASES] = {
        SAMPLE_FULL,      "app/export/calls", ("app/" SAMPLE_HOSTILE), "app/export/failed",
        "app/export/new", "app/export/lean",  "app/export/fine"};
    for (size_t i = 0; i < SAMPLE_CASES; i++) {
        char xpath[64];
        snprintf(xpath, sizeof xpath, "(//tbody/tr/th[@class='case'])[%zu]", i + 1);
        char *key = page_text("report", "index.html", xpath);
        assert_string_equal(key, keys[i]);
        free(key);
    }
}

static const struct {
    const char *name, *page, *xpath, *text;
} shown[] = {
    {"a budget's case", "index.html", "//th[contains(., 'alert')]", "app/" SAMPLE_HOSTILE},
    {"a symbol", FULL, "(//div[@class='tree']//code[contains(., 'alert')])[1]", SAMPLE_HOSTILE},
    {"a phase", FULL, "//section[h2/@id='phases']//th[contains(., 'alert')]", SAMPLE_HOSTILE},
    {"a phase on the plot", FULL, "//g[@class='band']/rect/title[contains(., 'alert')]",
     SAMPLE_HOSTILE},
    {"an environment's name", FULL, "//section[h2/@id='environment']//tbody/tr[2]/th",
     SAMPLE_HOSTILE},
    {"bytes and controls", FULL, "//section[h2/@id='environment']//tbody/tr[2]/td",
     SAMPLE_ODD_SHOWN},
    {"a command", FULL, "//section[h2/@id='again']//pre",
     "heapgate run --case " SAMPLE_FULL
     " --engine count,profile,massif --budgets budgets --results results -- ./export --name "
     "'<script>alert('\\''1'\\'')</script>\"><img src=http://x onerror=a>&amp;]]>' "
     "'" SAMPLE_ODD_SHOWN "' 'it'\\''s two\nlines'"},
    {"the fit of calls in words", FULL, "//section[h2/@id='growth']/p[2]",
     "Allocations = 1,000 + 1 for each unit; the point farthest from that is off by 0."},
    {"the fit in words", FULL, "//section[h2/@id='growth']/p",
     "Peak = 58.1 KiB + 1,192.05 B for each unit; the point farthest from that is off by 468 B."},
};

static void names_from_outside_are_only_text(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(shown); i++) {
        char *text = page_text("report", shown[i].page, shown[i].xpath);
        if (text == NULL || strcmp(text, shown[i].text) != 0)
            fail_msg("%s: wanted\n%s\ngot\n%s", shown[i].name, shown[i].text,
                     text != NULL ? text : "nothing");
        free(text);
    }
}

static void two_cases_never_share_a_page(void **state) {
    (void)state;
    static const char *const keys[] = {"a/b", "a~b", "a_b", "a/b.html", "../a", "a//b",
                                       "A/b", "a b", "a?b", "<a>",      "",     "/"};
    char *paths[COUNT(keys)];
    for (size_t i = 0; i < COUNT(keys); i++) {
        paths[i] = html_case_path(keys[i]);
        assert_non_null(paths[i]);
        assert_null(strchr(paths[i] + strlen("cases/"), '/'));
        assert_int_equal(strncmp(paths[i], "cases/", 6), 0);
        assert_null(strstr(paths[i], ".."));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(paths[i], paths[j]);
    }
    for (size_t i = 0; i < COUNT(keys); i++)
        free(paths[i]);
}

/* ---- The checks themselves ---- */

#define PAGE(head, body)                                                                           \
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" "   \
    "content=\"x\"/><title>t</title>" head "</head><body><h1>t</h1><main id=\"main\">" body        \
    "</main></body></html>"

static const struct {
    const char *page, *complaint;
} seeded[] = {
    {PAGE("", "<p>fine</p>"), NULL},
    {PAGE("", "<p>unclosed"), "seeded.html: not well-formed: libxml2 cannot read it"},
    {PAGE("", "<script>1</script>"), "seeded.html: a script: 1"},
    {PAGE("", "<svg aria-hidden='true'><sCript/></svg>"), "seeded.html: a script: 1"},
    {PAGE("", "<p style='color:red'>1</p>"), "seeded.html: an inline style: 1"},
    {PAGE("<style>p{}</style>", ""), "seeded.html: an inline style: 1"},
    {PAGE("", "<p onclick='a()'>1</p>"), "seeded.html: an event handler: 1"},
    {PAGE("", "<a href='https://example.org/'>1</a>"), "seeded.html: a reference by scheme: 1"},
    {PAGE("", "<a href='javascript:a()'>1</a>"), "seeded.html: a reference by scheme: 1"},
    {PAGE("", "<a href='//example.org/'>1</a>"), "seeded.html: a reference to the root: 1"},
    {PAGE("", "<img src='a.png'/>"), "seeded.html: a reference to the root: 1"},
    {PAGE("", "<a href='gone.html'>1</a>"), "seeded.html: a reference to nothing: gone.html"},
    {PAGE("", "<a href='../results'>1</a>"), "seeded.html: a reference to nothing: ../results"},
    {PAGE("", "<a href='#gone'>1</a>"), "seeded.html: an id that is not there: gone"},
    {PAGE("", "<p id='main'>1</p>"), "seeded.html: an id twice: main"},
    {PAGE("", "<h1>2</h1>"), "seeded.html: not one h1: 2"},
    {PAGE("", "<div class='scroller' tabindex='0' role='group' aria-label='a'><table/></div>"),
     "seeded.html: a table without a caption: 1"},
    {PAGE("", "<svg/>"), "seeded.html: a picture without its text: 1"},
    {PAGE("", "<section/>"), "seeded.html: a section without its heading: 1"},
    {PAGE("<meta http-equiv='refresh' content='0'/>", ""), "seeded.html: a reload: 1"},
};

static void a_page_that_is_wrong_is_found(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(seeded); i++) {
        char complaint[COMPLAINT_BYTES] = "nothing";
        assert_true(file_make_directories("seeded", NULL) &&
                    file_write("seeded/seeded.html", seeded[i].page, strlen(seeded[i].page), NULL));
        bool good = page_check("seeded", "seeded.html", complaint);
        if (good != (seeded[i].complaint == NULL) ||
            (!good && strcmp(complaint, seeded[i].complaint) != 0))
            fail_msg("%s: wanted %s, got %s", seeded[i].page,
                     seeded[i].complaint != NULL ? seeded[i].complaint : "nothing", complaint);
    }
}

/* ---- The folder ---- */

static const struct call calls[] = {
    {"over an older report",
     {SAMPLE_PLACES, "--out", "report"},
     0,
     "report/index.html: " WRITTEN,
     ""},
    {"into an empty folder",
     {SAMPLE_PLACES, "--out", "empty/"},
     0,
     "empty//index.html: " WRITTEN,
     ""},
    {"folders are made",
     {SAMPLE_PLACES, "--out", "new/er/report"},
     0,
     "new/er/report/index.html: " WRITTEN,
     ""},
    {"through a link", {SAMPLE_PLACES, "--out", "link"}, 0, "link/index.html: " WRITTEN, ""},
    {"some cases",
     {SAMPLE_PLACES, "--out", "report", "--case", "app/export/f*"},
     0,
     "report/index.html: 2 cases: 1 within budget, 1 invalid\n",
     ""},
    {"a folder of something else",
     {SAMPLE_PLACES, "--out", "results"},
     2,
     "",
     "heapgate report: results: will not be replaced: expected a report (with a file "
     "heapgate-report.txt), an empty folder, or nothing\n"},
    {"a file",
     {SAMPLE_PLACES, "--out", "budgets/app.yaml"},
     2,
     "",
     "heapgate report: budgets/app.yaml: will not be replaced: expected a report (with a file "
     "heapgate-report.txt), an empty folder, or nothing\n"},
    {"under a file",
     {SAMPLE_PLACES, "--out", "budgets/app.yaml/report"},
     2,
     "",
     "heapgate report: budgets/app.yaml/report: cannot write: Not a directory\n"},
    {"no results",
     {"--results", "none", "--budgets", "budgets", "--out", "fresh"},
     3,
     "",
     "heapgate report: none: cannot read the results: No such file or directory\n"},
    {"empty results",
     {"--results", "nothing", "--budgets", "budgets", "--out", "fresh"},
     3,
     "",
     "heapgate report: nothing: no results: expected what heapgate run writes\n"},
    {"no case matches",
     {SAMPLE_PLACES, "--case", "b*", "--out", "fresh"},
     2,
     "",
     "heapgate report: no case matches \"b*\"\n"},
    {"no budgets",
     {"--results", "results", "--budgets", "none"},
     2,
     "",
     "heapgate report: none: cannot read the budgets: No such file or directory\n"},
    {"an argument",
     {"results"},
     2,
     "",
     "heapgate report: unexpected argument \"results\": accepted are --results, --budgets, "
     "--case, --run, --out, --help\n"},
    {"an unknown option",
     {"--format", "html"},
     2,
     "",
     "heapgate report: unknown option \"--format\": accepted are --results, --budgets, "
     "--case, --run, --out, --help\n"},
    {"an empty name",
     {"--out", ""},
     2,
     "",
     "heapgate report: --out: expected the name of a folder\n"},
};

static size_t count_entries(const char *path) {
    size_t count = 0;
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void the_folder_is_whole_or_as_it_was(void **state) {
    (void)state;
    assert_true(file_make_directories("empty", NULL) && file_make_directories("nothing", NULL) &&
                file_make_directories("linked", NULL));
    assert_int_equal(symlink("linked", "link"), 0);
    assert_true(file_write("report/left-over", "x", 1, NULL));
    for (size_t i = 0; i < COUNT(calls); i++)
        run(&calls[i]);
    assert_int_not_equal(access("report/left-over", F_OK), 0); /* the older one is gone, whole */
    assert_int_not_equal(access("fresh", F_OK), 0);
    assert_int_equal(access("linked/index.html", F_OK), 0);
    assert_int_equal(check_folder("new/er/report", "cases/"), SAMPLE_CASES);
    /* Nothing temporary is left: budgets empty link linked new nothing report results seeded stderr
     * stdout, and the two dots. */
    assert_int_equal(count_entries("."), 13);
    assert_int_equal(count_entries("new/er"), 3);
}

/* A result that cannot be read half-way through leaves the earlier report as it was. */
static void a_failure_leaves_the_older_report(void **state) {
    (void)state;
    static const struct call call = {
        "a broken result",
        {SAMPLE_PLACES, "--out", "report"},
        3,
        "",
        "heapgate report: results/app/export/zzz.json:1: not JSON: '[' or '{' expected near "
        "'nonsense'\n"};
    assert_true(file_write("report/kept", "x", 1, NULL));
    assert_true(file_write("results/app/export/zzz.json", "nonsense", 8, NULL));
    run(&call);
    assert_int_equal(unlink("results/app/export/zzz.json"), 0);
    assert_int_equal(access("report/kept", F_OK), 0);
}

/* A disk that is full, as a limit on the size of a file. */
static void a_page_that_cannot_be_written_is_told(void **state) {
    (void)state;
    static const struct call call = {
        "no room",
        {SAMPLE_PLACES, "--out", "report"},
        2,
        "",
        "heapgate report: report/cases/app~export~buffered.html: cannot write: File too large\n"};
    struct rlimit kept, small = {.rlim_cur = 40000};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    small.rlim_max = kept.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    run(&call);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(access("report/kept", F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_sound),
        cmocka_unit_test(the_files_of_every_report_are_there),
        cmocka_unit_test(pages_hold_what_was_measured),
        cmocka_unit_test(plots_have_every_point),
        cmocka_unit_test(failures_come_first),
        cmocka_unit_test(names_from_outside_are_only_text),
        cmocka_unit_test(two_cases_never_share_a_page),
        cmocka_unit_test(a_page_that_is_wrong_is_found),
        cmocka_unit_test(the_folder_is_whole_or_as_it_was),
        cmocka_unit_test(a_failure_leaves_the_older_report),
        cmocka_unit_test(a_page_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, make_report, remove_report);
}
