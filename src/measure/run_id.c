/* ctest tells its tests nothing that names the run. But it is their ancestor, and a process is
 * named for ever by the machine's boot, its number and the moment when it began: what is made of
 * these is the same for all cases of one ctest, and never comes again. */
#include "measure/run_id.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

static const struct {
    const char *variable;
    const char *attempt; /* of the same run, where that is told apart; or NULL */
} given[] = {
    {"HEAPGATE_RUN_ID", NULL},    {"GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"},
    {"CI_PIPELINE_ID", NULL},     {"BUILD_TAG", NULL},
    {"BUILDKITE_BUILD_ID", NULL}, {"SLURM_ARRAY_JOB_ID", NULL},
    {"SLURM_JOB_ID", NULL},
};

static bool find_given(char id[RUN_ID_BYTES]) {
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        const char *value = getenv(given[i].variable);
        const char *attempt = given[i].attempt != NULL ? getenv(given[i].attempt) : NULL;
        if (value == NULL || value[0] == '\0')
            continue;
        bool apart = attempt != NULL && attempt[0] != '\0';
        snprintf(id, RUN_ID_BYTES, "%s%s%s", value, apart ? "-" : "", apart ? attempt : "");
        return true;
    }
    return false;
}

static void read_line(const char *path, char *line, size_t bytes) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, line, bytes - 1) : -1;
    line[got > 0 ? got : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
}

struct process {
    int pid, parent;
    uint64_t start;
    bool is_ctest;
};

/* "PID (NAME) S PARENT ...": the name may hold anything; the start is the 22nd. */
static bool read_process(int pid, struct process *process) {
    enum { FIELDS_TO_START = 20 };
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    read_line(path, line, sizeof line);
    const char *name = strchr(line, '('), *at = strrchr(line, ')');
    *process = (struct process){.pid = pid};
    if (name == NULL || at == NULL || sscanf(at, ") %*c %d", &process->parent) != 1)
        return false;
    for (int i = 0; at != NULL && i < FIELDS_TO_START; i++)
        at = strchr(at + 1, ' ');
    process->is_ctest = strncmp(name, "(ctest", strlen("(ctest")) == 0;
    return at != NULL && sscanf(at, "%" SCNu64, &process->start) == 1;
}

static bool find_ctest(char id[RUN_ID_BYTES]) {
    enum { ANCESTORS_MAX = 64 };
    struct process process = {.parent = getppid()};
    for (int i = 0; i < ANCESTORS_MAX && process.parent > 0; i++) {
        if (!read_process(process.parent, &process))
            return false;
        if (!process.is_ctest)
            continue;
        char boot[64];
        struct hash hash;
        read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
        hash_begin(&hash);
        hash_add(&hash, boot, strlen(boot));
        hash_add(&hash, &process.pid, sizeof process.pid);
        hash_add(&hash, &process.start, sizeof process.start);
        snprintf(id, RUN_ID_BYTES, "ctest-%d-%016" PRIx64, process.pid, hash_end(&hash));
        return true;
    }
    return false;
}

static void format_now(const char *format, char text[32]) {
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, 32, format, &utc);
}

void run_id_find(char id[RUN_ID_BYTES]) {
    static char made[RUN_ID_BYTES]; /* this process is one run */
    if (find_given(id) || find_ctest(id))
        return;
    if (made[0] == '\0') {
        char now[32];
        uint32_t chance = 0;
        format_now("%Y%m%dT%H%M%SZ", now);
        if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance)
            chance = (uint32_t)clock();
        snprintf(made, sizeof made, "made-%s-%ld-%08" PRIx32, now, (long)getpid(), chance);
    }
    memcpy(id, made, RUN_ID_BYTES);
}

bool run_id_note(struct result_identity *identity) {
    char id[RUN_ID_BYTES], now[32], host[256] = "";
    run_id_find(id);
    format_now("%Y-%m-%dT%H:%M:%SZ", now);
    gethostname(host, sizeof host - 1);
    identity->run = strdup(id);
    identity->start = strdup(now);
    identity->host = strdup(host);
    identity->heapgate = strdup(HEAPGATE_VERSION);
    return identity->run != NULL && identity->start != NULL && identity->host != NULL &&
           identity->heapgate != NULL;
}
