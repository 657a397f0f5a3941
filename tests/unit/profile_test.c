/* The composition of the peak, rebased lazily, against a model that copies everything at each new
 * peak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "alloc/profile.h"
#include "alloc/profile_timeline.h"

enum { SITES = 12, BLOCKS = 64, EVENTS = 20000, SEEDS = 20 };

struct model {
    struct profile_held live[SITES], peak[SITES];
    int64_t live_bytes, peak_bytes;
    int64_t begin[SITES], begin_bytes;
};

/* Events, as a process with one thread has them. */
static void happen(struct profile_region *region, const struct profile_change *changes, int count) {
    int64_t allocated_bytes = 0;
    for (int i = 0; i < count; i++) {
        profile_apply(region, &changes[i]);
        allocated_bytes += (int64_t)changes[i].total_bytes;
    }
    profile_see(region, allocated_bytes);
}

static void add(struct profile_region *region, uint32_t site, int64_t bytes) {
    const struct profile_change change = {
        .site = site, .live = {bytes, 1}, .total_bytes = (uint64_t)bytes, .allocations = 1};
    happen(region, &change, 1);
}

static void take(struct profile_region *region, uint32_t site, int64_t bytes, bool temporary) {
    const struct profile_change change = {
        .site = site, .live = {-bytes, -1}, .temporary = temporary};
    happen(region, &change, 1);
}

static void move(struct profile_region *region, uint32_t from, int64_t old, uint32_t to,
                 int64_t bytes) {
    const struct profile_change changes[] = {
        {.site = from, .live = {-old, -1}},
        {.site = to,
         .live = {bytes, 1},
         .total_bytes = bytes > old ? (uint64_t)(bytes - old) : 0,
         .allocations = 1}};
    happen(region, changes, 2);
}

static struct profile_region *new_region(void) {
    void *mapped = mmap(NULL, PROFILE_REGION_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(mapped != MAP_FAILED);
    struct profile_region *region = mapped;
    region->site_count = PROFILE_SITE_OTHER + 1;
    region->peak.epoch = 1;
    profile_steps_begin(&region->steps, 0);
    return region;
}

static uint64_t next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void model_change(struct model *model, int site, int64_t bytes, int blocks) {
    model->live[site].bytes += bytes;
    model->live[site].blocks += blocks;
    model->live_bytes += bytes;
}

static void model_see(struct model *model) {
    if (model->live_bytes <= model->peak_bytes)
        return;
    model->peak_bytes = model->live_bytes;
    memcpy(model->peak, model->live, sizeof model->live);
}

static uint32_t take_site(struct profile_region *region, int site) {
    void *frames[] = {(void *)(uintptr_t)(1000 + site), (void *)(uintptr_t)(2000 + site % 3)};
    return profile_site_find(region, frames, 2);
}

static void compare(struct profile_region *region, const struct model *model, const char *when) {
    assert_int_equal(region->peak.peak_bytes, model->peak_bytes);
    assert_int_equal(region->peak.live_bytes, model->live_bytes);
    for (int site = 0; site < SITES; site++) {
        const struct profile_site *kept = &region->sites[take_site(region, site)];
        struct profile_held peak = profile_at_peak(region, kept);
        if (peak.bytes != model->peak[site].bytes || peak.blocks != model->peak[site].blocks ||
            kept->live.bytes != model->live[site].bytes)
            fail_msg("%s: site %d: %lld B in %lld blocks at the peak, wanted %lld in %lld", when,
                     site, (long long)peak.bytes, (long long)peak.blocks,
                     (long long)model->peak[site].bytes, (long long)model->peak[site].blocks);
    }
}

struct block {
    int64_t bytes; /* below 0: there is none */
    int site;
};

static void do_event(struct profile_region *region, struct model *model, struct block *blocks,
                     uint64_t *random) {
    struct block *block = &blocks[next(random) % BLOCKS];
    int site = (int)(next(random) % SITES);
    int64_t bytes = (int64_t)(next(random) % 1000);
    uint32_t to = take_site(region, site);
    if (block->bytes < 0) {
        add(region, to, bytes);
        model_change(model, site, bytes, 1);
        *block = (struct block){bytes, site};
    } else if (next(random) % 3 == 0) {
        move(region, take_site(region, block->site), block->bytes, to, bytes);
        model_change(model, block->site, -block->bytes, -1);
        model_change(model, site, bytes, 1);
        *block = (struct block){bytes, site};
    } else {
        take(region, take_site(region, block->site), block->bytes, false);
        model_change(model, block->site, -block->bytes, -1);
        block->bytes = -1;
    }
    model_see(model);
}

static void every_order_gives_the_model_s_composition(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct profile_region *region = new_region();
        struct model model = {.live_bytes = 0};
        struct block blocks[BLOCKS];
        uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15);
        for (int i = 0; i < BLOCKS; i++)
            blocks[i].bytes = -1;
        for (int i = 0; i < EVENTS; i++) {
            do_event(region, &model, blocks, &random);
            if (i % 97 == 0)
                compare(region, &model, "the process");
        }
        compare(region, &model, "at the end");
        munmap(region, PROFILE_REGION_BYTES);
    }
}

/* A scope's composition is its peak's, less what was there when it began; the highest is kept. */
static void a_scope_has_a_composition_of_its_own(void **state) {
    (void)state;
    struct profile_region *region = new_region();
    uint32_t a = take_site(region, 0), b = take_site(region, 1), late;
    add(region, a, 1000);
    profile_begin(region);
    take(region, a, 1000, false);
    add(region, b, 3000);
    profile_end(region);
    add(region, b, 100000); /* outside */
    take(region, b, 100000, false);
    assert_int_equal(region->kept_peak_bytes, 2000);
    assert_int_equal(region->sites[a].kept.peak.bytes, -1000);
    assert_int_equal(region->sites[b].kept.peak.bytes, 3000);
    assert_int_equal(region->sites[b].kept.peak.blocks, 1);
    assert_int_equal(region->sites[b].kept.total_bytes, 3000);

    profile_begin(region); /* a lower one changes nothing */
    add(region, a, 10);
    profile_end(region);
    assert_int_equal(region->kept_peak_bytes, 2000);

    profile_begin(region);
    late = take_site(region, 2);
    add(region, late, 5000);
    take(region, late, 5000, true);
    profile_end(region);
    assert_int_equal(region->kept_peak_bytes, 5000);
    assert_int_equal(region->sites[late].kept.peak.bytes, 5000);
    assert_int_equal(region->sites[late].kept.live.bytes, 0);
    assert_int_equal(region->sites[late].kept.temporary, 1);
    assert_int_equal(region->kept_times.peak_at_bytes, 5000);
    assert_int_equal(region->kept_times.end_at_bytes, 5000);
    assert_int_equal(region->sites[b].kept.peak.bytes, 0);
    munmap(region, PROFILE_REGION_BYTES);
}

/* A phase that is told by itself: what was there before it is a part of its peak; of two the higher
 * one's, and what both added. */
static void a_phase_is_told_by_itself(void **state) {
    (void)state;
    struct profile_region *region = new_region();
    uint32_t a = take_site(region, 0), b = take_site(region, 1), late;
    struct profile_kept figures;
    add(region, a, 500); /* before the scope: not a part */
    profile_begin(region);
    add(region, a, 1000);
    add(region, b, 90000);
    take(region, b, 90000, false); /* the case's peak */
    profile_end_phase(region);     /* none has begun */
    assert_int_equal(region->has_kept, 0);

    profile_begin_phase(region);
    add(region, b, 3000);
    add(region, b, 1);
    take(region, b, 3000, true);
    figures = profile_figures(region, &region->sites[b]); /* before it ends */
    assert_int_equal(figures.peak.bytes, 3001);
    assert_int_equal(figures.live.bytes, 1);
    profile_end_phase(region);
    assert_int_equal(region->kept_peak_bytes, 4001);
    assert_int_equal(profile_figures(region, &region->sites[a]).peak.bytes, 1000);
    assert_int_equal(profile_figures(region, &region->sites[a]).live.bytes, 0);
    assert_int_equal(profile_figures(region, &region->sites[a]).allocations, 0);
    figures = profile_figures(region, &region->sites[b]);
    assert_int_equal(figures.peak.bytes, 3001);
    assert_int_equal(figures.peak.blocks, 2);
    assert_int_equal(figures.live.bytes, 1);
    assert_int_equal(figures.allocations, 2);
    assert_int_equal(figures.temporary, 1);

    add(region, b, 70000); /* between them */
    take(region, b, 70000, false);
    profile_begin_phase(region); /* a lower one adds, and has no peak to tell */
    add(region, a, 10);
    figures = profile_figures(region, &region->sites[b]);
    assert_int_equal(figures.peak.bytes, 3001);
    profile_end_phase(region);
    figures = profile_figures(region, &region->sites[a]);
    assert_int_equal(figures.peak.bytes, 1000);
    assert_int_equal(figures.live.bytes, 10);
    assert_int_equal(figures.allocations, 1);

    profile_begin_phase(region); /* a higher one, which goes on to the end */
    late = take_site(region, 2);
    add(region, late, 8000);
    figures = profile_figures(region, &region->sites[late]);
    assert_int_equal(figures.peak.bytes, 8000);
    assert_int_equal(profile_figures(region, &region->sites[a]).peak.bytes, 1010);
    assert_int_equal(profile_figures(region, &region->sites[a]).live.bytes, 10);
    assert_int_equal(profile_figures(region, &region->sites[b]).peak.bytes, 1);
    assert_int_equal(profile_figures(region, &region->sites[b]).allocations, 2);
    munmap(region, PROFILE_REGION_BYTES);
}

/* What there is no room for is held by the other site, and nothing is lost. */
static void sites_have_a_limit(void **state) {
    (void)state;
    struct profile_region *region = new_region();
    void *deep[PROFILE_FRAMES];
    uint32_t site = 0, taken = 0;
    for (uintptr_t i = 0; i <= PROFILE_SITES && site != PROFILE_SITE_OTHER; i++, taken++) {
        for (int frame = 0; frame < PROFILE_FRAMES; frame++)
            deep[frame] = (void *)(i + 1);
        site = profile_site_find(region, deep, PROFILE_FRAMES);
        add(region, site, 1);
    }
    assert_int_equal(site, PROFILE_SITE_OTHER);
    assert_true(region->frame_count <= PROFILE_FRAMES_TOTAL);
    assert_int_equal(region->peak.live_bytes, taken);
    for (int frame = 0; frame < PROFILE_FRAMES; frame++)
        deep[frame] = (void *)(uintptr_t)1;
    assert_int_equal(profile_site_find(region, deep, PROFILE_FRAMES), PROFILE_SITE_OTHER + 1);
    munmap(region, PROFILE_REGION_BYTES);
}

static void a_block_s_number_tells_its_site(void **state) {
    (void)state;
    struct profile_region *region = new_region();
    region->first_number = 700;
    uint32_t site = take_site(region, 0);
    assert_int_equal(profile_site_of(region, profile_number_of(region, site)), site);
    assert_int_equal(profile_site_of(region, 699), PROFILE_SITE_BEFORE);
    assert_int_equal(profile_site_of(region, profile_number_of(region, site) + 1),
                     PROFILE_SITE_BEFORE);
    assert_int_equal(profile_site_of(region, UINT32_C(0xb59a8642)), PROFILE_SITE_BEFORE);
    munmap(region, PROFILE_REGION_BYTES);
}

/* Each point is the highest since the one before, whatever was thinned out. */
static void steps_keep_every_peak_in_order(void **state) {
    (void)state;
    static const uint64_t lengths[] = {0, 1, 10, 5000, 3000000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct profile_steps steps = {.count = 0};
        uint64_t random = i + 1, allocated = 0;
        int64_t live = 700, highest = 700;
        profile_steps_begin(&steps, live);
        for (uint64_t event = 0; event < lengths[i]; event++) {
            int64_t bytes = (int64_t)(next(&random) % 1000);
            if (event % 3 == 2) {
                live -= live < bytes ? live : bytes;
                continue;
            }
            live += bytes;
            allocated += (uint64_t)bytes;
            highest = live > highest ? live : highest;
            profile_steps_see(&steps, bytes, live);
        }
        profile_steps_end(&steps, live);
        assert_in_range(steps.count, 1, PROFILE_STEPS);
        assert_int_equal(steps.points[steps.count - 1].live_bytes, live);
        assert_int_equal(steps.points[steps.count - 1].allocated_bytes, allocated);
        int64_t seen = 0;
        for (uint32_t at = 0; at < steps.count; at++) {
            if (at > 0 && steps.points[at].allocated_bytes < steps.points[at - 1].allocated_bytes)
                fail_msg("%llu events: point %u goes back", (unsigned long long)lengths[i], at);
            seen = steps.points[at].live_bytes > seen ? steps.points[at].live_bytes : seen;
        }
        assert_int_equal(seen, highest);
        if (lengths[i] > 100000)
            assert_in_range(steps.count, PROFILE_STEPS / 2, PROFILE_STEPS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_gives_the_model_s_composition),
        cmocka_unit_test(a_scope_has_a_composition_of_its_own),
        cmocka_unit_test(a_phase_is_told_by_itself),
        cmocka_unit_test(sites_have_a_limit),
        cmocka_unit_test(a_block_s_number_tells_its_site),
        cmocka_unit_test(steps_keep_every_peak_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
