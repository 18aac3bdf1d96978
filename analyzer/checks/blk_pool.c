/* The descriptor of a pmemblk pool, beside its BTT. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/btt.h"
#include "formats/blk/blk.h"

#include <inttypes.h>

static struct finding at_word(const struct check *by, enum verdict v, const struct blk_pool *b,
			      const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = b->descr_node,
				 .field = layout_field(&blk_descr_layout, field) };
}

static const struct blk_pool *readable(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->blk && m->blk->descr == NULL)
		findings_unchecked(out, self, m->blk->descr_node, "the descriptor could not be read");
	return m->blk && m->blk->descr ? m->blk : NULL;
}

static void bsize_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct blk_pool *b = readable(self, m, out);

	if (b == NULL)
		return;
	const struct btt_info *info = NULL;
	for (uint32_t k = 0; k < b->btt->nr && info == NULL; k++)
		info = b->btt->arenas[k].info;
	struct finding f = at_word(self, CONFLICT, b, "bsize");
	f.actual = arena_printf(out->arena, "%" PRIu32, b->descr->bsize);
	if (info && info->external_lbasize != b->descr->bsize) {
		f.expected = arena_printf(out->arena, "%" PRIu32, info->external_lbasize);
		f.detail = "the BTT's info block tells another block size";
		/* the geometry may be that of either */
		f.repair = b->descr->bsize && btt_geom_internal(b->descr->bsize, BTT_ROUND_PMDK) == info->internal_lbasize
				   ? REPAIR_ASK : REPAIR_SAFE;
		findings_add(out, f);
		return;
	}
	struct btt_geom g;
	uint64_t len = b->size > b->data_at ? b->size - b->data_at : 0;
	uint32_t stride = btt_geom_internal(b->descr->bsize, BTT_ROUND_PMDK);
	if (info == NULL && (b->descr->bsize == 0 ||
			     !btt_geom(len < BTT_ARENA_MAX ? len : BTT_ARENA_MAX, stride, BTT_NFREE, &g) ||
			     g.internal_nlba < 2 * BTT_NFREE)) {
		f.verdict = CORRUPT;
		f.expected = "a size of which the pool can hold 512 blocks";
		f.repair = REPAIR_NONE;
		findings_add(out, f);
	}
}

static void zeroed_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct blk_pool *b = readable(self, m, out);
	const uint32_t swapped = UINT32_C(1) << 24; /* a big-endian machine's 1: the library never swaps it */

	if (b == NULL || b->descr->is_zeroed <= 1 || b->descr->is_zeroed == swapped)
		return;
	struct finding f = at_word(self, CORRUPT, b, "is_zeroed");
	f.expected = "0 or 1";
	f.actual = arena_printf(out->arena, "%" PRIu32, b->descr->is_zeroed);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void resized_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct blk_pool *b = readable(self, m, out);

	if (b == NULL || b->descr->size == 0 || b->descr->size == b->size)
		return;
	struct finding f = at_word(self, CONFLICT, b, "size");
	f.expected = arena_printf(out->arena, "%" PRIu64, b->size);
	f.actual = arena_printf(out->arena, "%" PRIu64, b->descr->size);
	findings_add(out, f);
}

static void pad_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct blk_pool *b = readable(self, m, out);

	for (size_t i = 0; b && i < sizeof(b->descr->unused); i++)
		if (b->descr->unused[i]) {
			struct finding f = at_word(self, CORRUPT, b, "unused");
			f.repair = REPAIR_SAFE;
			findings_add(out, f);
			return;
		}
}

/* Looks at what is no hole of the map: false at the first word that is not zero. */
static bool map_empty(const struct btt *b, const struct btt_arena *ar)
{
	enum { STEP = 1024 };
	uint32_t words[STEP], at = 0;
	uint8_t lost[STEP];

	while (at < ar->external_nlba) {
		uint32_t rest = ar->external_nlba - at;
		struct extent e = image_extent(b->image, ar->map_at + (uint64_t)at * BTT_MAP_WORD);
		uint64_t inside = e.len / BTT_MAP_WORD;

		if (e.kind == EXTENT_HOLE && inside) {
			at += inside < rest ? (uint32_t)inside : rest;
			continue;
		}
		uint32_t n = rest < STEP ? rest : STEP;
		if (!btt_map_read(b, ar, at, n, words, lost))
			return true; /* the reading's own failure is told elsewhere */
		for (uint32_t i = 0; i < n; i++)
			if (words[i])
				return false;
		at += n;
	}
	return true;
}

/* "Never written" is told by the absence of info blocks; map and flog must then be empty too. */
static void unwritten_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct blk_pool *b = m->blk;

	if (b == NULL || b->btt->written)
		return;
	for (uint32_t k = 0; k < b->btt->nr; k++) {
		const struct btt_arena *ar = &b->btt->arenas[k];

		if (ar->from == BTT_FROM_NONE)
			findings_unchecked(out, self, ar->node, "no block size tells where map and flog would be");
		else if (!(span_lost(ar->flog) || span_zero(ar->flog)) || !map_empty(b->btt, ar))
			findings_add(out, (struct finding){ .by = self, .verdict = CONFLICT, .node = ar->node,
							    .repair = REPAIR_ASK });
	}
}

#define SOURCE "PMDK 1.12 src/libpmemblk/blk.c, btt.c"

static const struct check checks[] = {
	{ .id = "blk.descr.bsize", .covers = "PB-02", .severity = ERROR,
	  .says = "the pool's block size is not that of its BTT",
	  .means = "libpmemblk refuses to open the pool.",
	  .remedy = "Take the size from the BTT's info block, which has a checksum.", .source = SOURCE,
	  .verify = bsize_verify,
	  .repair = btt_repair_bsize },
	{ .id = "blk.descr.is-zeroed", .covers = "PB-03", .severity = NOTE,
	  .says = "the mark that the file was all zero has an impossible value",
	  .means = "It matters only when the BTT is laid out.", .remedy = "0 is the safe value.",
	  .source = SOURCE, .verify = zeroed_verify,
	  .repair = btt_repair_bsize },
	{ .id = "blk.descr.size", .covers = "PB-04", .severity = NOTE,
	  .says = "the pool had another size when it was last open",
	  .means = "The file was cut or extended since, or a part is missing.",
	  .remedy = "Compare with the geometry that the BTT's info block asks for.", .source = SOURCE,
	  .verify = resized_verify },
	{ .id = "blk.btt.lost", .covers = "PB-08", .severity = ERROR,
	  .says = "the pool looks never written, and its map or flog is not empty",
	  .means = "All info blocks are lost. The library shows zeros and lays a new BTT over the data at the "
		   "next write.",
	  .remedy = "Do not open it for writing. The info blocks can be rebuilt from the block size.",
	  .source = SOURCE, .verify = unwritten_verify,
	  .repair = btt_repair_lost },
	{ .id = "blk.descr.unused", .covers = "PB-09", .severity = NOTE,
	  .says = "unused bytes of the pmemblk descriptor are not zero",
	  .means = "Nothing reads them; something wrote where it should not.", .remedy = "None needed.",
	  .source = SOURCE, .verify = pad_verify,
	  .repair = btt_repair_bsize },
};

const struct check_table blk_pool_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
