/* Reading Massif files, what valgrind --tool=massif leaves of a run, and writing such.
 *
 *     struct massif_summary summary;
 *     if (massif_summary_read("massif.out.7", &summary, &error))
 *         peak_bytes = summary.largest.heap_bytes;
 *     massif_summary_fini(&summary);
 *
 * A file is a header, then snapshots in the order they were taken, each with its figures and some
 * of them with a tree of who had allocated. Three layers, each over the one before:
 *
 *   massif_read           calls back for everything in the file, as it comes
 *   massif_summary_read   the figures that matter: the peak, the last snapshot, the marked one
 *   massif_sites_read     one snapshot's tree as a list of call stacks, heaviest first
 *
 * A file is read in memory that does not grow with it: a line at a time, and the line numbers of
 * the nodes that are open. Nothing is guessed: what valgrind does not write is an error naming file
 * and line, what was found and what would be right. A file that was cut short is an error too,
 * with one exception that its format leaves open: nothing tells a file cut exactly between two
 * snapshots from a whole one, so whoever ran valgrind has to see that it came to its end.
 *
 * Every function returns false on failure, with the reason in `error`, which may be NULL. Any
 * number of threads may read, each its own file. */
#ifndef MASSIF_MASSIF_H
#define MASSIF_MASSIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
    MASSIF_LINE_BYTES_MAX = 8 << 20, /* longest line read; the kernel ends a command at 6 MiB */
    MASSIF_DEPTH_MAX = 4096,         /* deepest tree read; valgrind's --depth ends at 200 frames,
                                        but each may stand for many inlined ones */
    MASSIF_SITES_MAX = 1024          /* most sites that massif_sites_read returns */
};

/* Bytes inside somebody else's memory; not NUL-terminated. Nothing is {"", 0}. */
struct massif_slice {
    const char *bytes;
    size_t length;
};

/* What `time` counts. The names are the file's own: "i", "ms" and "B". */
enum massif_time_unit {
    MASSIF_INSTRUCTIONS,
    MASSIF_MILLISECONDS,
    MASSIF_ALLOCATED_BYTES,
    MASSIF_TIME_UNITS
};
extern const char *const massif_time_unit_names[MASSIF_TIME_UNITS];

/* Whether a snapshot has a tree, and whether valgrind took it for the peak: "empty", "detailed"
 * and "peak". Only the first has no tree. */
enum massif_detail { MASSIF_EMPTY, MASSIF_DETAILED, MASSIF_PEAK, MASSIF_DETAILS };
extern const char *const massif_detail_names[MASSIF_DETAILS];

struct massif_header {
    struct massif_slice description; /* valgrind's own options */
    struct massif_slice command;     /* program and arguments, unquoted, so it may hold newlines */
    enum massif_time_unit time_unit;
};

struct massif_snapshot {
    uint64_t index;        /* 0 for the first; valgrind leaves out none */
    uint64_t time;         /* since the start, in the header's unit */
    uint64_t heap_bytes;   /* requested by the program; under --pages-as-heap=yes, mapped */
    uint64_t extra_bytes;  /* the allocator's own share: headers and rounding up */
    uint64_t stacks_bytes; /* 0 without --stacks=yes */
    enum massif_detail detail;
};

enum massif_node_kind {
    MASSIF_ROOT, /* all of the heap; stands for the allocation functions */
    MASSIF_CALL, /* a frame: massif_frame_parse tells which */
    MASSIF_BELOW /* several frames, each too small for a line of its own; has no children */
};

/* A line of a tree. Its children are who called it. Their bytes need not add up to its own. */
struct massif_node {
    size_t depth;      /* 0 for the root, 1 for who called malloc, ... */
    uint64_t children; /* direct ones; they follow, each with its own below it */
    uint64_t bytes;
    enum massif_node_kind kind;
    uint64_t places;          /* MASSIF_BELOW: how many frames; else 0 */
    struct massif_slice text; /* the line after the bytes */
};

/* Called for everything in a file, in its order. Any may be NULL. What they are given lasts until
 * they return. Returning false stops the reading: massif_read then returns false, and `error` is
 * what the callback left in it, if anything. */
struct massif_handler {
    bool (*header)(void *context, const struct massif_header *header, struct error *error);
    bool (*snapshot)(void *context, const struct massif_snapshot *snapshot, struct error *error);
    bool (*node)(void *context, const struct massif_node *node, struct error *error);
};

/* Reads all of a file, which may be a pipe. True only for a whole one, with at least one snapshot;
 * until then what the callbacks were given is not to be trusted. */
bool massif_read(const char *path, const struct massif_handler *handler, void *context,
                 struct error *error);

/* A frame of a call stack. An inlined function has its own frame, at the address of the frame that
 * it was inlined into. */
struct massif_frame {
    uint64_t address;
    struct massif_slice function; /* demangled; nothing when unknown */
    struct massif_slice file;     /* nothing without debug information */
    uint64_t line;                /* 0 without debug information */
    struct massif_slice module;   /* path of the program or library; only without `file` */
};

/* Takes the text of a MASSIF_CALL apart; the slices are parts of it. False for any other text. */
bool massif_frame_parse(struct massif_slice text, struct massif_frame *frame);

struct massif_summary {
    char *description; /* owned, as is the command */
    char *command;
    enum massif_time_unit time_unit;
    uint64_t snapshot_count;

    /* The peak: of all snapshots the one with the most heap_bytes; of several such the marked one,
     * else one with a tree, else the first. It is not always the one that valgrind marked: by
     * default a snapshot is marked only when it is over 1% (--peak-inaccuracy) above the last
     * marked one, and what valgrind compares has extra and stacks bytes in it. Even so the file may
     * lack the last part of a rise, because valgrind looks for a peak where memory is freed: of a
     * program that frees nothing in the end, it knows only the snapshots taken at intervals. */
    struct massif_snapshot largest;
    bool largest_is_marked;

    bool has_marked; /* a program that frees nothing may have no marked one */
    struct massif_snapshot marked;
    bool has_detailed; /* of the snapshots with a tree the one with the most heap_bytes */
    struct massif_snapshot detailed;
    struct massif_snapshot last;
};

/* Reads the whole file. On failure the summary is empty, and needs no fini. */
bool massif_summary_read(const char *path, struct massif_summary *summary, struct error *error);
void massif_summary_fini(struct massif_summary *summary);

/* A call stack and what was live from it, innermost frame first. The allocation functions
 * themselves have no frame. When `places` is not 0, these bytes came through the frames from that
 * many callers, each too small to be told; with no frames at all, from anywhere. */
struct massif_site {
    uint64_t bytes;
    uint64_t places;
    struct massif_frame *frames; /* owned, with the memory their slices are in */
    size_t frame_count;
};

struct massif_sites {
    struct massif_site *items; /* heaviest first; as heavy ones in the file's order */
    size_t count;
    uint64_t heap_bytes;  /* of the snapshot */
    uint64_t other_bytes; /* in sites past the wanted number */
    uint64_t other_count;
};

/* Reads the tree of the snapshot numbered `index` and keeps the `wanted` heaviest sites (at most
 * MASSIF_SITES_MAX). A node whose children come to less than its own bytes gives a site of its own
 * for the rest. A snapshot without a tree is an error; pass summary.detailed.index. Reads no
 * further than the end of that tree. On failure `sites` is empty. */
bool massif_sites_read(const char *path, uint64_t index, size_t wanted, struct massif_sites *sites,
                       struct error *error);
void massif_sites_fini(struct massif_sites *sites);

/* ---- Writing ---- */

/* Appends a file to `text`, in its order: the header, then snapshots; after one that is not EMPTY
 * its tree, the root first and each node followed by as many children as it was given. Anything
 * else is a bug, and asserted. What an earlier call could not append makes massif_write_end false.
 *
 *     struct massif_writer writer = {.text = &text};
 */
struct massif_writer {
    struct buffer *text;
    bool failed;
    bool wants_root; /* of the last snapshot's tree */
    uint64_t snapshot_count;
    size_t depth;
    uint64_t left[MASSIF_DEPTH_MAX]; /* children that are still to come, of each open node */
};

void massif_write_header(struct massif_writer *writer, const struct massif_header *header);
/* The index is the writer's own. */
void massif_write_snapshot(struct massif_writer *writer, const struct massif_snapshot *snapshot);
void massif_write_root(struct massif_writer *writer, uint64_t children, uint64_t bytes);
void massif_write_call(struct massif_writer *writer, uint64_t children, uint64_t bytes,
                       const struct massif_frame *frame);
/* All callers that hold too little for a line of their own. */
void massif_write_below(struct massif_writer *writer, uint64_t bytes, uint64_t places,
                        double threshold_percent);
/* True when all of it was written. */
bool massif_write_end(const struct massif_writer *writer);

#endif
