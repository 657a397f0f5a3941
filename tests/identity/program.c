/* program [hold BYTES] [load LIBRARY] [unload] [chdir] [_exit|leave|exec PROGRAM]: does these in
 * turn. There are two builds of it. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const int program_version = VERSION;

static void *library;

static int load(const char *path) {
    library = dlopen(path, RTLD_NOW);
    if (library == NULL)
        fprintf(stderr, "%s\n", dlerror());
    return library != NULL ? 0 : 1;
}

static int hold(const char *bytes) {
    volatile char *block = malloc(strtoul(bytes, NULL, 10));
    if (block == NULL)
        return 1;
    block[0] = 'x';
    free((void *)block);
    return 0;
}

int main(int argc, char **argv) {
    int failed = 0;
    for (int i = 1; i < argc && !failed; i++) {
        const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(word, "load") == 0)
            failed = load(next);
        else if (strcmp(word, "hold") == 0)
            failed = hold(next);
        else if (strcmp(word, "unload") == 0)
            failed = dlclose(library);
        else if (strcmp(word, "chdir") == 0)
            failed = chdir("/");
        else if (strcmp(word, "sleep") == 0)
            nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        else if (strcmp(word, "_exit") == 0)
            _exit(0);
        else if (strcmp(word, "leave") == 0)
            syscall(SYS_exit_group, 0);
        else if (strcmp(word, "exec") == 0)
            failed = execl(next, next, (char *)NULL);
        i += strcmp(word, "load") == 0 || strcmp(word, "hold") == 0;
    }
    return failed;
}
