/* What set_order.c asks of set_ring.c. */
#ifndef FORMATS_POOL_SET_RING_H
#define FORMATS_POOL_SET_RING_H

#include "formats/pool/set_work.h"

/* Candidates sorted by one of their uuids. */
struct set_index {
	struct set_cand **by;
	size_t off; /* of the uuid in struct set_cand */
	uint32_t nr;
};
#define SET_INDEX_BY(field) offsetof(struct set_cand, field)

/* False, told in w->p, without memory. */
bool set_index_make(struct set_work *w, struct set_cand **cands, uint32_t nr, size_t off, struct set_index *out);
/* One that has uuid and is not taken; *any, unless NULL: whether one has it, taken or not. */
struct set_cand *set_index_find(const struct set_index *ix, const uint8_t *uuid, bool *any);
/* By name, and of one name in the order they were offered; for qsort. */
int set_ring_by_name(const void *a, const void *b);

/*
 * members, all of one replica, from the part called first on; single: only part 0 has a header. Marks
 * them as taken while it goes. False without memory.
 */
bool set_ring_make(struct set_work *w, struct set_cand **members, uint32_t nr, const uint8_t *first, bool single,
		   struct set_ring *out);

#endif
