/* Objects counted by their type numbers, of which there may be as many as there are objects. */
#ifndef ANALYZER_FACTS_OBJ_TYPES_H
#define ANALYZER_FACTS_OBJ_TYPES_H

#include "analyzer/facts/obj_heap.h"

/* Zeroed to start with. */
struct obj_types {
	struct obj_type *slot; /* objects 0: empty; a power of two of them */
	uint64_t slots, nr;
	uint64_t more;         /* objects that found no room: too many types, or such as meet in one slot */
	bool failed;           /* no memory */
};
void obj_types_add(struct obj_types *t, uint64_t type_num, uint64_t objects, uint64_t bytes);
/* In ascending order into arena memory; NULL without. */
struct obj_type *obj_types_sorted(struct arena *a, const struct obj_types *t);
void obj_types_close(struct obj_types *t);

#endif
