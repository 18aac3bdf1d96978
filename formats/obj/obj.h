/*
 * A pmemobj pool behind its header: a 4 KiB descriptor page, 1024 lanes, a heap. All offsets count in
 * the pool's logical space. Little-endian.
 * Source: PMDK 1.0 to 2.1 src/libpmemobj/obj.h struct pmemobjpool.
 */
#ifndef FORMATS_OBJ_OBJ_H
#define FORMATS_OBJ_OBJ_H

#include "formats/base/node.h"
#include "formats/image/image.h"

enum {
	OBJ_DESCR_AT = 0x1000,  /* 0x10000 with a 64 KiB header */
	OBJ_DESCR_LEN = 0x800,  /* the part that its checksum covers */
	OBJ_WORDS_AT = 0x1800,  /* the persistent words behind it */
	OBJ_RUNTIME_AT = 0x1A20, /* majors 4 and later; 0x1810 before */
	OBJ_LANE_LEN = 3072,    /* every major */
	OBJ_LANES_NR = 1024,
};

struct obj_descr;  /* formats/obj/descr.h: layout, lanes_offset, nlanes, heap_offset, checksum */
struct obj_words;  /* root_offset, run_id, root_size, conversion_flags, heap_size, stats */
struct obj_lanes;  /* formats/obj/lane.h: lanes of majors 5 and 6; formats/obj/lane_old.h: 1 to 4 */
struct obj_heap;   /* formats/obj/heap.h: header, zones, chunks, runs, objects */
struct obj_vos;    /* formats/obj/vos.h */

struct obj_pool {
	struct node *node, *descr_node, *words_node;
	const struct obj_descr *descr; /* NULL: lost or outside */
	const struct obj_words *words; /* NULL: lost or outside */
	bool descr_good;               /* its checksum holds */
	uint64_t descr_sum;            /* what the checksum ought to be */
	struct image *image;           /* the logical space */
	uint64_t size;                 /* of the pool, bytes, by its files */
	uint32_t major;                /* 1 to 6; 0: not known, and then read as 6 */
	bool major_guessed;            /* from the structure, not from a header */
	bool has_uuid_lo;
	uint64_t uuid_lo;              /* first word of every persistent pointer of this pool */
	/* In use: the descriptor's words where these are plausible, else the constants; clipped to size. */
	uint64_t lanes_at, heap_at, heap_len;
	uint32_t lanes_nr;
	const char *places_how;        /* which of the two */
	uint64_t root_at, root_len;    /* user data of the root object and the size asked for; 0: none */
	struct obj_lanes *lanes;       /* never NULL */
	struct obj_heap *heap;         /* never NULL */
	const struct obj_vos *vos;     /* formats/obj/vos.h: traces of DAOS; never NULL */
};

/*
 * NULL only without memory. major: by the header, or 0. poolset_uuid: 16 bytes, or NULL.
 * page: 4096, or 65536 with a 64 KiB header.
 */
struct obj_pool *obj_decode(struct arena *a, struct node *parent, struct image *logical, uint64_t pool_size,
			    uint32_t major, uint32_t page, const uint8_t *poolset_uuid);

#endif
