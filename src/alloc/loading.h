/* dlopen, dlclose and _exit, watched: see modules.h for why. */
#ifndef ALLOC_LOADING_H
#define ALLOC_LOADING_H

/* Finds the functions that stand behind these. Called once, at the start. */
void loading_prepare(void);

#endif
