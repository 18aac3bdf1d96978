/*
 * The structures of a pmemobj heap: headers that are constants, chunk headers and run headers that
 * their neighbours tell. Objects' own bytes are never changed.
 */
#ifndef ANALYZER_REPAIR_OBJ_HEAP_H
#define ANALYZER_REPAIR_OBJ_HEAP_H

#include "analyzer/repair/plan.h"

/* struct check's repair members. */
void obj_heap_repair_header(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_zone(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_overrun(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_chunk(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_flags(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_run_data(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_footers(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_padding(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_unit(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_alignment(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_huge(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

#endif
