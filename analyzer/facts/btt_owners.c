#include "analyzer/facts/btt_owners.h"

#include <stdlib.h>

enum { WINDOW = 1 << 16, FILTER_BITS = 1 << 18 };

struct filter {
	uint64_t bits[FILTER_BITS / 64];
};

bool btt_owners_lane(const struct btt_arena *ar, uint32_t idx, uint32_t *block)
{
	struct btt_lane lane;

	if (!btt_flog_lane(ar->flog, idx, ar->padding, &lane) || lane.current < 0)
		return false;
	*block = btt_map_block(lane.ent[lane.current].old_map);
	return *block < ar->internal_nlba;
}

void btt_owners_finish(const struct btt_arena *ar, uint32_t first, uint32_t nr, uint32_t *words)
{
	uint32_t lo = 0, hi = ar->pending_nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (ar->pending[mid].lba < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < ar->pending_nr && ar->pending[lo].lba - first < nr; lo++) {
		const struct btt_pending *p = btt_writes_pending(ar, ar->pending[lo].lba);

		words[p->lba - first] = p->word;
	}
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int by_block(const void *a, const void *b)
{
	const struct btt_owner *x = a, *y = b;
	bool lane_x = x->lba == BTT_OWNER_LANE, lane_y = y->lba == BTT_OWNER_LANE;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	if (lane_x != lane_y)
		return lane_x ? -1 : 1;
	if (lane_x)
		return x->lane < y->lane ? -1 : x->lane > y->lane;
	return x->lba < y->lba ? -1 : x->lba > y->lba;
}

static bool wanted(const struct filter *f, const uint32_t *blocks, uint32_t nr, uint32_t block)
{
	uint32_t bit = block % FILTER_BITS;

	return (f->bits[bit / 64] >> bit % 64 & 1) && bsearch(&block, blocks, nr, sizeof(block), by_number);
}

/* A window of the map into the list. A hole of the map is words of zero, which own their own number. */
static void window_look(const struct filter *f, const uint32_t *blocks, uint32_t nr, uint32_t first, uint32_t n,
			const uint32_t *words, const uint8_t *flags, struct btt_owner *out, uint32_t max,
			uint32_t *out_nr)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t block = btt_map_owned(words[i], first + i);

		if (!wanted(f, blocks, nr, block) || (flags && btt_map_lost(flags, i)) || *out_nr == max)
			continue;
		out[(*out_nr)++] = (struct btt_owner){ .block = block, .lba = first + i, .word = words[i] };
	}
}

struct btt_owner *btt_owners(const struct btt *b, const struct btt_arena *ar, const uint32_t *blocks,
			     uint32_t nr, uint32_t end, uint32_t max, uint32_t *out_nr)
{
	struct btt_owner *out = malloc((max ? max : 1) * sizeof(*out));
	uint32_t *sorted = malloc((nr ? nr : 1) * sizeof(*sorted));
	uint32_t *words = malloc(WINDOW * sizeof(*words));
	uint8_t *flags = malloc(WINDOW * BTT_MAP_WORD);
	struct filter *f = calloc(1, sizeof(*f));
	bool ok = out && sorted && words && flags && f;
	uint32_t block;

	*out_nr = 0;
	for (uint32_t i = 0; ok && i < nr; i++) {
		uint32_t bit = blocks[i] % FILTER_BITS;

		sorted[i] = blocks[i];
		f->bits[bit / 64] |= UINT64_C(1) << bit % 64;
	}
	if (ok && nr)
		qsort(sorted, nr, sizeof(*sorted), by_number);
	for (uint32_t i = 0; ok && i < ar->lanes; i++)
		if (btt_owners_lane(ar, i, &block) && wanted(f, sorted, nr, block) && *out_nr < max)
			out[(*out_nr)++] = (struct btt_owner){ .block = block, .lba = BTT_OWNER_LANE, .lane = i };
	for (uint32_t first = 0, n; ok && nr && first < end; first += n) {
		bool any;

		n = end - first < WINDOW ? end - first : WINDOW;
		ok = btt_map_load(b, ar, first, n, words, flags, &any);
		if (!ok)
			break;
		btt_owners_finish(ar, first, n, words);
		window_look(f, sorted, nr, first, n, words, any ? flags : NULL, out, max, out_nr);
	}
	if (ok && *out_nr)
		qsort(out, *out_nr, sizeof(*out), by_block);
	free(f);
	free(flags);
	free(words);
	free(sorted);
	if (!ok) {
		free(out);
		return NULL;
	}
	return out;
}
