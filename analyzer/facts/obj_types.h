/* Objects counted by their type numbers, of which there may be as many as there are objects. */
#ifndef ANALYZER_FACTS_OBJ_TYPES_H
#define ANALYZER_FACTS_OBJ_TYPES_H

#include "analyzer/facts/obj_heap.h"

enum { OBJ_TYPES_PAGES = 256, OBJ_TYPES_PAGE = 4096 };

struct obj_type_count {
	uint64_t objects, bytes;
};

/* Zeroed to start with. */
struct obj_types {
	/* Small numbers, as a program's layout macros give them: by number. Pages come with their first. */
	struct obj_type_count *page[OBJ_TYPES_PAGES];
	uint64_t nr;           /* types with objects, below and in slots */
	struct obj_type *slot; /* all other numbers; objects 0: empty; a power of two of them */
	uint64_t slots, slots_nr;
	uint64_t more;         /* objects that found no room: too many types, or such as meet in one slot */
	bool failed;           /* no memory */
};
void obj_types_add(struct obj_types *t, uint64_t type_num, uint64_t objects, uint64_t bytes);
/* Adds all that from has counted. */
void obj_types_join(struct obj_types *t, const struct obj_types *from);
/* In ascending order into arena memory; NULL without. */
struct obj_type *obj_types_sorted(struct arena *a, const struct obj_types *t);
void obj_types_close(struct obj_types *t);

#endif
