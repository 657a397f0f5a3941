#include "rowstream/core/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool names_add(struct names *names, const char *name) {
    char **list = realloc(names->list, (names->count + 1) * sizeof *list);
    if (list == NULL)
        return false;
    names->list = list;
    list[names->count] = strdup(name);
    if (list[names->count] == NULL)
        return false;
    names->count++;
    return true;
}

bool names_has(const struct names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0)
            return true;
    return false;
}

void names_fini(struct names *names) {
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct names){NULL, 0};
}

const char *names_list(const void *first, size_t count, size_t stride,
                       char text[NAMES_TEXT_BYTES]) {
    size_t length = 0;
    if (count == 0)
        return "none";
    for (size_t i = 0; i < count; i++) {
        const char *name;
        memcpy(&name, (const char *)first + i * stride, sizeof name);
        int more =
            snprintf(text + length, NAMES_TEXT_BYTES - length, "%s\"%s\"", i > 0 ? ", " : "", name);
        if (more < 0 || length + (size_t)more + sizeof ", ..." > NAMES_TEXT_BYTES) {
            snprintf(text + length, NAMES_TEXT_BYTES - length, "%s...", i > 0 ? ", " : "");
            break;
        }
        length += (size_t)more;
    }
    return text;
}
