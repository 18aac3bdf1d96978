#include "analyzer/repair/btt.h"

#include "analyzer/repair/btt_map.h"
#include "formats/base/digest.h"
#include "formats/blk/blk.h"

#include <inttypes.h>
#include <string.h>

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
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);
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
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);

	(void)by;
	if (ar && ar->primary.good)
		copy_over(f, plan, &ar->primary, &ar->backup, REPAIR_SAFE, "copies the first info block over the backup",
			  "the first one holds by its checksum", NULL);
}

void btt_repair_copies(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);

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
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);

	(void)by;
	if (ar == NULL || !ar->primary.good || ar->primary.info == NULL)
		return;
	/* only once map and flog are well: the flag is there to keep writers out of what is not */
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		if (g->severity == ERROR && g != f && btt_homeless_arena(m, g->node) == ar)
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

	for (int i = 0; i < 2; i++) {
		uint32_t block, loser = pair[i], keeper = pair[!i];
		bool flog = by_flog(h->ar, bl, loser, &block);

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
