/*
 * Fields of a BTT's info blocks that are wrong although the checksum holds: somebody wrote them so. What an arena tells by
 * itself is put right in both of its blocks at once; what all arenas share, in all of them.
 */
#include "analyzer/repair/btt.h"

#include "analyzer/checks/pool_parts.h"
#include "analyzer/facts/btt_right.h"
#include "analyzer/repair/header_lone.h"
#include "formats/blk/blk.h"
#include "formats/ns/ns.h"

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

/* A step that was made in this round for the info blocks of this arena, or of any of its BTT: first its outcome is seen. */
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

static bool busy_anywhere(struct plan *plan, const struct btt *b)
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

/* "mapoff to 8192, flogoff to 12288" */
static const char *changes(struct arena *a, const struct btt *b, const struct btt_info *is, const struct btt_info *want)
{
	const char *text = NULL;

	for (uint32_t i = 0; i < btt_info_layout.nr; i++) {
		const struct field *f = &btt_info_layout.fields[i];

		if (f->kind != KIND_SUM && !btt_right_same(f, is, want))
			text = arena_printf(a, "%s%s%s to %s", text ? text : "", text ? ", " : "", f->name, value(a, b, f, want));
	}
	return text;
}

static bool both_put(struct plan *plan, struct step *s, const struct btt_arena *ar, const struct btt_info *info, const char *why)
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
	const char *what = changes(plan->arena, b, c->info, &right);
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
	both_put(plan, s, ar, &right, why);
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
	struct step *s = busy_anywhere(plan, m->btt) ? NULL
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
		if (!both_put(plan, s, ar, &right, why))
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
						changes(plan->arena, m->btt, c->info, &right), ar->idx, why));
	if (s == NULL)
		return;
	if (!same_len)
		s->loses = "the sign that another arena followed, whose blocks are not here";
	both_put(plan, s, ar, &right, why);
}

/* What all arenas of a BTT have in common. */
struct identity {
	const uint8_t *uuid, *parent;
	uint16_t major, minor;
};

/* By the place of the container, where that is certain: a raw capture may begin elsewhere than its namespace does. */
static bool version_certain(const struct model *m)
{
	const struct ns_capture *c = m->ns ? m->ns : m->up ? m->up->ns : NULL;

	if (m->btt->container == BTT_IN_POOL)
		return true;
	for (const struct ns *n = c ? c->first : NULL; n; n = n->next)
		if (n->btt == m->btt)
			return n->label && (n->claim == CLAIM_BTT2) == (m->btt->container == BTT_IN_NS_V2);
	return false;
}

/* What arena `of` says, NULL: what most info blocks do; and what the container tells. False: no info block holds. */
static bool identity_of(const struct model *m, const struct btt_arena *of, struct identity *out)
{
	const struct btt *b = m->btt;
	bool sure, v2 = b->container == BTT_IN_NS_V2;
	const struct btt_info *u = btt_right_voted(b, layout_field(&btt_info_layout, "uuid"), &sure);
	const struct btt_info *p = btt_right_voted(b, layout_field(&btt_info_layout, "parent_uuid"), &sure);
	const struct btt_info *v = btt_right_voted(b, layout_field(&btt_info_layout, "major"), &sure);

	if (u == NULL || p == NULL || v == NULL)
		return false;
	*out = (struct identity){ of ? of->info->uuid : u->uuid, of ? of->info->parent_uuid : p->parent_uuid, v->major, v->minor };
	/* an arena that names the container is of this BTT, whatever most say */
	for (uint32_t i = 0; b->parent_uuid && i < b->nr; i++)
		if (b->arenas[i].info && uuid_same(b->arenas[i].info->parent_uuid, b->parent_uuid))
			out->parent = b->parent_uuid;
	if (version_certain(m)) {
		out->major = v2 ? 2 : 1;
		out->minor = v2 ? 0 : 1;
	}
	return true;
}

static void identity_put(const struct identity *id, struct btt_info *info)
{
	memcpy(info->uuid, id->uuid, UUID_LEN);
	memcpy(info->parent_uuid, id->parent, UUID_LEN);
	info->major = id->major;
	info->minor = id->minor;
}

/* All arenas whose info blocks would change: how, as "sets uuid to ... in arena 1"; NULL: none. */
static const char *identity_changes(struct arena *a, const struct btt *b, const struct identity *id)
{
	const char *text = NULL, *why;

	for (uint32_t i = 0; i < b->nr; i++) {
		const struct btt_arena *ar = &b->arenas[i];
		struct btt_info right;

		if (ar->info == NULL)
			continue;
		btt_right_info(a, b, ar, &right, &why);
		identity_put(id, &right);
		const char *what = changes(a, b, ar->info, &right);
		if (what == NULL && ar->backup.good && ar->primary.good)
			what = changes(a, b, ar->backup.info, &right);
		if (what)
			text = arena_printf(a, "%s%s%s in arena %" PRIu32, text ? text : "sets ", text ? "; " : "", what, i);
	}
	return text;
}

static void identity_all_put(struct plan *plan, struct step *s, const struct btt *b, const struct identity *id, const char *why)
{
	for (uint32_t i = 0; i < b->nr; i++) {
		const struct btt_arena *ar = &b->arenas[i];
		struct btt_info right;
		const char *unsaid;

		if (ar->info == NULL)
			continue;
		btt_right_info(plan->arena, b, ar, &right, &unsaid);
		identity_put(id, &right);
		if (!both_put(plan, s, ar, &right, why))
			return;
	}
}

static struct step *identity_step(const struct finding *f, struct plan *plan, const struct btt *b, const struct identity *id,
				  const char *why)
{
	const char *what = identity_changes(plan->arena, b, id);
	struct step *s = what ? plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "%s: %s", what, why)) : NULL;

	if (s)
		identity_all_put(plan, s, b, id, why);
	return s;
}

/* Neither its map nor its flog raises an error: it was laid out when its info block was. */
static bool whole(const struct plan *plan, const struct btt_arena *ar)
{
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		if (g->severity == ERROR && (g->node == ar->map_node || g->node == ar->flog_node || g->node == ar->node))
			return false;
	return true;
}

void btt_repair_generation(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const char lost[] = "the sign that one of the arenas may be of another time";
	const struct btt_arena *ar = btt_homeless_arena(m, f->node), *first = NULL;
	struct identity id;
	bool sure;

	(void)by;
	if (ar == NULL || ar->info == NULL || busy_anywhere(plan, m->btt) || !identity_of(m, NULL, &id))
		return;
	btt_right_voted(m->btt, layout_field(&btt_info_layout, "uuid"), &sure);
	if (sure) {
		identity_step(f, plan, m->btt, &id, "most info blocks have it so");
		return;
	}
	for (uint32_t i = 0; i < m->btt->nr && first == NULL; i++)
		first = m->btt->arenas[i].info ? &m->btt->arenas[i] : NULL;
	/* as many say the one as the other: the arena whose map and flog are whole is believed, else the first */
	const struct btt_arena *order[] = { first, ar };
	bool turned = !whole(plan, first) && whole(plan, ar);
	for (int i = 0; i < 2; i++) {
		const struct btt_arena *of = order[turned ? !i : i];
		struct step *s = identity_of(m, of, &id)
					 ? identity_step(f, plan, m->btt, &id, arena_printf(plan->arena, "arena %" PRIu32 " has it so", of->idx))
					 : NULL;
		if (s)
			s->loses = lost;
	}
}

void btt_repair_version(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct identity id;

	(void)by;
	if (m->btt && btt_homeless_arena(m, f->node) && !busy_anywhere(plan, m->btt) && version_certain(m) &&
	    identity_of(m, NULL, &id))
		identity_step(f, plan, m->btt, &id, "that is the version of a BTT that lies there");
}

/* Names the pool in all of its headers as its BTT does. */
static void pool_rename(const struct finding *f, const struct model *m, struct plan *plan, const uint8_t *uuid)
{
	char text[UUID_TEXT_LEN];

	uuid_text_pmdk(uuid, text);
	struct step *s = plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "sets poolset_uuid to %s in the pool's header, as the "
								     "BTT's info blocks have it", text));
	if (s == NULL)
		return;
	s->loses = "the uuid that the header gives the pool";
	for (const struct pool_part *p = NULL; (p = pool_parts_next(m->pool, p));) {
		if (!p->header_expected)
			continue;
		struct pool_hdr hdr = *p->hdr;

		memcpy(hdr.poolset_uuid, uuid, UUID_LEN);
		hdr.checksum = header_sum(p, &hdr);
		if (!header_put(plan, s, p, &hdr, "the BTT's info blocks hold by their checksums"))
			return;
	}
}

/* How many headers agree on the pool's uuid; 0: not all of them are there and hold, so that none is to be changed. */
static uint32_t headers_whole(const struct model *m)
{
	uint32_t nr = 0;

	for (const struct pool_part *p = NULL; m->pool && (p = pool_parts_next(m->pool, p));) {
		if (!p->header_expected)
			continue;
		if (p->item == NULL || p->hdr == NULL || p->sum == POOL_HDR_SUM_BAD ||
		    !uuid_same(p->hdr->poolset_uuid, m->btt->parent_uuid))
			return 0;
		nr++;
	}
	return nr;
}

void btt_repair_parent(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt *b = m->btt;
	struct identity id;
	uint32_t agree = 0, blocks = 0;
	bool pool = b && b->container == BTT_IN_POOL;

	(void)by;
	if (b == NULL || b->parent_uuid == NULL || btt_homeless_arena(m, f->node) == NULL || busy_anywhere(plan, b) ||
	    !identity_of(m, NULL, &id))
		return;
	const uint8_t *told = id.parent;
	for (uint32_t i = 0; i < b->nr; i++) {
		const struct btt_arena *ar = &b->arenas[i];

		blocks += ar->primary.good + ar->backup.good;
		agree += ar->primary.good && uuid_same(ar->primary.info->parent_uuid, told);
		agree += ar->backup.good && uuid_same(ar->backup.info->parent_uuid, told);
	}
	id.parent = b->parent_uuid;
	struct step *s = identity_step(f, plan, b, &id, pool ? "so the pool's header names it" : "so the label names the namespace");
	if (s == NULL)
		return;
	s->loses = "the uuid that the info blocks give their parent";
	/* one info block that agrees with the container settles it; they do not agree with each other: the container does */
	uint32_t headers = headers_whole(m);
	if (!pool || headers == 0 || agree < blocks || uuid_same(told, b->parent_uuid) || !uuid_random_pmdk(told))
		return;
	pool_rename(f, m, plan, told);
	if ((blocks > headers || !uuid_random_pmdk(b->parent_uuid)) && plan->last->alternative_to == s->nr)
		plan_propose(plan, plan->last);
}
