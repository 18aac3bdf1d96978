/*
 * The info block of an fsdax or devdax namespace. What its stored checksum proves is safe; what follows from the namespace's
 * length, its label and the data alone is asked for; nothing is guessed where neither tells.
 */
#ifndef ANALYZER_REPAIR_NS_PFN_H
#define ANALYZER_REPAIR_NS_PFN_H

#include "analyzer/repair/plan.h"
#include "formats/ns/ns.h"

/* struct check's repair members. */
void ns_pfn_repair_checksum(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_pfn_repair_version(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_pfn_repair_mode(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_pfn_repair_geometry(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_pfn_repair_parent(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_pfn_repair_uuid(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

/* The block anew, for finding f, where a label says that there is one and none is. */
void ns_pfn_anew(const struct finding *f, const struct ns *n, struct plan *p);

#endif
