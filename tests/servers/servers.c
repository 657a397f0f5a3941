#include "servers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads the first line that starts with `start`, without it. */
static bool read_line(const char *path, const char *start, char *line, int line_bytes) {
    bool found = false;
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && fgets(line, line_bytes, file) != NULL)
        found = strncmp(line, start, strlen(start)) == 0;
    if (file != NULL)
        fclose(file);
    if (found) {
        line[strcspn(line, "\n")] = '\0';
        memmove(line, line + strlen(start), strlen(line + strlen(start)) + 1);
    }
    return found;
}

static bool is_required(const char *server) {
    const char *required = getenv("HEAPGATE_REQUIRE");
    size_t length = strlen(server);
    for (const char *at = required; at != NULL && *at != '\0'; at += *at == ',') {
        size_t word = strcspn(at, ",");
        if (word == length && strncmp(at, server, length) == 0)
            return true;
        at += word;
    }
    return false;
}

int server_find(const char *server, char url[SERVER_URL_BYTES]) {
    char path[1024], start[64], reason[512];
    const char *folder = getenv("HEAPGATE_SERVERS");
    if (folder == NULL || folder[0] == '\0')
        folder = SERVERS_FOLDER;
    snprintf(path, sizeof path, "%s/%s.url", folder, server);
    if (read_line(path, "", url, SERVER_URL_BYTES))
        return 0;
    snprintf(start, sizeof start, "%s: ", server);
    snprintf(path, sizeof path, "%s/missing", folder);
    if (!read_line(path, start, reason, sizeof reason))
        snprintf(reason, sizeof reason, "ci/servers was not started");
    bool required = is_required(server);
    fprintf(stderr, "%s: no %s server: %s%s\n", required ? "failed" : "skipped", server, reason,
            required ? ", and HEAPGATE_REQUIRE asks for it" : "");
    return required ? 1 : SERVER_SKIPPED;
}
