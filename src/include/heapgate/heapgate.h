/* heapgate: hold the heap memory of code to a committed budget.
 *
 * Linking this library counts every allocation of the process: its malloc and the rest of the
 * family stand in front of the next definition (glibc's, jemalloc's, ...) and keep exact figures
 * of *requested* bytes, the bytes the caller asked for, as Valgrind's Massif counts them.
 *
 *     heapgate_error error;
 *     heapgate_usage usage;
 *     status = heapgate_scope_begin("export", &error);
 *     rows = export_everything();
 *     if (status == HEAPGATE_OK)
 *         status = heapgate_scope_end("export", rows, &usage, &error);
 *     if (status == HEAPGATE_OK)
 *         status = heapgate_judge(budgets, "app/export", &usage, rows, &error);
 *
 * Every function returns a heapgate_status; the optional heapgate_error gets the reason in words.
 * Names and paths are NUL-terminated UTF-8 and copied; the caller keeps what it passed. */
#ifndef HEAPGATE_H
#define HEAPGATE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif
#ifdef __cplusplus
extern "C" {
#endif

/* The same numbers as the exit statuses of the heapgate command. */
typedef enum heapgate_status {
    HEAPGATE_OK = 0,       /* measured, within budget */
    HEAPGATE_OVER = 1,     /* over budget */
    HEAPGATE_USAGE = 2,    /* wrong call, or a budget file that cannot be read */
    HEAPGATE_INVALID = 3,  /* no valid measurement: allocator inactive, command failed, no budget */
    HEAPGATE_STALE = 4,    /* measured further below the budget than its slack */
    HEAPGATE_SKIPPED = 77, /* what was needed is not there (valgrind) */
} heapgate_status;

/* A message for a person: what, where and what would be right. Empty when all went well. */
typedef struct heapgate_error {
    char text[4096];
} heapgate_error;

/* The figures of a scope or a process. Bytes are requested bytes. */
typedef struct heapgate_usage {
    uint64_t peak_bytes;      /* largest sum of live bytes above what was live at the begin */
    int64_t live_bytes;       /* live at the end less live at the begin; negative when the scope
                                 freed memory that was older than it */
    uint64_t allocations;     /* calls that allocated; a realloc that succeeds is one */
    uint64_t allocated_bytes; /* sum of their requests; a realloc counts what it grew by */
    uint64_t largest_bytes;   /* largest single request */
    uint64_t mapped_bytes;    /* largest sum of anonymous bytes that the program mapped itself
                                 (mmap, mremap, mprotect, sbrk), above what was mapped at the begin;
                                 HEAPGATE_UNMEASURED when that is not known */
} heapgate_usage;

/* A figure that is not known: what each of a usage is after a call that failed (INT64_MAX where it
 * can be negative). No budget accepts it. */
#define HEAPGATE_UNMEASURED UINT64_MAX

/* ---- Scopes: measure a part of this process. Any thread may call these; a scope takes in all
 * threads. Scopes may nest and overlap; the peak of each is its own. At most
 * HEAPGATE_SCOPES_OPEN are open and HEAPGATE_SCOPES_TOTAL kept in one process. ---- */

enum { HEAPGATE_NAME_BYTES = 128, HEAPGATE_SCOPES_OPEN = 16, HEAPGATE_SCOPES_TOTAL = 64 };

/* Begins a scope. HEAPGATE_INVALID when the counting allocator is not active in this process (the
 * error says why: a sanitizer, valgrind, another malloc in front); HEAPGATE_USAGE for a name that
 * is empty, too long or already open, or when too many scopes are open or kept. Under Massif,
 * started by `heapgate run --engine massif`, the scope is noted there and the figures stay 0. */
heapgate_status heapgate_scope_begin(const char *name, heapgate_error *error);

/* Ends the innermost open scope of that name. `units` is the work done within it (rows, ...); a
 * scope of 0 units measured nothing: HEAPGATE_INVALID. HEAPGATE_INVALID, too, as for
 * heapgate_scope_begin, and HEAPGATE_USAGE when no scope of that name is open. `usage` may be NULL;
 * whenever the status is not HEAPGATE_OK it is filled with HEAPGATE_UNMEASURED. The figures are
 * also kept in the process's record, where `heapgate run` finds them. */
heapgate_status heapgate_scope_end(const char *name, uint64_t units, heapgate_usage *usage,
                                   heapgate_error *error);

/* ---- Marks: where in its work this process is. Any thread may send them; they are the process's.
 * They cost nothing to speak of, and nothing happens where the process is not counted: code may
 * send them always. A program that does not link this library finds both functions by their names
 * when `heapgate run` started it (dlsym with RTLD_DEFAULT; in Python, ctypes.CDLL(None)). ---- */

enum { HEAPGATE_PHASES_TOTAL = 1000 };

/* Begins the phase `name` and ends the one before: live bytes before and after it, the highest
 * that live went in it, and its allocations are kept, exactly, with all threads. It ends with
 * the next mark, the scope that it began in, or the process; NULL ends it without another. Of a
 * case that is a scope, the phases are those that began in the scope. A name may come again.
 * HEAPGATE_OK; HEAPGATE_INVALID where the process is not counted; HEAPGATE_USAGE for a name that
 * is empty or has HEAPGATE_NAME_BYTES or more, and past HEAPGATE_PHASES_TOTAL, and then the
 * phase before goes on. */
heapgate_status heapgate_phase(const char *name);

/* Says how many units of work (rows, ...) are done so far, for who looks on while it runs.
 * HEAPGATE_OK, or HEAPGATE_INVALID where the process is not counted. */
heapgate_status heapgate_progress(uint64_t units);

/* The whole process so far. HEAPGATE_INVALID as for heapgate_scope_begin; then `usage` is filled
 * with HEAPGATE_UNMEASURED. */
heapgate_status heapgate_usage_read(heapgate_usage *usage, heapgate_error *error);

/* Notes something that honest figures depend on ("sqlite", "3.40.1"), which the `when` conditions
 * of a budget can ask for. The name "control" marks a build with a seeded regression, whose
 * results never become a budget. HEAPGATE_USAGE when a text is too long or the table of 16 full. */
heapgate_status heapgate_environment(const char *name, const char *value, heapgate_error *error);

/* ---- Budgets: see the README for the file format. A loaded set is read-only: any number of
 * threads may judge with it. ---- */

typedef struct heapgate_budgets heapgate_budgets;

/* Loads one budget file or every *.yaml of a folder. HEAPGATE_USAGE with file, line, column and
 * what would be right when one cannot be read. The caller frees *budgets. */
heapgate_status heapgate_budgets_load(const char *path, heapgate_budgets **budgets,
                                      heapgate_error *error);
void heapgate_budgets_free(heapgate_budgets *budgets);

/* Judges figures against the budget of a case: peak, allocations, live, largest and mapped, as far
 * as the budget names them. The error text lists each metric out of bounds with measured, budget,
 * difference and the budget's file and line. OK, OVER, STALE, or INVALID for a case without budget,
 * for a usage that a failed call has filled, work other than the budget's `units`, a condition
 * (`when`) on more than heapgate itself finds out of this process (its machine, compiler and
 * libraries), or a budget of phases: these are judged where a command is measured
 * (heapgate_measure, heapgate run). */
heapgate_status heapgate_judge(const heapgate_budgets *budgets, const char *case_key,
                               const heapgate_usage *usage, uint64_t units, heapgate_error *error);

/* ---- Measuring a command, as `heapgate run` does ---- */

enum heapgate_engine {
    HEAPGATE_ENGINE_COUNT = 1,
    HEAPGATE_ENGINE_MASSIF = 2,
    HEAPGATE_ENGINE_PROFILE = 4, /* who held the memory at the peak: call stacks, in the result */
};

typedef struct heapgate_request {
    const char *case_key;     /* names the result; a scope of the same name gives the figures */
    char *const *argv;        /* NULL-terminated command, looked up in PATH */
    unsigned engines;         /* enum heapgate_engine, or'ed; each runs the command once */
    const char *budgets_path; /* judged against; NULL: not judged */
    const char *results_path; /* folder the result file is written to; NULL: none */
    uint64_t units;           /* work one run does; 0: what the program's scope says */
    const uint64_t *sweep;    /* sizes to run at, ascending, 2 to 16, for the growth; "{N}" in an
                                 argument, which one must have, stands for the size. NULL: run once
                                 as it is */
    size_t sweep_count;
    const char *process; /* of several processes the figures are those of the one whose program
                                 matches this glob, such as "worker*", with the highest peak; of the
                                 whole path when it has a slash. NULL: the highest of all */
    const char *const
        *environment;          /* "NAME=VALUE", for the result's environment and the conditions of
                                       budgets; ends with NULL; NULL: none */
    const char *const *inputs; /* NULL-terminated paths of files that the figures depend on and the
                                  command only reads, kept in the result: when one is another later,
                                  `heapgate check` refuses the result. NULL: none */
} heapgate_request;

/* Runs the command under each engine, checks that they agree, writes the result file and judges.
 * The result notes the run (HEAPGATE_RUN_ID, the pipeline's or ctest's, else this process) and what
 * ran. Another result of the same case and run in the folder must have the same exact figures, else
 * both are HEAPGATE_INVALID. HEAPGATE_USAGE, and nothing ran, for a request that cannot be
 * measured. The text gets the whole verdict, as the command would print it. One call at a time in a
 * process (signal dispositions are changed while the command runs). */
heapgate_status heapgate_measure(const heapgate_request *request, heapgate_error *text);

/* The library's version, "MAJOR.MINOR.PATCH". */
const char *heapgate_version(void);

#ifdef __cplusplus
}
#endif
#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#endif
