/* How the benchmark measures: the commands of a table run in turn, A B C A B C …, each figure is
 * CPU time (user and system, of the command and its children), and what counts is the ratio to the
 * first command of the same turn. So neither the machine's speed nor its drift is in it. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>

enum { TURNS_MAX = 41, ENTRIES_MAX = 11, ARGUMENTS_MAX = 28 };

struct entry {
    const char *name;
    const char *variable; /* "NAME=value" for the command, or NULL */
    const char *argv[ARGUMENTS_MAX];
    int every; /* runs in every so many turns only; 0: in all */
    /* The same work in less, for a command too slow for all of it: what its ratio is to. */
    const char *beside[ARGUMENTS_MAX];
    bool missing; /* from here on filled by run_table */
    double ratios[TURNS_MAX];
    int ratio_count;
};

/* The folder that every command runs in. */
extern const char *bench_folder;
/* BENCH_QUICK=1: one turn of each, to see that all of it works. */
int bench_turns(int turns);

/* Runs a command once, silently, and gives its CPU time in seconds. Ends the program if it
 * fails. */
double run_once(const struct entry *entry);
/* Runs and prints a table; entries end with a NULL name. A command that is not installed is named
 * and left out. */
void run_table(const char *title, int turns, struct entry *entries);
/* The median ratio, after run_table; below 0 for one that was not run. */
double median_ratio(const struct entry *entry);

/* The peak of a command as heapgate measures it, in bytes; -1 when it could not be. */
long long run_peak(const char *heapgate, const char *const *argv);

/* asprintf or exit. */
char *text(const char *format, const char *value);

/* What counting costs beside the other tools that count: one table, of four programs. */
struct peers {
    const char *heapgate, *preload; /* preload: "LD_PRELOAD=…" */
    const char *loop, *rowstream, *url;
};
void peers_table(const struct peers *peers);

/* heapgate explain beside ms_print, on a Massif file of 500 MB. */
void explain_table(const char *heapgate, const char *massif_file);

#endif
