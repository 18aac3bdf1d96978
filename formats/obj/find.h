/*
 * What lies at an offset of a pmemobj pool: which structure of the heap, which object, free space.
 * Exact: a place in a run counts as an object only where its bitmap and the headers from the word's
 * first bit on say so.
 */
#ifndef FORMATS_OBJ_FIND_H
#define FORMATS_OBJ_FIND_H

#include "formats/obj/object.h"

enum obj_place_kind {
	OBJ_PLACE_BEFORE,     /* before the heap: header, descriptor, lanes */
	OBJ_PLACE_HEAP_HDR,
	OBJ_PLACE_ZONE_HDR,
	OBJ_PLACE_CHUNK_HDR,
	OBJ_PLACE_RUN_HDR,    /* unit size and alignment */
	OBJ_PLACE_BITMAP,
	OBJ_PLACE_OBJECT_HDR, /* the header before an object's user data */
	OBJ_PLACE_OBJECT,     /* user data */
	OBJ_PLACE_FREE,       /* a free chunk, or a unit that is not in use */
	OBJ_PLACE_WASTE,      /* what no unit, chunk or zone covers, or a zone that was never used */
	OBJ_PLACE_UNKNOWN,    /* damaged or unread headers do not tell */
	OBJ_PLACE_BEHIND,     /* behind the heap */
};
const char *obj_place_name(enum obj_place_kind k);

struct obj_place {
	enum obj_place_kind kind;
	uint32_t zone;
	struct obj_block block;   /* from RUN_HDR to FREE */
	struct obj_object object; /* OBJECT_HDR, OBJECT */
	uint64_t bits_at, bits;   /* OBJECT in a run: its word of the bitmap, and its bits there; else 0 */
	uint64_t off;             /* from the start of what the kind names; of an object, in its user data */
};

struct obj_finder;
/* Keeps the headers of a few zones that were asked for last. NULL without memory. */
struct obj_finder *obj_finder_open(const struct obj_heap *h);
void obj_finder_close(struct obj_finder *f);
void obj_finder_at(struct obj_finder *f, uint64_t at, struct obj_place *out);

#endif
