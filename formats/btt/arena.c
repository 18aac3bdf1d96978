#include "formats/btt/arena.h"

#include "formats/btt/map.h"
#include "formats/btt/writes.h"

#include <endian.h>
#include <string.h>

enum { ARENAS_MAX = 1 << 16 }; /* 32 PiB of container; more is a lie of the evidence */

const char *btt_source_text(enum btt_source s)
{
	static const char *const texts[] = {
		"nothing: no info block holds and no block size is known",
		"the info block at the arena's start",
		"the backup info block at the arena's end",
		"another arena's block size and the layout formula",
		"the block size that the pool's descriptor or the label tells, and the layout formula",
	};

	return texts[s];
}

static void copy_read(struct arena *a, struct node *parent, const char *name, struct image *image,
		      uint64_t at, struct btt_copy *out)
{
	out->node = node_decode(a, parent, name, &btt_info_layout, image, at);
	if (out->node == NULL || out->node->state != NODE_READ)
		return;
	out->info = out->node->host;
	if (!image_span(image, a, at, BTT_INFO_LEN, &out->bytes))
		return;
	out->blank = span_zero(out->bytes);
	out->sum = btt_info_sum(out->bytes);
	out->good = btt_info_signed(out->info) && out->info->checksum == out->sum;
}

/* The formula for a block's own words, by whichever rounding its internal block has. */
static bool formula(struct btt_arena *ar, uint32_t lbasize, uint32_t internal, uint32_t nfree)
{
	ar->rounding = internal == btt_geom_internal(lbasize, BTT_ROUND_PMDK) ? BTT_ROUND_PMDK
									      : BTT_ROUND_KERNEL;
	return btt_geom(ar->len, internal, nfree, &ar->geom);
}

/* True when [off, off+len) lies in an arena of arena_len bytes. */
static bool inside(uint64_t off, uint64_t len, uint64_t arena_len)
{
	return off <= arena_len && len <= arena_len - off;
}

/* Takes places from an info block as they are, clipped to what the arena holds. */
static void places_from_info(struct btt_arena *ar, const struct btt_info *i)
{
	uint64_t lanes = i->nfree < BTT_LANES_MAX ? i->nfree : BTT_LANES_MAX, words = i->external_nlba, blocks = i->internal_nlba;

	/* the flog ends before the backup info block, when both are where they are said to be */
	uint64_t flog_end = i->infooff > i->flogoff && i->infooff < ar->len ? i->infooff : ar->len;

	ar->internal_lbasize = i->internal_lbasize;
	if (i->flogoff > flog_end)
		lanes = 0;
	else if (lanes > (flog_end - i->flogoff) / BTT_LANE_LEN)
		lanes = (flog_end - i->flogoff) / BTT_LANE_LEN;
	if (i->mapoff > ar->len)
		words = 0;
	else if (words > (ar->len - i->mapoff) / BTT_MAP_WORD)
		words = (ar->len - i->mapoff) / BTT_MAP_WORD;
	if (i->internal_lbasize == 0 || i->dataoff > ar->len)
		blocks = 0;
	else if (blocks > (ar->len - i->dataoff) / i->internal_lbasize)
		blocks = (ar->len - i->dataoff) / i->internal_lbasize;
	ar->lanes = (uint32_t)lanes;
	ar->external_nlba = (uint32_t)words;
	ar->internal_nlba = (uint32_t)blocks;
	ar->data_at = ar->at + (blocks ? i->dataoff : 0);
	ar->map_at = ar->at + (words ? i->mapoff : 0);
	ar->flog_at = ar->at + (lanes ? i->flogoff : 0);
}

static void places_from_geom(struct btt_arena *ar)
{
	const struct btt_geom *g = &ar->geom;

	ar->internal_lbasize = g->internal_lbasize;
	ar->internal_nlba = g->internal_nlba;
	ar->external_nlba = g->external_nlba;
	ar->lanes = g->nfree;
	ar->data_at = ar->at + g->dataoff;
	ar->map_at = ar->at + g->mapoff;
	ar->flog_at = ar->at + g->flogoff;
}

static void choose(struct btt_arena *ar)
{
	const struct btt_copy *use = ar->primary.good ? &ar->primary
				     : ar->backup.good ? &ar->backup : NULL;

	if (use == NULL)
		return;
	ar->from = use == &ar->primary ? BTT_FROM_PRIMARY : BTT_FROM_BACKUP;
	ar->info = use->info;
	places_from_info(ar, use->info);
	ar->geom_known = formula(ar, use->info->external_lbasize, use->info->internal_lbasize,
				 use->info->nfree);
}

/* Where no copy holds, block sizes come from a sibling from the pool's descriptor or from the label. */
static void fall_back(struct btt *b, struct btt_arena *ar)
{
	const struct btt_info *sibling = NULL;

	for (uint32_t i = 0; i < b->nr && sibling == NULL; i++)
		sibling = b->arenas[i].info;
	if (sibling && formula(ar, sibling->external_lbasize, sibling->internal_lbasize, sibling->nfree))
		ar->from = BTT_FROM_SIBLING;
	else if (b->bsize && formula(ar, b->bsize,
				     btt_geom_internal(b->bsize, b->container == BTT_IN_POOL ? BTT_ROUND_PMDK : BTT_ROUND_KERNEL),
				     BTT_NFREE))
		ar->from = BTT_FROM_GIVEN;
	else
		return;
	ar->geom_known = true;
	places_from_geom(ar);
}

/* The flog, and what it remembers. */
static bool flog_read(struct arena *a, const struct btt *b, struct btt_arena *ar)
{
	if (ar->lanes == 0 || !image_span(b->image, a, ar->flog_at, (uint64_t)ar->lanes * BTT_LANE_LEN, &ar->flog)) {
		ar->lanes = 0;
		return false;
	}
	ar->padding = btt_flog_padding(ar->flog, ar->lanes);
	/* no kernel writes into a pool, and libpmemblk has ever used the first two */
	if (b->container == BTT_IN_POOL && ar->padding != BTT_PADDING_ASSUMED)
		ar->padding = BTT_PADDING_NEW;
	btt_writes_gather(a, b, ar);
	return true;
}

bool btt_arena_as(struct arena *a, const struct btt *b, const struct btt_arena *ar, const struct btt_geom *g, struct btt_arena *out)
{
	*out = (struct btt_arena){ .idx = ar->idx, .at = ar->at, .len = ar->len, .nextoff = ar->nextoff, .from = BTT_FROM_GIVEN,
				   .geom_known = true, .geom = *g };
	places_from_geom(out);
	return flog_read(a, b, out);
}

static void arena_tell(struct arena *a, struct btt *b, struct btt_arena *ar)
{
	node_fact_text(a, ar->node, "read by", btt_source_text(ar->from));
	if (ar->from == BTT_FROM_NONE)
		return;
	ar->map_node = node_array(a, ar->node, "map", &btt_map_entry_layout, b->image, ar->map_at, ar->external_nlba,
				  BTT_MAP_WORD);
	if (!flog_read(a, b, ar))
		return;
	node_fact_text(a, ar->node, "flog entries in use", btt_flog_padding_name(ar->padding));
	ar->flog_node = node_array(a, ar->node, "flog", &btt_flog_entry_layout, b->image, ar->flog_at,
				   (uint64_t)ar->lanes * BTT_SLOTS, BTT_SLOT_LEN);
}

struct btt *btt_decode(struct arena *a, struct node *parent, struct image *image, uint64_t at,
		       uint64_t len, enum btt_container container, uint32_t bsize,
		       const uint8_t *parent_uuid)
{
	struct btt *b = ARENA_NEW(a, struct btt);
	uint64_t off, arena_len, next;

	if (b == NULL)
		return NULL;
	*b = (struct btt){ .image = image, .at = at, .len = len, .container = container,
			   .bsize = bsize, .parent_uuid = parent_uuid };
	b->node = node_group(a, parent, "btt");
	while (b->nr < ARENAS_MAX && btt_geom_arena(len, b->nr, &off, &arena_len, &next))
		b->nr++;
	b->arenas = arena_array(a, b->nr, sizeof(*b->arenas));
	if (b->node == NULL || b->arenas == NULL)
		return NULL;

	for (uint32_t k = 0; k < b->nr; k++) {
		struct btt_arena *ar = &b->arenas[k];

		btt_geom_arena(len, k, &off, &ar->len, &ar->nextoff);
		ar->idx = k;
		ar->at = at + off;
		ar->node = node_group_idx(a, b->node, "arena", k);
		copy_read(a, ar->node, "info", image, ar->at, &ar->primary);
		copy_read(a, ar->node, "info2", image,
			  ar->at + ar->len / BTT_PAGE * BTT_PAGE - BTT_INFO_LEN, &ar->backup);
		if (ar->node == NULL || ar->primary.node == NULL || ar->backup.node == NULL)
			return NULL;
		if ((ar->primary.info && !ar->primary.blank) || (ar->backup.info && !ar->backup.blank))
			b->written = true;
		choose(ar);
	}
	for (uint32_t k = 0; k < b->nr; k++) {
		struct btt_arena *ar = &b->arenas[k];

		if (ar->from == BTT_FROM_NONE)
			fall_back(b, ar);
		ar->first_lba = b->nlba;
		b->nlba += ar->external_nlba;
		arena_tell(a, b, ar);
	}
	node_fact_uint(a, b->node, "arenas", KIND_UINT, b->nr);
	node_fact_uint(a, b->node, "blocks", KIND_UINT, b->nlba);
	return b;
}

bool btt_probe(struct image *image, struct arena *a, enum btt_container *container)
{
	static const struct { uint64_t at; enum btt_container as; } places[] = {
		{ 4096, BTT_IN_NS_V1 }, { 0, BTT_IN_NS_V2 },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct btt_copy copy = { 0 };

		copy_read(a, NULL, "info", image, places[i].at, &copy);
		if (copy.good) {
			*container = places[i].as;
			return true;
		}
	}
	return false;
}

bool btt_map_load(const struct btt *b, const struct btt_arena *ar, uint32_t first, uint32_t nr,
		  uint32_t *words, uint8_t *flags, bool *any_lost)
{
	size_t len = (size_t)nr * BTT_MAP_WORD;

	if (!inside(first, nr, ar->external_nlba) ||
	    !image_read(b->image, ar->map_at + (uint64_t)first * BTT_MAP_WORD, len, (uint8_t *)words, flags))
		return false;
	for (uint32_t i = 0; i < nr; i++)
		words[i] = le32toh(words[i]);
	*any_lost = memchr(flags, 1, len) != NULL;
	return true;
}

bool btt_map_read(const struct btt *b, const struct btt_arena *ar, uint32_t first, uint32_t nr,
		  uint32_t *words, uint8_t *lost)
{
	enum { STEP = 4096 }; /* words at a time, so that the flags of their bytes stay small */
	uint8_t flags[STEP * BTT_MAP_WORD];
	bool any;

	if (!inside(first, nr, ar->external_nlba))
		return false;
	for (uint32_t done = 0; done < nr;) {
		uint32_t n = nr - done < STEP ? nr - done : STEP;

		if (!btt_map_load(b, ar, first + done, n, words + done, flags, &any))
			return false;
		for (uint32_t i = 0; i < n; i++)
			lost[done + i] = any && btt_map_lost(flags, i);
		done += n;
	}
	return true;
}
