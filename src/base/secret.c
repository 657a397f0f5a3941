#include "base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether the value of a parameter is hidden. A name with an escape in it might decode to one. */
static bool is_secret(const char *name, size_t length) {
    static const char *const names[] = {"password", "sslpassword", "passwd"};
    if (memchr(name, '%', length) != NULL)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
            return true;
    return false;
}

bool secret_next(const char *text, const char **at, size_t *length) {
    const char *authority = strstr(text, "://");
    if (authority == NULL)
        return false;
    authority += 3;
    const char *end = strrchr(authority, '@');
    const char *colon = strchr(authority, ':');
    if (end != NULL && colon != NULL && colon < end && *at <= colon + 1) {
        *at = colon + 1;
        *length = (size_t)(end - *at);
        return true;
    }
    const char *query = strchr(end != NULL ? end : authority, '?');
    while (query != NULL) {
        const char *name = query + 1;
        size_t name_bytes = strcspn(name, "=&");
        const char *value = name + name_bytes + (name[name_bytes] == '=');
        if (name[name_bytes] == '=' && value >= *at && is_secret(name, name_bytes)) {
            *at = value;
            *length = strcspn(value, "&");
            return true;
        }
        query = strchr(value, '&');
    }
    return false;
}

void secret_erase(char *text) {
    const char *at = text;
    size_t length;
    while (secret_next(text, &at, &length)) {
        memset(text + (at - text), '*', length);
        at += length + 1;
    }
}

char *secret_masked(const char *text) {
    static const char shown[] = "***";
    const char *from = text, *at = text;
    size_t length, room = strlen(text) + 1;
    while (secret_next(text, &at, &length)) {
        room += strlen(shown);
        at += length + 1;
    }
    char *masked = malloc(room), *to = masked;
    if (masked == NULL)
        return NULL;
    for (at = text; secret_next(text, &at, &length); at++) {
        to = mempcpy(to, from, (size_t)(at - from));
        to = mempcpy(to, shown, length > 0 ? strlen(shown) : 0);
        from = at += length;
    }
    strcpy(to, from);
    return masked;
}
