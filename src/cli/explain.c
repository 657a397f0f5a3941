/* heapgate explain: the figures of a case and who held the memory at its peak, when it was measured
 * under the engine profile (or was over budget, which measures it so); or of any Massif file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "massif/massif.h"
#include "report/phase_table.h"
#include "report/site_list.h"
#include "report/snapshot_growth.h"
#include "report/view.h"

enum { FRAMES_READ = 16 /* more than are shown */, TITLE_BYTES = 128 };

struct request {
    const char *results;
    const char *colour;  /* when there are colours */
    const char *operand; /* a case or a Massif file */
    int operand_count;
};

static bool take_operand(void *target, char *word, struct error *error) {
    (void)error;
    struct request *request = target;
    request->operand = word;
    request->operand_count++;
    return true;
}

static const struct option_row rows[] = {
    {"--results", "DIR", "where heapgate run keeps its results (default: " CLI_RESULTS ")",
     option_text, offsetof(struct request, results)},
    {"--color", "WHEN", "auto (default, on a terminal unless NO_COLOR is set), always or never",
     terminal_take_choice, offsetof(struct request, colour)},
    OPTION_HELP,
};

static const struct cli_usage command_line = {
    .verb = "explain",
    .about =
        "usage: heapgate explain [--results DIR] [--color WHEN] CASE|MASSIF-FILE\n\n"
        "Lists the figures of a case, the call stacks that held the most memory at the peak, "
        "whose\n"
        "memory it is, what was allocated only to be freed at once, its phases, and what grew\n"
        "between its snapshots.\n",
    .table = {.rows = rows, .count = sizeof rows / sizeof rows[0], .operand = take_operand},
    .exits =
        "The case must have been measured with heapgate run --engine profile, or have been over\n"
        "its budget. A Massif file is what valgrind --tool=massif writes.\n\n"
        "exit status: 0, 2 wrong usage or an unreadable file, 3 no call stacks\n",
};

static bool is_massif(const char *path) {
    char begin[5] = "";
    FILE *file = fopen(path, "r");
    bool is = file != NULL && fread(begin, 1, sizeof begin, file) == sizeof begin &&
              memcmp(begin, "desc:", sizeof begin) == 0;
    if (file != NULL)
        fclose(file);
    return is;
}

/* ---- A Massif file ---- */

static bool is_system(struct massif_slice module) {
    static const char *const folders[] = {"/lib", "/usr/lib"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (module.length > strlen(folders[i]) &&
            memcmp(module.bytes, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

/* As the profile engine writes it. NULL when memory is out. */
static char *text_of(const struct massif_frame *frame) {
    char *text;
    struct massif_slice function = frame->function, module = frame->module;
    const char *slash = memrchr(module.bytes, '/', module.length);
    size_t before = slash != NULL ? (size_t)(slash + 1 - module.bytes) : 0;
    if (function.length == 0)
        function = (struct massif_slice){"??", 2};
    int length =
        frame->file.length > 0
            ? asprintf(&text, "%.*s (%.*s:%llu)", (int)function.length, function.bytes,
                       (int)frame->file.length, frame->file.bytes, (unsigned long long)frame->line)
            : asprintf(&text, "%.*s in %.*s", (int)function.length, function.bytes,
                       module.length > 0 ? (int)(module.length - before) : 17,
                       module.length > 0 ? module.bytes + before : "an unknown module");
    return length < 0 ? NULL : text;
}

static void free_frames(const char *const *frames) {
    for (size_t i = 0; frames != NULL && frames[i] != NULL; i++)
        free((void *)(uintptr_t)frames[i]);
    free((void *)(uintptr_t)frames);
}

static bool convert(const struct massif_site *from, struct report_site *to) {
    const char **frames = calloc(FRAMES_READ + 1, sizeof *frames);
    size_t count = 0, at = 0;
    *to = (struct report_site){.amount = (int64_t)from->bytes, .blocks = -1, .frames = frames};
    if (frames == NULL)
        return false;
    while (at < from->frame_count && is_system(from->frames[at].module))
        at++;
    /* The innermost, then the program's own. */
    for (size_t i = 0; i < from->frame_count && count < FRAMES_READ; i++) {
        if (i > 0 && i < at && at < from->frame_count)
            continue;
        if ((frames[count++] = text_of(&from->frames[i])) == NULL)
            return false;
    }
    return true;
}

/* The peak is the file's, whether its snapshot has a tree or not; what the tree is of stands over
 * it. */
static void put_peak(const struct massif_summary *summary, struct writer *writer,
                     char title[TITLE_BYTES]) {
    const struct massif_snapshot *peak = &summary->largest, *tree = &summary->detailed;
    char exact[SIZE_TEXT_BYTES], brief[SIZE_TEXT_BYTES];
    put(writer, "  the peak is %s", size_format_exact(peak->heap_bytes, exact));
    if (peak->heap_bytes >= 1024)
        put(writer, " (%s)", size_format(peak->heap_bytes, brief));
    put(writer, ", in snapshot %llu of %llu, counted from 0", (unsigned long long)peak->index,
        (unsigned long long)summary->snapshot_count);
    if (peak->index == tree->index) {
        put(writer, "\n");
        return;
    }
    put(writer, ", which has no tree of call stacks; snapshot %llu has the largest\n",
        (unsigned long long)tree->index);
    snprintf(title, TITLE_BYTES, "who held the memory in snapshot %llu (%.1f%% of the peak)",
             (unsigned long long)tree->index,
             100.0 * (double)tree->heap_bytes / (double)peak->heap_bytes);
}

static int refuse_without_tree(const char *path, const struct massif_summary *summary) {
    char peak[SIZE_TEXT_BYTES];
    cli_refuse("explain",
               "%s: no snapshot has a tree of call stacks; the peak is %s, in snapshot %llu", path,
               size_format_exact(summary->largest.heap_bytes, peak),
               (unsigned long long)summary->largest.index);
    return HEAPGATE_INVALID;
}

static int explain_massif(const char *path, struct buffer *text) {
    struct massif_summary summary;
    struct massif_sites sites = {0};
    struct error error = {.set = false};
    struct report_site items[RESULT_SITES_MAX];
    struct report_sites shown = {.items = items};
    struct writer writer = {.buffer = text};
    char title[TITLE_BYTES] = "";
    if (!massif_summary_read(path, &summary, &error))
        return cli_refuse("explain", "%s", error.text);
    bool has_tree = summary.has_detailed;
    int refused = has_tree ? HEAPGATE_OK : refuse_without_tree(path, &summary);
    if (has_tree &&
        !massif_sites_read(path, summary.detailed.index, RESULT_SITES_MAX, &sites, &error))
        refused = cli_refuse("explain", "%s", error.text);
    if (refused == HEAPGATE_OK)
        put_peak(&summary, &writer, title);
    massif_summary_fini(&summary);
    if (refused != HEAPGATE_OK)
        return refused;
    bool fine = true;
    shown.total = (int64_t)sites.heap_bytes;
    shown.title = title[0] != '\0' ? title : NULL;
    for (; fine && shown.count < sites.count; shown.count++)
        fine = convert(&sites.items[shown.count], &items[shown.count]);
    if (fine)
        report_sites(&shown, REPORT_SITES_SHOWN, &writer);
    for (size_t i = 0; i < shown.count; i++)
        free_frames(items[i].frames);
    massif_sites_fini(&sites);
    return fine && !writer.failed ? HEAPGATE_OK : cli_refuse("explain", "out of memory");
}

/* ---- A case ---- */

static int64_t live_bytes(const struct result *result) {
    const struct result_usage *usage = &result->engines[RESULT_COUNT];
    return (usage->present ? usage : &result->engines[RESULT_PROFILE])
        ->figures[HEAPGATE_METRIC_LIVE];
}

static int explain_case(const char *results, const char *key, bool colour, struct buffer *text) {
    struct error error = {.set = false};
    struct writer writer = {.buffer = text};
    struct result *result;
    char *path = NULL;
    if (!result_case_valid(key, &error))
        return cli_refuse("explain", "%s; nor is it a Massif file", error.text);
    size_t length = strlen(results);
    const char *between = length > 0 && results[length - 1] == '/' ? "" : "/";
    if (asprintf(&path, "%s%s%s.json", results, between, key) < 0)
        return cli_refuse("explain", "out of memory");
    bool read = result_read(path, results, &result, &error);
    free(path);
    if (!read)
        return cli_refuse("explain", "%s", error.text);
    int status = HEAPGATE_OK;
    if (result->site_count > 0) {
        report_figures(result, colour, &writer);
        report_result_sites(result, REPORT_BY_PEAK, REPORT_SITES_SHOWN, &writer);
        if (live_bytes(result) > 0)
            report_result_sites(result, REPORT_BY_LIVE, REPORT_SITES_LEAST, &writer);
        report_temporary(result, &writer);
        report_phases(result, &writer);
        report_snapshot_growth(result, &writer);
    } else {
        cli_refuse("explain",
                   "the result of %s has no call stacks: measure it with heapgate run "
                   "--engine profile",
                   key);
        status = HEAPGATE_INVALID;
    }
    result_free(result);
    return writer.failed ? cli_refuse("explain", "out of memory") : status;
}

int cli_explain(int argc, char **argv) {
    struct request request = {.results = CLI_RESULTS, .colour = "auto"};
    struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    int status;
    (void)argc;
    if (!cli_read(&command_line, argv, &request, &status))
        return status;
    if (request.operand_count != 1)
        return cli_refuse("explain", "expected one case or Massif file: see heapgate explain "
                                     "--help");
    status = is_massif(request.operand)
                 ? explain_massif(request.operand, &text)
                 : explain_case(request.results, request.operand,
                                terminal_colour(request.colour, STDOUT_FILENO), &text);
    if (status == HEAPGATE_OK)
        status = cli_print("explain", &text, status);
    buffer_fini(&text);
    return status;
}
