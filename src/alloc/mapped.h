/* What the program maps itself, counted exactly: anonymous memory through libc's mmap, mremap,
 * munmap and mprotect, and the program break through brk and sbrk.
 *
 * What counts. The sum of all bytes, in whole pages, that are mapped with MAP_ANONYMOUS, private or
 * shared, and may be read, written or executed. With PROT_NONE they are only addresses: programs
 * reserve gigabytes so and take what they need with mprotect, so it is that which counts, and
 * mprotect to PROT_NONE takes it away again. madvise(MADV_DONTNEED) unmaps nothing and changes
 * nothing here. Files do not count, nor what is mapped before attach, nor what libc and the loader
 * map for themselves without going through these names: libraries, stacks of threads, malloc's own
 * arenas. An allocator that stands behind the counting one (jemalloc, tcmalloc, mimalloc) does call
 * them; what it maps is the heap's, which is counted, so calls out of its module are left out. So
 * is what heapgate maps itself, while it is muted.
 *
 * Which call may be made where. All these may be called by any thread, in a signal handler and in
 * the child of a fork, and must never wait for what may not come. One lock guards the table, over
 * the system call too, or the kernel could give an address away before the table knows that it is
 * free. Whoever holds it has all signals blocked and waits for nothing else. Fork does not take it:
 * a child that was forked while another thread held it starts with a table that may be of before or
 * after, so its figure is `lost` (a reason in enum record_mapped_lost) from then on, and a budget
 * that names it is refused. The same goes for a holder that is no thread of this process (a child
 * made by the bare clone, a child of vfork that was killed): who waits for it finds that out, and
 * goes past.
 *
 * A call that fails changes nothing, but for those that may have changed a part first (mprotect
 * over several mappings, MAP_FIXED): the figure is lost then, too. It is never a guess. */
#ifndef ALLOC_MAPPED_H
#define ALLOC_MAPPED_H

#include <stdint.h>

/* Begins to count, once this process counts in `own_slot`; until then, and in a process that is
 * not counted, calls are only passed on. In the one thread there is. */
void mapped_start(void);

/* In a child of fork whose slot is its own by now, and in which nothing is counted yet. */
void mapped_begin_child(void);

/* A scope of the slot begins, and ends: sets its usage's mapped_bytes, the highest above what was
 * mapped at its begin; HEAPGATE_UNMEASURED when it is lost. */
void mapped_scope_begin(uint32_t scope);
void mapped_scope_end(uint32_t scope);

/* The highest so far; HEAPGATE_UNMEASURED when it is lost. */
uint64_t mapped_peak_bytes(void);

#endif
