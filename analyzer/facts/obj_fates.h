/*
 * What became of a heap's objects in another heap that was made of it: both are walked in step, so that the memory it takes
 * does not depend on how many objects there are. An object keeps its place or is another one.
 */
#ifndef ANALYZER_FACTS_OBJ_FATES_H
#define ANALYZER_FACTS_OBJ_FATES_H

#include "formats/obj/obj.h"
#include "formats/obj/object.h"

enum obj_fate {
	OBJ_FATE_KEPT,  /* as it was, all of its bytes read */
	OBJ_FATE_HIT,   /* there, and some of its bytes could not be read */
	OBJ_FATE_OTHER, /* there, with another size or type than its header had */
	OBJ_FATE_GONE,  /* not there any more */
	OBJ_FATE_BACK,  /* there, and not to be seen before */
	OBJ_FATES,
};
const char *obj_fate_name(enum obj_fate f);

struct obj_fate_row {
	uint64_t at, len, type_num; /* user data; of what is there now, where it is */
	uint64_t lost;              /* bytes of it and its header that could not be read */
	bool root;
};

/* Chunks of the evidence of which it cannot be told what objects lay in them. */
struct obj_blind {
	uint64_t at, len;
};

enum { OBJ_FATES_TOLD = 64 };
struct obj_fates {
	bool complete;              /* false: memory, or reading failed */
	uint64_t before, after;     /* objects of the application, and its root */
	uint64_t nr[OBJ_FATES], bytes[OBJ_FATES];
	uint64_t blind_nr, blind_bytes;
	struct obj_blind blind[OBJ_FATES_TOLD];  /* the first of them */
	struct obj_fate_row told[OBJ_FATES][OBJ_FATES_TOLD]; /* the first of each, but of KEPT none */
};

/* lost: the pool's space as it was read; where it is a lost range, the bytes are none of the evidence's. */
void obj_fates(const struct obj_pool *was, const struct obj_pool *is, struct image *lost, struct obj_fates *out);

#endif
