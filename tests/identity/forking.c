/* forking LIBRARY: three threads load and unload the library without end, while the program forks
 * 200 children that leave at once or become another program. What is noted in a child must not wait
 * for the dynamic linker's lock, which a thread that the child does not have may have held. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3, FORKS = 200 };

static atomic_bool stop;

static void *load(void *path) {
    while (!stop) {
        void *library = dlopen(path, RTLD_NOW);
        if (library != NULL)
            dlclose(library);
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    for (int i = 0; argc == 2 && i < THREADS; i++)
        pthread_create(&threads[i], NULL, load, argv[1]);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0 && i % 2 == 0)
            execl("/bin/true", "true", (char *)NULL);
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    }
    stop = true;
    for (int i = 0; argc == 2 && i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return argc == 2 ? 0 : 1;
}
