// Every public header as C++, and each macro of <heapgate/cmocka.h> expanded.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <heapgate/cmocka.h>
#include <heapgate/heapgate.h>
#include <heapgate/metrics.h>

static void is_within(void **state) {
    heapgate_usage usage = {};
    heapgate_assert_within(static_cast<heapgate_budgets *>(*state), "a/b", &usage, 1);
}

static void is_measured(void **) {
    heapgate_request request = {};
    heapgate_assert_measured(&request);
}

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(is_within), cmocka_unit_test(is_measured)};
    return heapgate_exit_status(cmocka_run_group_tests(tests, nullptr, nullptr));
}
