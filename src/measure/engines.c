#include <stddef.h>

#include "measure/engine.h"

/* Every engine there is. */
static const struct engine *const engines[] = {&engine_count, &engine_profile, &engine_massif};

const struct engine *engine_find(enum result_engine id) {
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
        if (engines[i]->id == id)
            return engines[i];
    return NULL;
}
