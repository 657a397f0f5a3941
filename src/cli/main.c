/* heapgate VERB …: finds the verb. */
#include <stdbool.h>
#include <stdint.h>
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
    fprintf(to, "\n'heapgate help VERB' tells a verb's options (also VERB --help). Exit status, "
                "for every verb:\n"
                "  0 within budget   1 over budget   2 wrong usage or unreadable budgets\n"
                "  3 no valid measurement   4 a stale budget   77 skipped\n");
}

static const struct verb *find_verb(const char *name) {
    for (int i = 0; i < VERB_COUNT; i++)
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    fprintf(stderr, "heapgate: unknown verb \"%s\"\n", name);
    print_help(stderr);
    return NULL;
}

static int help(const char *name) {
    char word[] = "--help";
    char *words[] = {(char *)(uintptr_t)name, word, NULL};
    const struct verb *verb = find_verb(name);
    return verb != NULL ? verb->run(2, words) : HEAPGATE_USAGE;
}

static bool is_one_of(const char *word, const char *first, const char *second) {
    return strcmp(word, first) == 0 || strcmp(word, second) == 0;
}

int main(int argc, char **argv) {
    const char *first = argc >= 2 ? argv[1] : "";
    process_outlive_file_limit();
    json_memory_watch();
    if (argc >= 3 && strcmp(first, "help") == 0)
        return help(argv[2]);
    if (is_one_of(first, "--help", "-h") || strcmp(first, "help") == 0) {
        print_help(stdout);
        return HEAPGATE_OK;
    }
    if (is_one_of(first, "--version", "-V")) {
        printf("heapgate %s\n", HEAPGATE_VERSION);
        return HEAPGATE_OK;
    }
    if (argc < 2) {
        print_help(stderr);
        return HEAPGATE_USAGE;
    }
    const struct verb *verb = find_verb(first);
    return verb != NULL ? verb->run(argc - 1, argv + 1) : HEAPGATE_USAGE;
}
