/*
 * Runs of a pmemobj heap by what their objects tell: unit, bitmap, headers of objects. Where the header of an object makes
 * sense one may lie there, or may have been freed; what its bitmap no longer tells is kept, or given up: alternatives.
 */
#ifndef ANALYZER_REPAIR_OBJ_RUN_H
#define ANALYZER_REPAIR_OBJ_RUN_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void obj_run_repair_unit(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_run_repair_unread(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
/* An object's header against its bits: where one object of the run is wrong its header is made anew, else the bitmap. */
void obj_run_repair_object(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
/* The header of an object that could not be read. */
void obj_run_repair_header(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
/* Flags that nothing sets. */
void obj_run_repair_flags(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
