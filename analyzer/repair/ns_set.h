/*
 * The labels of one namespace, one on each DIMM: what most of them say, and the older copies of them, against the one that does
 * not fit; and the label that one DIMM has lost, from those of the others.
 */
#ifndef ANALYZER_REPAIR_NS_SET_H
#define ANALYZER_REPAIR_NS_SET_H

#include "analyzer/repair/ns_slot.h"

/* struct check's repair member. */
void ns_set_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

/*
 * The label that the slot's DIMM lacks of a set whose others are all on other DIMMs, made of theirs, if the slot is the only one
 * in use there that holds none: they differ in their places alone, and where on its DIMM each begins is taken to be the same.
 * keep_sum: only what the stored checksum is of. False: there is no such set, or there are several.
 */
bool ns_set_sibling(const struct model *m, struct arena *a, struct ns_slot *l, bool keep_sum);

#endif
