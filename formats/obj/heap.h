/*
 * The heap of a pmemobj pool: a 1024-byte header, then zones of at most 65528 chunks of 256 KiB. A
 * zone is a 64-byte header, 65528 chunk headers of 8 bytes, and the chunks. Zones are laid out when
 * they are first needed, in order: one whose magic is 0 has never been used, and whatever lies in it
 * is older than the pool. Little-endian; offsets count in the pool's logical space.
 * Source: PMDK 1.0 to 2.1 src/libpmemobj/heap_layout.h.
 */
#ifndef FORMATS_OBJ_HEAP_H
#define FORMATS_OBJ_HEAP_H

#include "formats/base/node.h"
#include "formats/image/image.h"

struct obj_pool;

enum {
	OBJ_HEAP_HDR_LEN = 1024,
	OBJ_ZONE_HDR_LEN = 64,
	OBJ_CHUNK_HDR_LEN = 8,
	OBJ_CHUNK_LEN = 262144,
	OBJ_ZONE_CHUNKS = 65528,  /* the most a zone may hold */
	OBJ_ZONE_META = 0x80000,  /* zone header and chunk headers */
	OBJ_ZONE_MIN = OBJ_ZONE_META + OBJ_CHUNK_LEN,
	OBJ_ZONES_MAX = 1 << 16,  /* 1 PiB of heap: more zones than this are counted, not decoded */
};
#define OBJ_ZONE_STRIDE (UINT64_C(0x80000) + UINT64_C(65528) * 262144)
#define OBJ_ZONE_MAGIC UINT32_C(0xC3F0A2D2)
#define OBJ_HEAP_SIGNATURE "MEMORY_HEAP_HDR"

#define OBJ_HEAP_HDR(LE, RAW)                                                                     \
	RAW(signature, 0, 16, TEXT, "MEMORY_HEAP_HDR")                                            \
	LE(major, 16, 64, UINT, "1")                                                              \
	LE(minor, 24, 64, UINT, "0")                                                              \
	LE(size, 32, 64, SIZE, "majors 1 to 3 and PMDK 1.3: the heap's size; later without meaning") \
	LE(chunksize, 40, 64, SIZE, "262144")                                                     \
	LE(chunks_per_zone, 48, 64, UINT, "65528")                                                \
	RAW(reserved, 56, 960, PAD, "zero")                                                       \
	LE(checksum, 1016, 64, SUM, "Fletcher-64 over the 1024 bytes")
struct obj_heap_hdr { OBJ_HEAP_HDR(HOST_LE, HOST_RAW) };
extern const struct layout obj_heap_hdr_layout;

#define OBJ_ZONE_HDR(LE, RAW)                                              \
	LE(magic, 0, 32, ID, "0xC3F0A2D2; 0: the zone was never used")     \
	LE(size_idx, 4, 32, UINT, "chunks in the zone")                    \
	RAW(reserved, 8, 56, PAD, "zero")
struct obj_zone_hdr { OBJ_ZONE_HDR(HOST_LE, HOST_RAW) };
extern const struct layout obj_zone_hdr_layout;

enum obj_zone_state {
	OBJ_ZONE_VIRGIN, /* never used */
	OBJ_ZONE_USED,   /* its magic says so */
	OBJ_ZONE_HIDDEN, /* its magic does not say so, but its chunk headers make a whole: read as used */
	OBJ_ZONE_WRONG,  /* its magic is wrong, and its chunk headers make no whole: read as used */
	OBJ_ZONE_LOST,   /* its header could not be read: read as used where the chunk headers make a whole */
};

struct obj_zone {
	uint32_t idx;
	enum obj_zone_state state;
	struct node *node, *hdr_node, *chunk_node; /* NULL where the zone was never used */
	uint64_t at;                    /* of its header */
	const struct obj_zone_hdr *hdr; /* NULL: lost or outside */
	uint32_t expected;              /* chunks, by the heap's size */
	uint32_t chunks;                /* in use: loops may trust it; 0: nothing to read */
};

struct obj_heap {
	const struct obj_pool *pool;
	struct image *image;            /* the pool's logical space */
	uint64_t at, len;               /* the pool's heap_at, heap_len */
	uint32_t major;                 /* 1 to 6 */
	struct node *node, *hdr_node;
	const struct obj_heap_hdr *hdr; /* NULL: lost or outside */
	uint64_t hdr_sum;               /* what its checksum ought to be */
	bool hdr_good;                  /* signature and checksum hold */
	struct obj_zone *zones;
	uint32_t zones_nr;              /* that are decoded */
	uint64_t zones_all;             /* that the heap's size asks for */
	uint32_t used_nr;               /* zones to be read: those with chunks */
};

/* The heap of pool, whose image, size, major and places are filled in. NULL only without memory. */
struct obj_heap *obj_heap_decode(struct arena *a, struct node *parent, struct obj_pool *pool);

/* Chunks that zone idx of nr ought to have in a heap of len bytes. */
uint32_t obj_zone_expected(uint64_t len, uint64_t idx, uint64_t nr);
/* The length of a heap of so many zones, none shorter than a zone can be, up to the page that files end on. */
uint64_t obj_heap_whole_zones(uint64_t zones);
/* The least length that the zones in use ask for, rounded up to the page that files end on; 0: none is in use. */
uint64_t obj_heap_by_zones(const struct obj_heap *h);
/* Do the zones in use end where they would in a heap of len bytes? */
bool obj_heap_zones_fill(const struct obj_heap *h, uint64_t len);

#endif
