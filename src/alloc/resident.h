/* What the kernel says of this process as it leaves: how much of it was resident, and how much of
 * that was anonymous. The peak resident set is the kernel's; from outside it can be had only of a
 * process that still runs, and a process may end between two looks.
 *
 * It is noted when the program ends by exit, _exit or returning from main, and before an exec. A
 * program that ends by a system call of its own, or is killed, leaves no note. A program may forbid
 * itself system calls (seccomp), under pain of death: after the prctl(PR_SET_NO_NEW_PRIVS or
 * PR_SET_SECCOMP) that leads up to it nothing is noted any more. */
#ifndef ALLOC_RESIDENT_H
#define ALLOC_RESIDENT_H

/* Once, after attach. */
void resident_start(void);

/* Reads /proc/self/status into the slot. Async-signal-safe; leaves errno alone. Does nothing in a
 * process that is not counted in a record of its own, such as a child of vfork. */
void resident_note(void);

/* The exec failed: the process goes on, and what was noted is not its end. */
void resident_forget(void);

#endif
