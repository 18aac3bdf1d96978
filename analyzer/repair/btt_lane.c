/* The lanes of a BTT's flog: laid out anew, or freed of entries that do not count. */
#include "analyzer/repair/btt.h"

#include "analyzer/facts/btt_owners.h"
#include "analyzer/facts/btt_right.h"
#include "analyzer/repair/btt_homeless.h"

#include <inttypes.h>

/*
 * Lays a lane out as the driver does at first: old and new are its free block, so no write is pending. Of several lanes without
 * a block any may have any of as many blocks without an owner: nothing is kept in a free block.
 */
static void lay(const struct finding *f, const struct btt_homeless *h, uint32_t lane, enum remedy_class class, struct plan *plan)
{
	const struct btt_arena *ar = h->ar;
	const struct btt_blocks *bl = h->bl;
	uint8_t bytes[BTT_LANE_LEN] = { 0 };
	uint32_t block;
	const char *why;

	if (lane >= ar->lanes || btt_homeless_words(h) || btt_homeless_lanes(h) != bl->nr[BTT_FAULT_UNOWNED])
		return;
	if (btt_homeless_lane(h, lane)) {
		uint64_t which = btt_homeless_before(h, lane);

		if (which >= bl->kept_nr[BTT_FAULT_UNOWNED])
			return; /* the next round's, when these have theirs */
		block = bl->kept[BTT_FAULT_UNOWNED][which].block;
		why = bl->nr[BTT_FAULT_UNOWNED] == 1 ? "every other block has an owner"
						     : "as many blocks have no owner as lanes have no block";
	} else {
		if (!btt_owners_lane(ar, lane, &block))
			return;
		why = "it is the lane's, and nobody else's";
	}
	struct btt_flog_entry ent = { .lba = lane, .old_map = btt_map_word(block), .new_map = btt_map_word(block), .seq = 1 };
	struct step *s = plan_step(plan, f, class, arena_printf(plan->arena, "lays lane %" PRIu32 " out anew with the free block "
								"%" PRIu32 ": %s", lane, block, why));
	if (s == NULL)
		return;
	s->loses = "what the lane's entries still tell of its last writes";
	layout_encode(&btt_flog_entry_layout, &ent, bytes);
	if (!plan_put(plan, s, h->b->image, ar->flog.at + (uint64_t)lane * BTT_LANE_LEN, bytes, sizeof(bytes), why))
		return;
	for (uint32_t i = 0; i < ar->pending_nr; i++)
		if (ar->pending[i].lane == lane &&
		    !btt_homeless_word_put(plan, s, h, ar->pending[i].lba, ar->pending[i].word,
					   "the lane finished this write, and the map does not show it yet"))
			return;
}

void btt_repair_lane(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct btt_homeless h;

	(void)by;
	if (btt_homeless_open(m, f->node, plan, &h) && f->idx < h.ar->lanes)
		lay(f, &h, (uint32_t)f->idx, REPAIR_SAFE, plan);
}

/* Is the lane laid out anew for another of its findings? */
static bool laid(const struct btt_arena *ar, uint64_t lane, const struct plan *plan)
{
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		if (g->by->repair == btt_repair_lane && g->node == ar->flog_node && g->idx == lane)
			return true;
	return false;
}

/* Some lane's last write went there: it may hold what the map has lost. A lane with one entry wrote nothing yet. */
static bool written(const struct btt_arena *ar, uint32_t block)
{
	struct btt_lane lane;

	for (uint32_t i = 0; i < ar->writes_nr; i++)
		if (ar->writes[i].last && btt_map_block(ar->writes[i].new_map) == block &&
		    btt_flog_lane(ar->flog, ar->writes[i].lane, ar->padding, &lane) && lane.previous >= 0)
			return true;
	return false;
}

void btt_repair_lane_moved(const struct finding *f, const struct btt_homeless *h, uint32_t lane, struct plan *plan)
{
	const struct btt_blocks *bl = h->bl;

	for (uint32_t i = 0; i < bl->kept_nr[BTT_FAULT_UNOWNED]; i++)
		if (written(h->ar, bl->kept[BTT_FAULT_UNOWNED][i].block))
			return;
	if (!laid(h->ar, lane, plan))
		lay(f, h, lane, REPAIR_ASK, plan);
}

/* Bytes in entries that do not count: outside of the two in use, or without a number beside one that is whole. */
static bool entries_zero(const struct finding *f, const struct model *m, const struct btt_arena *ar, struct plan *plan)
{
	static const uint8_t zeros[BTT_SLOT_LEN];
	int second = ar->padding == BTT_PADDING_OLD ? 2 : 1;
	struct btt_lane lane;
	bool drop[BTT_SLOTS], any = false;

	if (ar->padding == BTT_PADDING_UNKNOWN || !btt_flog_lane(ar->flog, (uint32_t)f->idx, ar->padding, &lane) ||
	    lane.current < 0)
		return false;
	for (int i = 0; i < BTT_SLOTS; i++) {
		drop[i] = i != lane.current && !btt_flog_unused(&lane.ent[i]) && (lane.ent[i].seq == 0 || (i && i != second));
		any |= drop[i];
	}
	struct step *s = any ? plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "zeroes the entries of lane %" PRIu64
									   " that do not count", f->idx)) : NULL;
	for (int i = 0; s && i < BTT_SLOTS; i++)
		if (drop[i] && !plan_put(plan, s, m->btt->image,
					 ar->flog.at + f->idx * BTT_LANE_LEN + (uint64_t)i * BTT_SLOT_LEN, zeros, sizeof(zeros),
					 "its current entry is whole and tells its free block"))
			return true;
	return any;
}

void btt_repair_entries(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);
	struct btt_homeless h;

	(void)by;
	if (ar == NULL || f->idx >= ar->lanes || laid(ar, f->idx, plan) || !btt_right_trusted(ar) ||
	    btt_repair_info_busy(plan, m->btt, ar) || entries_zero(f, m, ar, plan))
		return;
	/* of two entries that both count and contradict each other, only the free block is left to be known */
	if (btt_homeless_open(m, f->node, plan, &h))
		lay(f, &h, (uint32_t)f->idx, REPAIR_ASK, plan);
}

void btt_repair_behind(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct btt_homeless h;

	(void)by;
	/* what is wrong in map and flog is mended first: the write may be part of it */
	if (!btt_homeless_open(m, f->node, plan, &h) || btt_repair_errs(f, m, h.ar, plan))
		return;
	for (uint32_t i = 0; i < h.ar->pending_nr; i++) {
		const struct btt_pending *p = &h.ar->pending[i];

		if (p->lane != f->idx)
			continue;
		struct step *s = plan_step(plan, f, REPAIR_ASK,
					   arena_printf(plan->arena, "finishes the write of block %" PRIu32 ", as the driver does at its "
							"next start: its word becomes 0x%08" PRIx32, p->lba, p->word));
		if (s)
			btt_homeless_word_put(plan, s, &h, p->lba, p->word, "the flog has the write as done");
	}
}
