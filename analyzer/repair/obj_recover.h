/*
 * What libpmemobj does at its next open of a pool that crashed, done here: stored operations are finished, transactions
 * taken back, in its own order and to the byte. A log that is no operation any more is emptied.
 */
#ifndef ANALYZER_REPAIR_OBJ_RECOVER_H
#define ANALYZER_REPAIR_OBJ_RECOVER_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void obj_recover_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_recover_repair_torn(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
