/* The map of a BTT, and the account of its media blocks: each has exactly one owner. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/facts/btt_rebuild.h"
#include "analyzer/facts/facts.h"
#include "analyzer/repair/btt.h"

#include <inttypes.h>
#include <string.h>

/* Runs judge over the arenas whose map could be found. */
static void arenas(const struct check *self, const struct model *m, struct findings *out,
		   void (*judge)(const struct check *, const struct btt_arena *,
				 const struct btt_blocks *, struct findings *))
{
	const struct btt *b = m->btt;

	for (uint32_t k = 0; b && b->written && k < b->nr; k++) {
		const struct btt_arena *ar = &b->arenas[k];

		if (ar->from == BTT_FROM_NONE || ar->map_node == NULL) {
			findings_unchecked(out, self, ar->node, "no info block tells where the map is");
			continue;
		}
		const struct btt_blocks *bl = facts_btt_blocks(out->facts, b, k);
		if (bl == NULL || !bl->complete) {
			findings_unchecked(out, self, ar->node, "the map could not be accounted for: memory, "
								"or reading it, failed");
			continue;
		}
		judge(self, ar, bl, out);
	}
}

static struct finding at_word(const struct check *by, enum verdict v, const struct btt_arena *ar, uint32_t lba)
{
	return (struct finding){ .by = by, .verdict = v, .node = ar->map_node,
				 .at = ar->map_at + (uint64_t)lba * BTT_MAP_WORD, .len = BTT_MAP_WORD,
				 .idx = lba, .numbered = true };
}

/* One finding for each place kept; the rest of them is counted. */
static void each(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
		 enum btt_fault_kind kind, struct findings *out,
		 void (*tell)(const struct btt_arena *, const struct btt_fault *, const struct btt_blocks *,
			      struct findings *, struct finding *))
{
	for (uint32_t i = 0; i < bl->kept_nr[kind]; i++) {
		const struct btt_fault *ft = &bl->kept[kind][i];
		struct finding f = at_word(self, CORRUPT, ar, ft->lba);

		tell(ar, ft, bl, out, &f);
		findings_add(out, f);
	}
	findings_more(out, self, bl->nr[kind] - bl->kept_nr[kind]);
}

static void range_tell(const struct btt_arena *ar, const struct btt_fault *ft, const struct btt_blocks *bl,
		       struct findings *out, struct finding *f)
{
	f->expected = arena_printf(out->arena, "a block below %" PRIu32, ar->internal_nlba);
	f->actual = arena_printf(out->arena, "0x%08" PRIx32 " (%s, block %" PRIu32 ")", ft->word,
				 btt_map_state_name(btt_map_state(ft->word)), ft->block);
	btt_rebuild_word(out, f, ar, ft->lba, bl);
}

static void range_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
			struct findings *out)
{
	each(self, ar, bl, BTT_FAULT_RANGE, out, range_tell);
}

static void stray_tell(const struct btt_arena *ar, const struct btt_fault *ft, const struct btt_blocks *bl,
		       struct findings *out, struct finding *f)
{
	(void)ar;
	(void)bl;
	f->expected = "0x00000000";
	f->actual = arena_printf(out->arena, "0x%08" PRIx32, ft->word);
	f->repair = REPAIR_SAFE;
}

static void stray_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
			struct findings *out)
{
	each(self, ar, bl, BTT_FAULT_STRAY, out, stray_tell);
}

/* What is left of a marked block: why it was marked, as far as its bytes tell. */
static const char *held(const struct btt_arena *ar, uint32_t block)
{
	uint64_t at = ar->data_at + (uint64_t)block * ar->internal_lbasize;
	uint8_t buf[4096], lost[4096], any = 0;

	for (uint64_t left = ar->internal_lbasize; left;) {
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		if (block >= ar->internal_nlba || !image_read(ar->map_node->image, at, n, buf, lost) || memchr(lost, 1, n))
			return "nor could its bytes be read here, of";
		for (size_t i = 0; i < n; i++)
			any |= buf[i];
		at += n;
		left -= n;
	}
	return any ? "its bytes are still in" : "what is there is all zero, as clearing a media error leaves it, in";
}

static void error_tell(const struct btt_arena *ar, const struct btt_fault *ft, const struct btt_blocks *bl,
		       struct findings *out, struct finding *f)
{
	(void)bl;
	f->detail = arena_printf(out->arena, "reads of block %" PRIu32 " fail until it is written again; %s media block %" PRIu32,
				 ft->lba, held(ar, ft->block), ft->block);
}

static void error_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
			struct findings *out)
{
	each(self, ar, bl, BTT_FAULT_ERROR, out, error_tell);
}

static void lost_tell(const struct btt_arena *ar, const struct btt_fault *ft, const struct btt_blocks *bl,
		      struct findings *out, struct finding *f)
{
	f->verdict = UNVERIFIED;
	btt_rebuild_word(out, f, ar, ft->lba, bl);
}

static void lost_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
		       struct findings *out)
{
	each(self, ar, bl, BTT_FAULT_LOST, out, lost_tell);
}

static void twice_tell(const struct btt_arena *ar, const struct btt_fault *ft, const struct btt_blocks *bl,
		       struct findings *out, struct finding *f)
{
	(void)bl;
	f->verdict = CONFLICT;
	f->repair = REPAIR_ASK;
	btt_rebuild_owner(out, f, ar, ft);
	if (ft->lba == BTT_OWNER_LANE) {
		f->node = ar->flog_node ? ar->flog_node : ar->node;
		f->at = ar->flog_at + (uint64_t)ft->lane * BTT_LANE_LEN;
		f->len = BTT_LANE_LEN;
		f->idx = ft->lane;
		f->detail = arena_printf(out->arena, "media block %" PRIu32 " is the free block of two lanes, one "
						     "of them lane %" PRIu32, ft->block, ft->lane);
	} else if (ft->other == BTT_OWNER_LANE) {
		f->detail = arena_printf(out->arena,
					 "media block %" PRIu32 " holds block %" PRIu32 " and is the free block of "
					 "lane %" PRIu32 ": the next write through that lane overwrites it",
					 ft->block, ft->lba, ft->lane);
	} else {
		f->detail = arena_printf(out->arena, "media block %" PRIu32 " is claimed by block %" PRIu32
						     " and by block %" PRIu32, ft->block, ft->other, ft->lba);
	}
}

static void twice_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
			struct findings *out)
{
	each(self, ar, bl, BTT_FAULT_TWICE, out, twice_tell);
}

static void unowned_tell(const struct btt_arena *ar, const struct btt_fault *ft, const struct btt_blocks *bl,
			 struct findings *out, struct finding *f)
{
	(void)bl;
	f->node = ar->node;
	f->at = ar->data_at + (uint64_t)ft->block * ar->internal_lbasize;
	f->len = ar->internal_lbasize;
	f->idx = ft->block;
	f->detail = arena_printf(out->arena, "media block %" PRIu32 " is named by no map word and by no lane",
				 ft->block);
	f->repair = REPAIR_ASK;
}

static void unowned_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
			  struct findings *out)
{
	each(self, ar, bl, BTT_FAULT_UNOWNED, out, unowned_tell);
}

static void tail_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
		       struct findings *out)
{
	uint64_t used = (uint64_t)ar->external_nlba * BTT_MAP_WORD;
	uint64_t all = (used + BTT_PAGE - 1) / BTT_PAGE * BTT_PAGE;
	struct span s;

	(void)bl;
	if (all == used || ar->map_node->image == NULL ||
	    !image_span(ar->map_node->image, out->arena, ar->map_at + used, all - used, &s))
		return;
	if (span_lost(s) || span_zero(s))
		return;
	findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = ar->map_node,
					    .at = ar->map_at + used, .len = all - used,
					    .repair = REPAIR_SAFE });
}

/* The container was laid out anew over a map that survived: no lane was used, and blocks were. */
static void relaid_judge(const struct check *self, const struct btt_arena *ar, const struct btt_blocks *bl,
			 struct findings *out)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < ar->lanes; i++) {
		struct btt_lane lane;
		if (btt_flog_lane(ar->flog, i, ar->padding, &lane) && !lane.initial)
			used++;
	}
	/* blocks that went through a lane stand where only the free list began; one written block
	 * alone is what `pmempool create -w` leaves, by flags and without a lane */
	if (used || bl->words[BTT_MAP_NORMAL] == 0 || bl->nr[BTT_FAULT_TWICE] == 0)
		return;
	struct finding f = { .by = self, .verdict = CONFLICT, .node = ar->node,
			     .detail = arena_printf(out->arena, "%" PRIu64 " blocks were written and no lane was used",
						    bl->words[BTT_MAP_NORMAL]) };
	btt_rebuild_flog(out, &f, ar, bl);
	findings_add(out, f);
}

#define OVER_ARENAS(name)                                                                                \
	static void name##_verify(const struct check *self, const struct model *m, struct findings *out) \
	{                                                                                                \
		arenas(self, m, out, name##_judge);                                                      \
	}
OVER_ARENAS(range)
OVER_ARENAS(stray)
OVER_ARENAS(error)
OVER_ARENAS(lost)
OVER_ARENAS(twice)
OVER_ARENAS(unowned)
OVER_ARENAS(tail)
OVER_ARENAS(relaid)

#define SOURCE "Linux drivers/nvdimm/btt.c; Documentation/driver-api/nvdimm/btt.rst; UEFI BTT"

static const struct check checks[] = {
	{ .id = "btt.map.range", .covers = "BT-12", .severity = ERROR,
	  .says = "a map word names a block outside the data area",
	  .means = "Reads of that block fail; every other block is unaffected.",
	  .remedy = "The block's last place may still be in the flog, or be the one block without an owner.",
	  .source = SOURCE, .verify = range_verify,
	  .repair = btt_repair_word },
	{ .id = "btt.map.stray-bits", .covers = "BT-13", .severity = NOTE,
	  .says = "a map word in the initial state has bits set that mean nothing there",
	  .means = "Every implementation ignores them; something wrote where it should not.",
	  .remedy = "None needed.", .source = SOURCE, .verify = stray_verify,
	  .repair = btt_repair_stray },
	{ .id = "btt.map.tail", .covers = "BT-14", .severity = NOTE,
	  .says = "bytes behind the last map word are not zero",
	  .means = "Nothing reads them; something wrote where it should not.", .remedy = "None needed.",
	  .source = SOURCE, .verify = tail_verify,
	  .repair = btt_repair_tail },
	{ .id = "btt.map.error-flag", .covers = "BT-23", .severity = ERROR,
	  .says = "blocks are marked as unreadable",
	  .means = "The driver met a media error there, or an earlier repair gave up on them.",
	  .remedy = "Save the media block's bytes before anything writes the block and clears the mark.",
	  .source = SOURCE, .verify = error_verify },
	{ .id = "btt.map.unread", .covers = "BT-24", .severity = ERROR,
	  .says = "map words could not be read",
	  .means = "Where these blocks are is not known; their data is elsewhere and may be intact.",
	  .remedy = "Capture these bytes again, or rebuild the words from the flog and from what is unowned.",
	  .source = SOURCE, .verify = lost_verify,
	  .repair = btt_repair_word },
	{ .id = "btt.blocks.twice", .covers = "BT-18", .severity = ERROR,
	  .says = "a media block has two owners",
	  .means = "One of them shows the other's data, and the next write to either harms both.",
	  .remedy = "Do not write to it. The flog's latest entry for one of the two names the right owner.",
	  .source = SOURCE, .verify = twice_verify,
	  .repair = btt_repair_twice },
	{ .id = "btt.blocks.unowned", .covers = "BT-18", .severity = ERROR,
	  .says = "a media block has no owner",
	  .means = "A map word or a lane that named it was lost; it may hold a block's newest data.",
	  .remedy = "Compare with the map words and lanes that are damaged: it belongs to one of them.",
	  .source = SOURCE, .verify = unowned_verify },
	{ .id = "btt.map.relaid", .covers = "BT-18", .severity = ERROR,
	  .says = "the BTT was laid out anew over a map that survived",
	  .means = "A library took the container for an empty one after its first info block was lost; the "
		   "old flog is gone, map and data survive.",
	  .remedy = "Do not write to it. Rebuild the flog from the blocks that the map does not name.",
	  .source = SOURCE, .verify = relaid_verify },
};

const struct check_table btt_map_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
