/*
 * Fields of a BTT's info blocks that are wrong although the checksum holds: somebody wrote them so. What an arena tells by
 * itself is put right in both of its blocks at once.
 */
#include "analyzer/repair/btt.h"

#include "analyzer/facts/btt_right.h"
#include "formats/blk/blk.h"

#include <inttypes.h>
#include <string.h>

/* Two blocks but for their checksums. */
static bool same(const struct btt_info *x, const struct btt_info *y)
{
	struct btt_info z = *y;

	z.checksum = x->checksum;
	return memcmp(x, &z, sizeof(z)) == 0;
}

static bool below(struct plan *plan, const struct step *s, const struct node *node)
{
	const char *path = node_path(plan->arena, node);
	size_t len = path ? strlen(path) : 0;

	return len && strncmp(s->path, path, len) == 0 && (s->path[len] == '.' || s->path[len] == '\0');
}

bool btt_repair_info_busy(struct plan *plan, const struct btt *b, const struct btt_arena *ar)
{
	for (const struct step *s = plan->first; s; s = s->next) {
		bool arena = s->by->repair == btt_repair_fields || s->by->repair == btt_repair_next ||
			     s->by->repair == btt_repair_copies || s->by->repair == btt_repair_error_flag;
		bool all = s->by->repair == btt_repair_generation || s->by->repair == btt_repair_parent ||
			   s->by->repair == btt_repair_version;

		if (s->round == plan->round && ((arena && below(plan, s, ar->node)) || (all && below(plan, s, b->node))))
			return true;
	}
	return false;
}

bool btt_repair_info_busy_any(struct plan *plan, const struct btt *b)
{
	for (uint32_t i = 0; i < b->nr; i++)
		if (btt_repair_info_busy(plan, b, &b->arenas[i]))
			return true;
	return false;
}

static const char *value(struct arena *a, const struct btt *b, const struct field *f, const struct btt_info *info)
{
	char text[UUID_TEXT_LEN];

	if (f->kind == KIND_PAD)
		return "zeros";
	if (f->rep != REP_RAW)
		return arena_printf(a, "%" PRIu64, layout_value(f, info));
	(b->container == BTT_IN_POOL ? uuid_text_pmdk : uuid_text_rfc)(layout_bytes(f, info), text);
	return arena_text(a, text);
}

const char *btt_repair_info_changes(struct arena *a, const struct btt *b, const struct btt_info *is, const struct btt_info *want)
{
	const char *text = NULL;

	for (uint32_t i = 0; i < btt_info_layout.nr; i++) {
		const struct field *f = &btt_info_layout.fields[i];

		if (f->kind != KIND_SUM && !btt_right_same(f, is, want))
			text = arena_printf(a, "%s%s%s to %s", text ? text : "", text ? ", " : "", f->name, value(a, b, f, want));
	}
	return text;
}

bool btt_repair_info_both(struct plan *plan, struct step *s, const struct btt_arena *ar, const struct btt_info *info, const char *why)
{
	return btt_repair_info_put(plan, s, ar->primary.node, info, why) && btt_repair_info_put(plan, s, ar->backup.node, info, why);
}

/* Does want differ from is in nothing but what every layout has so? */
static bool constants_only(const struct btt_info *is, const struct btt_info *want)
{
	struct btt_info i = *is;

	i.dataoff = want->dataoff;
	i.infosize = want->infosize;
	i.flags = (is->flags & BTT_FLAG_ERROR) == want->flags ? want->flags : is->flags;
	memcpy(i.unused, want->unused, sizeof(i.unused));
	return same(&i, want);
}

/* The info block that a finding is about, if it holds, and the other one. */
static const struct btt_copy *copy_of(const struct btt_arena *ar, const struct finding *f, const struct btt_copy **other)
{
	const struct btt_copy *c = ar->primary.node == f->node ? &ar->primary : &ar->backup;

	*other = c == &ar->primary ? &ar->backup : &ar->primary;
	return c->node == f->node && c->good && ar->primary.node && ar->backup.node ? c : NULL;
}

/* Puts both blocks right for what is wrong in c. False: nothing is, or nothing tells. */
static bool right_put(const struct finding *f, const struct btt *b, const struct btt_arena *ar, const struct btt_copy *c,
		      const struct btt_copy *other, struct plan *plan)
{
	struct btt_info right;
	const char *why;

	btt_right_info(plan->arena, b, ar, &right, &why);
	const char *what = btt_repair_info_changes(plan->arena, b, c->info, &right);
	if (what == NULL)
		return false;
	bool copied = other->good && same(other->info, &right);
	struct step *s = plan_step(plan, f, copied || constants_only(c->info, &right) ? REPAIR_SAFE : REPAIR_ASK,
				   copied ? arena_printf(plan->arena, "copies the %s info block of arena %" PRIu32 " over the %s, which "
								      "sets %s: %s", c == &ar->primary ? "backup" : "first", ar->idx,
							 c == &ar->primary ? "first" : "backup", what, why)
					  : arena_printf(plan->arena, "sets %s in the info blocks of arena %" PRIu32 ": %s", what, ar->idx,
							 why));
	if (s == NULL)
		return true;
	if (c->info->nextoff == BTT_ARENA_MAX && right.nextoff == 0)
		s->loses = "the sign that another arena followed";
	btt_repair_info_both(plan, s, ar, &right, why);
	return true;
}

void btt_repair_fields(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);
	const struct btt_copy *other, *c = ar ? copy_of(ar, f, &other) : NULL;

	(void)by;
	if (c && !btt_repair_info_busy(plan, m->btt, ar))
		right_put(f, m->btt, ar, c, other, plan);
}

bool btt_repair_right(const struct finding *f, const struct model *m, const struct btt_arena *ar, struct plan *plan)
{
	return ar->primary.good && right_put(f, m->btt, ar, &ar->primary, &ar->backup, plan);
}

struct step *btt_repair_lbasize(const struct finding *f, const struct model *m, uint32_t external_lbasize, struct plan *plan)
{
	static const char why[] = "the pool's descriptor has it so, and the places are the same";
	struct step *s = btt_repair_info_busy_any(plan, m->btt) ? NULL
		: plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "sets external_lbasize to %" PRIu32 " in the info blocks: %s",
							      external_lbasize, why));

	for (uint32_t i = 0; s && i < m->btt->nr; i++) {
		const struct btt_arena *ar = &m->btt->arenas[i];
		struct btt_info right;
		const char *unsaid;

		if (ar->info == NULL)
			continue;
		btt_right_info(plan->arena, m->btt, ar, &right, &unsaid);
		right.external_lbasize = external_lbasize;
		if (!btt_repair_info_both(plan, s, ar, &right, why))
			return NULL;
	}
	if (s)
		s->loses = "the size that the info blocks tell";
	return s;
}

void btt_repair_next(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt_arena *ar = btt_homeless_arena(m, f->node);
	const struct btt_copy *other, *c = ar ? copy_of(ar, f, &other) : NULL;
	bool same_len = m->blk && m->blk->descr && m->blk->descr->size == m->blk->size;
	struct btt_info right;
	const char *why;

	(void)by;
	if (c == NULL || btt_repair_info_busy(plan, m->btt, ar))
		return;
	btt_right_info(plan->arena, m->btt, ar, &right, &why);
	right.nextoff = 0;
	why = same_len ? "the pool has the length that it had when it was last open, and no arena follows in it"
		       : "no arena follows, and no driver takes a BTT whose next arena is not there";
	struct step *s = plan_step(plan, f, same_len ? REPAIR_ASK : REPAIR_ADVANCED,
				   arena_printf(plan->arena, "sets %s in the info blocks of arena %" PRIu32 ": %s",
						btt_repair_info_changes(plan->arena, m->btt, c->info, &right), ar->idx, why));
	if (s == NULL)
		return;
	if (!same_len)
		s->loses = "the sign that another arena followed, whose blocks are not here";
	btt_repair_info_both(plan, s, ar, &right, why);
}
