/* What counting costs beside the other tools that count, each on the same four programs: nothing
 * but malloc and free in one thread and in two, a dump that streams and hardly allocates, and one
 * that builds its document first, in 1.2 million allocations. Printed as the README has it. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum { WORKS = 4, PEERS = 6, WORK_ARGUMENTS = 12 };

struct work {
    const char *name;
    int turns;
    const char *argv[WORK_ARGUMENTS];
    const char *less[WORK_ARGUMENTS]; /* a tenth of it, for what would take minutes; or nothing */
};

static const struct peer {
    const char *name;
    const char *prefix[8]; /* goes before the work; "heapgate" and "PRELOAD" are filled in */
    int every;
    bool is_slow;
} peer_list[PEERS] = {
    {.name = "plain"},
    {.name = "heapgate, `count`", .prefix = {"PRELOAD"}},
    {.name = "heapgate, `profile`",
     .prefix = {"heapgate", "run", "--engine", "profile", "--"},
     .every = 5},
    {.name = "glibc's `memusage`", .prefix = {"memusage"}, .every = 5},
    {.name = "heaptrack", .prefix = {"heaptrack", "-o", "tracked"}, .every = 15},
    {.name = "Massif",
     .prefix = {"valgrind", "--tool=massif", "--massif-out-file=massif.out"},
     .every = 15,
     .is_slow = true},
};

static void fill_entry(const struct peers *peers, const struct peer *peer, const struct work *work,
                       struct entry *entry) {
    bool less = peer->is_slow && work->less[0] != NULL;
    const char *const *argv = less ? work->less : work->argv;
    size_t count = 0;
    *entry = (struct entry){.name = peer->name, .every = peer->every};
    for (size_t i = 0; i < 8 && peer->prefix[i] != NULL; i++) {
        if (strcmp(peer->prefix[i], "PRELOAD") == 0)
            entry->variable = peers->preload;
        else
            entry->argv[count++] =
                strcmp(peer->prefix[i], "heapgate") == 0 ? peers->heapgate : peer->prefix[i];
    }
    for (size_t i = 0; argv[i] != NULL; i++)
        entry->argv[count++] = argv[i];
    for (size_t i = 0; less && argv[i] != NULL; i++)
        entry->beside[i] = argv[i];
}

static void print_summary(const struct work *works, struct entry entries[WORKS][PEERS + 1]) {
    printf("\n| |");
    for (int i = 0; i < WORKS; i++)
        printf(" %s |", works[i].name);
    printf("\n| --- |");
    for (int i = 0; i < WORKS; i++)
        printf(" --- |");
    for (int j = 0; j < PEERS; j++) {
        printf("\n| %s |", peer_list[j].name);
        for (int i = 0; i < WORKS; i++) {
            double ratio = j == 0 ? 1 : median_ratio(&entries[i][j]);
            if (j == 0)
                printf(" 1 |");
            else if (ratio < 0)
                printf(" not installed |");
            else
                printf(ratio < 5 ? " %.2fx |" : ratio < 10 ? " %.1fx |" : " %.0fx |", ratio);
        }
    }
    printf("\n");
    fflush(stdout);
}

void peers_table(const struct peers *peers) {
    static struct entry entries[WORKS][PEERS + 1];
    const struct work works[WORKS] = {
        {"malloc and free only, 1 thread",
         15,
         {peers->loop, "1", "20000000"},
         {peers->loop, "1", "2000000"}},
        {"2 threads", 15, {peers->loop, "2", "20000000"}, {peers->loop, "2", "2000000"}},
        {"streaming 50,000 rows to JSON",
         TURNS_MAX,
         {peers->rowstream, "dump", peers->url, "--format", "json", "-o", "out.json"},
         {NULL}},
        {"the same as a tree: 1.2 million allocations",
         15,
         {peers->rowstream, "dump", peers->url, "--format", "json", "--document", "tree", "-o",
          "out.json"},
         {NULL}},
    };
    for (int i = 0; i < WORKS; i++) {
        for (int j = 0; j < PEERS; j++)
            fill_entry(peers, &peer_list[j], &works[i], &entries[i][j]);
        run_table(works[i].name, works[i].turns, entries[i]);
    }
    print_summary(works, entries);
}

void explain_table(const char *heapgate, const char *massif_file) {
    static const char write_file[] = "\"$1\" \"$2\" >\"$3\"";
    static const char *const sizes[] = {"50000000", "500000000"};
    static const char *const names[] = {"m50.out", "m500.out"};
    for (int i = 0; i < 2; i++)
        run_once(&(struct entry){
            .name = "massif_file",
            .argv = {"sh", "-c", write_file, "-", massif_file, sizes[i], names[i]}});
    struct entry entries[] = {{.name = "heapgate explain", .argv = {heapgate, "explain", names[1]}},
                              {.name = "of a tenth of it", .argv = {heapgate, "explain", names[0]}},
                              {.name = "ms_print", .argv = {"ms_print", names[1]}, .every = 5},
                              {.name = NULL}};
    run_table("Reading a Massif file of 500 MB", 5, entries);
    for (int i = 0; i < 2; i++) {
        const char *const argv[] = {heapgate, "explain", names[i], NULL};
        printf("  peak of heapgate explain, %-9s %9lld B\n", i == 0 ? "50 MB" : "500 MB",
               run_peak(heapgate, argv));
    }
    fflush(stdout);
}
