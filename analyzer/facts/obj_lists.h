/*
 * The atomic lists of libpmemobj in user data. A head is a pointer to the first element and a lock of 64 bytes; an
 * element holds, somewhere, a pointer to the next and one to the previous element, in a circle. Nothing on media says
 * that a list is one: a head is believed when the links of what it leads to form a circle one way or the other and
 * most of them lead back too. Then the links that do not are faults. Lists that programs make in transactions (tail
 * queues and such) end somewhere and are none of these. Source: PMDK src/libpmemobj/list.h.
 */
#ifndef ANALYZER_FACTS_OBJ_LISTS_H
#define ANALYZER_FACTS_OBJ_LISTS_H

#include "analyzer/facts/obj_refs.h"

enum { OBJ_LIST_LINKS_LEN = 32 };

struct obj_list_fault {
	uint64_t at;           /* of the link, 16 bytes */
	bool prev;             /* the link to the element before; else the one to the next */
	uint64_t element;      /* user data of the object that has it */
	uint64_t head_at;
	uint64_t expected, actual; /* user data that it ought to lead to: who leads here */
	uint32_t zone, chunk;
};

struct obj_lists {
	bool complete;
	const char *why;       /* not complete: why */
	uint64_t lists, elements;
	uint64_t nr;           /* faults */
	struct obj_list_fault *kept;
	uint32_t kept_nr;
};

/* From the heads that the search for references came across. NULL without memory. */
struct obj_lists *obj_lists(struct arena *a, const struct obj_pool *p, const struct obj_refs *refs, uint32_t keep);

#endif
