#include "cases.h"

#include <stdio.h>
#include <string.h>

const struct gate_case gate_cases[] = {
    {"dump/sqlite/stream", "ticket5423_item", NULL},
    {"dump/sqlite/one-column", "ticket5423_item", "name"},
    {"dump/sqlite/every-type", "every_type", NULL},
    {NULL, NULL, NULL},
};

const struct gate_case *gate_case_find(const char *case_key, char *format, size_t format_bytes) {
    const char *slash = strchr(case_key, '/');
    if (slash == NULL || (size_t)(slash - case_key) >= format_bytes)
        return NULL;
    snprintf(format, format_bytes, "%.*s", (int)(slash - case_key), case_key);
    for (const struct gate_case *at = gate_cases; at->name != NULL; at++)
        if (strcmp(at->name, slash + 1) == 0)
            return at;
    return NULL;
}
