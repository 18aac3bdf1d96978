/*
 * Headers in the order that their links make. Replicas are told apart by the pair (prev_repl,
 * next_repl), which all parts of one replica share.
 */
#include "formats/pool/set_ring.h"

#include <stdlib.h>
#include <string.h>

static int by_key(const void *a, const void *b)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = memcmp(x->prev_repl, y->prev_repl, UUID_LEN);

	if (d == 0)
		d = memcmp(x->next_repl, y->next_repl, UUID_LEN);
	return d;
}

/* Members that share their links to the neighbouring replicas. */
struct group {
	struct set_cand **members;
	uint32_t nr;
	const uint8_t *prev, *next; /* part 0 of the replicas around */
	const uint8_t *first;       /* what this one's part 0 is called; NULL: not known */
	bool placed;
};

static bool has(const struct group *g, const uint8_t *u)
{
	for (uint32_t i = 0; i < g->nr; i++)
		if (uuid_same(g->members[i]->uuid, u))
			return true;
	return false;
}

/* It is one of g's, or the links of these name it. */
static bool names(const struct group *g, const uint8_t *u)
{
	if (has(g, u))
		return true;
	for (uint32_t i = 0; i < g->nr; i++)
		if (uuid_same(g->members[i]->next_part, u) || uuid_same(g->members[i]->prev_part, u))
			return true;
	return false;
}

/*
 * A group of one whose key nobody shares, while its ring lies in another: its replica links are
 * damaged, and it goes where its neighbours are.
 */
static struct group *home_of(struct group *gs, uint32_t nr, const struct group *odd)
{
	const struct set_cand *c = odd->members[0];

	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t k = 0; &gs[i] != odd && k < gs[i].nr; k++)
			if (!uuid_same(c->uuid, c->next_part) &&
			    (uuid_same(gs[i].members[k]->uuid, c->next_part) ||
			     uuid_same(gs[i].members[k]->uuid, c->prev_part)))
				return &gs[i];
	return NULL;
}

enum { GROUPS_MAX = 256 }; /* replicas told apart; a pool has one to three */

/* Groups by key, each in the order of names. False without memory. */
static bool groups_make(struct set_work *w, struct set_cand **cands, uint32_t nr, struct group **out,
			uint32_t *groups_nr)
{
	struct set_cand **sorted = arena_array(w->arena, (size_t)nr * 2, sizeof(*sorted));
	struct group *gs = arena_array(w->arena, nr < GROUPS_MAX ? nr : GROUPS_MAX, sizeof(*gs));
	uint32_t n = 0;

	if (sorted == NULL || gs == NULL) {
		set_part_nomem(w);
		return false;
	}
	memcpy(sorted, cands, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), by_key);
	for (uint32_t i = 0; i < nr; i++) {
		bool more = n && by_key(&gs[n - 1].members[0], &sorted[i]) == 0;

		if (!more && n == GROUPS_MAX)
			break;
		if (!more)
			gs[n++] = (struct group){ &sorted[i], 0, sorted[i]->prev_repl, sorted[i]->next_repl, NULL, false };
		gs[n - 1].nr++;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct group *home = gs[i].nr == 1 && n > 1 ? home_of(gs, n, &gs[i]) : NULL;

		if (home == NULL)
			continue;
		struct set_cand **joined = arena_array(w->arena, (size_t)home->nr + 1, sizeof(*joined));
		if (joined == NULL) {
			set_part_nomem(w);
			return false;
		}
		memcpy(joined, home->members, home->nr * sizeof(*joined));
		joined[home->nr++] = gs[i].members[0];
		home->members = joined;
		gs[i--] = gs[--n];
	}
	for (uint32_t i = 0; i < n; i++)
		qsort(gs[i].members, gs[i].nr, sizeof(*gs[i].members), set_ring_by_name);
	*out = gs;
	*groups_nr = n;
	return true;
}

/* What part 0 of g is called: the uuid among those that replicas' links name which lies in g's ring. */
static const uint8_t *first_of(const struct group *gs, uint32_t nr, const struct group *g)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (nr > 1 && &gs[i] == g)
			continue;
		if (names(g, gs[i].next))
			return gs[i].next;
		if (names(g, gs[i].prev))
			return gs[i].prev;
	}
	if (names(g, g->next))
		return g->next;
	return NULL;
}

static struct group *group_called(struct group *gs, uint32_t nr, const uint8_t *first)
{
	for (uint32_t i = 0; i < nr; i++)
		if (gs[i].first && !gs[i].placed && uuid_same(gs[i].first, first))
			return &gs[i];
	return NULL;
}

static bool ring_known(const struct set_rings *rings, const uint8_t *first)
{
	for (uint32_t i = 0; i < rings->nr; i++)
		if (rings->rings[i].nr && uuid_same(rings->rings[i].slots[0].uuid, first))
			return true;
	return false;
}

/* A replica that links name and of which nothing is there. */
static bool ring_missing(struct set_work *w, const uint8_t *first, struct set_ring *out)
{
	*out = (struct set_ring){ ARENA_NEW(w->arena, struct set_slot), 1 };
	if (out->slots == NULL) {
		set_part_nomem(w);
		return false;
	}
	memcpy(out->slots[0].uuid, first, UUID_LEN);
	return true;
}

static struct group *group_next(struct group *gs, uint32_t nr)
{
	struct group *best = NULL;

	for (uint32_t i = 0; i < nr; i++)
		if (!gs[i].placed && (best == NULL || strcmp(gs[i].members[0]->name, best->members[0]->name) < 0))
			best = &gs[i];
	return best;
}

/* The replica that names the missing one as the one before it. */
static struct group *group_after(struct group *gs, uint32_t nr, const uint8_t *missing)
{
	for (uint32_t i = 0; i < nr; i++)
		if (!gs[i].placed && uuid_same(gs[i].prev, missing))
			return &gs[i];
	return NULL;
}

/*
 * What part 0 is called where no other replica tells: the part that holds the descriptor. Where none
 * does, part 0 is missing: it is the one that the last by name calls the next.
 */
static const uint8_t *first_by_content(const struct group *g)
{
	const uint8_t *missing = NULL;
	struct set_inner inner;

	for (uint32_t i = 0; i < g->nr; i++) {
		const struct set_cand *c = g->members[i];

		if (c->item == NULL)
			continue;
		set_inner_look(c->item->image, POOL_UNKNOWN, c->major, 0, &inner);
		if (inner.type != POOL_UNKNOWN && inner.type == c->type)
			return c->uuid;
		if (c->sum_good && !has(g, c->next_part))
			missing = c->next_part;
	}
	return missing ? missing : g->members[0]->uuid;
}

bool set_order(struct set_work *w, struct set_cand **cands, uint32_t nr, struct set_rings *out)
{
	bool single = nr && (cands[0]->incompat & POOL_FEAT_SINGLEHDR);
	struct group *gs, *g;
	uint32_t groups_nr;

	*out = (struct set_rings){ NULL, 0 };
	if (nr == 0)
		return true;
	if (!groups_make(w, cands, nr, &gs, &groups_nr))
		return false;
	out->rings = arena_array(w->arena, (size_t)groups_nr * 2 + 1, sizeof(*out->rings));
	if (out->rings == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t i = 0; i < groups_nr; i++)
		gs[i].first = first_of(gs, groups_nr, &gs[i]);
	g = group_next(gs, groups_nr);
	while (g) {
		const uint8_t *first = g->first ? g->first : first_by_content(g), *next = g->next;
		bool whole = true; /* their sums hold: their links are worth a missing replica */

		g->placed = true;
		for (uint32_t i = 0; i < g->nr; i++)
			whole &= g->members[i]->sum_good;
		if (!set_ring_make(w, g->members, g->nr, first, single, &out->rings[out->nr++]))
			return false;
		g = group_called(gs, groups_nr, next);
		if (g == NULL && whole && !ring_known(out, next)) {
			if (!ring_missing(w, next, &out->rings[out->nr++]))
				return false;
			g = group_after(gs, groups_nr, next);
		}
		if (g == NULL)
			g = group_next(gs, groups_nr);
	}
	for (uint32_t i = 0; i < nr; i++)
		cands[i]->taken = false; /* was used for the stringing; the caller takes them */
	return true;
}

bool set_order_members(struct set_work *w, const uint8_t *poolset, struct set_cand ***out, uint32_t *nr)
{
	struct set_cand **list = arena_array(w->arena, w->nr, sizeof(*list));
	struct set_index own;
	uint32_t n = 0, kept = 0;

	if (list == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->cands[i]->header && !w->cands[i]->taken && !w->cands[i]->set_file &&
		    uuid_same(w->cands[i]->poolset, poolset))
			list[n++] = w->cands[i];
	/* one whose poolset uuid is damaged is still known by the links of the others */
	uint32_t sure = n;
	if (!set_index_make(w, list, sure, SET_INDEX_BY(next_part), &own))
		return false;
	for (uint32_t i = 0; i < w->nr; i++) {
		struct set_cand *c = w->cands[i];

		if (c->header && !c->taken && !c->set_file && !uuid_same(c->poolset, poolset) &&
		    !uuid_null(c->uuid) && set_index_find(&own, c->uuid, NULL))
			list[n++] = c;
	}
	/* of two with one uuid the whole one is kept, else the first by name */
	if (!set_index_make(w, list, n, SET_INDEX_BY(uuid), &own))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct set_cand *c = own.by[i], *last = kept ? list[kept - 1] : NULL;

		if (last == NULL || !uuid_same(last->uuid, c->uuid))
			list[kept++] = c;
		else if (last->sum_good != c->sum_good ? c->sum_good : set_ring_by_name(&c, &last) < 0)
			list[kept - 1] = c;
	}
	*out = list;
	*nr = kept;
	return true;
}
