/* What is asked of oom_fail, and by oom_test. */
#ifndef TESTS_OOM_FAIL_H
#define TESTS_OOM_FAIL_H

struct fail_request {
    unsigned long at; /* the allocation that fails, from 1; 0: none */
    int forever;      /* and all after it */
};

#endif
