/*
 * Labels of namespaces. A label's checksum, where its version has one, tells what a changed word was; older copies of it lie in
 * slots that are free; what lies in the memory names its namespace. Labels of version 1.1 have no checksum to prove anything.
 */
#ifndef ANALYZER_REPAIR_NS_LABEL_H
#define ANALYZER_REPAIR_NS_LABEL_H

#include "analyzer/repair/ns_area.h"

/* struct check's repair members. */
void ns_label_repair_checksum(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_label_repair_number(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_label_repair_bitmap(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_label_repair_range(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_label_repair_guid(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_label_repair_claim(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void ns_label_repair_region(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
