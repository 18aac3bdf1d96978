#include "analyzer/repair/btt.h"

#include "analyzer/facts/btt_rebuild.h"
#include "analyzer/facts/btt_right.h"
#include "analyzer/repair/btt_map.h"
#include "formats/blk/blk.h"

#include <inttypes.h>
#include <string.h>

bool btt_repair_errs(const struct finding *f, const struct model *m, const struct btt_arena *ar, const struct plan *plan)
{
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		/* a block that is marked as bad has its owner, and stays marked */
		if (g->severity == ERROR && g != f && btt_homeless_arena(m, g->node) == ar && strcmp(g->by->id, "btt.map.error-flag"))
			return true;
	return false;
}

static bool unowned(const struct btt_blocks *bl, uint32_t block)
{
	for (uint32_t i = 0; i < bl->kept_nr[BTT_FAULT_UNOWNED]; i++)
		if (bl->kept[BTT_FAULT_UNOWNED][i].block == block)
			return true;
	return false;
}

/* The block that some lane's current entry says lba was written to, if it has no owner. */
static bool by_flog(const struct btt_arena *ar, const struct btt_blocks *bl, uint32_t lba, uint32_t *block)
{
	for (uint32_t i = 0; i < ar->lanes; i++) {
		struct btt_lane lane;

		if (!btt_flog_lane(ar->flog, i, ar->padding, &lane) || lane.current < 0 || lane.initial ||
		    lane.ent[lane.current].lba != lba)
			continue;
		*block = btt_map_block(lane.ent[lane.current].new_map);
		if (unowned(bl, *block))
			return true;
	}
	return false;
}

/* The block without an owner that lba's word still names, although it says that it was never written: its upper bits are gone. */
static bool by_bits(const struct btt_homeless *h, uint32_t lba, uint32_t *block)
{
	uint32_t word;
	uint8_t lost;

	if (!btt_map_read(h->b, h->ar, lba, 1, &word, &lost) || lost || btt_map_state(word) != BTT_MAP_INITIAL || word == 0)
		return false;
	*block = btt_map_block(word);
	return unowned(h->bl, *block);
}

static bool of_map(const struct check *by)
{
	return by->repair == btt_repair_word || by->repair == btt_repair_twice;
}

/* What one word alone can have comes first; then, at the last finding of the arena's map, all that is left at once. */
static void rest_lay(const struct finding *f, const struct model *m, const struct btt_arena *ar, struct plan *plan)
{
	for (const struct finding *g = f->next; g; g = g->next)
		if (of_map(g->by) && btt_homeless_arena(m, g->node) == ar)
			return;
	for (const struct step *s = plan->first; s; s = s->next)
		if (s->round == plan->round && of_map(s->by))
			return;
	btt_map_lay(f, m->btt, ar, plan);
}

/* A word without a block, as the finding's: the flog's last write of it says where it went, or only one block is left. */
static void word_place(const struct finding *f, const struct btt_homeless *h, uint32_t lba, const char *leaves, struct plan *plan)
{
	uint32_t block;
	bool flog = by_flog(h->ar, h->bl, lba, &block);
	bool only = h->bl->nr[BTT_FAULT_UNOWNED] == 1 && btt_homeless_words(h) == 1 && btt_homeless_lanes(h) == 0;

	if (!flog && !only)
		return;
	if (!flog)
		block = h->bl->kept[BTT_FAULT_UNOWNED][0].block;
	const char *why = flog && only ? "the flog says so, and it is the one block without an owner"
			: flog ? "the flog says so, and the block has no other owner"
			       : "it is the one block without an owner, and this the one word without a block";
	struct step *s = plan_step(plan, f, flog ? REPAIR_SAFE : REPAIR_ASK,
				   arena_printf(plan->arena, "%smaps block %" PRIu32 " to media block %" PRIu32 ": %s", leaves, lba,
						block, why));
	if (s)
		btt_homeless_word_put(plan, s, h, lba, btt_map_word(block), why);
}

void btt_repair_word(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct btt_homeless h;

	(void)by;
	if (!btt_homeless_open(m, f->node, plan, &h) || f->idx >= h.ar->external_nlba)
		return;
	word_place(f, &h, (uint32_t)f->idx, "", plan);
	rest_lay(f, m, h.ar, plan);
}

/* A word names a lane's free block. A lane that holds by itself is believed: then the word is wrong. */
static void word_or_lane(const struct finding *f, const struct btt_homeless *h, const struct btt_fault *ft, struct plan *plan)
{
	if (btt_homeless_lane_told(h, ft->lane))
		word_place(f, h, ft->lba, arena_printf(plan->arena, "leaves media block %" PRIu32 " to lane %" PRIu32 " and ",
						       ft->block, ft->lane), plan);
	else
		btt_repair_lane_moved(f, h, ft->lane, plan);
}

/* Two words own one block: the flog's last write of one of them says who came last. */
static void word_or_word(const struct finding *f, const struct btt_homeless *h, const struct btt_fault *ft, struct plan *plan)
{
	const struct btt_blocks *bl = h->bl;
	uint32_t pair[2] = { ft->lba, ft->other };
	bool one = bl->nr[BTT_FAULT_UNOWNED] == 1 && bl->nr[BTT_FAULT_TWICE] == 1 && btt_homeless_words(h) == 0 &&
		   btt_homeless_lanes(h) == 0;

	/* what something tells comes before what is only left */
	for (int i = 0; i < 4; i++) {
		uint32_t block, loser = pair[i % 2], keeper = pair[!(i % 2)];
		bool flog = by_flog(h->ar, bl, loser, &block), bits = !flog && by_bits(h, loser, &block);

		if (i < 2 ? !flog && !bits : flog || bits || !one)
			continue;
		if (i >= 2)
			block = bl->kept[BTT_FAULT_UNOWNED][0].block;
		const char *why = flog ? "the flog's last write of this block went there"
				: bits ? "its word still names it, without the bits that say so"
				       : "it is the one block without an owner";
		struct step *s = plan_step(plan, f, flog ? REPAIR_SAFE : REPAIR_ASK,
					   arena_printf(plan->arena, "leaves media block %" PRIu32 " to block %" PRIu32 " and maps block "
							"%" PRIu32 " to media block %" PRIu32 ": %s", ft->block, keeper, loser, block, why));
		if (s == NULL)
			return;
		if (i >= 2)
			s->loses = "nothing of the data; but which of the two blocks is which is a guess";
		btt_homeless_word_put(plan, s, h, loser, btt_map_word(block), why);
	}
}

void btt_repair_twice(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct btt_homeless h;

	(void)by;
	if (!btt_homeless_open(m, f->node, plan, &h))
		return;
	if (f->node == h.ar->flog_node) { /* two lanes */
		btt_repair_lane_moved(f, &h, (uint32_t)f->idx, plan);
		return;
	}
	for (uint32_t i = 0; i < h.bl->kept_nr[BTT_FAULT_TWICE]; i++) {
		const struct btt_fault *ft = &h.bl->kept[BTT_FAULT_TWICE][i];

		if (ft->lba != f->idx)
			continue;
		if (ft->other == BTT_OWNER_LANE)
			word_or_lane(f, &h, ft, plan);
		else
			word_or_word(f, &h, ft, plan);
		break;
	}
	rest_lay(f, m, h.ar, plan);
}

void btt_repair_bsize(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[BLK_DESCR_LEN];
	const struct btt_info *info = NULL;
	struct btt_info right;
	const char *why;

	(void)by;
	if (f->field == NULL || m->blk == NULL)
		return;
	if (strcmp(f->field->name, "bsize") != 0) {
		struct step *s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "zeroes %s", f->field->name));
		if (s)
			plan_put_bytes(plan, s, f->node, f->field, zeros, "no library reads anything else there");
		return;
	}
	for (uint32_t i = 0; i < m->btt->nr && info == NULL; i++)
		if (m->btt->arenas[i].info) {
			btt_right_info(plan->arena, m->btt, &m->btt->arenas[i], &right, &why);
			info = m->btt->arenas[i].info;
		}
	/* an info block that may be the wrong one of the two is put right first */
	if (info == NULL || right.external_lbasize != info->external_lbasize || m->blk->descr == NULL)
		return;
	struct step *s = plan_step(plan, f, f->repair, arena_printf(plan->arena, "sets bsize to %" PRIu32 ", as the BTT has it",
								    info->external_lbasize));
	if (s == NULL)
		return;
	plan_put_value(plan, s, f->node, f->field, info->external_lbasize, "the BTT's info block holds by its checksum");
	if (f->repair == REPAIR_SAFE)
		return;
	/* the places are the same with either */
	s->loses = "the size that the descriptor tells";
	s = btt_repair_lbasize(f, m, m->blk->descr->bsize, plan);
	if (s && btt_rebuild_usual(m->blk->descr->bsize) && !btt_rebuild_usual(info->external_lbasize))
		plan_propose(plan, s);
}
