/*
 * Who a part is: its uuid, by which its neighbours know it, the pool's, and the time of its making. What is here is
 * put right in all headers that name it at once.
 */
#ifndef ANALYZER_REPAIR_HEADER_IDENTITY_H
#define ANALYZER_REPAIR_HEADER_IDENTITY_H

#include "analyzer/repair/plan.h"

/* struct check's repair members: a header that is another part's, uuids that PMDK would not make, times that cannot be. */
void header_identity_repair_twice(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_identity_repair_pattern(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_identity_repair_crtime(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
