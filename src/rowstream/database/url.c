#include "rowstream/database/url.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

/* ---- What may be shown ---- */

static void put(char *text, size_t *length, const char *bytes, size_t count) {
    size_t room = URL_TEXT_BYTES - 1 - *length;
    count = count < room ? count : room;
    memcpy(text + *length, bytes, count);
    *length += count;
    text[*length] = '\0';
}

const char *url_shown(const char *url, char text[URL_TEXT_BYTES]) {
    const char *from = url, *at = url;
    size_t length = 0, secret_bytes;
    text[0] = '\0';
    while (secret_next(url, &at, &secret_bytes)) {
        put(text, &length, from, (size_t)(at - from));
        put(text, &length, "***", secret_bytes > 0 ? 3 : 0);
        at += secret_bytes;
        from = at;
        at++; /* the same empty one is not found again */
    }
    put(text, &length, from, strlen(from));
    return text;
}

/* ---- Its parts ---- */

static int hexadecimal(char digit) {
    static const char digits[] = "0123456789abcdef";
    const char *found = digit == '\0' ? NULL : strchr(digits, digit | (digit >= 'A' ? 32 : 0));
    return found == NULL ? -1 : (int)(found - digits);
}

/* Decodes in place; false for an escape that is none, or that is a NUL. */
static bool decode(char *text) {
    char *to = text;
    for (; *text != '\0'; text++) {
        if (*text != '%') {
            *to++ = *text;
            continue;
        }
        int high = hexadecimal(text[1]), low = high < 0 ? -1 : hexadecimal(text[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *to++ = (char)(high << 4 | low);
        text += 2;
    }
    *to = '\0';
    return true;
}

/* Cuts `text` at the first of `ends`; NULL, changing nothing, when there is none. */
static char *cut(char *text, const char *ends) {
    char *at = strpbrk(text, ends);
    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + 1;
}

/* A part that was found: decoded, NULL when it is empty. */
static bool take(const char **part, char *text) {
    *part = text == NULL || *text == '\0' ? NULL : text;
    return text == NULL || decode(text);
}

static bool take_parameters(struct url *url, char *query) {
    while (query != NULL && *query != '\0') {
        char *next = cut(query, "&");
        char *value = cut(query, "=");
        if (value == NULL || url->parameter_count == URL_PARAMETERS_MAX || !decode(query) ||
            !decode(value))
            return false;
        url->parameters[url->parameter_count].name = query;
        url->parameters[url->parameter_count++].value = value;
        query = next;
    }
    return true;
}

static bool take_authority(struct url *url, char *authority) {
    char *host = cut(authority, "@");
    if (host != NULL) {
        char *password = cut(authority, ":");
        if (strchr(host, '@') != NULL || !take(&url->user, authority) ||
            (password != NULL && !decode(password)))
            return false;
        url->password = password;
    } else {
        host = authority;
    }
    char *port = NULL;
    if (*host == '[') {
        char *behind = cut(++host, "]");
        if (behind == NULL || (*behind != ':' && *behind != '\0'))
            return false;
        port = *behind == ':' ? behind + 1 : NULL;
    } else {
        port = cut(host, ":");
    }
    return take(&url->host, host) && take(&url->port, port);
}

enum rowstream_status url_parse(struct url *url, const char *text, struct error *error) {
    *url = (struct url){.storage = NULL};
    const char *authority = strstr(text, "://");
    if (authority != NULL)
        url->storage = strdup(authority + 3);
    if (authority != NULL && url->storage == NULL) {
        error_set(error, "out of memory");
        return ROWSTREAM_MEMORY;
    }
    if (authority != NULL) {
        char *query = cut(url->storage, "?");
        char *database = cut(url->storage, "/");
        if (take_parameters(url, query) && take(&url->database, database) &&
            take_authority(url, url->storage))
            return ROWSTREAM_OK;
    }
    url_fini(url);
    error_set(error, "expected SCHEME://[USER[:PASSWORD]@][HOST][:PORT]/DATABASE[?NAME=VALUE&...], "
                     "with %%40 for an @, %%3A for a : and %%2F for a / within a part");
    return ROWSTREAM_USAGE;
}

void url_fini(struct url *url) {
    free(url->storage);
    *url = (struct url){.storage = NULL};
}
