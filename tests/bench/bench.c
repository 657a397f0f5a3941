/* The benchmark: what counting costs, beside the other tools that count, and how fast the guarded
 * exporters are, beside sqlite3 and Django.
 *
 * Machines are shared and their clocks drift, so no absolute time is of use. The commands of a
 * table run in turn, A B C A B C …, each figure is CPU time (user and system, of the command and
 * its children), and what is printed is the ratio to the first command of the same turn: the
 * median of the turns, with the lowest and the highest. A command that is not installed is named
 * and left out.
 *
 * usage: bench HEAPGATE PRELOAD-LIBRARY MALLOC-LOOP ROWSTREAM DJANGO-SCRIPT INSERT-LOOP
 * DJANGO-LOAD-SCRIPT */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/process.h"

enum { TURNS_MAX = 41, ENTRIES_MAX = 8, ARGUMENTS_MAX = 20 };

struct entry {
    const char *name;
    const char *variable;                 /* "NAME=value" for the command, or NULL */
    const char *argv[ARGUMENTS_MAX];
    int every;                            /* runs in every so many turns only; 0: in all */
    bool missing;
    double ratios[TURNS_MAX];
    int ratio_count;
};

static char *folder;

static double run_once(const struct entry *entry) {
    struct rusage used;
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, 0);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        if (chdir(folder) != 0)
            _exit(126);
        if (entry->variable != NULL)
            putenv((char *)(size_t)entry->variable);
        execvp(entry->argv[0], (char *const *)(size_t)entry->argv);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0) {
        fprintf(stderr, "bench: %s failed\n", entry->name);
        exit(1);
    }
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static void run_table(const char *title, int turns, struct entry *entries) {
    double base_times[TURNS_MAX];
    int count = 0;
    printf("\n%s\n", title);
    for (; entries[count].name != NULL; count++) {
        char path[4096];
        entries[count].missing = !process_find_program(entries[count].argv[0], path, sizeof path);
        if (!entries[count].missing)
            run_once(&entries[count]); /* warms caches; not counted */
    }
    for (int turn = 0; turn < turns; turn++) {
        base_times[turn] = run_once(&entries[0]);
        for (int i = 1; i < count; i++) {
            struct entry *entry = &entries[i];
            if (!entry->missing && (entry->every == 0 || turn % entry->every == 0))
                entry->ratios[entry->ratio_count++] = run_once(entry) / base_times[turn];
        }
    }
    qsort(base_times, (size_t)turns, sizeof *base_times, by_value);
    printf("  %-34s %8.3f s CPU (median of %d)\n", entries[0].name, base_times[turns / 2], turns);
    for (int i = 1; i < count; i++) {
        struct entry *entry = &entries[i];
        if (entry->missing) {
            printf("  %-34s not installed\n", entry->name);
            continue;
        }
        int runs = entry->ratio_count;
        qsort(entry->ratios, (size_t)runs, sizeof *entry->ratios, by_value);
        printf("  %-34s %8.3fx  (%.3f to %.3f, %d runs)\n", entry->name, entry->ratios[runs / 2],
               entry->ratios[0], entry->ratios[runs - 1], runs);
    }
    fflush(stdout);
}

static char *text(const char *format, const char *value) {
    char *made;
    if (asprintf(&made, format, value) < 0)
        exit(1);
    return made;
}

static void loop_table(const char *title, const char *threads, const char *loop,
                       const char *preload, const char *heapgate) {
    const char *rounds = "20000000";
    struct entry entries[ENTRIES_MAX] = {
        {.name = "plain", .argv = {loop, threads, rounds}},
        {.name = "heapgate count", .variable = preload, .argv = {loop, threads, rounds}},
        {.name = "heapgate profile",
         .argv = {heapgate, "run", "--engine", "profile", "--", loop, threads, rounds},
         .every = 5},
        {.name = "memusage", .argv = {"memusage", loop, threads, rounds}, .every = 5},
        {.name = "heaptrack", .argv = {"heaptrack", "-o", "loop", loop, threads, rounds},
         .every = 15},
    };
    run_table(title, 15, entries);
}

static void dump_table(const char *rowstream, const char *preload, const char *url,
                       const char *path) {
    struct entry entries[ENTRIES_MAX] = {
        {.name = "rowstream, plain",
         .argv = {rowstream, "dump", url, "--format", "json", "-o", "out.json"}},
        {.name = "rowstream, heapgate count", .variable = preload,
         .argv = {rowstream, "dump", url, "--format", "json", "-o", "out.json"}},
        {.name = "rowstream, memusage",
         .argv = {"memusage", rowstream, "dump", url, "--format", "json", "-o", "out.json"},
         .every = 5},
        {.name = "rowstream, heaptrack",
         .argv = {"heaptrack", "-o", "dump", rowstream, "dump", url, "--format", "json", "-o",
                  "out.json"},
         .every = 10},
        {.name = "rowstream, Massif",
         .argv = {"valgrind", "--tool=massif", "--peak-inaccuracy=0", rowstream, "dump", url,
                  "--format", "json", "-o", "out.json"},
         .every = 41},
        {.name = "sqlite3 -json",
         .argv = {"sqlite3", "-json", path, "select * from ticket5423_item"},
         .every = 2},
    };
    run_table("Dumping 50,000 rows from SQLite to JSON", TURNS_MAX, entries);
}

/* The streaming dump hardly allocates: this one makes 1.5 million allocations, and keeps them. */
static void tree_table(const char *rowstream, const char *preload, const char *url,
                       const char *heapgate) {
    struct entry entries[ENTRIES_MAX] = {
        {.name = "rowstream, plain",
         .argv = {rowstream, "dump", url, "--format", "yaml", "--document", "tree", "-o", "o"}},
        {.name = "rowstream, heapgate count", .variable = preload,
         .argv = {rowstream, "dump", url, "--format", "yaml", "--document", "tree", "-o", "o"}},
        {.name = "rowstream, heapgate profile",
         .argv = {heapgate, "run", "--engine", "profile", "--", rowstream, "dump", url, "--format",
                  "yaml", "--document", "tree", "-o", "o"},
         .every = 2},
        {.name = "rowstream, memusage",
         .argv = {"memusage", rowstream, "dump", url, "--format", "yaml", "--document", "tree",
                  "-o", "o"},
         .every = 5},
        {.name = "rowstream, heaptrack",
         .argv = {"heaptrack", "-o", "tree", rowstream, "dump", url, "--format", "yaml",
                  "--document", "tree", "-o", "o"},
         .every = 11},
    };
    run_table("Dumping 50,000 rows as a YAML tree, 1.5 million allocations", 11, entries);
}

static void format_table(const char *rowstream, const char *url) {
    struct entry entries[ENTRIES_MAX] = {
        {.name = "rowstream, JSON", .argv = {rowstream, "dump", url, "--format", "json", "-o", "o"}},
        {.name = "rowstream, XML", .argv = {rowstream, "dump", url, "--format", "xml", "-o", "o"}},
        {.name = "rowstream, YAML", .argv = {rowstream, "dump", url, "--format", "yaml", "-o", "o"}},
    };
    run_table("The three formats", 11, entries);
}

static void django_table(const char *rowstream, const char *url, const char *path,
                         const char *script, const char *format) {
    char title[128];
    struct entry entries[ENTRIES_MAX] = {
        {.name = "rowstream", .argv = {rowstream, "dump", url, "--format", format, "-o", "o"}},
        {.name = "Django dumpdata",
         .argv = {"/usr/bin/python3", script, path, format, "o"}},
    };
    snprintf(title, sizeof title, "Beside Django 3.2's dumpdata, %s", format);
    run_table(title, 3, entries);
}

/* Every load starts from a copy of a database with the empty table, which costs next to nothing. */
static void load_table(const char *rowstream, const char *url, const char *insert_loop,
                       const char *script, bool django) {
    static const char *const formats[] = {"json", "xml", "yaml"};
    static const char *const names[] = {"rowstream load, JSON", "rowstream load, XML",
                                        "rowstream load, YAML"};
    static const char *const djangos[] = {"Django loaddata, JSON", "Django loaddata, XML",
                                          "Django loaddata, YAML"};
    static const char fresh[] = "cp empty.sqlite3 load.sqlite3 && exec \"$@\"";
    char *empty = text("sqlite:%s/empty.sqlite3", folder);
    struct entry entries[ENTRIES_MAX] = {
        {.name = "a bare loop of inserts",
         .argv = {"sh", "-c", fresh, "-", insert_loop, "load.sqlite3"}}};
    run_once(&(struct entry){.name = "rowstream seed",
                             .argv = {rowstream, "seed", empty, "--table", "ticket5423_item",
                                      "--rows", "0"}});
    char *files[3];
    for (size_t i = 0; i < 3; i++) {
        files[i] = text("items.%s", formats[i]);
        run_once(&(struct entry){
            .name = "rowstream dump",
            .argv = {rowstream, "dump", url, "--format", formats[i], "-o", files[i]}});
        entries[1 + i] = (struct entry){
            .name = names[i],
            .argv = {"sh", "-c", fresh, "-", rowstream, "load", "sqlite:load.sqlite3", files[i]}};
        if (django)
            entries[4 + i] = (struct entry){
                .name = djangos[i],
                .argv = {"sh", "-c", fresh, "-", "/usr/bin/python3", script, "load.sqlite3",
                         files[i]},
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
    char query[512], path[256];
    snprintf(query, sizeof query,
             "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT %u) "
             "SELECT id, printf('%%0255d', id) AS name, printf('%%0255d', id * 3) AS title, "
             "printf('%%0255d', id * 5) AS description, printf('%%0255d', id * 7) AS notes FROM n",
             rows);
    run_once(&(struct entry){
        .name = "heapgate run",
        .argv = {heapgate, "run", "--case", "peak", "--", rowstream, "dump", url, "--query", query,
                 "--model", "ticket5423.item", "--format", format, "-o", "/dev/null"}});
    snprintf(path, sizeof path, "%s/heapgate-results/peak.json", folder);
    struct buffer result = BUFFER_INIT(1 << 20);
    const char *at = file_read(path, &result, NULL) ? strstr(result.bytes, "\"peak_bytes\": ") : NULL;
    long long peak = at != NULL ? strtoll(at + strlen("\"peak_bytes\": "), NULL, 10) : -1;
    buffer_fini(&result);
    return peak;
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
    if (argc != 8) {
        fprintf(stderr, "usage: bench HEAPGATE PRELOAD-LIBRARY MALLOC-LOOP ROWSTREAM SCRIPT "
                        "INSERT-LOOP LOAD-SCRIPT\n");
        return 2;
    }
    static char pattern[] = "/tmp/heapgate-bench.XXXXXX";
    folder = mkdtemp(pattern);
    if (folder == NULL)
        return 1;
    const char *loop = argv[3], *rowstream = argv[4], *script = argv[5];
    char *preload = text("LD_PRELOAD=%s", argv[2]);
    char *path = text("%s/items.sqlite3", folder), *url = text("sqlite:%s", path);

    printf("CPU time, as the median ratio to the first line of each table.\n");
    run_once(&(struct entry){.name = "rowstream seed",
                             .argv = {rowstream, "seed", url, "--table", "ticket5423_item",
                                      "--rows", "50000", "--seed", "1"}});
    loop_table("malloc and free, 1 thread, 20 million rounds", "1", loop, preload, argv[1]);
    loop_table("malloc and free, 2 threads, 20 million rounds each", "2", loop, preload,
               argv[1]);
    dump_table(rowstream, preload, url, path);
    tree_table(rowstream, preload, url, argv[1]);
    format_table(rowstream, url);
    load_table(rowstream, url, argv[6], argv[7], has_django());
    peak_table(argv[1], rowstream, url);
    static const char *const formats[] = {"json", "xml", "yaml"};
    for (size_t i = 0; i < 3 && has_django(); i++)
        django_table(rowstream, url, path, script, formats[i]);
    if (!has_django())
        printf("\nBeside Django: not installed\n");
    file_remove_tree(folder, NULL);
    free(preload);
    free(path);
    free(url);
    return 0;
}
