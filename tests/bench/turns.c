#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/process.h"

const char *bench_folder;

int bench_turns(int turns) {
    return getenv("BENCH_QUICK") != NULL ? 1 : turns;
}

char *text(const char *format, const char *value) {
    char *made;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (asprintf(&made, format, value) < 0)
        exit(1);
#pragma GCC diagnostic pop
    return made;
}

double run_once(const struct entry *entry) {
    struct rusage used;
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, 0);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        if (chdir(bench_folder) != 0)
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

/* The time that a ratio is to: the first command's in this turn, or that of the lesser work. */
static double base_of(const struct entry *entry, double first) {
    struct entry plain = {.name = "the same, plain"};
    if (entry->beside[0] == NULL)
        return first;
    memcpy(plain.argv, entry->beside, sizeof plain.argv);
    return run_once(&plain);
}

static void print_entry(const struct entry *entry) {
    if (entry->missing) {
        printf("  %-34s not installed\n", entry->name);
        return;
    }
    printf("  %-34s %8.3fx  (%.3f to %.3f, %d runs%s)\n", entry->name, median_ratio(entry),
           entry->ratios[0], entry->ratios[entry->ratio_count - 1], entry->ratio_count,
           entry->beside[0] != NULL ? ", of a tenth of the work" : "");
}

void run_table(const char *title, int turns, struct entry *entries) {
    double base_times[TURNS_MAX];
    int count = 0;
    turns = bench_turns(turns);
    printf("\n%s\n", title);
    for (; entries[count].name != NULL; count++) {
        char path[4096];
        entries[count].missing = !process_find_program(entries[count].argv[0], path, sizeof path);
        if (!entries[count].missing && turns > 1)
            run_once(&entries[count]); /* warms caches; not counted */
    }
    for (int turn = 0; turn < turns; turn++) {
        base_times[turn] = run_once(&entries[0]);
        for (int i = 1; i < count; i++) {
            struct entry *entry = &entries[i];
            if (entry->missing || (entry->every > 0 && turn % entry->every != 0))
                continue;
            double base = base_of(entry, base_times[turn]);
            entry->ratios[entry->ratio_count++] = run_once(entry) / base;
        }
    }
    qsort(base_times, (size_t)turns, sizeof *base_times, by_value);
    printf("  %-34s %8.3f s CPU (median of %d)\n", entries[0].name, base_times[turns / 2], turns);
    for (int i = 1; i < count; i++) {
        qsort(entries[i].ratios, (size_t)entries[i].ratio_count, sizeof *entries[i].ratios,
              by_value);
        print_entry(&entries[i]);
    }
    fflush(stdout);
}

double median_ratio(const struct entry *entry) {
    return entry->ratio_count > 0 ? entry->ratios[entry->ratio_count / 2] : -1;
}

long long run_peak(const char *heapgate, const char *const *argv) {
    static const char key[] = "\"peak_bytes\": ";
    struct entry entry = {.name = argv[0],
                          .argv = {heapgate, "run", "--case", "peak", "--results", "peaks", "--"}};
    struct buffer result = BUFFER_INIT(1 << 20);
    char path[4096];
    for (size_t i = 0; argv[i] != NULL; i++)
        entry.argv[7 + i] = argv[i];
    run_once(&entry);
    snprintf(path, sizeof path, "%s/peaks/peak.json", bench_folder);
    const char *at = file_read(path, &result, NULL) ? strstr(result.bytes, key) : NULL;
    long long peak = at != NULL ? strtoll(at + strlen(key), NULL, 10) : -1;
    buffer_fini(&result);
    return peak;
}
