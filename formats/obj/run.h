/*
 * A run: one or more chunks cut into units of one size. In its first chunk: u64 unit size, u64
 * alignment, a bitmap (one bit a unit, 1 = in use), then the units. Bits that stand for no unit are
 * set for ever. Source: PMDK src/libpmemobj/heap_layout.h struct chunk_run, memblock.c.
 */
#ifndef FORMATS_OBJ_RUN_H
#define FORMATS_OBJ_RUN_H

#include "formats/obj/zone.h"

enum {
	OBJ_RUN_HDR_LEN = 16,
	OBJ_RUN_UNIT_MIN = 8,
	OBJ_RUN_FIXED_WORDS = 38, /* of a bitmap that is not flexible; 304 bytes */
	OBJ_RUN_FIXED_BITS = OBJ_RUN_FIXED_WORDS * 64,
	OBJ_RUN_HEAD_LEN = OBJ_RUN_HDR_LEN + OBJ_RUN_FIXED_WORDS * 8,
	OBJ_RUN_ALIGN_MAX = 2 << 20,
};

#define OBJ_RUN_HDR(LE, RAW)                                                                   \
	LE(block_size, 0, 64, SIZE, "bytes in a unit")                                         \
	LE(alignment, 8, 64, SIZE, "of user data, when the chunk is flagged as aligned; else 0. " \
				   "Before major 5: what the running process kept here")
struct obj_run_hdr { OBJ_RUN_HDR(HOST_LE, HOST_RAW) };
extern const struct layout obj_run_hdr_layout;

struct obj_run {
	struct obj_block block;
	struct obj_run_hdr hdr;
	bool lost;            /* the header could not be read, or lies outside */
	bool unit_good;       /* a multiple of 8 that fits the run at least once */
	bool aligned_good;    /* flagged: a power of two up to 2 MiB that divides the unit; else true */
	uint64_t alignment;   /* in use; 0: none */
	uint32_t hdr_len;     /* of each object */
	uint64_t nbits;       /* units; 0: nothing can be said */
	uint64_t words;       /* of the bitmap, padding too */
	uint64_t used_words;  /* of these, that stand for units */
	uint64_t bitmap_at, first_at; /* of the bitmap; of unit 0 */
	size_t head_len;      /* of the run's first bytes, as far as they were read with its header */
	uint8_t bytes[OBJ_RUN_HEAD_LEN], flags[OBJ_RUN_HEAD_LEN];
};
/* Fills *out from the block's first bytes. False: nbits is 0, and lost or unit_good tells why. */
bool obj_run_read(const struct obj_zone_map *m, const struct obj_block *b, struct obj_run *out);
/* The same; words of a bitmap are read along, best as many as the run before had. */
bool obj_run_read_along(const struct obj_zone_map *m, const struct obj_block *b, uint64_t words,
			struct obj_run *out);

/* What *b would be with this unit and alignment (0: none), whatever its bytes say. False: no run can have these. */
bool obj_run_as(const struct obj_block *b, uint64_t unit, uint64_t alignment, struct obj_run *out);

/* Words [first, first+nr) of the bitmap, nr at most OBJ_RUN_STEP. A lost word is UINT64_MAX and 1 in lost. */
enum { OBJ_RUN_STEP = 512 };
bool obj_run_words(const struct obj_zone_map *m, const struct obj_run *r, uint64_t first, uint32_t nr,
		   uint64_t *words, uint8_t *lost);
/* The bits of word idx that stand for no unit. */
uint64_t obj_run_padding(const struct obj_run *r, uint64_t idx);
/* Could these bytes be a run? A unit that fits, and every bit that stands for no unit is set. */
bool obj_run_plausible(const struct obj_zone_map *m, const struct obj_block *b);

/* The flags of a run that a library of this major makes without being asked for more. */
uint16_t obj_run_flags_usual(uint32_t major);

static inline uint64_t obj_run_unit_at(const struct obj_run *r, uint64_t unit)
{
	return r->first_at + unit * r->hdr.block_size;
}

#endif
