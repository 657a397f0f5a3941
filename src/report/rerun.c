#include "report/rerun.h"

#include <inttypes.h>
#include <string.h>

static void put_option(struct writer *writer, const char *option, const char *value) {
    put(writer, " %s ", option);
    put_shell(writer, value);
}

static void put_engines(struct writer *writer, const struct result *result) {
    const char *before = " --engine ";
    for (int engine = 0; engine < RESULT_ENGINES; engine++) {
        if (!result->engines[engine].present)
            continue;
        put(writer, "%s%s", before, result_engine_names[engine]);
        before = ",";
    }
}

/* Of a sweep the sizes are known, but not where they stood. */
static void put_sweep(struct writer *writer, const struct result *result) {
    for (size_t i = 0; i < result->point_count; i++)
        put(writer, "%s%" PRIu64, i == 0 ? " --sweep " : ",", result->points[i].units);
}

void report_again(const struct result *result, const struct report_options *options,
                  struct writer *writer) {
    put(writer, "heapgate run");
    put_option(writer, "--case", result->case_key);
    put_engines(writer, result);
    put_sweep(writer, result);
    if (options->results != NULL)
        put_option(writer, "--results", options->results);
    for (size_t i = 0; i < result->identity.file_count; i++)
        if (result->identity.files[i].kind == RESULT_INPUT)
            put_option(writer, "--input", result->identity.files[i].path);
    if (result->has_units && result->scope == NULL && result->point_count == 0)
        put(writer, " --units %" PRIu64, result->units);
    bool known = result->argv != NULL && result->argv[0] != NULL;
    put(writer, known ? " --" : " -- COMMAND");
    for (char **argument = result->argv; known && *argument != NULL; argument++) {
        put(writer, " ");
        put_shell(writer, *argument);
    }
    if (result->point_count > 0)
        put(writer, "   # with {N} where the size stands");
}
