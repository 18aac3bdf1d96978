/* A BTT laid out anew, each block at its own place, so that the map says of a block only whether it can be read. */
#include "analyzer/extract/kinds.h"
#include "analyzer/repair/salvage.h"
#include "formats/blk/blk.h"
#include "formats/btt/map.h"

#include <inttypes.h>
#include <string.h>

enum { GROW = 1 << 20, BLOCK_MAX = 1 << 20 };

struct disk {
	struct salvage *to;
	struct image *image;
	uint32_t bsize;
	uint8_t *block, *lost; /* one block each */
	uint64_t nlba;         /* blocks of the old pool */
};

/* What fills the data and the map of one arena. */
struct arena_of {
	struct disk *disk;
	struct btt_geom g;
	uint64_t first; /* block of the disk */
};

/* Block lba of the old disk into d->block. *any_lost: a byte of it. False: our own failure. */
static bool block_read(struct disk *d, uint64_t lba, bool *any_lost, struct problem *p)
{
	if (lba >= d->nlba) {
		memset(d->block, 0, d->bsize);
		*any_lost = false;
		return true;
	}
	if (!image_read(d->image, lba * d->bsize, d->bsize, d->block, d->lost)) {
		problem_set(p, d->image->problem.status, "%s", d->image->problem.text);
		return false;
	}
	*any_lost = memchr(d->lost, 1, d->bsize) != NULL;
	return true;
}

static bool data_fill(struct salvage_piece *piece, uint64_t off, size_t len, uint8_t *buf, struct problem *p)
{
	const struct arena_of *a = piece->of;
	uint64_t stride = a->g.internal_lbasize;

	memset(buf, 0, len);
	for (uint64_t b = off / stride; b * stride < off + len; b++) {
		uint64_t from = b * stride > off ? b * stride : off, end = b * stride + a->disk->bsize;
		bool any_lost;

		end = end < off + len ? end : off + len;
		if (from >= end || b >= a->g.external_nlba)
			continue;
		if (!block_read(a->disk, a->first + b, &any_lost, p))
			return false;
		memcpy(buf + (from - off), a->disk->block + (from - b * stride), (size_t)(end - from));
	}
	return true;
}

/* A block that could not be read in full is an error to its reader; one of zeros was never written. */
static bool map_word(const struct arena_of *a, uint64_t b, uint32_t *word, struct problem *p)
{
	struct disk *d = a->disk;
	bool any_lost;

	if (!block_read(d, a->first + b, &any_lost, p))
		return false;
	bool zero = d->block[0] == 0 && memcmp(d->block, d->block + 1, d->bsize - 1) == 0;
	*word = any_lost ? (uint32_t)BTT_MAP_ERROR << 30 | (uint32_t)b : zero ? 0 : btt_map_word((uint32_t)b);
	if (any_lost)
		salvage_lose(d->to, a->first + b, 1);
	return true;
}

static bool map_fill(struct salvage_piece *piece, uint64_t off, size_t len, uint8_t *buf, struct problem *p)
{
	const struct arena_of *a = piece->of;

	/* reads of the writer begin and end at multiples of a word */
	for (size_t i = 0; i + BTT_MAP_WORD <= len; i += BTT_MAP_WORD) {
		uint64_t b = (off + i) / BTT_MAP_WORD;
		uint32_t word = 0;

		if (b < a->g.external_nlba && !map_word(a, b, &word, p))
			return false;
		span_put_le(buf + i, BTT_MAP_WORD, word);
	}
	return true;
}

/* Lane i has the i-th block behind those that are offered. */
static bool flog_add(struct salvage_pool *pool, uint64_t at, const struct btt_geom *g)
{
	uint8_t *bytes = arena_array(salvage_arena(pool), g->nfree, BTT_LANE_LEN);

	for (uint32_t i = 0; bytes && i < g->nfree; i++) {
		uint32_t free_word = (g->external_nlba + i) | (uint32_t)BTT_MAP_ZERO << 30;
		struct btt_flog_entry e = { .lba = i, .old_map = free_word, .new_map = free_word, .seq = 1 };

		memset(bytes + (size_t)i * BTT_LANE_LEN, 0, BTT_LANE_LEN);
		layout_encode(&btt_flog_entry_layout, &e, bytes + (size_t)i * BTT_LANE_LEN);
	}
	return bytes && salvage_bytes(pool, at, bytes, (size_t)g->nfree * BTT_LANE_LEN);
}

static bool arena_add(struct salvage_pool *pool, struct disk *d, const uint8_t poolset[16], uint64_t at, uint64_t nextoff,
		      const struct btt_geom *g, uint64_t first)
{
	struct arena_of *a = ARENA_NEW(salvage_arena(pool), struct arena_of);
	struct btt_info info = {
		.major = 1, .minor = 1, .external_lbasize = d->bsize, .external_nlba = g->external_nlba,
		.internal_lbasize = g->internal_lbasize, .internal_nlba = g->internal_nlba, .nfree = g->nfree,
		.infosize = BTT_INFO_LEN, .nextoff = nextoff, .dataoff = g->dataoff, .mapoff = g->mapoff, .flogoff = g->flogoff,
		.infooff = g->infooff,
	};
	uint8_t bytes[BTT_INFO_LEN];

	if (a == NULL)
		return false;
	*a = (struct arena_of){ d, *g, first };
	memcpy(info.sig, "BTT_ARENA_INFO", sizeof("BTT_ARENA_INFO"));
	memcpy(info.uuid, poolset, UUID_LEN);
	memcpy(info.parent_uuid, poolset, UUID_LEN);
	layout_encode(&btt_info_layout, &info, bytes);
	info.checksum = btt_info_sum((struct span){ .p = bytes, .len = sizeof(bytes) });
	layout_encode(&btt_info_layout, &info, bytes);
	struct salvage_piece *data = salvage_bytes(pool, at, bytes, sizeof(bytes))
					     ? salvage_add(pool, at + g->dataoff, (uint64_t)g->internal_nlba * g->internal_lbasize) : NULL;
	struct salvage_piece *map = data ? salvage_add(pool, at + g->mapoff, g->map_len) : NULL;
	if (map == NULL)
		return false;
	data->fill = data_fill;
	map->fill = map_fill;
	data->of = map->of = a;
	return flog_add(pool, at + g->flogoff, g) && salvage_bytes(pool, at + g->infooff, bytes, sizeof(bytes));
}

/* Blocks that a container of len bytes offers. */
static uint64_t room(uint64_t len, uint32_t stride)
{
	uint64_t at, arena_len, nextoff, nr = 0;
	struct btt_geom g;

	for (uint32_t k = 0; btt_geom_arena(len, k, &at, &arena_len, &nextoff); k++)
		nr += btt_geom(arena_len, stride, BTT_NFREE, &g) ? g.external_nlba : 0;
	return nr;
}

bool salvage_blk(struct salvage *s, struct salvage_pool *pool, const struct model *m, const uint8_t poolset[16], uint64_t *size,
		 const char **why)
{
	struct arena *arena = salvage_arena(pool);
	struct disk *d = ARENA_NEW(arena, struct disk);
	struct extract_content content;
	uint64_t at, arena_len, nextoff, first = 0;
	uint8_t descr[BLK_DESCR_LEN];

	if (d == NULL || !extract_disk(arena, m, EXTRACT_STARTED, 0, &content) || content.block == 0 || content.block > BLOCK_MAX) {
		*why = "where the pool's blocks lie cannot be told";
		return false;
	}
	*d = (struct disk){ s, content.image, content.block, arena_alloc(arena, content.block), arena_alloc(arena, content.block),
			    content.image->size / content.block };
	uint32_t stride = btt_geom_internal(d->bsize, BTT_ROUND_PMDK);
	struct blk_descr b = { .bsize = d->bsize, .is_zeroed = 1 };
	layout_encode(&blk_descr_layout, &b, descr);
	if (d->block == NULL || d->lost == NULL || !salvage_bytes(pool, BLK_DESCR_AT, descr, sizeof(descr)))
		return false;
	while (*size < BTT_ARENA_MIN + BLK_DATA_AT || room(*size - BLK_DATA_AT, stride) < d->nlba)
		*size += GROW;
	for (uint32_t k = 0; btt_geom_arena(*size - BLK_DATA_AT, k, &at, &arena_len, &nextoff); k++) {
		struct btt_geom g;

		if (!btt_geom(arena_len, stride, BTT_NFREE, &g) ||
		    !arena_add(pool, d, poolset, BLK_DATA_AT + at, nextoff, &g, first))
			return false;
		first += g.external_nlba;
	}
	s->what = "the blocks";
	s->unit = s->losses_in = "blocks";
	s->nr = d->nlba;
	s->left_out = content.note;
	return true;
}
