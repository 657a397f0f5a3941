#ifndef ALLOC_PHASE_H
#define ALLOC_PHASE_H

#include <stdint.h>

/* CLOCK_MONOTONIC. */
uint64_t phase_now_ns(void);

#endif
