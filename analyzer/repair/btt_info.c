/* The info blocks of a BTT's arenas: each from its copy, or from what tells an arena's layout. */
#include "analyzer/repair/btt.h"

#include "analyzer/facts/btt_right.h"
#include "formats/base/digest.h"

#include <inttypes.h>
#include <string.h>

static const char old_uuid[] = "the BTT's old uuid, which nothing else names";

bool btt_repair_info_put(struct plan *plan, struct step *s, const struct node *node, const struct btt_info *info, const char *why)
{
	uint8_t bytes[BTT_INFO_LEN];
	struct btt_info sealed = *info;

	layout_encode(&btt_info_layout, &sealed, bytes);
	sealed.checksum = btt_info_sum((struct span){ .p = bytes, .len = sizeof(bytes) });
	return plan_put_struct(plan, s, node->image, node->at, &btt_info_layout, &sealed, why);
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
	btt_repair_info_put(plan, s, to->node, from->info, why);
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
	const char *why = "the geometry follows from the arena's length and the block size";
	btt_right_places(plan->arena, m->btt, ar, &info, &why);
	struct step *s = plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "makes the info block of arena %" PRIu32
								     " anew from its length and block size", ar->idx));
	if (s == NULL)
		return;
	if (new_uuid)
		s->loses = old_uuid;
	btt_repair_info_put(plan, s, ar->primary.node, &info, why);
}

void btt_repair_lost(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);
	struct btt_info info;
	const char *why;
	bool new_uuid;

	(void)by;
	if (ar == NULL || ar->primary.node == NULL || ar->backup.node == NULL || !info_make(m->btt, ar, &info, &new_uuid) ||
	    !btt_right_places(plan->arena, m->btt, ar, &info, &why))
		return;
	struct step *s = plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "makes both info blocks of arena %" PRIu32
								     " anew, for blocks of %" PRIu32 " bytes: %s", ar->idx,
								     info.external_lbasize, why));
	if (s == NULL)
		return;
	s->loses = old_uuid;
	if (btt_repair_info_put(plan, s, ar->primary.node, &info, why))
		btt_repair_info_put(plan, s, ar->backup.node, &info, why);
}

void btt_repair_backup(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);

	(void)by;
	/* a container that grew has its backup where it ended before */
	if (ar && ar->primary.good && ar->at + ar->primary.info->infooff == ar->backup.node->at &&
	    !btt_repair_info_busy(plan, m->btt, ar))
		copy_over(f, plan, &ar->primary, &ar->backup, REPAIR_SAFE, "copies the first info block over the backup",
			  "the first one holds by its checksum", NULL);
}

void btt_repair_copies(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);

	(void)by;
	if (ar == NULL || btt_repair_info_busy(plan, m->btt, ar) || btt_repair_right(f, m, ar, plan))
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
	/* only once map and flog are well: the flag is there to keep writers out of what is not */
	if (ar == NULL || !ar->primary.good || ar->primary.info == NULL || btt_repair_info_busy(plan, m->btt, ar) ||
	    btt_repair_errs(f, m, ar, plan))
		return;
	struct btt_info info = *ar->primary.info;
	info.flags &= ~(uint32_t)BTT_FLAG_ERROR;
	struct step *s = plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "clears the ERROR flag of arena %" PRIu32, ar->idx));
	if (s == NULL)
		return;
	s->loses = "the mark that a driver once met an error here; map and flog raise no finding now";
	btt_repair_info_put(plan, s, ar->primary.node, &info, "map and flog are well");
	if (ar->backup.node)
		btt_repair_info_put(plan, s, ar->backup.node, &info, "map and flog are well");
}
