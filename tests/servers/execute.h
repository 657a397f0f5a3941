/* Running SQL on a server, for what a test prepares or does behind rowstream's back. */
#ifndef SERVERS_EXECUTE_H
#define SERVERS_EXECUTE_H

#include <stdbool.h>

#include "base/error.h"

/* Runs one statement on the server that the URL names (PostgreSQL takes several at once). */
bool server_execute(const char *url, const char *sql, struct error *error);

#endif
