/* A result in memory, and what may be a case. The file is result_write.c's and result_read.c's, a
 * folder of them result_folder.c's. */
#include "result/result.h"

#include <stdlib.h>
#include <string.h>

const char *const result_engine_names[RESULT_ENGINES] = {"count", "profile", "massif"};

/* ---- Memory ---- */

struct result *result_new(const char *case_key) {
    struct result *result = calloc(1, sizeof *result);
    if (result != NULL && (result->case_key = strdup(case_key)) == NULL) {
        free(result);
        return NULL;
    }
    return result;
}

void result_free_texts(char **texts) {
    for (char **text = texts; text != NULL && *text != NULL; text++)
        free(*text);
    free(texts);
}

static void free_process(struct result_process *process) {
    free(process->program);
    result_free_texts(process->arguments);
    free(process->chosen_by);
    free(process->busier);
}

static void free_site(struct result_site *site) {
    result_free_texts(site->frames);
    free(site->module);
    free(site->place);
}

static void free_sites(struct result_site *sites, size_t count) {
    for (size_t i = 0; i < count; i++)
        free_site(&sites[i]);
    free(sites);
}

void result_free_sites(struct result *result) {
    free_sites(result->sites, result->site_count);
    result->sites = NULL;
    result->site_count = 0;
    for (size_t i = 0; i < result->module_count; i++)
        free(result->modules[i].name);
    free(result->modules);
    result->modules = NULL;
    result->module_count = 0;
}

void result_take_sites(struct result *result, struct result *from) {
    result_free_sites(result);
    free(result->sites_phase);
    result->sites = from->sites;
    result->site_count = from->site_count;
    result->sites_phase = from->sites_phase;
    result->other_bytes = from->other_bytes;
    result->modules = from->modules;
    result->module_count = from->module_count;
    from->sites = NULL;
    from->sites_phase = NULL;
    from->modules = NULL;
    from->site_count = from->module_count = 0;
    if (result->sites_phase != NULL)
        return;
    free(result->folded);
    free(result->massif);
    result->folded = from->folded;
    result->massif = from->massif;
    from->folded = from->massif = NULL;
}

static void free_phases(struct result *result) {
    for (size_t i = 0; i < result->phase_count; i++)
        free(result->phases[i].name);
    free(result->phases);
    result->phases = NULL;
    result->phase_count = 0;
}

static void free_snapshots(struct result *result) {
    for (size_t i = 0; i < result->snapshot_count; i++) {
        free(result->snapshots[i].name);
        free_sites(result->snapshots[i].sites, result->snapshots[i].site_count);
    }
    free(result->snapshots);
    result->snapshots = NULL;
    result->snapshot_count = 0;
}

static void free_timelines(struct result *result) {
    free(result->timeline);
    free(result->steps);
    result->timeline = NULL;
    result->steps = NULL;
    result->timeline_count = result->step_count = 0;
}

void result_trim(struct result *result, size_t sites) {
    identity_trim(&result->identity);
    if (sites == 0)
        free_phases(result);
    free_snapshots(result);
    free_timelines(result);
    free(result->folded);
    free(result->massif);
    result->folded = result->massif = NULL;
    while (result->site_count > sites) {
        struct result_site *last = &result->sites[--result->site_count];
        result->other_bytes += last->bytes;
        free_site(last);
    }
    if (result->site_count == 0)
        result_free_sites(result);
}

void result_free(struct result *result) {
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->environment_count; i++) {
        free(result->environment[i].name);
        free(result->environment[i].value);
    }
    free(result->environment);
    free_process(&result->process);
    identity_fini(&result->identity);
    free_phases(result);
    free_snapshots(result);
    free_timelines(result);
    result_free_texts(result->argv);
    result_free_texts(result->crossing);
    free(result->outside.program);
    free(result->mapped_lost);
    result_free_sites(result);
    free(result->folded);
    free(result->massif);
    free(result->case_key);
    free(result->sites_phase);
    free(result->scope);
    free(result->invalid);
    free(result);
}

bool result_set_environment(struct result *result, const char *name, const char *value) {
    char *copy = strdup(value);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < result->environment_count; i++) {
        if (strcmp(result->environment[i].name, name) != 0)
            continue;
        free(result->environment[i].value);
        result->environment[i].value = copy;
        return true;
    }
    size_t count = result->environment_count;
    struct result_pair pair = {.value = copy};
    struct result_pair *pairs = count < RESULT_ENVIRONMENT_MAX
                                    ? reallocarray(result->environment, count + 1, sizeof *pairs)
                                    : NULL;
    if (pairs != NULL)
        result->environment = pairs;
    if (pairs == NULL || (pair.name = strdup(name)) == NULL) {
        free(copy);
        return false;
    }
    result->environment[result->environment_count++] = pair;
    return true;
}

const char *result_environment(const struct result *result, const char *name) {
    for (size_t i = 0; i < result->environment_count; i++)
        if (strcmp(result->environment[i].name, name) == 0)
            return result->environment[i].value;
    return NULL;
}

/* ---- Case keys ---- */

bool result_case_valid(const char *case_key, struct error *error) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.=";
    const char *at = case_key;
    bool valid = strlen(case_key) < HEAPGATE_NAME_BYTES;
    while (valid) {
        size_t length = strspn(at, letters);
        bool dots = length <= 2 && strncmp(at, "..", length) == 0;
        valid = length > 0 && !dots && (at[length] == '/' || at[length] == '\0');
        if (!valid || at[length] == '\0')
            break;
        at += length + 1;
    }
    if (!valid)
        error_set(error,
                  "\"%.200s\" cannot be a case: expected parts of letters, digits and \"_-.=\" "
                  "joined by \"/\", at most %d bytes",
                  case_key, HEAPGATE_NAME_BYTES - 1);
    return valid;
}
