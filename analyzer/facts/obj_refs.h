/*
 * Who refers to whom in a pmemobj heap: the user data of every object that can be reached is searched
 * for persistent pointers (the pool's id, then an offset), starting from the root object, from what the
 * lanes hold and are about to write, and from objects of types that the program keeps by their type.
 * Conservative: stale bytes of reused memory look like pointers too, so an object may count as reached
 * that is not, and a pointer to freed memory proves nothing.
 *
 * Memory: half a byte for each unit of every run, up to OBJ_REFS_MEMORY.
 */
#ifndef ANALYZER_FACTS_OBJ_REFS_H
#define ANALYZER_FACTS_OBJ_REFS_H

#include "analyzer/facts/obj_heap.h"
#include "formats/obj/obj.h"

#define OBJ_REFS_MEMORY ((uint64_t)256 << 20)

enum obj_ref_kind {
	OBJ_REF_FREED,   /* to a place that is free now */
	OBJ_REF_INSIDE,  /* into an object, not to its start */
	OBJ_REF_NOWHERE, /* to where no object can ever have been */
	OBJ_REF_FOREIGN, /* with another pool's id, to the start of an object of this pool */
	OBJ_REFS,
};

struct obj_ref {
	uint64_t at;         /* of the pointer */
	uint64_t target;
	uint64_t id;         /* its first word */
	uint64_t object_at;  /* user data of the object it lies in */
	uint32_t zone, chunk; /* of that object */
};

struct obj_lost { /* an object that nothing refers to */
	uint64_t at, len, type_num;
	uint32_t zone, chunk;
};

struct obj_list_head { /* a pointer that may be the head of a list: what follows could be a lock */
	uint64_t at, first;
};
enum { OBJ_HEADS_MAX = 1 << 16 };

struct obj_refs {
	bool complete;
	const char *why;            /* not complete: why */
	uint64_t objects, bytes;    /* not internal; with headers */
	uint64_t reached, reached_bytes;
	uint64_t pointers;          /* to objects */
	uint64_t nr[OBJ_REFS];      /* odd pointers: all */
	struct obj_ref *kept[OBJ_REFS];
	uint32_t kept_nr[OBJ_REFS];
	uint64_t foreign_id;        /* the id that most foreign pointers have */
	struct obj_lost *lost;      /* the first of them */
	uint32_t lost_nr;
	struct obj_type *lost_types; /* all of them, by type number */
	uint64_t lost_types_nr;
	struct obj_list_head *heads; /* the first of them */
	uint32_t heads_kept;
	uint64_t heads_nr;
};

struct obj_type_range {
	uint64_t first, last;
};
/* types: whose objects are roots too. keep: places kept of each kind. NULL without memory. */
struct obj_refs *obj_refs(struct arena *a, const struct obj_pool *p, const struct obj_type_range *types, size_t types_nr,
			  uint32_t keep);

#endif
