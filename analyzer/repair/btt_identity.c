/*
 * What all info blocks of a BTT have in common: its uuid, its version, and whose it is. It is put right in all of them at once, or
 * the pool around it is brought in line.
 */
#include "analyzer/repair/btt.h"

#include "analyzer/checks/pool_parts.h"
#include "analyzer/facts/btt_right.h"
#include "analyzer/repair/header_lone.h"
#include "analyzer/repair/ns_area.h"

#include <inttypes.h>
#include <string.h>

/* What all arenas of a BTT have in common. */
struct identity {
	const uint8_t *uuid, *parent;
	uint16_t major, minor;
};

/* The namespace that m's BTT is of, or NULL. */
static const struct ns *ns_of(const struct model *m)
{
	const struct ns_capture *c = m->ns ? m->ns : m->up ? m->up->ns : NULL;
	const struct ns *n = c ? c->first : NULL;

	while (n && n->btt != m->btt)
		n = n->next;
	return n;
}

/* By the place of the container, where that is certain: a raw capture may begin elsewhere than its namespace does. */
static bool version_certain(const struct model *m)
{
	const struct ns *n = ns_of(m);

	return m->btt->container == BTT_IN_POOL ||
	       (n && n->label && (n->claim == CLAIM_BTT2) == (m->btt->container == BTT_IN_NS_V2));
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
		const char *what = btt_repair_info_changes(a, b, ar->info, &right);
		if (what == NULL && ar->backup.good && ar->primary.good)
			what = btt_repair_info_changes(a, b, ar->backup.info, &right);
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
		if (!btt_repair_info_both(plan, s, ar, &right, why))
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
	if (ar == NULL || ar->info == NULL || btt_repair_info_busy_any(plan, m->btt) || !identity_of(m, NULL, &id))
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
	if (m->btt && btt_homeless_arena(m, f->node) && !btt_repair_info_busy_any(plan, m->btt) && version_certain(m) &&
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

/* The label of the BTT's namespace holds, and no other one claims the memory. */
static bool label_certain(const struct model *m, const struct plan *plan)
{
	const struct ns *n = ns_of(m);

	if (n == NULL || n->label == NULL || ns_area_shared(ns_area_of(model_top(m), n->label->node), n->label))
		return false;
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		if (g->severity == ERROR && g->node == n->label->node)
			return false;
	return true;
}

void btt_repair_parent(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct btt *b = m->btt;
	struct identity id;
	uint32_t agree = 0, blocks = 0;
	bool pool = b && b->container == BTT_IN_POOL;

	(void)by;
	if (b == NULL || b->parent_uuid == NULL || btt_homeless_arena(m, f->node) == NULL || btt_repair_info_busy_any(plan, b) ||
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
	if (!pool && !label_certain(m, plan))
		return;
	struct step *s = identity_step(f, plan, b, &id, pool ? "so the pool's header names it" : "so the label names the namespace");
	if (s == NULL)
		return;
	s->loses = pool ? "the uuid that the info blocks give their parent"
			: "the sign that the memory was copied from another namespace, if it was";
	/* one info block that agrees with the container settles it; they do not agree with each other: the container does */
	uint32_t headers = headers_whole(m);
	if (!pool || headers == 0 || agree < blocks || uuid_same(told, b->parent_uuid) || !uuid_random_pmdk(told))
		return;
	pool_rename(f, m, plan, told);
	if ((blocks > headers || !uuid_random_pmdk(b->parent_uuid)) && plan->last->alternative_to == s->nr)
		plan_propose(plan, plan->last);
}
