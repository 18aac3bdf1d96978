/*
 * A pool header as the rest of the evidence says it should be, field by field, each with its witness;
 * and the steps that put it there. Every uuid is written down in several headers; versions, features
 * and the machine are the same in all; the type shows in the data. A valid header is never edited to
 * agree with an invalid one.
 */
#ifndef ANALYZER_REPAIR_HEADER_H
#define ANALYZER_REPAIR_HEADER_H

#include "analyzer/repair/plan.h"
#include "formats/pool/set.h"

/* The part whose header, or whose node, this is; NULL: none. s may be NULL. */
const struct pool_part *header_part_of(const struct pool_set *s, const struct node *node);
/*
 * What the rest of the set says that p's header is; what nobody tells is as it stands there. False: some field besides its
 * time, its shutdown state and its checksum, which nobody else can tell, is told by nobody.
 */
bool header_told(const struct pool_set *s, const struct pool_part *p, struct pool_hdr *out);

/* struct check's repair members of the checks that look at headers. */
void header_repair_field(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_checksum(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_lost(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_2k(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void header_repair_state(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
