/* Keeping a result in its folder, beside others that may be written at the same time. */
#ifndef RESULT_RESULT_KEEP_H
#define RESULT_RESULT_KEEP_H

#include "result/result.h"

/* Writes the result as result_write does. Where the file there is of the same run and both are
 * valid measurements, the exact figures that both have must be equal: else the result becomes
 * invalid, and stays so for the rest of that run, with a reason that names both. A result of
 * another run, and one that is no valid measurement, is replaced. Two that write at once wait for
 * each other, where the file system has locks; each file is whole either way. False when it cannot
 * be written. */
bool result_keep(struct result *result, const char *folder, struct error *error);

#endif
