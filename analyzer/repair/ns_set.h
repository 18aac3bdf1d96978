/*
 * The labels of one namespace, one on each DIMM: what most of them say, and the older copies of them, against the one that does
 * not fit; and the label that one DIMM has lost, from those of the others.
 */
#ifndef ANALYZER_REPAIR_NS_SET_H
#define ANALYZER_REPAIR_NS_SET_H

#include "analyzer/repair/plan.h"

/* struct check's repair member. */
void ns_set_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
