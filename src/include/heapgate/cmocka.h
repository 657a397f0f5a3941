/* Assertions for cmocka tests. Include <cmocka.h> (and what it wants) first.
 *
 *     heapgate_assert_within(budgets, "app/export", &usage, rows);
 *     heapgate_assert_measured(&request);
 *
 * A failure prints case, metric, measured, budget, difference, the budget's file and line, and the
 * command that would accept the figure. Use them in the thread that runs the test. */
#ifndef HEAPGATE_CMOCKA_H
#define HEAPGATE_CMOCKA_H

#include <heapgate/heapgate.h>

/* Fails the test unless the figures of a scope are within the budget of the case. */
#define heapgate_assert_within(budgets, case_key, usage, units)                                    \
    do {                                                                                           \
        static heapgate_error heapgate_text_;                                                      \
        heapgate_status heapgate_status_ =                                                         \
            heapgate_judge((budgets), (case_key), (usage), (units), &heapgate_text_);              \
        if (heapgate_status_ != HEAPGATE_OK)                                                       \
            heapgate_fail_(heapgate_status_, &heapgate_text_);                                     \
    } while (0)

/* Runs the request's command under its engines and fails the test unless it is within budget.
 * Where an engine is not installed the test is skipped, and says so; pass what
 * cmocka_run_group_tests returned through heapgate_exit_status, so that the program says so too. */
#define heapgate_assert_measured(request)                                                          \
    do {                                                                                           \
        static heapgate_error heapgate_text_;                                                      \
        heapgate_status heapgate_status_ = heapgate_measure((request), &heapgate_text_);           \
        if (heapgate_status_ == HEAPGATE_SKIPPED) {                                                \
            print_message("skipped: %s\n", heapgate_text_.text);                                   \
            heapgate_skipped_ = 1;                                                                 \
            skip();                                                                                \
        }                                                                                          \
        if (heapgate_status_ != HEAPGATE_OK)                                                       \
            heapgate_fail_(heapgate_status_, &heapgate_text_);                                     \
    } while (0)

/* 77 when nothing failed but something was skipped: a skip is no pass. */
#define heapgate_exit_status(failed) ((failed) != 0 ? 1 : heapgate_skipped_ ? HEAPGATE_SKIPPED : 0)

/* cmocka cuts a message at 1,024 bytes: lines are printed one by one. */
#define heapgate_fail_(status, error)                                                              \
    do {                                                                                           \
        for (const char *heapgate_line_ = (error)->text; *heapgate_line_ != '\0';) {               \
            int heapgate_length_ = 0;                                                              \
            while (heapgate_line_[heapgate_length_] != '\0' &&                                     \
                   heapgate_line_[heapgate_length_] != '\n')                                       \
                heapgate_length_++;                                                                \
            print_error("%.*s\n", heapgate_length_, heapgate_line_);                               \
            heapgate_line_ += heapgate_length_ + (heapgate_line_[heapgate_length_] == '\n');       \
        }                                                                                          \
        fail_msg("heapgate: status %d", (int)(status));                                            \
    } while (0)

/* One for all files of a test program: each may bring it, and the linker keeps one. */
#ifdef __cplusplus
extern "C" {
#endif
extern int heapgate_skipped_;
__attribute__((weak)) int heapgate_skipped_;
#ifdef __cplusplus
}
#endif

#endif
