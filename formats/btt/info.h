/*
 * The BTT info block: 4096 bytes, little-endian, two copies in every arena (first page and last
 * page). All its offsets count from the start of the own arena.
 * Source: Linux drivers/nvdimm/btt.h struct btt_sb; PMDK src/libpmemblk/btt_layout.h; UEFI BTT.
 */
#ifndef FORMATS_BTT_INFO_H
#define FORMATS_BTT_INFO_H

#include "formats/base/layout.h"
#include "formats/base/uuid.h"

enum { BTT_INFO_LEN = 4096, BTT_FLAG_ERROR = 1 };
extern const struct name_of btt_info_flag_names[];

#define BTT_INFO(LE, NAMED, RAW)                                                                   \
	RAW(sig, 0x00, 16, TEXT, "BTT_ARENA_INFO")                                                 \
	RAW(uuid, 0x10, 16, UUID_BE, "this BTT; equal in all arenas")                              \
	RAW(parent_uuid, 0x20, 16, UUID_BE, "the pool set or the namespace around it")             \
	NAMED(flags, 0x30, 32, FLAGS, btt_info_flag_names, "bit 0: arena is read-only for errors") \
	LE(major, 0x34, 16, UINT, "1: 4 KiB into a namespace, or in a pool; 2: at its start")      \
	LE(minor, 0x36, 16, UINT, "1 with major 1, 0 with major 2")                                \
	LE(external_lbasize, 0x38, 32, SIZE, "block offered, with its metadata")                   \
	LE(external_nlba, 0x3C, 32, UINT, "blocks offered by this arena")                          \
	LE(internal_lbasize, 0x40, 32, SIZE, "stride of blocks in the data area")                  \
	LE(internal_nlba, 0x44, 32, UINT, "blocks in the data area: external_nlba + nfree")        \
	LE(nfree, 0x48, 32, UINT, "lanes of the flog, each with one free block")                   \
	LE(infosize, 0x4C, 32, SIZE, "4096")                                                       \
	LE(nextoff, 0x50, 64, OFF, "distance to the next arena, or 0")                             \
	LE(dataoff, 0x58, 64, OFF, "data area")                                                    \
	LE(mapoff, 0x60, 64, OFF, "map")                                                           \
	LE(flogoff, 0x68, 64, OFF, "flog")                                                         \
	LE(infooff, 0x70, 64, OFF, "second copy of this block")                                    \
	RAW(unused, 0x78, 3968, PAD, "zero")                                                       \
	LE(checksum, 0xFF8, 64, SUM, "Fletcher-64 of the 4096 bytes")

struct btt_info { BTT_INFO(HOST_LE, HOST_NAMED, HOST_RAW) };
extern const struct layout btt_info_layout;

bool btt_info_signed(const struct btt_info *i); /* the signature is there */
/* The sum that the block ought to hold. s: the 4096 bytes, none lost. */
uint64_t btt_info_sum(struct span s);

#endif
