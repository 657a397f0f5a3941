/* The table of mapped intervals against a byte for each page: whatever is done to both, they say
 * the same, and the table is sorted, without overlap, and with no two neighbours that could be
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc/intervals.h"

enum { PAGE = 4096, PAGES = 512, ROUNDS = 200000 };

static struct intervals table;
static unsigned char map[PAGES];
static uint64_t seed;

static unsigned draw(unsigned below) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % below;
}

static void check_table(unsigned round) {
    uint64_t bytes[INTERVAL_STATES] = {0};
    unsigned page = 0;
    for (uint32_t i = 0; i < table.count; i++) {
        const struct interval *item = &table.items[i];
        for (; page < item->begin / PAGE; page++)
            if (map[page] != INTERVAL_NONE)
                fail_msg("round %u: page %u is not in the table", round, page);
        if (item->begin >= item->end || item->state == INTERVAL_NONE ||
            (i > 0 && (item->begin < item[-1].end ||
                       (item->begin == item[-1].end && item->state == item[-1].state))))
            fail_msg("round %u: interval %u is out of order", round, i);
        for (; page < item->end / PAGE; page++)
            if (map[page] != item->state)
                fail_msg("round %u: page %u is %d, in the table %d", round, page, map[page],
                         (int)item->state);
    }
    for (; page < PAGES; page++)
        assert_int_equal(map[page], INTERVAL_NONE);
    for (page = 0; page < PAGES; page++)
        bytes[map[page]] += PAGE;
    for (int state = INTERVAL_NONE + 1; state < INTERVAL_STATES; state++)
        assert_int_equal(table.bytes[state], bytes[state]);
    assert_int_equal(table.bytes[INTERVAL_NONE], 0);
}

static void check_questions(unsigned from, unsigned to) {
    enum interval_state state;
    bool same = true, anonymous = false;
    for (unsigned page = from; page < to; page++) {
        same = same && map[page] == map[from];
        anonymous = anonymous || map[page] == INTERVAL_RESERVED || map[page] == INTERVAL_USABLE;
    }
    bool are = intervals_are(&table, (uint64_t)from * PAGE, (uint64_t)to * PAGE, &state);
    assert_int_equal(are, same);
    if (same)
        assert_int_equal(state, map[from]);
    assert_int_equal(intervals_has_anonymous(&table, (uint64_t)from * PAGE, (uint64_t)to * PAGE),
                     anonymous);
}

static void the_table_says_what_a_map_of_pages_says(void **state) {
    (void)state;
    for (unsigned run = 0; run < 4; run++) {
        memset(&table, 0, sizeof table);
        memset(map, INTERVAL_NONE, sizeof map);
        seed = run;
        unsigned most = run % 2 == 0 ? 8 : PAGES;
        for (unsigned round = 0; round < ROUNDS / 4; round++) {
            unsigned from = draw(PAGES), to = from + 1 + draw(most);
            enum interval_state wanted = (enum interval_state)draw(INTERVAL_STATES);
            to = to < PAGES ? to : PAGES;
            if (draw(4) == 0) {
                wanted = draw(2) == 0 ? INTERVAL_RESERVED : INTERVAL_USABLE;
                assert_true(
                    intervals_protect(&table, (uint64_t)from * PAGE, (uint64_t)to * PAGE, wanted));
                for (unsigned page = from; page < to; page++)
                    if (map[page] == INTERVAL_RESERVED || map[page] == INTERVAL_USABLE)
                        map[page] = (unsigned char)wanted;
            } else {
                assert_true(
                    intervals_set(&table, (uint64_t)from * PAGE, (uint64_t)to * PAGE, wanted));
                memset(map + from, (int)wanted, to - from);
            }
            check_questions(from, to);
            check_table(round);
        }
    }
}

static void a_full_table_refuses_and_stays(void **state) {
    (void)state;
    memset(&table, 0, sizeof table);
    for (uint64_t i = 0; i < INTERVALS_MAX; i++)
        assert_true(intervals_set(&table, (2 * i + 1) * PAGE, (2 * i + 2) * PAGE, INTERVAL_USABLE));
    assert_int_equal(table.count, INTERVALS_MAX);
    uint64_t bytes = table.bytes[INTERVAL_USABLE], end = (2 * UINT64_C(65536) + 1) * PAGE;
    assert_int_equal(bytes, (uint64_t)INTERVALS_MAX * PAGE);
    assert_false(intervals_set(&table, end, end + PAGE, INTERVAL_USABLE));
    assert_false(intervals_set(&table, 0, PAGE, INTERVAL_FILE));
    assert_int_equal(table.bytes[INTERVAL_USABLE], bytes);
    assert_int_equal(table.count, INTERVALS_MAX);
    /* One that joins two makes room for another. */
    assert_true(intervals_set(&table, 2 * PAGE, 3 * PAGE, INTERVAL_USABLE));
    assert_int_equal(table.count, INTERVALS_MAX - 1);
    assert_true(intervals_set(&table, end, end + PAGE, INTERVAL_RESERVED));
    /* A hole in the middle of one needs an interval more. */
    assert_false(intervals_set(&table, 2 * PAGE, 3 * PAGE, INTERVAL_NONE));
    assert_int_equal(table.bytes[INTERVAL_USABLE], bytes + PAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_says_what_a_map_of_pages_says),
        cmocka_unit_test(a_full_table_refuses_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
