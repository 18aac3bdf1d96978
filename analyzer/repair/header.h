/*
 * A pool header as the rest of the evidence says it should be, field by field, each with its witness;
 * and the steps that put it there. Every uuid is written down in several headers; versions, features
 * and the machine are the same in all; the type shows in the data. A valid header is never edited to
 * agree with an invalid one.
 */
#ifndef ANALYZER_REPAIR_HEADER_H
#define ANALYZER_REPAIR_HEADER_H

#include "analyzer/repair/plan.h"

/* struct check's repair members of the checks that look at headers. */
void header_repair_field(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_checksum(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_lost(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_2k(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_state(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
