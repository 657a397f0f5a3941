#include "rowstream/cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
enum { WATCHED = sizeof watched / sizeof watched[0] };

static const char *volatile removed;

static void on_signal(int number) {
    static const char message[] = "rowstream: interrupted\n";
    if (removed != NULL)
        unlink(removed);
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    signal(number, SIG_DFL);
    raise(number);
}

void interrupt_watch(void) {
    for (size_t i = 0; i < WATCHED; i++) {
        struct sigaction action;
        if (sigaction(watched[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = on_signal};
        sigaction(watched[i], &action, NULL);
    }
}

void interrupt_removes(const char *path) {
    removed = path;
}

void interrupt_hold(bool held) {
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < WATCHED; i++)
        sigaddset(&signals, watched[i]);
    sigprocmask(held ? SIG_BLOCK : SIG_UNBLOCK, &signals, NULL);
}
