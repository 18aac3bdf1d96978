/*
 * A zone's chunk headers, 8 bytes each, and the blocks that they make: walking from chunk 0 by
 * size_idx, each block is free, used (one huge object) or a run of small ones. What lies between
 * the first header of a block and the next block is stale, but for the run-data headers of a run
 * and the footer of a longer block. Source: PMDK src/libpmemobj/heap_layout.h, heap.c, memblock.c.
 *
 * A block whose header does not hold is read by its second witnesses where there are any; the walk
 * goes on behind it, so that one wrong header does not hide the next. It always comes to an end.
 */
#ifndef FORMATS_OBJ_ZONE_H
#define FORMATS_OBJ_ZONE_H

#include "formats/obj/heap.h"

enum obj_chunk_type {
	OBJ_CHUNK_UNKNOWN,
	OBJ_CHUNK_FOOTER,   /* closes a free or used block of two chunks or more; not kept up to date */
	OBJ_CHUNK_FREE,
	OBJ_CHUNK_USED,
	OBJ_CHUNK_RUN,
	OBJ_CHUNK_RUN_DATA, /* size_idx: chunks back to the run's first */
	OBJ_CHUNK_TYPES,
};
const char *obj_chunk_type_name(enum obj_chunk_type t);

enum obj_chunk_flag {
	OBJ_CHUNK_COMPACT = 1,  /* objects have 16-byte headers */
	OBJ_CHUNK_NO_HDR = 2,   /* objects have none */
	OBJ_CHUNK_ALIGNED = 4,
	OBJ_CHUNK_FLEX = 8,     /* the bitmap is as long as it has to be */
};
/* The flags that a pool of this major may have. Before 4 none had a lasting meaning. */
uint16_t obj_chunk_flags_known(uint32_t major);

extern const struct name_of obj_chunk_types[], obj_chunk_flags[];
#define OBJ_CHUNK_HDR(NAMED, LE)                                                             \
	NAMED(type, 0, 16, UINT, obj_chunk_types, "what begins here")                        \
	NAMED(flags, 2, 16, FLAGS, obj_chunk_flags, "of what begins here")                   \
	LE(size_idx, 4, 32, UINT, "chunks in the block; run data: chunks back to its first")
struct obj_chunk_hdr { OBJ_CHUNK_HDR(HOST_NAMED, HOST_LE) };
extern const struct layout obj_chunk_hdr_layout;

/* The headers of one zone, in memory of its own. */
struct obj_zone_map {
	const struct obj_heap *heap;
	const struct obj_zone *zone;
	struct span headers;  /* chunks * 8 bytes */
	uint32_t chunks;      /* where the walk ends: what the zone header or the heap's size says,
			       * whichever the blocks agree with */
	uint32_t *footers;    /* per chunk: the footer of a block that begins there, or 0; NULL: all is well */
	struct arena *own;
};
/* False without memory, or when reading failed (heap->image->problem) or lies outside. */
bool obj_zone_open(const struct obj_heap *h, const struct obj_zone *z, struct obj_zone_map *out);
void obj_zone_close(struct obj_zone_map *m);
/* True when the blocks, by their headers alone, end where the zone does. */
bool obj_zone_whole(const struct obj_zone_map *m);
/* False: outside, or lost. */
bool obj_zone_chunk(const struct obj_zone_map *m, uint32_t chunk, struct obj_chunk_hdr *out);

/* What is wrong with a block's header. */
enum obj_block_wrong {
	OBJ_BLOCK_LOST = 1,   /* could not be read */
	OBJ_BLOCK_TYPE = 2,   /* no type that can begin a block */
	OBJ_BLOCK_EMPTY = 4,  /* size 0 */
	OBJ_BLOCK_LONG = 8,   /* passes the end of the zone, or leads into nothing */
};
/* By what a block with a wrong header was read. */
enum obj_block_witness {
	OBJ_WITNESS_HEADER, /* nothing is wrong */
	OBJ_WITNESS_SIZE,   /* the header's own size leads to a block */
	OBJ_WITNESS_DATA,   /* run-data headers behind it */
	OBJ_WITNESS_FOOTER,
	OBJ_WITNESS_OBJECT, /* the huge object's own header */
	OBJ_WITNESS_NEXT,   /* the next header that begins a row of blocks */
	OBJ_WITNESS_NONE,   /* nothing: all up to the zone's end */
};
const char *obj_block_witness_text(enum obj_block_witness w);

struct obj_block {
	uint32_t chunk, len;      /* first chunk; chunks, at least 1, inside the zone */
	enum obj_chunk_type type; /* FREE, USED, RUN; UNKNOWN: nothing tells */
	uint16_t flags;           /* those that are known */
	struct obj_chunk_hdr hdr; /* as stored; zero when lost */
	unsigned wrong;           /* enum obj_block_wrong, ORed */
	enum obj_block_witness witness;
	uint64_t at;              /* of its first chunk */
	uint64_t hdr_at;          /* of its chunk header */
};
/* The block behind *b, or with len 0 the first. False: there is none. */
bool obj_block_next(const struct obj_zone_map *m, struct obj_block *b);

/* Of an object in a block with these flags: 64, 16 or 0. */
uint32_t obj_object_hdr_len(uint16_t flags);

static inline uint64_t obj_chunk_at(const struct obj_zone *z, uint32_t chunk)
{
	return z->at + OBJ_ZONE_META + (uint64_t)chunk * OBJ_CHUNK_LEN;
}
static inline uint64_t obj_chunk_hdr_at(const struct obj_zone *z, uint32_t chunk)
{
	return z->at + OBJ_ZONE_HDR_LEN + (uint64_t)chunk * OBJ_CHUNK_HDR_LEN;
}

#endif
