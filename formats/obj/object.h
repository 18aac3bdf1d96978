/*
 * Objects: what is allocated in a heap, told one by one in the library's own order, never as a list.
 * A huge object is a used block; in a run, a set bit begins an object, whose header tells how many
 * units it fills (1 to 64, inside one word of the bitmap). Majors 1 to 3 put a 64-byte header before
 * every object; later ones one of 64, 16 or 0 bytes, by the chunk's flags.
 * Source: PMDK src/libpmemobj/heap_layout.h struct allocation_header_*, memblock.c.
 */
#ifndef FORMATS_OBJ_OBJECT_H
#define FORMATS_OBJ_OBJECT_H

#include "formats/obj/run.h"

enum { OBJ_OBJECT_INTERNAL = 0x8000 }; /* flag: the library's own, or the root object */

#define OBJ_HDR_LEGACY(LE, RAW)                                                                     \
	RAW(unused, 0, 8, BYTES, "majors 1 to 3: zone and chunk; later whatever was in memory")     \
	LE(size, 8, 64, SIZE, "of the whole block, this header included")                           \
	RAW(list, 16, 32, BYTES, "major 1: next and previous object; later whatever was in memory") \
	LE(root_size, 48, 64, FLAGS, "flags in the top 16 bits; majors 1 to 3: the root's size below") \
	LE(type_num, 56, 64, UINT, "the application's type")
struct obj_hdr_legacy { OBJ_HDR_LEGACY(HOST_LE, HOST_RAW) };
#define OBJ_HDR_COMPACT(LE, RAW)                                                                     \
	LE(size, 0, 64, FLAGS, "of the whole block, this header included; flags in the top 16 bits") \
	LE(extra, 8, 64, UINT, "the application's type")
struct obj_hdr_compact { OBJ_HDR_COMPACT(HOST_LE, HOST_RAW) };
extern const struct layout obj_hdr_legacy_layout, obj_hdr_compact_layout;

/* What is wrong with an object's header. */
enum obj_object_wrong {
	OBJ_OBJECT_LOST = 1,  /* could not be read */
	OBJ_OBJECT_SIZE = 2,  /* 0, no multiple of the unit, or other than its chunks */
	OBJ_OBJECT_BITS = 4,  /* it passes the bits that are set for it */
	OBJ_OBJECT_FLAGS = 8, /* flags that nothing sets */
};

struct obj_object {
	uint64_t at, len;      /* user data: place and usable bytes */
	uint64_t block_at, block_len; /* with its header */
	uint64_t type_num;     /* 0 without a header */
	uint64_t stored_size;  /* what its header says; 0 without one */
	uint64_t unit;         /* in a run: which */
	uint32_t units;        /* of these; 0: huge */
	uint32_t zone, chunk;  /* the block's first chunk */
	uint32_t hdr_len;
	uint16_t flags;
	uint16_t wrong;        /* enum obj_object_wrong, ORed. Then the length is by the bits that are set,
				* up to where the next header makes sense */
};

/* False stops. */
typedef bool (*obj_object_fn)(void *ctx, const struct obj_object *o);

/* Room to read in; of one thread. NULL without memory. */
struct obj_scan;
struct obj_scan *obj_scan_open(void);
void obj_scan_close(struct obj_scan *s);

/* The object of a used block. */
void obj_object_huge(const struct obj_zone_map *m, const struct obj_block *b, struct obj_object *out);
/*
 * What would begin at a unit by its header alone, whatever the bitmap says: o->units is 0 when no object can have it. False:
 * it could not be read.
 */
bool obj_run_header_at(const struct obj_zone_map *m, const struct obj_run *r, uint64_t unit, struct obj_object *out);
/*
 * The objects that begin in words [first, first+nr) of a run's bitmap, whose bits are words[]. False
 * when each stopped it.
 */
bool obj_run_objects(struct obj_scan *s, const struct obj_zone_map *m, const struct obj_run *r, uint64_t first,
		     uint32_t nr, const uint64_t *words, obj_object_fn each, void *ctx);
/* All objects of a block. False when each stopped it. */
bool obj_block_objects(struct obj_scan *s, const struct obj_zone_map *m, const struct obj_block *b,
		       obj_object_fn each, void *ctx);
/* All objects of the heap. False when each stopped it, or without memory, or when reading failed. */
bool obj_heap_objects(const struct obj_heap *h, obj_object_fn each, void *ctx);

#endif
