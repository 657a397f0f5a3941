/* Massif files: the summary, and the sites of the tree it names. */
#include <string.h>

#include "fuzz.h"
#include "massif/massif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char path[FUZZ_PATH_BYTES];
    struct error error = {0};
    struct massif_summary summary;
    fuzz_file("massif.out", data, length, path);
    if (!massif_summary_read(path, &summary, &error)) {
        FUZZ_ASSERT(error.set && strstr(error.text, path) == error.text);
        return 0;
    }
    FUZZ_ASSERT(!error.set && summary.snapshot_count > 0);
    FUZZ_ASSERT(!summary.has_marked || summary.marked.heap_bytes <= summary.largest.heap_bytes);
    if (summary.has_detailed) {
        struct massif_sites sites;
        FUZZ_ASSERT(massif_sites_read(path, summary.detailed.index, 10, &sites, &error));
        FUZZ_ASSERT(sites.count <= 10 && sites.heap_bytes == summary.detailed.heap_bytes);
        for (size_t i = 1; i < sites.count; i++)
            FUZZ_ASSERT(sites.items[i].bytes <= sites.items[i - 1].bytes);
        massif_sites_fini(&sites);
    }
    massif_summary_fini(&summary);
    return 0;
}
