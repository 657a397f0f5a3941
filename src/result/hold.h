/* Holding a result to what is there now: a result is of the files that were measured, and says
 * nothing of others at the same places. */
#ifndef RESULT_HOLD_H
#define RESULT_HOLD_H

#include "base/error.h"
#include "result/file_id.h"
#include "result/result.h"

/* What results are held to. */
struct hold {
    const char *run;      /* only results of the run of this id are taken, wherever their files are;
                             NULL: the files that were measured must be there, and the same */
    struct file_ids *ids; /* of the files that were looked at */
};

/* False when memory is out. hold_fini frees what it owns. */
bool hold_init(struct hold *hold, const char *run, struct error *error);
void hold_fini(struct hold *hold);

/* True when the result may stand for what is there. Else the error names the file, what it was when
 * it was measured and when that was, and what it is now; or the run that it is of; or says that the
 * result names neither. */
bool hold_result(const struct hold *hold, const struct result *result, struct error *error);

/* The files that the results of one folder name: where their programs need not be on this machine
 * (two revisions that are compared), all of them must at least be of one build. */
struct hold_build {
    const char *run; /* only results of this run are taken; NULL: of any */
    void *files;     /* a tree, by path */
};
void hold_build_fini(struct hold_build *build);

/* False when the result names no run, or another than is asked for, or a program, script or library
 * that was another when an earlier result was measured; the error says which. Inputs may differ
 * from case to case. */
bool hold_build_add(struct hold_build *build, const struct result *result, struct error *error);

#endif
