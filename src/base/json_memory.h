/* Whether memory ran out while jansson read. Where a text that it copies finds no room it leaves
 * out the byte and says nothing (2.14), and the text is another one. */
#ifndef BASE_JSON_MEMORY_H
#define BASE_JSON_MEMORY_H

#include <stdbool.h>

/* Lets jansson's allocations pass through here, to the function that it had before. Of the whole
 * process, so for programs of this project's own: before jansson is used by another thread. Any
 * number of times. */
void json_memory_watch(void);

/* In this thread, since the last json_memory_forget; false where nobody watches. */
void json_memory_forget(void);
bool json_memory_ran_out(void);

#endif
