#include "measure/sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/read.h"
#include "measure/live.h"
#include "measure/subject.h"

/* The samples of one process, as the result will have them. */
struct series {
    struct result_sample *points;
    size_t count, capacity;
    size_t stride;        /* samples that one point stands for: doubles when all are used */
    size_t pending_count; /* samples in `pending`, which becomes the next point */
    struct result_sample pending;
    struct result_sample last;
    struct counter_glance seen; /* at the last sample */
    struct sampler_resident resident;
    bool ended;
};

/* A line that was read, and what every process had then. */
struct mark {
    char name[HEAPGATE_NAME_BYTES];
    uint64_t at_ms;
    struct counter_glance *glances;
    size_t glance_count;
};

/* A point is kept free for each of the two that the end adds. */
enum { POINTS_SAMPLED_MAX = RESULT_TIMELINE_MAX - 2 };

struct sampler {
    struct run_record *record;
    unsigned interval_ms;
    uint64_t sample_at_ns; /* when the next sample is due */
    struct progress_run *progress;
    struct series *series; /* by slot */
    size_t series_count;
    struct mark *marks;
    size_t mark_count;
    char line[HEAPGATE_NAME_BYTES]; /* what was read of the next mark */
    size_t line_length;
    int read_fd, write_fd;
    char variable[64];
    bool failed;                /* memory was out */
    struct subject_looks looks; /* at the files that processes have mapped */
};

struct sampler *sampler_new(struct run_record *record, unsigned interval_ms,
                            struct progress_run *progress, struct error *error) {
    struct sampler *sampler = calloc(1, sizeof *sampler);
    int fds[2];
    if (sampler == NULL || pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
        error_set(error, "cannot make the pipe for marks: %s", strerror(errno));
        free(sampler);
        return NULL;
    }
    sampler->record = record;
    sampler->interval_ms = interval_ms;
    sampler->progress = progress;
    sampler->read_fd = fds[0];
    sampler->write_fd = fds[1];
    snprintf(sampler->variable, sizeof sampler->variable, SAMPLER_MARKS "=/proc/%ld/fd/%d",
             (long)getpid(), fds[1]);
    return sampler;
}

void sampler_free(struct sampler *sampler) {
    if (sampler == NULL)
        return;
    for (size_t i = 0; i < sampler->series_count; i++)
        free(sampler->series[i].points);
    for (size_t i = 0; i < sampler->mark_count; i++)
        free(sampler->marks[i].glances);
    identity_fini(&sampler->looks.seen);
    free(sampler->series);
    free(sampler->marks);
    close(sampler->read_fd);
    close(sampler->write_fd);
    free(sampler);
}

const char *sampler_variable(const struct sampler *sampler) {
    return sampler->variable;
}

/* ---- Points ---- */

static struct result_sample higher(struct result_sample left, struct result_sample right) {
    return right.live_bytes > left.live_bytes ? right : left;
}

static bool push(struct series *series, struct result_sample point) {
    if (series->count == POINTS_SAMPLED_MAX) {
        for (size_t i = 0; i < series->count / 2; i++)
            series->points[i] = higher(series->points[2 * i], series->points[2 * i + 1]);
        series->count /= 2;
        series->stride *= 2;
    }
    if (series->count == series->capacity) {
        size_t capacity = series->capacity == 0 ? 16 : 2 * series->capacity;
        struct result_sample *points = reallocarray(series->points, capacity, sizeof *points);
        if (points == NULL)
            return false;
        series->points = points;
        series->capacity = capacity;
    }
    series->points[series->count++] = point;
    return true;
}

static bool add_sample(struct series *series, struct result_sample sample) {
    series->last = sample;
    series->pending = series->pending_count > 0 ? higher(series->pending, sample) : sample;
    if (++series->pending_count < series->stride)
        return true;
    series->pending_count = 0;
    return push(series, series->pending);
}

/* The highest since the last sample, as far as the counters tell: a peak that was passed is
 * exact. */
static int64_t highest_since(const struct counter_glance *before,
                             const struct counter_glance *now) {
    if (now->peak_bytes > before->peak_bytes)
        return now->peak_bytes;
    if (now->window == before->window && now->window_peak_bytes > before->window_peak_bytes)
        return now->window_peak_bytes;
    return now->live_bytes;
}

/* ---- Looking ---- */

static bool follow_slots(struct sampler *sampler) {
    if (!run_record_open_slots(sampler->record, NULL))
        return false;
    size_t count = sampler->record->slot_count;
    if (count == sampler->series_count)
        return true;
    struct series *series = reallocarray(sampler->series, count, sizeof *series);
    if (series == NULL)
        return false;
    sampler->series = series;
    for (; sampler->series_count < count; sampler->series_count++)
        series[sampler->series_count] = (struct series){.stride = 1};
    return true;
}

/* An image that was replaced by another of its process goes on no more. */
static bool goes_on(const struct sampler *sampler, size_t index) {
    const struct record_slot *const *slots =
        (const struct record_slot *const *)sampler->record->slots;
    for (size_t i = index + 1; i < sampler->series_count; i++)
        if (slots[i]->pid == slots[index]->pid)
            return false;
    return true;
}

static void keep_resident(struct sampler_resident *kept, const struct live_resident *now) {
    if (now->anonymous_bytes > kept->anonymous_bytes)
        kept->anonymous_bytes = now->anonymous_bytes;
    kept->other_bytes = now->bytes - now->anonymous_bytes;
}

static void sample(struct sampler *sampler, uint64_t at_ms) {
    for (size_t i = 0; i < sampler->series_count; i++) {
        const struct record_slot *slot = sampler->record->slots[i];
        struct series *series = &sampler->series[i];
        struct counter_glance now;
        if (series->ended || atomic_load(&slot->state) != RECORD_ACTIVE)
            continue;
        struct live_resident resident = {0};
        series->ended =
            !goes_on(sampler, i) || !live_resident(slot->pid, &resident) || resident.bytes == 0;
        if (series->ended)
            continue;
        keep_resident(&series->resident, &resident);
        counter_glance(slot, &now);
        struct result_sample one = {at_ms, highest_since(&series->seen, &now), resident.bytes};
        series->seen = now;
        if (!add_sample(series, one))
            sampler->failed = true;
    }
}

static void add_mark(struct sampler *sampler, uint64_t at_ms) {
    struct mark *marks, *mark;
    if (sampler->line_length == 0 || sampler->mark_count == RESULT_PHASES_MAX)
        return;
    marks = reallocarray(sampler->marks, sampler->mark_count + 1, sizeof *marks);
    if (marks != NULL)
        sampler->marks = marks;
    struct counter_glance *glances =
        marks != NULL ? calloc(sampler->series_count + 1, sizeof *glances) : NULL;
    if (glances == NULL) {
        sampler->failed = true;
        return;
    }
    mark = &marks[sampler->mark_count++];
    *mark =
        (struct mark){.at_ms = at_ms, .glances = glances, .glance_count = sampler->series_count};
    memcpy(mark->name, sampler->line, sampler->line_length);
    for (size_t i = 0; i < mark->glance_count; i++)
        counter_glance(sampler->record->slots[i], &glances[i]);
}

/* A name too long for a mark is cut. */
static void read_marks(struct sampler *sampler, uint64_t at_ms) {
    char bytes[4096];
    ssize_t got;
    while ((got = read(sampler->read_fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (bytes[i] != '\n') {
                if (sampler->line_length < sizeof sampler->line - 1)
                    sampler->line[sampler->line_length++] = bytes[i];
                continue;
            }
            add_mark(sampler, at_ms);
            sampler->line_length = 0;
        }
    }
}

static void look_at_files(struct sampler *sampler, uint64_t at_ms) {
    if (!subject_looks_due(&sampler->looks, at_ms))
        return;
    for (size_t i = 0; i < sampler->series_count; i++)
        if (goes_on(sampler, i))
            subject_look(&sampler->looks, sampler->record->slots[i]->pid);
}

static void look(void *context, pid_t pid, unsigned signals) {
    struct sampler *sampler = context;
    uint64_t now_ns = run_record_now_ns();
    (void)pid;
    atomic_store(&sampler->record->header->snapshot_requests, signals);
    if (!follow_slots(sampler))
        return;
    read_marks(sampler, run_record_ms(sampler->record, now_ns));
    progress_look(sampler->progress);
    look_at_files(sampler, run_record_ms(sampler->record, now_ns));
    uint64_t interval_ns = (uint64_t)sampler->interval_ms * 1000000;
    if (interval_ns == 0 || now_ns < sampler->sample_at_ns)
        return;                                                     /* woken for something else */
    sampler->sample_at_ns = now_ns + interval_ns - interval_ns / 4; /* a little early is in time */
    sample(sampler, run_record_ms(sampler->record, now_ns));
}

struct process_watch sampler_watch(struct sampler *sampler) {
    unsigned interval_ms = sampler->interval_ms;
    bool shows = sampler->progress->progress != NULL;
    if (shows && (interval_ms == 0 || interval_ms > PROGRESS_INTERVAL_MS))
        interval_ms = PROGRESS_INTERVAL_MS;
    return (struct process_watch){
        .interval_ms = interval_ms, .fd = sampler->read_fd, .look = look, .context = sampler};
}

/* ---- The end ---- */

/* A peak since the last sample, and what is live at the end. */
static bool end_series(struct series *series, const struct record_slot *slot, uint64_t end_ms,
                       uint64_t rss_bytes) {
    struct counter_glance now;
    counter_glance(slot, &now);
    if (series->pending_count > 0 && !push(series, series->pending))
        return false;
    size_t count = series->count;
    if (count > 0)
        rss_bytes = series->last.rss_bytes;
    struct result_sample *points = reallocarray(series->points, count + 2, sizeof *points);
    if (points == NULL)
        return false;
    series->points = points;
    series->capacity = count + 2;
    int64_t highest = highest_since(&series->seen, &now);
    if (highest != now.live_bytes)
        points[series->count++] = (struct result_sample){end_ms, highest, rss_bytes};
    points[series->count++] = (struct result_sample){end_ms, now.live_bytes, rss_bytes};
    return true;
}

static int64_t highest_sampled(const struct series *series, uint64_t from_ms, uint64_t to_ms) {
    int64_t highest = 0;
    for (size_t i = 0; i < series->count; i++)
        if (series->points[i].at_ms >= from_ms && series->points[i].at_ms <= to_ms &&
            series->points[i].live_bytes > highest)
            highest = series->points[i].live_bytes;
    return highest;
}

/* A process that started after the mark had nothing then. */
static struct counter_glance glance_of(const struct mark *mark, size_t slot) {
    return slot < mark->glance_count ? mark->glances[slot] : (struct counter_glance){0};
}

static bool take_marks(const struct sampler *sampler, size_t slot, uint64_t end_ms,
                       struct result *result) {
    const struct series *series = &sampler->series[slot];
    struct mark end = {.at_ms = end_ms};
    struct counter_glance last;
    counter_glance(sampler->record->slots[slot], &last);
    end.glances = &last;
    result->phases = calloc(sampler->mark_count, sizeof *result->phases);
    for (size_t i = 0; i < sampler->mark_count && result->phases != NULL; i++) {
        bool has_next = i + 1 < sampler->mark_count;
        const struct mark *mark = &sampler->marks[i], *next = has_next ? mark + 1 : &end;
        struct counter_glance before = glance_of(mark, slot),
                              after = has_next ? glance_of(next, slot) : last;
        int64_t peak = highest_sampled(series, mark->at_ms, next->at_ms);
        if (after.peak_bytes > before.peak_bytes)
            peak = after.peak_bytes;
        if (before.live_bytes > peak)
            peak = before.live_bytes;
        if (after.live_bytes > peak)
            peak = after.live_bytes;
        char *name = strdup(mark->name);
        if (name == NULL)
            return false;
        result->phases[result->phase_count++] =
            (struct result_phase){.name = name,
                                  .sampled = true,
                                  .begin_ms = mark->at_ms,
                                  .end_ms = next->at_ms,
                                  .live_before_bytes = before.live_bytes,
                                  .live_after_bytes = after.live_bytes,
                                  .peak_bytes = peak,
                                  .allocations = after.allocations - before.allocations};
    }
    return result->phases != NULL;
}

static bool take_timeline(struct series *series, const struct run_figures *figures,
                          struct result *result) {
    int64_t begin = figures->scope != NULL ? figures->scope->begin_live_bytes : 0;
    result->timeline = calloc(series->count, sizeof *result->timeline);
    if (result->timeline == NULL)
        return false;
    for (; result->timeline_count < series->count; result->timeline_count++) {
        struct result_sample *point = &result->timeline[result->timeline_count];
        *point = series->points[result->timeline_count];
        point->live_bytes -= begin;
    }
    return true;
}

bool sampler_take(struct sampler *sampler, const struct run_figures *figures, uint64_t rss_bytes,
                  struct result *result) {
    uint64_t end_ms = run_record_ms(sampler->record, run_record_now_ns());
    size_t slot = 0;
    if (!follow_slots(sampler) || sampler->failed)
        return false;
    read_marks(sampler, end_ms);
    if (!subject_looks_take(&sampler->looks, &result->identity))
        return false;
    while (sampler->record->slots[slot] != figures->slot)
        slot++;
    if (sampler->interval_ms > 0 && result->timeline == NULL &&
        (!end_series(&sampler->series[slot], figures->slot, end_ms, rss_bytes) ||
         !take_timeline(&sampler->series[slot], figures, result)))
        return false;
    return sampler->mark_count == 0 || result->phases != NULL || figures->scope != NULL ||
           take_marks(sampler, slot, end_ms, result);
}

struct sampler_resident sampler_resident(const struct sampler *sampler, size_t slot) {
    return slot < sampler->series_count ? sampler->series[slot].resident
                                        : (struct sampler_resident){0};
}
