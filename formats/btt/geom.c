#include "formats/btt/geom.h"

static uint64_t down(uint64_t v, uint64_t to)
{
	return v - v % to;
}

static uint64_t up(uint64_t v, uint64_t to)
{
	return down(v + to - 1, to);
}

uint32_t btt_geom_internal(uint32_t lbasize, enum btt_rounding r)
{
	uint64_t n = lbasize;

	if (r == BTT_ROUND_PMDK)
		n = up(n < 512 ? 512 : n, 256);
	else
		n = up(n, 64);
	return n > UINT32_MAX ? 0 : (uint32_t)n;
}

bool btt_geom(uint64_t len, uint32_t internal_lbasize, uint32_t nfree, struct btt_geom *out)
{
	uint64_t flog = up((uint64_t)nfree * BTT_LANE_LEN, BTT_PAGE);
	uint64_t end = down(len, BTT_PAGE);
	uint64_t fixed = 3 * BTT_PAGE + flog; /* two info blocks, and slack for rounding the map */

	*out = (struct btt_geom){ 0 };
	if (internal_lbasize == 0 || len > BTT_ARENA_MAX || end < fixed)
		return false;
	uint64_t internal = (end - fixed) / ((uint64_t)internal_lbasize + BTT_MAP_WORD);
	if (internal <= nfree || internal > UINT32_MAX)
		return false;
	uint64_t external = internal - nfree;
	uint64_t map = up(external * BTT_MAP_WORD, BTT_PAGE);

	*out = (struct btt_geom){
		.internal_lbasize = internal_lbasize,
		.internal_nlba = (uint32_t)internal,
		.external_nlba = (uint32_t)external,
		.nfree = nfree,
		.dataoff = BTT_PAGE,
		.infooff = end - BTT_PAGE,
		.flogoff = end - BTT_PAGE - flog,
		.mapoff = end - BTT_PAGE - flog - map,
		.map_len = map,
		.flog_len = flog,
	};
	return true;
}

bool btt_geom_arena(uint64_t len, uint32_t k, uint64_t *at, uint64_t *arena_len, uint64_t *nextoff)
{
	uint64_t off;

	if (__builtin_mul_overflow(BTT_ARENA_MAX, (uint64_t)k, &off) || off > len)
		return false;
	uint64_t rest = len - off;
	if (rest < BTT_ARENA_MIN)
		return false;
	*at = off;
	*arena_len = rest < BTT_ARENA_MAX ? rest : BTT_ARENA_MAX;
	*nextoff = rest - *arena_len >= BTT_ARENA_MIN ? *arena_len : 0;
	return true;
}
