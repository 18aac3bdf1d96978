/*
 * Where everything of an arena lies, computed from its length and block size alone: the same
 * formula in PMDK, the kernel and UEFI but for the rounding of the internal block.
 * Source: PMDK src/libpmemblk/btt.c btt_info_set; Linux drivers/nvdimm/btt.c alloc_arena.
 */
#ifndef FORMATS_BTT_GEOM_H
#define FORMATS_BTT_GEOM_H

#include <stdbool.h>
#include <stdint.h>

#define BTT_ARENA_MAX (UINT64_C(1) << 39)  /* bytes */
#define BTT_ARENA_MIN (UINT64_C(16) << 20) /* bytes; less at the end of a container stays unused */
enum { BTT_NFREE = 256, BTT_LANE_LEN = 64, BTT_MAP_WORD = 4, BTT_PAGE = 4096 };
enum { BTT_LANES_MAX = 16384 }; /* read of a flog; every known writer makes 256 */

enum btt_rounding { BTT_ROUND_PMDK, BTT_ROUND_KERNEL };

struct btt_geom {
	uint32_t internal_lbasize, internal_nlba, external_nlba, nfree;
	uint64_t dataoff, mapoff, flogoff, infooff; /* from the arena's start */
	uint64_t map_len, flog_len;                 /* bytes, page-rounded */
};

/* The stride of an external block of lbasize bytes; 0 when it does not fit 32 bits. */
uint32_t btt_geom_internal(uint32_t lbasize, enum btt_rounding r);
/* False when an arena of len bytes cannot hold such blocks. */
bool btt_geom(uint64_t len, uint32_t internal_lbasize, uint32_t nfree, struct btt_geom *out);
/* Arena k of a container of len bytes. False: there is none. */
bool btt_geom_arena(uint64_t len, uint32_t k, uint64_t *at, uint64_t *arena_len, uint64_t *nextoff);

#endif
