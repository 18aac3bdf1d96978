/*
 * The pool's word for its root object: of all the library's own objects, the one that no lane holds. And its
 * counter of allocated bytes, which is a sum.
 */
#ifndef ANALYZER_REPAIR_OBJ_ROOT_H
#define ANALYZER_REPAIR_OBJ_ROOT_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void obj_root_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_root_repair_counter(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
