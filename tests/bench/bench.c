/* The benchmark: what counting costs, beside the other tools that count, and how fast the guarded
 * exporters are, beside sqlite3 and Django.
 *
 * usage: bench HEAPGATE PRELOAD-LIBRARY MALLOC-LOOP ROWSTREAM DJANGO-SCRIPT INSERT-LOOP
 * DJANGO-LOAD-SCRIPT MASSIF-FILE PARSE-ONLY */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "bench.h"

static void shell_table(const char *rowstream, const char *url, const char *path) {
    struct entry entries[ENTRIES_MAX] = {
        {.name = "rowstream",
         .argv = {rowstream, "dump", url, "--format", "json", "-o", "out.json"}},
        {.name = "sqlite3 -json",
         .argv = {"sqlite3", "-json", path, "select * from ticket5423_item"}},
    };
    run_table("Dumping 50,000 rows from SQLite to JSON", 21, entries);
}

static void format_table(const char *rowstream, const char *url) {
    struct entry entries[ENTRIES_MAX] = {
        {.name = "rowstream, JSON",
         .argv = {rowstream, "dump", url, "--format", "json", "-o", "o"}},
        {.name = "rowstream, XML", .argv = {rowstream, "dump", url, "--format", "xml", "-o", "o"}},
        {.name = "rowstream, YAML",
         .argv = {rowstream, "dump", url, "--format", "yaml", "-o", "o"}},
    };
    run_table("The three formats", 11, entries);
}

static void django_table(const char *rowstream, const char *url, const char *path,
                         const char *script, const char *format) {
    char title[128];
    struct entry entries[ENTRIES_MAX] = {
        {.name = "rowstream", .argv = {rowstream, "dump", url, "--format", format, "-o", "o"}},
        {.name = "Django dumpdata", .argv = {"/usr/bin/python3", script, path, format, "o"}},
    };
    snprintf(title, sizeof title, "Beside Django 3.2's dumpdata, %s", format);
    run_table(title, 3, entries);
}

/* Every load starts from a copy of a database with the empty table, which costs next to nothing. */
static void load_table(const char *rowstream, const char *url, const char *insert_loop,
                       const char *parse_only, const char *script, bool django) {
    static const char *const formats[] = {"json", "xml", "yaml"};
    static const char *const names[] = {"rowstream load, JSON", "rowstream load, XML",
                                        "rowstream load, YAML"};
    static const char *const djangos[] = {"Django loaddata, JSON", "Django loaddata, XML",
                                          "Django loaddata, YAML"};
    static const char *const libraries[] = {
        "jansson alone, no inserts", "libxml2 alone, no inserts", "libyaml alone, no inserts"};
    static const char fresh[] = "cp empty.sqlite3 load.sqlite3 && exec \"$@\"";
    char *empty = text("sqlite:%s/empty.sqlite3", bench_folder);
    struct entry entries[ENTRIES_MAX] = {
        {.name = "a bare loop of inserts",
         .argv = {"sh", "-c", fresh, "-", insert_loop, "load.sqlite3"}}};
    run_once(&(struct entry){
        .name = "rowstream seed",
        .argv = {rowstream, "seed", empty, "--table", "ticket5423_item", "--rows", "0"}});
    char *files[3];
    for (size_t i = 0; i < 3; i++) {
        files[i] = text("items.%s", formats[i]);
        run_once(&(struct entry){
            .name = "rowstream dump",
            .argv = {rowstream, "dump", url, "--format", formats[i], "-o", files[i]}});
        entries[1 + i] = (struct entry){
            .name = names[i],
            .argv = {"sh", "-c", fresh, "-", rowstream, "load", "sqlite:load.sqlite3", files[i]}};
        entries[4 + i] =
            (struct entry){.name = libraries[i], .argv = {parse_only, formats[i], files[i]}};
        if (django)
            entries[7 + i] = (struct entry){.name = djangos[i],
                                            .argv = {"sh", "-c", fresh, "-", "/usr/bin/python3",
                                                     script, "load.sqlite3", files[i]},
                                            .every = 11};
    }
    run_table("Loading 50,000 rows into SQLite", 11, entries);
    for (size_t i = 0; i < 3; i++)
        free(files[i]);
    free(empty);
}

/* The peak of one dump of `rows` generated rows, as heapgate measures it. */
static long long measure_peak(const char *heapgate, const char *rowstream, const char *url,
                              const char *format, unsigned rows) {
    char query[512];
    snprintf(query, sizeof query,
             "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT %u) "
             "SELECT id, printf('%%0255d', id) AS name, printf('%%0255d', id * 3) AS title, "
             "printf('%%0255d', id * 5) AS description, printf('%%0255d', id * 7) AS notes FROM n",
             rows);
    const char *const argv[] = {
        rowstream,         "dump",     url,    "--query", query,       "--model",
        "ticket5423.item", "--format", format, "-o",      "/dev/null", NULL};
    return run_peak(heapgate, argv);
}

static void peak_table(const char *heapgate, const char *rowstream, const char *url) {
    static const char *const formats[] = {"json", "xml", "yaml"};
    printf("\nPeak of the whole process, streaming generated rows of four 255-character columns\n");
    for (size_t i = 0; i < 3; i++) {
        long long some = measure_peak(heapgate, rowstream, url, formats[i], 50000);
        long long many = measure_peak(heapgate, rowstream, url, formats[i], 1000000);
        printf("  %-34s %9lld B at 50,000 rows, %9lld B at 1,000,000: %+lld B\n", formats[i], some,
               many, many - some);
    }
}

static bool has_django(void) {
    return system("/usr/bin/python3 -c 'import django, yaml' 2>/dev/null") == 0;
}

int main(int argc, char **argv) {
    if (argc != 10) {
        fprintf(stderr, "usage: bench HEAPGATE PRELOAD-LIBRARY MALLOC-LOOP ROWSTREAM SCRIPT "
                        "INSERT-LOOP LOAD-SCRIPT MASSIF-FILE PARSE-ONLY\n");
        return 2;
    }
    static char pattern[] = "/tmp/heapgate-bench.XXXXXX";
    bench_folder = mkdtemp(pattern);
    if (bench_folder == NULL)
        return 1;
    const char *rowstream = argv[4], *script = argv[5];
    char *preload = text("LD_PRELOAD=%s", argv[2]);
    char *path = text("%s/items.sqlite3", bench_folder), *url = text("sqlite:%s", path);

    printf("CPU time, as the median ratio to the first line of each table.\n");
    run_once(&(struct entry){.name = "rowstream seed",
                             .argv = {rowstream, "seed", url, "--table", "ticket5423_item",
                                      "--rows", "50000", "--seed", "1"}});
    peers_table(&(struct peers){argv[1], preload, argv[3], rowstream, url});
    explain_table(argv[1], argv[8]);
    shell_table(rowstream, url, path);
    format_table(rowstream, url);
    load_table(rowstream, url, argv[6], argv[9], argv[7], has_django());
    peak_table(argv[1], rowstream, url);
    static const char *const formats[] = {"json", "xml", "yaml"};
    for (size_t i = 0; i < 3 && has_django(); i++)
        django_table(rowstream, url, path, script, formats[i]);
    if (!has_django())
        printf("\nBeside Django: not installed\n");
    file_remove_tree(bench_folder, NULL);
    free(preload);
    free(path);
    free(url);
    return 0;
}
