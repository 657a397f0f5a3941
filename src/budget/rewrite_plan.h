/* What an update of budgets plans: edits of files, and the changes that are told of. Internal to
 * src/budget. */
#ifndef BUDGET_REWRITE_PLAN_H
#define BUDGET_REWRITE_PLAN_H

#include "budget/edit.h"
#include "budget/rewrite.h"
#include "budget/set.h"

/* Owned copies of names and values. A value that several cases do not agree on becomes NULL. */
struct pairs {
    struct budget_pair items[BUDGET_MEASURED_MAX];
    size_t count;
};

struct file_plan {
    const struct budget_file *file; /* NULL: a file that is new */
    char *path;
    struct edits edits;
    size_t added_cases;
    struct pairs shared; /* of the cases of a file that had none: what they were measured in */
    struct buffer text;  /* the new one */
};

struct case_plan {
    char key[HEAPGATE_NAME_BYTES];
    struct budget_figures figures;
    struct pairs pairs; /* the environment that they were taken in */
};

struct budget_update {
    const struct heapgate_budgets *budgets;
    bool raise;
    struct file_plan **files;
    size_t file_count;
    struct budget_change *changes;
    size_t change_count;
    struct case_plan *cases;
    size_t case_count;
    /* what a new file begins with, read; NULL until it is needed */
    struct heapgate_budgets *head;
    struct heapgate_budgets *result; /* the new texts, read back */
};

/* Sets the error, and is false. */
bool plan_no_memory(struct error *error);

/* The plan of a file of the set, made at its first change. NULL when memory is out. */
struct file_plan *plan_file(struct budget_update *update, const struct budget_file *file);
/* That of the file which a case belongs in, also one without budget. NULL with an error when the
 * set has no place for it. */
struct file_plan *plan_place(struct budget_update *update, const char *key, struct error *error);

/* Notes a change; true if it is also to be made. */
bool plan_note(struct budget_update *update, const char *key, enum heapgate_metric metric,
               bool is_raise, const char *old_text, const char *new_text, const char *file,
               unsigned line, bool *failed);

#endif
