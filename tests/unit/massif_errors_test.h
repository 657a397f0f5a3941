/* The rows of malformed input, run by massif_test.c. */
#ifndef MASSIF_ERRORS_TEST_H
#define MASSIF_ERRORS_TEST_H

void malformed_files_are_told(void **state);
void extremes_are_refused(void **state);
void unreadable_paths_are_told(void **state);

#endif
