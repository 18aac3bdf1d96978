/* A transaction that is over is undone from what its lane's log remembers. */
#ifndef ANALYZER_REPAIR_OBJ_PAST_H
#define ANALYZER_REPAIR_OBJ_PAST_H

#include "analyzer/repair/plan.h"

/* struct check's repair member; the finding's idx is the lane. */
void obj_past_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
