/* A library with an mmap of its own, behind the counting one, in which one call waits: for what
 * happens meanwhile. */
#ifndef SLOW_MAP_H
#define SLOW_MAP_H

#include <semaphore.h>

/* A call for so many pages says that it has come, and waits. */
/* A call for so many others maps a page of its own by the same name first. */
enum { SLOW_MAP_PAGES = 1234, NESTED_MAP_PAGES = 1235 };
extern sem_t slow_map_entered, slow_map_go_on;

#endif
