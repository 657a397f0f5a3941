/* Every interposed entry point, once.
 *
 * ENTRY(return type, name, parameters, what it does)
 * The C library's come first, then C23's sized frees, then C++'s operator new and delete by their
 * names in the Itanium C++ ABI (an allocator like jemalloc brings its own, which would otherwise
 * never reach malloc). */
#ifndef ALLOC_ENTRIES_H
#define ALLOC_ENTRIES_H

#define ALLOC_C_ENTRIES(ENTRY)                                                                     \
    ENTRY(void *, malloc, (size_t bytes), return heap_malloc(bytes))                               \
    ENTRY(void *, calloc, (size_t count, size_t bytes), return heap_calloc(count, bytes))          \
    ENTRY(void *, realloc, (void *block, size_t bytes), return heap_realloc(block, bytes))         \
    ENTRY(void *, reallocarray, (void *block, size_t count, size_t bytes),                         \
          return heap_reallocarray(block, count, bytes))                                           \
    ENTRY(void, free, (void *block), heap_free(block))                                             \
    ENTRY(int, posix_memalign, (void **block, size_t alignment, size_t bytes),                     \
          return heap_posix_memalign(block, alignment, bytes))                                     \
    ENTRY(void *, aligned_alloc, (size_t alignment, size_t bytes),                                 \
          return heap_aligned_alloc(alignment, bytes))                                             \
    ENTRY(void *, memalign, (size_t alignment, size_t bytes),                                      \
          return heap_memalign(alignment, bytes))                                                  \
    ENTRY(void *, valloc, (size_t bytes), return heap_valloc(bytes))                               \
    ENTRY(void *, pvalloc, (size_t bytes), return heap_pvalloc(bytes))                             \
    ENTRY(size_t, malloc_usable_size, (void *block), return heap_usable_size(block))               \
    ENTRY(void, free_sized, (void *block, size_t bytes), ((void)bytes, heap_free(block)))          \
    ENTRY(void, free_aligned_sized, (void *block, size_t alignment, size_t bytes),                 \
          ((void)alignment, (void)bytes, heap_free(block)))

/* `nothrow` is a reference: passed on, never looked at. */
#define ALLOC_CXX_ENTRIES(ENTRY)                                                                   \
    ENTRY(void *, _Znwm, (size_t bytes), return new_block("_Znwm", bytes))                         \
    ENTRY(void *, _Znam, (size_t bytes), return new_block("_Znam", bytes))                         \
    ENTRY(void *, _ZnwmRKSt9nothrow_t, (size_t bytes, const void *nothrow),                        \
          return new_nothrow("_ZnwmRKSt9nothrow_t", bytes, nothrow))                               \
    ENTRY(void *, _ZnamRKSt9nothrow_t, (size_t bytes, const void *nothrow),                        \
          return new_nothrow("_ZnamRKSt9nothrow_t", bytes, nothrow))                               \
    ENTRY(void *, _ZnwmSt11align_val_t, (size_t bytes, size_t alignment),                          \
          return new_aligned("_ZnwmSt11align_val_t", bytes, alignment))                            \
    ENTRY(void *, _ZnamSt11align_val_t, (size_t bytes, size_t alignment),                          \
          return new_aligned("_ZnamSt11align_val_t", bytes, alignment))                            \
    ENTRY(void *, _ZnwmSt11align_val_tRKSt9nothrow_t,                                              \
          (size_t bytes, size_t alignment, const void *nothrow),                                   \
          return new_aligned_nothrow("_ZnwmSt11align_val_tRKSt9nothrow_t", bytes, alignment,       \
                                     nothrow))                                                     \
    ENTRY(void *, _ZnamSt11align_val_tRKSt9nothrow_t,                                              \
          (size_t bytes, size_t alignment, const void *nothrow),                                   \
          return new_aligned_nothrow("_ZnamSt11align_val_tRKSt9nothrow_t", bytes, alignment,       \
                                     nothrow))                                                     \
    ENTRY(void, _ZdlPv, (void *block), heap_free(block))                                           \
    ENTRY(void, _ZdaPv, (void *block), heap_free(block))                                           \
    ENTRY(void, _ZdlPvm, (void *block, size_t bytes), ((void)bytes, heap_free(block)))             \
    ENTRY(void, _ZdaPvm, (void *block, size_t bytes), ((void)bytes, heap_free(block)))             \
    ENTRY(void, _ZdlPvRKSt9nothrow_t, (void *block, const void *nothrow),                          \
          ((void)nothrow, heap_free(block)))                                                       \
    ENTRY(void, _ZdaPvRKSt9nothrow_t, (void *block, const void *nothrow),                          \
          ((void)nothrow, heap_free(block)))                                                       \
    ENTRY(void, _ZdlPvSt11align_val_t, (void *block, size_t alignment),                            \
          ((void)alignment, heap_free(block)))                                                     \
    ENTRY(void, _ZdaPvSt11align_val_t, (void *block, size_t alignment),                            \
          ((void)alignment, heap_free(block)))                                                     \
    ENTRY(void, _ZdlPvmSt11align_val_t, (void *block, size_t bytes, size_t alignment),             \
          ((void)bytes, (void)alignment, heap_free(block)))                                        \
    ENTRY(void, _ZdaPvmSt11align_val_t, (void *block, size_t bytes, size_t alignment),             \
          ((void)bytes, (void)alignment, heap_free(block)))                                        \
    ENTRY(void, _ZdlPvSt11align_val_tRKSt9nothrow_t,                                               \
          (void *block, size_t alignment, const void *nothrow),                                    \
          ((void)alignment, (void)nothrow, heap_free(block)))                                      \
    ENTRY(void, _ZdaPvSt11align_val_tRKSt9nothrow_t,                                               \
          (void *block, size_t alignment, const void *nothrow),                                    \
          ((void)alignment, (void)nothrow, heap_free(block)))

#endif
