#include "analyzer/repair/btt.h"

#include "analyzer/facts/facts.h"
#include "analyzer/repair/btt_map.h"
#include "formats/base/digest.h"
#include "formats/blk/blk.h"

#include <inttypes.h>
#include <string.h>

static const struct btt_arena *arena_of(const struct model *m, const struct node *node)
{
	for (uint32_t i = 0; m->btt && i < m->btt->nr; i++) {
		const struct btt_arena *ar = &m->btt->arenas[i];

		if (ar->node == node || ar->map_node == node || ar->flog_node == node || ar->primary.node == node ||
		    ar->backup.node == node)
			return ar;
	}
	return NULL;
}

static bool info_put(struct plan *plan, struct step *s, const struct node *to, const struct btt_info *info, const char *why)
{
	uint8_t bytes[BTT_INFO_LEN];
	struct btt_info sealed = *info;

	layout_encode(&btt_info_layout, &sealed, bytes);
	sealed.checksum = btt_info_sum((struct span){ .p = bytes, .len = sizeof(bytes) });
	return plan_put_struct(plan, s, to->image, to->at, &btt_info_layout, &sealed, why);
}

/* The block that the formula gives for the arena, when no copy of its own holds. */
static bool info_make(const struct btt *b, const struct btt_arena *ar, struct btt_info *out, bool *new_uuid)
{
	const struct btt_info *sibling = NULL;
	uint8_t sum[DIGEST_LEN];

	for (uint32_t i = 0; i < b->nr && sibling == NULL; i++)
		sibling = b->arenas[i].primary.good ? b->arenas[i].primary.info
			: b->arenas[i].backup.good ? b->arenas[i].backup.info : NULL;
	if (!ar->geom_known || (sibling == NULL && (b->bsize == 0 || b->parent_uuid == NULL)))
		return false;
	*out = (struct btt_info){ .major = b->container == BTT_IN_NS_V2 ? 2 : 1, .minor = b->container == BTT_IN_NS_V2 ? 0 : 1 };
	memcpy(out->sig, "BTT_ARENA_INFO", sizeof("BTT_ARENA_INFO"));
	if (sibling) {
		memcpy(out->uuid, sibling->uuid, UUID_LEN);
		memcpy(out->parent_uuid, sibling->parent_uuid, UUID_LEN);
	} else {
		/* nothing refers to it: any will do, but the same evidence must give the same plan */
		if (!digest_of(b->parent_uuid, UUID_LEN, sum))
			return false;
		memcpy(out->uuid, sum, UUID_LEN);
		memcpy(out->parent_uuid, b->parent_uuid, UUID_LEN);
	}
	*new_uuid = sibling == NULL;
	out->external_lbasize = sibling ? sibling->external_lbasize : b->bsize;
	out->external_nlba = ar->geom.external_nlba;
	out->internal_lbasize = ar->geom.internal_lbasize;
	out->internal_nlba = ar->geom.internal_nlba;
	out->nfree = ar->geom.nfree;
	out->infosize = BTT_INFO_LEN;
	out->nextoff = ar->nextoff;
	out->dataoff = ar->geom.dataoff;
	out->mapoff = ar->geom.mapoff;
	out->flogoff = ar->geom.flogoff;
	out->infooff = ar->geom.infooff;
	return true;
}

static void copy_over(const struct finding *f, struct plan *plan, const struct btt_copy *from, const struct btt_copy *to,
		      enum remedy_class class, const char *says, const char *why, const char *loses)
{
	struct step *s = from->info && to->node ? plan_step(plan, f, class, says) : NULL;

	if (s == NULL)
		return;
	s->loses = loses;
	info_put(plan, s, to->node, from->info, why);
}

void btt_repair_primary(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = arena_of(m, f->node);
	struct btt_info info;
	bool new_uuid;

	(void)by;
	if (ar == NULL || ar->primary.node == NULL)
		return;
	if (ar->backup.good) {
		copy_over(f, plan, &ar->backup, &ar->primary, REPAIR_SAFE, "copies the backup info block over the first",
			  "the backup holds by its checksum", NULL);
		return;
	}
	if (!info_make(m->btt, ar, &info, &new_uuid))
		return;
	struct step *s = plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "makes the info block of arena %" PRIu32
								     " anew from its length and block size", ar->idx));
	if (s == NULL)
		return;
	if (new_uuid)
		s->loses = "the BTT's old uuid, which nothing else names";
	info_put(plan, s, ar->primary.node, &info, "the geometry follows from the arena's length and the block size");
}

void btt_repair_backup(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = arena_of(m, f->node);

	(void)by;
	if (ar && ar->primary.good)
		copy_over(f, plan, &ar->primary, &ar->backup, REPAIR_SAFE, "copies the first info block over the backup",
			  "the first one holds by its checksum", NULL);
}

void btt_repair_copies(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = arena_of(m, f->node);

	(void)by;
	if (ar == NULL)
		return;
	copy_over(f, plan, &ar->primary, &ar->backup, REPAIR_ASK, "takes the first info block, which every library reads",
		  "both hold by their checksums; the first is the one in use", "what the backup says differently");
	copy_over(f, plan, &ar->backup, &ar->primary, REPAIR_ADVANCED, "takes the backup",
		  "both hold by their checksums; an update writes the first one first", "what the first says differently");
}

void btt_repair_error_flag(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = arena_of(m, f->node);

	(void)by;
	if (ar == NULL || !ar->primary.good || ar->primary.info == NULL)
		return;
	/* only once map and flog are well: the flag is there to keep writers out of what is not */
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		if (g->severity == ERROR && g != f && arena_of(m, g->node) == ar)
			return;
	struct btt_info info = *ar->primary.info;
	info.flags &= ~(uint32_t)BTT_FLAG_ERROR;
	struct step *s = plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "clears the ERROR flag of arena %" PRIu32, ar->idx));
	if (s == NULL)
		return;
	s->loses = "the mark that a driver once met an error here; map and flog raise no finding now";
	info_put(plan, s, ar->primary.node, &info, "map and flog are well");
	if (ar->backup.node)
		info_put(plan, s, ar->backup.node, &info, "map and flog are well");
}

/* What has no block, and what has no owner: only one of each makes a proof. */
static const struct btt_blocks *account(const struct model *m, const struct btt_arena *ar, const struct plan *plan)
{
	const struct btt_blocks *bl = facts_btt_blocks(plan->findings->facts, m->btt, ar->idx);

	return bl && bl->complete ? bl : NULL;
}

static uint64_t homeless_words(const struct btt_blocks *bl)
{
	return bl->nr[BTT_FAULT_RANGE] + bl->nr[BTT_FAULT_LOST];
}

/* A lane whose entries do not tell its free block. */
static bool lane_homeless(const struct btt_arena *ar, uint32_t i)
{
	struct btt_lane lane;

	if (!btt_flog_lane(ar->flog, i, ar->padding, &lane) || lane.current < 0)
		return true;
	const struct btt_flog_entry *e = &lane.ent[lane.current];
	return btt_map_block(e->old_map) >= ar->internal_nlba || btt_map_block(e->new_map) >= ar->internal_nlba ||
	       e->lba >= ar->external_nlba;
}

/* How many of the first `nr` lanes. */
static uint64_t homeless_before(const struct btt_arena *ar, uint32_t nr)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < nr; i++)
		all += lane_homeless(ar, i);
	return all;
}

static uint64_t homeless_lanes(const struct btt_arena *ar)
{
	return homeless_before(ar, ar->lanes);
}

static bool word_put(struct plan *plan, struct step *s, const struct btt *b, const struct btt_arena *ar, uint32_t lba,
		     uint32_t word, const char *why)
{
	uint8_t le[4] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24) };

	return plan_put(plan, s, b->image, ar->map_at + (uint64_t)lba * BTT_MAP_WORD, le, sizeof(le), why);
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
		for (uint32_t k = 0; k < bl->kept_nr[BTT_FAULT_UNOWNED]; k++)
			if (bl->kept[BTT_FAULT_UNOWNED][k].block == *block)
				return true;
	}
	return false;
}

static bool of_map(const struct check *by)
{
	return by->repair == btt_repair_word || by->repair == btt_repair_twice;
}

/* What one word alone can have comes first; then, at the last finding of the arena's map, all that is left at once. */
static void rest_lay(const struct finding *f, const struct model *m, const struct btt_arena *ar, struct plan *plan)
{
	for (const struct finding *g = f->next; g; g = g->next)
		if (of_map(g->by) && arena_of(m, g->node) == ar)
			return;
	for (const struct step *s = plan->first; s; s = s->next)
		if (s->round == plan->round && of_map(s->by))
			return;
	btt_map_lay(f, m->btt, ar, plan);
}

void btt_repair_word(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = arena_of(m, f->node);
	const struct btt_blocks *bl = ar ? account(m, ar, plan) : NULL;
	uint32_t lba = (uint32_t)f->idx, block;

	(void)by;
	if (bl == NULL || f->idx >= ar->external_nlba)
		return;
	bool flog = by_flog(ar, bl, lba, &block);
	bool only = bl->nr[BTT_FAULT_UNOWNED] == 1 && homeless_words(bl) == 1 && homeless_lanes(ar) == 0;
	if (!flog && !only) {
		rest_lay(f, m, ar, plan);
		return;
	}
	if (!flog)
		block = bl->kept[BTT_FAULT_UNOWNED][0].block;
	const char *why = flog && only ? "the flog says so, and it is the one block without an owner"
			: flog ? "the flog says so, and the block has no other owner"
			       : "it is the one block without an owner, and this the one word without a block";
	struct step *s = plan_step(plan, f, flog ? REPAIR_SAFE : REPAIR_ASK,
				   arena_printf(plan->arena, "maps block %" PRIu32 " to media block %" PRIu32 ": %s", lba, block, why));
	if (s)
		word_put(plan, s, m->btt, ar, lba, btt_map_word(block), why);
}

/* Two words own one block: the flog's last write of one of them says who came last. */
void btt_repair_twice(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = arena_of(m, f->node);
	const struct btt_blocks *bl = ar ? account(m, ar, plan) : NULL;
	const struct btt_fault *ft = NULL;

	(void)by;
	for (uint32_t i = 0; bl && i < bl->kept_nr[BTT_FAULT_TWICE]; i++)
		if (ar->map_at + (uint64_t)bl->kept[BTT_FAULT_TWICE][i].lba * BTT_MAP_WORD == f->at)
			ft = &bl->kept[BTT_FAULT_TWICE][i];
	if (ft == NULL || ft->other == BTT_OWNER_LANE) {
		if (bl)
			rest_lay(f, m, ar, plan);
		return;
	}
	uint32_t pair[2] = { ft->lba, ft->other };
	bool one = bl->nr[BTT_FAULT_UNOWNED] == 1 && bl->nr[BTT_FAULT_TWICE] == 1 && homeless_words(bl) == 0 &&
		   homeless_lanes(ar) == 0;
	for (int i = 0; i < 2; i++) {
		uint32_t block, loser = pair[i], keeper = pair[!i];
		bool flog = by_flog(ar, bl, loser, &block);

		if (!flog && !one)
			continue;
		if (!flog)
			block = bl->kept[BTT_FAULT_UNOWNED][0].block;
		const char *why = flog ? "the flog's last write of this block went there" : "it is the one block without an owner";
		struct step *s = plan_step(plan, f, flog ? REPAIR_SAFE : REPAIR_ASK,
					   arena_printf(plan->arena, "leaves media block %" PRIu32 " to block %" PRIu32 " and maps block "
							"%" PRIu32 " to media block %" PRIu32 ": %s", ft->block, keeper, loser, block, why));
		if (s == NULL)
			return;
		if (!flog)
			s->loses = "nothing of the data; but which of the two blocks is which is a guess";
		word_put(plan, s, m->btt, ar, loser, btt_map_word(block), why);
	}
	rest_lay(f, m, ar, plan);
}

/*
 * A lane whose entries do not tell its free block: the block that nobody owns is its. Of several such lanes any may have any
 * of as many blocks: nothing is kept in a free block.
 */
void btt_repair_lane(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = arena_of(m, f->node);
	const struct btt_blocks *bl = ar ? account(m, ar, plan) : NULL;

	(void)by;
	if (bl == NULL || f->idx >= ar->lanes || homeless_words(bl) || !lane_homeless(ar, (uint32_t)f->idx) ||
	    homeless_lanes(ar) != bl->nr[BTT_FAULT_UNOWNED])
		return;
	uint64_t which = homeless_before(ar, (uint32_t)f->idx);
	if (which >= bl->kept_nr[BTT_FAULT_UNOWNED])
		return; /* the next round's, when these have theirs */
	uint32_t block = bl->kept[BTT_FAULT_UNOWNED][which].block, lane = (uint32_t)f->idx;
	/* as the driver lays a lane out: old and new are the free block, so no write is pending */
	struct btt_flog_entry ent = { .lba = lane, .old_map = btt_map_word(block), .new_map = btt_map_word(block), .seq = 1 };
	uint8_t bytes[BTT_LANE_LEN] = { 0 };
	const char *why = bl->nr[BTT_FAULT_UNOWNED] == 1 ? "every other block has an owner"
							 : "as many blocks have no owner as lanes have no block";
	struct step *s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "lays lane %" PRIu32 " out anew with the free "
								      "block %" PRIu32 ": %s", lane, block, why));
	if (s == NULL)
		return;
	s->loses = "the lane's record of its last write, which could not be read";
	layout_encode(&btt_flog_entry_layout, &ent, bytes);
	plan_put(plan, s, m->btt->image, ar->flog.at + (uint64_t)lane * BTT_LANE_LEN, bytes, sizeof(bytes), why);
}

/* Bytes in entries that do not count: outside of the two in use, or without a number beside one that is whole. */
void btt_repair_entries(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[BTT_SLOT_LEN];
	const struct btt_arena *ar = arena_of(m, f->node);
	int second = ar && ar->padding == BTT_PADDING_OLD ? 2 : 1;
	struct btt_lane lane;

	(void)by;
	if (ar == NULL || f->idx >= ar->lanes || ar->padding == BTT_PADDING_UNKNOWN || lane_homeless(ar, (uint32_t)f->idx) ||
	    !btt_flog_lane(ar->flog, (uint32_t)f->idx, ar->padding, &lane))
		return;
	bool any = false;
	for (int i = 0; i < BTT_SLOTS; i++)
		any |= i != lane.current && !btt_flog_unused(&lane.ent[i]) && (lane.ent[i].seq == 0 || (i && i != second));
	struct step *s = any ? plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "zeroes the entries of lane %" PRIu64
									   " that do not count", f->idx)) : NULL;
	for (int i = 0; s && i < BTT_SLOTS; i++)
		if (i != lane.current && (lane.ent[i].seq == 0 || (i && i != second)) &&
		    !plan_put(plan, s, m->btt->image, ar->flog.at + f->idx * BTT_LANE_LEN + (uint64_t)i * BTT_SLOT_LEN, zeros,
			      sizeof(zeros), "its current entry is whole and tells its free block"))
			return;
}

void btt_repair_bsize(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[BLK_DESCR_LEN];
	const struct btt_info *info = NULL;

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
		info = m->btt->arenas[i].primary.good ? m->btt->arenas[i].primary.info
		     : m->btt->arenas[i].backup.good ? m->btt->arenas[i].backup.info : NULL;
	struct step *s = info ? plan_step(plan, f, REPAIR_SAFE,
					  arena_printf(plan->arena, "sets bsize to %" PRIu32 ", as the BTT has it",
						       info->external_lbasize)) : NULL;
	if (s)
		plan_put_value(plan, s, f->node, f->field, info->external_lbasize, "the BTT's info block holds by its checksum");
}
