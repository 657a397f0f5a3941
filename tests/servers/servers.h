/* The servers that ci/servers has started, or that HEAPGATE_..._URL names: where they are. What
 * tells is in ctest's folder for them, or in that of HEAPGATE_SERVERS. */
#ifndef SERVERS_H
#define SERVERS_H

#include <stdbool.h>
#include <stddef.h>

enum { SERVER_URL_BYTES = 1024, SERVER_SKIPPED = 77 };

/* The URL of the tests' own schema on a server ("postgresql" or "mysql"). Without it: 77 for
 * main to return, having printed the reason, or 1 where HEAPGATE_REQUIRE asks for the server. 0:
 * found. */
int server_find(const char *server, char url[SERVER_URL_BYTES]);

#endif
