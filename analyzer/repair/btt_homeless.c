#include "analyzer/repair/btt_homeless.h"

#include "analyzer/facts/btt_owners.h"
#include "analyzer/facts/btt_right.h"
#include "analyzer/repair/btt.h"

const struct btt_arena *btt_homeless_arena(const struct model *m, const struct node *node)
{
	for (uint32_t i = 0; m->btt && i < m->btt->nr; i++) {
		const struct btt_arena *ar = &m->btt->arenas[i];

		if (ar->node == node || ar->map_node == node || ar->flog_node == node || ar->primary.node == node ||
		    ar->backup.node == node)
			return ar;
	}
	return NULL;
}

bool btt_homeless_open(const struct model *m, const struct node *node, struct plan *plan, struct btt_homeless *out)
{
	*out = (struct btt_homeless){ .b = m->btt, .ar = btt_homeless_arena(m, node) };
	if (out->ar && btt_right_trusted(out->ar) && !btt_repair_info_busy(plan, m->btt, out->ar))
		out->bl = facts_btt_blocks(plan->findings->facts, out->b, out->ar->idx);
	return out->bl && out->bl->complete;
}

static bool named(const struct btt_arena *ar, const struct btt_flog_entry *e)
{
	return e->lba < ar->external_nlba && btt_map_block(e->old_map) < ar->internal_nlba &&
	       btt_map_block(e->new_map) < ar->internal_nlba;
}

/* The map has the block there, or will have it once the write is finished, or another lane wrote it again since. */
static bool shown(const struct btt_homeless *h, uint32_t lba, uint32_t block)
{
	const struct btt_pending *p = btt_writes_pending(h->ar, lba);
	uint32_t word;
	uint8_t lost;

	if (p || btt_writes_left(h->ar, lba, block))
		return p == NULL || p->new_block == block;
	return btt_map_read(h->b, h->ar, lba, 1, &word, &lost) && !lost && btt_map_owned(word, lba) == block;
}

bool btt_homeless_lane_told(const struct btt_homeless *h, uint32_t idx)
{
	const struct btt_arena *ar = h->ar;
	struct btt_lane lane;

	if (!btt_flog_lane(ar->flog, idx, ar->padding, &lane) || lane.how != BTT_CURRENT_SEQ)
		return false;
	const struct btt_flog_entry *now = &lane.ent[lane.current];
	if (lane.previous < 0)
		return lane.initial && btt_map_block(now->old_map) == ar->external_nlba + idx;
	const struct btt_flog_entry *before = &lane.ent[lane.previous];
	uint32_t wrote = btt_map_block(now->new_map);
	return named(ar, now) && named(ar, before) && wrote == btt_map_block(before->old_map) && shown(h, now->lba, wrote);
}

uint64_t btt_homeless_words(const struct btt_homeless *h)
{
	uint64_t nr = h->bl->nr[BTT_FAULT_RANGE] + h->bl->nr[BTT_FAULT_LOST];

	for (uint32_t i = 0; i < h->bl->kept_nr[BTT_FAULT_TWICE]; i++) {
		const struct btt_fault *ft = &h->bl->kept[BTT_FAULT_TWICE][i];

		nr += ft->other == BTT_OWNER_LANE && ft->lba != BTT_OWNER_LANE && btt_homeless_lane_told(h, ft->lane);
	}
	return nr;
}

bool btt_homeless_lane(const struct btt_homeless *h, uint32_t lane)
{
	uint32_t block;

	if (!btt_owners_lane(h->ar, lane, &block))
		return true;
	for (uint32_t i = 0; i < h->bl->kept_nr[BTT_FAULT_TWICE]; i++) {
		const struct btt_fault *ft = &h->bl->kept[BTT_FAULT_TWICE][i];

		if (ft->lane == lane &&
		    (ft->lba == BTT_OWNER_LANE || (ft->other == BTT_OWNER_LANE && !btt_homeless_lane_told(h, lane))))
			return true;
	}
	return false;
}

uint64_t btt_homeless_before(const struct btt_homeless *h, uint32_t nr)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < nr; i++)
		all += btt_homeless_lane(h, i);
	return all;
}

uint64_t btt_homeless_lanes(const struct btt_homeless *h)
{
	return btt_homeless_before(h, h->ar->lanes);
}

bool btt_homeless_word_put(struct plan *plan, struct step *s, const struct btt_homeless *h, uint32_t lba, uint32_t word,
			   const char *why)
{
	uint8_t le[BTT_MAP_WORD];

	span_put_le(le, sizeof(le), word);
	return plan_put(plan, s, h->b->image, h->ar->map_at + (uint64_t)lba * BTT_MAP_WORD, le, sizeof(le), why);
}
