/* Passwords in URLs, which are there to be used and never to be seen: of a database's URL what
 * stands between the user and the last "@", and the values of parameters such as password=. Where
 * it is not clear what is a password, more is taken for one than need be. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the next password at or after `*at`: its place, and its length. False after the last. */
bool secret_next(const char *text, const char **at, size_t *length);

/* Overwrites the passwords in place with "*". */
void secret_erase(char *text);

/* A copy with "***" for each, which the caller frees; NULL when memory is out. */
char *secret_masked(const char *text);

#endif
