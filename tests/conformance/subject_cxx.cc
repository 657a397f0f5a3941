// Every form of new and delete. Exits 0 when each behaved as the standard says.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

struct alignas(256) Wide {
    char bytes[512];
};

static volatile std::size_t huge = PTRDIFF_MAX;
static int handled;
static void *volatile seen; // so that no pair of new and delete is optimized away

static void handler() {
    handled++;
    std::set_new_handler(nullptr);
}

static void all_forms() {
    char *single = new char, *array = new char[1000000];
    char *quiet = new (std::nothrow) char[1000];
    Wide *wide = new Wide, *wides = new Wide[3];
    Wide *quiet_wide = new (std::nothrow) Wide;
    void *all[] = {single, array, quiet, wide, wides, quiet_wide};
    for (void *block : all)
        seen = block;
    if (reinterpret_cast<std::uintptr_t>(wide) % 256 != 0 ||
        reinterpret_cast<std::uintptr_t>(wides) % 256 != 0)
        throw 1;
    delete single;
    delete[] array;
    delete[] quiet;
    delete wide;
    delete[] wides;
    delete quiet_wide;
}

static bool fails_properly() {
    std::set_new_handler(handler);
    bool thrown = false;
    try {
        seen = new char[huge];
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    seen = new (std::nothrow) char[huge];
    return thrown && handled == 1 && seen == nullptr;
}

namespace shop {
struct Order {
    char bytes[1000];
};

class Basket {
    std::vector<Order> orders;

  public:
    __attribute__((noinline)) void fill(std::size_t count) {
        orders.reserve(count);
        seen = orders.data();
    }
};
} // namespace shop

int main(int argc, char **argv) {
    if (argc > 1 && std::strcmp(argv[1], "new") == 0)
        all_forms();
    if (argc > 1 && std::strcmp(argv[1], "names") == 0)
        shop::Basket().fill(1000);
    return argc > 1 && std::strcmp(argv[1], "fail") == 0 && !fails_properly() ? 1 : 0;
}
