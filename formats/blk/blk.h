/*
 * A pmemblk pool behind its header: one descriptor page, then a BTT. Offsets count in the pool's
 * logical space. Little-endian but for is_zeroed, which the library never swaps.
 * Source: PMDK 1.12 src/libpmemblk/blk.h struct pmemblk.
 */
#ifndef FORMATS_BLK_BLK_H
#define FORMATS_BLK_BLK_H

#include "formats/btt/arena.h"

enum { BLK_DESCR_AT = 0x1000, BLK_DATA_AT = 0x2000, BLK_DESCR_LEN = 0x1000 };

#define BLK_DESCR(LE, RAW)                                                               \
	LE(bsize, 0x00, 32, SIZE, "block size")                                          \
	LE(is_zeroed, 0x04, 32, UINT, "1: the file was all zero when the pool was made") \
	LE(addr, 0x08, 64, ID, "run-time: where the last process mapped the pool")       \
	LE(size, 0x10, 64, SIZE, "run-time: the pool's size at the last open")           \
	LE(is_pmem, 0x18, 32, UINT, "run-time")                                          \
	LE(rdonly, 0x1C, 32, UINT, "run-time")                                           \
	LE(data, 0x20, 64, ID, "run-time pointer")                                       \
	LE(datasize, 0x28, 64, SIZE, "run-time: bytes of the BTT's container")           \
	LE(nlba, 0x30, 64, UINT, "run-time")                                             \
	LE(bttp, 0x38, 64, ID, "run-time pointer")                                       \
	LE(nlane, 0x40, 32, UINT, "run-time: lanes the last process used")               \
	LE(next_lane, 0x44, 32, UINT, "run-time: requests of the last process")          \
	LE(locks, 0x48, 64, ID, "run-time pointer")                                      \
	LE(is_dev_dax, 0x50, 32, UINT, "run-time")                                       \
	RAW(hole, 0x54, 4, BYTES, "run-time: what the compiler left between fields")     \
	LE(ctl, 0x58, 64, ID, "run-time pointer")                                        \
	LE(set, 0x60, 64, ID, "run-time pointer")                                        \
	RAW(unused, 0x68, 3992, PAD, "zero")

struct blk_descr { BLK_DESCR(HOST_LE, HOST_RAW) };
extern const struct layout blk_descr_layout;

struct blk_pool {
	struct node *node, *descr_node;
	const struct blk_descr *descr; /* NULL: lost or outside */
	struct image *image;           /* the logical space */
	uint64_t size, data_at;
	struct btt *btt;               /* never NULL; btt->written tells whether one is there */
};

/* data_at: BLK_DATA_AT, or 0x20000 with a 64 KiB header. poolset_uuid: 16 bytes, or NULL. */
struct blk_pool *blk_decode(struct arena *a, struct node *parent, struct image *logical,
			    uint64_t pool_size, uint64_t data_at, const uint8_t *poolset_uuid);

#endif
