// table CASE ROWS: a thousand rows of 10,000 bytes in vectors, ROWS of them at a time, in a scope.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <heapgate/heapgate.h>
#include <heapgate/metrics.h>

// What is seen elsewhere must be allocated: a compiler may leave out a vector that is not.
static char *volatile seen;

int main(int argc, char **argv) {
    constexpr std::size_t rows = 1000, row_bytes = 10000;
    heapgate_error error;
    heapgate_usage usage;
    if (argc != 3 || heapgate_scope_begin(argv[1], &error) != HEAPGATE_OK) {
        std::fprintf(stderr, "%s\n", argc == 3 ? error.text : "wrong usage");
        return 1;
    }
    const std::size_t at_once = std::strtoul(argv[2], nullptr, 10);
    for (std::size_t done = 0; done < rows; done += at_once) {
        std::vector<char> chunk(at_once * row_bytes);
        seen = chunk.data();
    }
    if (heapgate_scope_end(argv[1], rows, &usage, &error) != HEAPGATE_OK) {
        std::fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    return 0;
}
