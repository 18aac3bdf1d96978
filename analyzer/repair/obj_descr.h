/*
 * The descriptor of a pmemobj pool and the words behind it. All but the layout name are constants of
 * the format, or follow from the files and the zones; nothing but the name is chosen.
 */
#ifndef ANALYZER_REPAIR_OBJ_DESCR_H
#define ANALYZER_REPAIR_OBJ_DESCR_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void obj_descr_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_descr_repair_word(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
