/*
 * The structures of a pmemobj heap: headers that are constants, chunk headers and run headers that
 * their neighbours tell. Objects' own bytes are never changed.
 */
#ifndef ANALYZER_REPAIR_OBJ_HEAP_H
#define ANALYZER_REPAIR_OBJ_HEAP_H

#include "analyzer/repair/plan.h"
#include "formats/obj/run.h"

/* struct check's repair members. */
void obj_heap_repair_header(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_zone(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_overrun(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_overlay(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_chunk(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_flags(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_run_data(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_padding(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_alignment(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);
void obj_heap_repair_huge(const struct check *by, const struct finding *f, const struct model *m, struct plan *p);

/* The block that holds the byte at `at`, read by its own header. True: its zone's map is open then. */
bool obj_heap_block_at(const struct model *m, uint64_t at, struct obj_zone_map *map, struct obj_block *b);
/* The same of a run, whose header is read. */
bool obj_heap_run_at(const struct model *m, uint64_t at, struct obj_zone_map *map, struct obj_block *b, struct obj_run *r);

#endif
