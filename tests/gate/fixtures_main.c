/* Makes all that the gate's cases of SQLite dump and load: gate_fixtures FOLDER. Who runs the work
 * by hand, or over and over, begins with this. */
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "fixture.h"

static const char *const formats[] = {"json", "xml", "yaml"};

static bool make_documents(const char *folder, const char *format, struct error *error) {
    for (size_t i = 0; i < GATE_LOADS; i++)
        if (!fixture_make_document(folder, gate_loads[i].document, format, gate_loads[i].few_rows,
                                   error) ||
            !fixture_make_document(folder, gate_loads[i].document, format, gate_loads[i].rows,
                                   error))
            return false;
    return true;
}

static bool make_all(const char *folder, struct error *error) {
    for (const struct gate_case *at = gate_cases; at->name != NULL; at++) {
        bool made_up = at->query != NULL; /* from what is there */
        if (strncmp(at->name, "dump/sqlite/", strlen("dump/sqlite/")) == 0 &&
            (!fixture_make(folder, at->table, made_up ? GATE_FEW_ROWS : gate_few_rows(at), error) ||
             !fixture_make(folder, at->table, made_up ? GATE_ROWS : gate_rows(at), error)))
            return false;
    }
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!make_documents(folder, formats[i], error))
            return false;
    return true;
}

int main(int argc, char **argv) {
    struct error error = {.set = false};
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    if (make_all(argv[1], &error))
        return 0;
    fprintf(stderr, "%s: %s\n", argv[0], error.text);
    return 1;
}
