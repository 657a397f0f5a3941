/* The malloc family as the manual pages promise it, with the counting allocator linked in. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <heapgate/heapgate.h>

#include "alloc/heap.h"
#include "alloc/place.h"

void free_sized(void *block, size_t bytes);
void free_aligned_sized(void *block, size_t alignment, size_t bytes);

/* Sizes that the compiler cannot see through. */
static volatile size_t huge = SIZE_MAX, half = SIZE_MAX / 2, nothing = 0, not_a_power = 48;

static heapgate_usage measured(void (*work)(void)) {
    heapgate_usage usage;
    heapgate_error error;
    assert_int_equal(heapgate_scope_begin("scope", &error), HEAPGATE_OK);
    work();
    assert_int_equal(heapgate_scope_end("scope", 1, &usage, &error), HEAPGATE_OK);
    return usage;
}

static void *kept;

static void plain(void) {
    char *a = malloc(100), *b = calloc(10, 30);
    free(a);
    kept = b;
}

static void growing(void) {
    char *a = malloc(10);
    for (size_t bytes = 20; bytes <= 1 << 20; bytes *= 2)
        a = realloc(a, bytes);
    a = realloc(a, 5);
    free(a);
}

static void of_nothing(void) {
    void *a = malloc(nothing), *b = malloc(nothing);
    assert_true(a != NULL && b != NULL && a != b);
    assert_null(realloc(a, nothing));
    free(b);
    free(NULL);
}

static void aligned_ones(void) {
    void *a = NULL, *b = aligned_alloc(4096, 8192), *c = memalign(64, 100), *d = valloc(10),
         *e = pvalloc(10);
    assert_int_equal(posix_memalign(&a, 1024, 7), 0);
    free(a);
    free(b);
    free(c);
    free_sized(d, 10);
    free_aligned_sized(e, 4096, 4096);
}

static void aligned_and_moved(void) {
    char *a = aligned_alloc(4096, 100);
    memset(a, 7, 100);
    a = realloc(a, 60);
    assert_int_equal(a[59], 7);
    a = realloc(a, 1000);
    assert_int_equal(a[59], 7);
    free(a);
}

static void failing(void) {
    void *a = malloc(50);
    assert_null(malloc(huge));
    assert_null(realloc(a, huge));
    assert_null(calloc(half, 3));
    free(a);
}

static void figures_are_to_the_byte(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*work)(void);
        uint64_t peak, allocations, allocated, largest;
        int64_t live;
    } rows[] = {
        {"plain", plain, 400, 2, 400, 300, 300},
        {"growing", growing, 655360, 18, 655360, 655360, 0},
        {"nothing", of_nothing, 0, 2, 0, 0, 0},
        {"aligned", aligned_ones, 8192 + 100 + 10 + 4096 + 7, 5, 12405, 8192, 0},
        {"aligned, moved", aligned_and_moved, 1000, 3, 1040, 1000, 0},
        {"failing", failing, 50, 1, 50, 50, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        heapgate_usage usage = measured(rows[i].work);
        if (usage.peak_bytes != rows[i].peak || usage.allocations != rows[i].allocations ||
            usage.allocated_bytes != rows[i].allocated || usage.largest_bytes != rows[i].largest ||
            usage.live_bytes != rows[i].live)
            fail_msg("%s: peak %llu allocations %llu allocated %llu largest %llu live %lld",
                     rows[i].name, (unsigned long long)usage.peak_bytes,
                     (unsigned long long)usage.allocations,
                     (unsigned long long)usage.allocated_bytes,
                     (unsigned long long)usage.largest_bytes, (long long)usage.live_bytes);
    }
    free(kept);
}

static void failures_set_errno(void **state) {
    (void)state;
    void *block = (void *)1, *small = malloc(10);
    errno = 0;
    assert_null(malloc(huge));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(calloc(half, 4));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(calloc(1, huge));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(calloc(huge, 1));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(reallocarray(NULL, half, 4));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(realloc(small, huge));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(memalign(64, huge));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(pvalloc(huge));
    assert_int_equal(errno, ENOMEM);
    errno = 5;
    assert_int_equal(posix_memalign(&block, 3, 10), EINVAL);
    assert_int_equal(posix_memalign(&block, 4, 10), EINVAL);
    assert_int_equal(posix_memalign(&block, 0, 10), EINVAL);
    assert_int_equal(errno, 5);
    assert_int_equal(posix_memalign(&block, 16, huge), ENOMEM);
    assert_ptr_equal(block, (void *)1);
    assert_int_equal(errno, ENOMEM); /* glibc's does that, beside returning it */
    free(small);
    errno = 6;
    free(malloc(1));
    assert_int_equal(errno, 6);
}

static void blocks_are_aligned_zeroed_and_usable(void **state) {
    (void)state;
    for (size_t bytes = 0; bytes < 3000; bytes += 7) {
        char *block = malloc(bytes);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        size_t usable = malloc_usable_size(block);
        assert_true(usable >= bytes);
        memset(block, 0xee, usable);
        free(block);
        block = calloc(bytes, 1);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(block[i], 0);
        free(block);
    }
    for (size_t alignment = sizeof(void *); alignment <= 1 << 20; alignment *= 2) {
        void *block;
        assert_int_equal(posix_memalign(&block, alignment, 100), 0);
        assert_int_equal((uintptr_t)block % alignment, 0);
        size_t usable = malloc_usable_size(block);
        assert_true(usable >= 100);
        memset(block, 0xee, usable);
        free(block);
    }
    void *odd = memalign(not_a_power, 10); /* rounded up to 64, as glibc does */
    assert_int_equal((uintptr_t)odd % 64, 0);
    free(odd);
    assert_int_equal(malloc_usable_size(NULL), 0);
}

/* The C library's own, which is what a library gets that reached it past this allocator. */
void *__libc_malloc(size_t bytes);

/* Blocks of others are given to whom they belong, and count for nothing. */
static void *give_foreign_blocks(void *argument) {
    for (int i = 0; i < 100; i++) {
        size_t bytes = 24 + (size_t)i * 40;
        free(malloc(bytes)); /* so that the next is where one of ours was */
        char *block = __libc_malloc(bytes);
        memset(block, 0x5a, bytes);
        if (malloc_usable_size(block) < bytes)
            return NULL;
        block = realloc(block, 2 * bytes);
        if (block[0] != 0x5a || block[bytes - 1] != 0x5a)
            return NULL;
        free(block);
    }
    return argument;
}

static void foreign(void) {
    int good = 0;
    assert_ptr_equal(give_foreign_blocks(&good), &good);
}

static void foreign_in_a_thread(void) {
    pthread_t thread;
    int good = 0;
    void *answer = NULL;
    assert_int_equal(pthread_create(&thread, NULL, give_foreign_blocks, &good), 0);
    assert_int_equal(pthread_join(thread, &answer), 0);
    assert_ptr_equal(answer, &good);
}

static void blocks_of_others_are_not_ours(void **state) {
    (void)state;
    heapgate_usage usage = measured(foreign);
    assert_int_equal(usage.allocations, 100);
    assert_int_equal(usage.allocated_bytes, 100 * 24 + 99 * 50 * 40);
    assert_int_equal(usage.peak_bytes, 24 + 99 * 40);
    assert_int_equal(usage.live_bytes, 0);
    usage = measured(foreign_in_a_thread);
    assert_in_range(usage.allocations, 100, 104); /* the thread's own */
    assert_in_range(usage.live_bytes, 0, 512);
}

/* What heapgate itself asks for is not the program's: not when it is made, resized or freed. */
static void muted(void) {
    place_mute();
    char *block = malloc(100), *other = malloc(50);
    place_unmute();
    block = realloc(block, 5000);
    assert_non_null(block);
    block = realloc(block, 10);
    free(block);
    free(other);
}

static void what_is_muted_does_not_count(void **state) {
    (void)state;
    heapgate_usage usage = measured(muted);
    assert_int_equal(usage.allocations, 0);
    assert_int_equal(usage.allocated_bytes, 0);
    assert_int_equal(usage.peak_bytes, 0);
    assert_int_equal(usage.live_bytes, 0);
}

/* Memory runs out in a child. An aligned block cannot be made smaller where it is: its copy needs
 * memory of its own. */
static int shrink_without_memory(void) {
    enum { BEFORE = 128 << 20, AFTER = 100 << 20 }; /* more than an arena has in reserve */
    heapgate_error error;
    heapgate_usage before, after, failed_to_grow;
    struct rlimit limit, all;
    void *block;
    if (posix_memalign(&block, 4096, BEFORE) != 0 || getrlimit(RLIMIT_AS, &all) != 0)
        return 1;
    memset(block, 0x5a, 100);
    limit = (struct rlimit){.rlim_cur = 1 << 20, .rlim_max = all.rlim_max};
    if (heapgate_usage_read(&before, &error) != HEAPGATE_OK || setrlimit(RLIMIT_AS, &limit) != 0)
        return 2;
    errno = 0;
    if (realloc(block, AFTER) != NULL || errno != ENOMEM)
        return 3;
    if (heapgate_usage_read(&after, &error) != HEAPGATE_OK ||
        memcmp(&before, &after, sizeof before) != 0)
        return 4;
    errno = 0;
    if (realloc(block, 2u * BEFORE) != NULL || errno != ENOMEM || ((char *)block)[99] != 0x5a)
        return 5;
    if (heapgate_usage_read(&failed_to_grow, &error) != HEAPGATE_OK ||
        memcmp(&before, &failed_to_grow, sizeof before) != 0)
        return 6;
    free(block);
    if (heapgate_usage_read(&after, &error) != HEAPGATE_OK ||
        after.live_bytes != before.live_bytes - BEFORE)
        return 7;
    return 0;
}

static void a_resize_that_fails_changes_nothing(void **state) {
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(shrink_without_memory());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void *churn(void *argument) {
    uint64_t state = (uint64_t)(uintptr_t)argument * 0x9e3779b97f4a7c15u;
    void *slots[64] = {0};
    for (int i = 0; i < 200000; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        size_t index = state % 64;
        if (state % 5 == 0) {
            slots[index] = realloc(slots[index], 1 + (state >> 32) % 1000);
        } else {
            free(slots[index]);
            slots[index] = malloc(1 + (state >> 32) % 1000);
        }
    }
    for (size_t i = 0; i < 64; i++)
        free(slots[i]);
    return NULL;
}

static void threads_leave_nothing(void **state) {
    (void)state;
    heapgate_error error;
    heapgate_usage usage;
    pthread_t threads[8];
    assert_int_equal(heapgate_scope_begin("threads", &error), HEAPGATE_OK);
    for (uintptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(heapgate_scope_end("threads", 8, &usage, &error), HEAPGATE_OK);
    /* pthread_create itself allocates a thread's dynamic thread vector, freed when it is joined or
     * kept with the cached stack. */
    assert_in_range(usage.live_bytes, 0, 8 * 512);
    assert_in_range(usage.allocations, 8 * 200000, 8 * 200000 + 64);
}

static void a_child_counts_on(void **state) {
    (void)state;
    heapgate_error error;
    heapgate_usage before, after;
    kept = malloc(1000);
    assert_int_equal(heapgate_usage_read(&before, &error), HEAPGATE_OK);
    pid_t child = fork();
    if (child == 0) {
        free(kept);
        void *block = malloc(77);
        bool fine = heapgate_usage_read(&after, &error) == HEAPGATE_OK && block != NULL &&
                    after.live_bytes == before.live_bytes - 1000 + 77;
        _exit(fine ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    free(kept);
}

static void assert_unmeasured(const heapgate_usage *usage) {
    assert_true(usage->peak_bytes == HEAPGATE_UNMEASURED && usage->live_bytes == INT64_MAX &&
                usage->allocations == HEAPGATE_UNMEASURED &&
                usage->allocated_bytes == HEAPGATE_UNMEASURED &&
                usage->largest_bytes == HEAPGATE_UNMEASURED);
}

/* In a child: a process keeps all that it ever had. */
static int use_up_the_scopes(void) {
    heapgate_error error;
    heapgate_usage usage;
    char name[32];
    int begun = 0;
    for (; begun <= HEAPGATE_SCOPES_TOTAL; begun++) {
        snprintf(name, sizeof name, "scope %d", begun);
        heapgate_status status = heapgate_scope_begin(name, &error);
        if (status != HEAPGATE_OK)
            break;
        kept = malloc((size_t)begun + 1);
        free(kept);
        if (heapgate_scope_end(name, 1, &usage, &error) != HEAPGATE_OK ||
            usage.peak_bytes != (uint64_t)begun + 1)
            return 1;
    }
    if (begun > HEAPGATE_SCOPES_TOTAL || strstr(error.text, "a process keeps 64") == NULL)
        return 2;
    /* One that has ended is not open, and what was measured stays. */
    if (heapgate_scope_end("scope 0", 1, &usage, &error) != HEAPGATE_USAGE ||
        strcmp(error.text, "no scope \"scope 0\" is open") != 0)
        return 3;
    return 0;
}

static void the_scopes_of_a_process_have_a_limit(void **state) {
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(use_up_the_scopes());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void wrong_calls_are_refused(void **state) {
    (void)state;
    heapgate_error error;
    heapgate_usage usage = {0};
    char long_name[HEAPGATE_NAME_BYTES + 1];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(heapgate_scope_begin("", &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "a scope's name has 1 to 127 bytes");
    assert_int_equal(heapgate_scope_begin(long_name, NULL), HEAPGATE_USAGE);
    assert_int_equal(heapgate_scope_end("never", 1, &usage, &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "no scope \"never\" is open");
    assert_unmeasured(&usage);
    assert_int_equal(heapgate_scope_end("never", 1, NULL, &error), HEAPGATE_USAGE);
    assert_int_equal(heapgate_scope_begin("twice", &error), HEAPGATE_OK);
    assert_int_equal(heapgate_scope_begin("twice", &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "the scope \"twice\" is open already");
    usage = (heapgate_usage){0};
    assert_int_equal(heapgate_scope_end("twice", 0, &usage, &error), HEAPGATE_INVALID);
    assert_unmeasured(&usage);
    assert_string_equal(error.text, "no measurement: the scope \"twice\" did no work (0 units)");
    assert_int_equal(heapgate_environment("", "x", &error), HEAPGATE_USAGE);
    assert_int_equal(heapgate_environment(long_name, "x", &error), HEAPGATE_USAGE);
    for (int i = 0; i < 16; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(heapgate_environment(name, "x", &error), HEAPGATE_OK);
    }
    assert_int_equal(heapgate_environment("n3", "y", &error), HEAPGATE_OK);
    assert_int_equal(heapgate_environment("one more", "x", &error), HEAPGATE_USAGE);
    assert_string_equal(error.text, "the environment \"one more\": a process keeps 16");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_to_the_byte),
        cmocka_unit_test(failures_set_errno),
        cmocka_unit_test(blocks_are_aligned_zeroed_and_usable),
        cmocka_unit_test(blocks_of_others_are_not_ours),
        cmocka_unit_test(what_is_muted_does_not_count),
        cmocka_unit_test(a_resize_that_fails_changes_nothing),
        cmocka_unit_test(threads_leave_nothing),
        cmocka_unit_test(a_child_counts_on),
        cmocka_unit_test(the_scopes_of_a_process_have_a_limit),
        cmocka_unit_test(wrong_calls_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
