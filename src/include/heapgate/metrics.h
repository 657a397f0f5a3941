/* The metrics a case is held to: the one list from which usage, results, budgets and reports are
 * made.
 *
 * X(NAME, name, unit, meaning)
 *   NAME     enumerator suffix
 *   name     key in a budget file
 *   unit     "bytes" (a size in a budget file, key name_bytes in a result), "calls" (a whole
 *            number, key name in a result), "bytes per unit" or "calls per unit", which have
 *            decimals: a figure of theirs is a whole number of hundredths of a byte, or of
 *            thousandths of a call
 *   meaning  one line for people */
#ifndef HEAPGATE_METRICS_H
#define HEAPGATE_METRICS_H

#define HEAPGATE_METRICS(X)                                                                        \
    X(PEAK, peak, "bytes", "largest sum of live requested bytes")                                  \
    X(ALLOCATIONS, allocations, "calls", "calls that allocated")                                   \
    X(LIVE, live, "bytes", "requested bytes not freed at the end")                                 \
    X(LARGEST, largest, "bytes", "largest single request")                                         \
    X(MAPPED, mapped, "bytes", "largest sum of anonymous bytes that the program mapped itself")    \
    X(RSS, rss, "bytes", "the kernel's peak resident set")                                         \
    X(GROWTH, growth, "bytes per unit", "peak per unit of work, fitted over several sizes")        \
    X(ALLOCATION_GROWTH, allocation_growth, "calls per unit",                                      \
      "calls that allocated per unit of work, fitted over several sizes")

enum { HEAPGATE_BYTES_PER_UNIT_SCALE = 100, HEAPGATE_CALLS_PER_UNIT_SCALE = 1000 };

enum heapgate_metric {
#define HEAPGATE_METRIC_ENUMERATOR(NAME, name, unit, meaning) HEAPGATE_METRIC_##NAME,
    HEAPGATE_METRICS(HEAPGATE_METRIC_ENUMERATOR)
#undef HEAPGATE_METRIC_ENUMERATOR
        HEAPGATE_METRIC_COUNT
};

#endif
