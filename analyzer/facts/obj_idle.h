/*
 * Bytes of a heap that mean nothing: free blocks, free units of runs, and the chunk headers that lie
 * inside a block. libpmemobj writes there what it likes, and does not care for replicas.
 */
#ifndef ANALYZER_FACTS_OBJ_IDLE_H
#define ANALYZER_FACTS_OBJ_IDLE_H

#include "formats/obj/run.h"

/* Asked about places that rise, it walks each zone once. */
struct obj_idle {
	const struct obj_heap *heap; /* NULL: no heap, and nothing is idle */
	uint32_t zone;
	bool open;                   /* map is that zone's */
	struct obj_zone_map map;
	struct obj_block hdr, data;  /* the walks over the zone's chunk headers and over its chunks */
	struct obj_run run;          /* of data, when that is one and is_run says so */
	bool is_run;
	uint64_t word_idx, word;     /* of its bitmap, the one read last; UINT64_MAX: none */
};

void obj_idle_start(struct obj_idle *i, const struct obj_heap *heap);
bool obj_idle_at(struct obj_idle *i, uint64_t at); /* at: in the pool */
void obj_idle_end(struct obj_idle *i);

#endif
