/*
 * The two index blocks of a label storage area. All of their words but the number and the bits follow from the area; the bits
 * must name slots that hold labels; and a stored checksum tells which of the blocks that could be was there. A block that
 * cannot be had again is written from the other one, as the state before it, or, with both gone, from the labels themselves.
 */
#ifndef ANALYZER_REPAIR_NS_INDEX_H
#define ANALYZER_REPAIR_NS_INDEX_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void ns_index_repair_block(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_index_repair_places(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_index_repair_sequence(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_index_repair_lost(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
