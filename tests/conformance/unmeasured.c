/* unmeasured BUDGETS: a scope whose calls' statuses are not looked at, judged; the exit status is
 * that of heapgate_judge. Built with AddressSanitizer nothing is counted in it. */
#include <stdio.h>
#include <stdlib.h>

#include <heapgate/heapgate.h>

static void *volatile seen;

int main(int argc, char **argv) {
    heapgate_error error;
    heapgate_usage usage = {0};
    heapgate_budgets *budgets;
    if (argc != 2 || heapgate_budgets_load(argv[1], &budgets, &error) != HEAPGATE_OK)
        return 99;
    (void)heapgate_scope_begin("unmeasured/scope", &error);
    seen = malloc(100);
    free(seen);
    (void)heapgate_scope_end("unmeasured/scope", 1, &usage, &error);
    heapgate_status status = heapgate_judge(budgets, "unmeasured/scope", &usage, 1, &error);
    printf("%s\n", error.text);
    usage = (heapgate_usage){0};
    if (heapgate_usage_read(&usage, &error) != HEAPGATE_OK &&
        heapgate_judge(budgets, "unmeasured/scope", &usage, 1, &error) != HEAPGATE_INVALID)
        return 98;
    heapgate_budgets_free(budgets);
    return (int)status;
}
