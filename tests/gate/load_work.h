/* The work of a load case: one load, in a process of its own, within a scope named as the case. */
#ifndef GATE_LOAD_WORK_H
#define GATE_LOAD_WORK_H

/* What a control does within the scope, before the load and after it. */
struct load_fault {
    const char *name;
    void (*begin)(const char *format, const char *document);
    void (*end)(void);
};

/* main of such a program: PROGRAM CASE DOCUMENT SQLITE-FILE. The case names the database; the table
 * load_<format> is made anew there, and empty, in SQLite with its file. `fault` may be NULL. */
int load_work_main(int argc, char **argv, const struct load_fault *fault);

#endif
