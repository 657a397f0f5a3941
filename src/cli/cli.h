/* The verbs of the heapgate command, and what they share. A verb takes its own arguments (argv[0]
 * is its name) and returns the exit status. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/options.h"
#include "budget/budget.h"
#include "result/result.h"

int cli_run(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_report(int argc, char **argv);
int cli_top(int argc, char **argv);
int cli_update(int argc, char **argv);

#define CLI_BUDGETS "budgets"
#define CLI_RESULTS "heapgate-results"

/* Prints "heapgate VERB: message" on standard error and returns HEAPGATE_USAGE. */
int cli_refuse(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A verb's command line, and the help that stands around its options. */
struct cli_usage {
    const char *verb;
    const char *about;
    struct option_table table;
    void (*print_choices)(void); /* what a value is chosen from; or NULL */
    const char *exits;
};
/* Reads what is behind the verb's name in argv. False when the verb is done, with its exit status:
 * the help is printed, or the refusal. */
bool cli_read(const struct cli_usage *usage, char **argv, void *target, int *status);
/* Takes the name of a folder, a const char *. */
bool cli_take_folder(void *field, const char *value, struct error *error);

/* Writes text to standard output and flushes; a failed write gives HEAPGATE_USAGE, else `status`.
 */
int cli_print(const char *verb, const struct buffer *text, int status);

#endif
