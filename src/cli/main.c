/* heapgate VERB …: finds the verb. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <heapgate/heapgate.h>

#include "base/json_memory.h"
#include "base/process.h"
#include "cli/cli.h"

static const struct verb {
    const char *name;
    const char *help;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"run", "measure a command and hold it to its budget", cli_run},
    {"check", "hold the kept results to the budgets", cli_check},
    {"compare", "set two folders of results side by side", cli_compare},
    {"explain", "tell who held the memory at the peak of a case, or of a Massif file", cli_explain},
    {"report", "write the kept results as a folder of pages", cli_report},
    {"top", "show the heap of a command while it runs", cli_top},
    {"update", "write measured figures into the budgets", cli_update},
};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static void print_help(FILE *to) {
    fprintf(to, "usage: heapgate VERB [OPTION...]\n\n");
    for (int i = 0; i < VERB_COUNT; i++)
        fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].help);
    fprintf(to, "\n'heapgate VERB --help' tells a verb's options. Exit status, for every verb:\n"
                "  0 within budget   1 over budget   2 wrong usage or unreadable budgets\n"
                "  3 no valid measurement   4 a stale budget   77 skipped\n");
}

int main(int argc, char **argv) {
    process_outlive_file_limit();
    json_memory_watch();
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help(stdout);
        return HEAPGATE_OK;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("heapgate %s\n", HEAPGATE_VERSION);
        return HEAPGATE_OK;
    }
    for (int i = 0; argc >= 2 && i < VERB_COUNT; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    if (argc >= 2)
        fprintf(stderr, "heapgate: unknown verb \"%s\"\n", argv[1]);
    print_help(stderr);
    return HEAPGATE_USAGE;
}
