/*
 * Headers in the order that their links make. Replicas are told apart by the pair (prev_repl,
 * next_repl), which all parts of one replica share; within a replica a part names the next and
 * the one before. A link may be damaged, a part missing: then the other direction serves.
 */
#include "formats/pool/set_work.h"

#include <stdlib.h>
#include <string.h>

/* Members sorted by one of their uuids. */
struct index {
	struct set_cand **by;
	size_t off; /* of the uuid in struct set_cand */
	uint32_t nr;
};

static const uint8_t *uuid_at(const struct set_cand *c, size_t off)
{
	return (const uint8_t *)c + off;
}

static int by_idx(const struct set_cand *x, const struct set_cand *y)
{
	return x->idx < y->idx ? -1 : x->idx > y->idx;
}

static int by_uuid(const void *a, const void *b, void *off)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = memcmp(uuid_at(x, *(size_t *)off), uuid_at(y, *(size_t *)off), UUID_LEN);

	return d ? d : by_idx(x, y);
}

static bool index_make(struct set_work *w, struct set_cand **cands, uint32_t nr, size_t off, struct index *out)
{
	*out = (struct index){ arena_array(w->arena, nr, sizeof(*cands)), off, nr };
	if (out->by == NULL) {
		set_part_nomem(w);
		return false;
	}
	if (nr) {
		memcpy(out->by, cands, nr * sizeof(*cands));
		qsort_r(out->by, nr, sizeof(*cands), by_uuid, &off);
	}
	return true;
}

/* A member that has u; *any tells also of those that are taken, the result is one that is not. */
static struct set_cand *index_find(const struct index *ix, const uint8_t *u, bool *any)
{
	uint32_t lo = 0, hi = ix->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (memcmp(uuid_at(ix->by[mid], ix->off), u, UUID_LEN) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (any)
		*any = lo < ix->nr && uuid_same(uuid_at(ix->by[lo], ix->off), u);
	for (; lo < ix->nr && uuid_same(uuid_at(ix->by[lo], ix->off), u); lo++)
		if (!ix->by[lo]->taken)
			return ix->by[lo];
	return NULL;
}

#define BY(field) offsetof(struct set_cand, field)

/* One replica's headers while they are strung together. */
struct chain {
	struct set_work *w;
	struct set_cand **members;
	uint32_t nr, head; /* head: no member before it begins a fragment */
	struct index own, next, prev;
	struct set_slot *slots;
	uint32_t slots_nr, slots_room;
};

static bool slot_add(struct chain *ch, struct set_cand *c, const uint8_t *uuid, bool gap)
{
	if (ch->slots_nr == ch->slots_room)
		return false;
	struct set_slot *s = &ch->slots[ch->slots_nr++];
	*s = (struct set_slot){ .cand = c, .gap_before = gap };
	memcpy(s->uuid, uuid, UUID_LEN);
	if (c)
		c->taken = true;
	return true;
}

/* A member that nothing left points to: the first of a fragment behind missing parts. NULL: all are used. */
static struct set_cand *fragment_head(struct chain *ch)
{
	for (; ch->head < ch->nr; ch->head++)
		if (!ch->members[ch->head]->taken &&
		    index_find(&ch->next, ch->members[ch->head]->uuid, NULL) == NULL)
			return ch->members[ch->head];
	for (uint32_t i = 0; i < ch->nr; i++)
		if (!ch->members[i]->taken) {
			ch->head = 0;
			return ch->members[i];
		}
	return NULL;
}

static bool slot_missing(const struct chain *ch, const uint8_t *uuid)
{
	const struct set_slot *last = ch->slots_nr ? &ch->slots[ch->slots_nr - 1] : NULL;

	return last && last->cand == NULL && uuid_same(last->uuid, uuid);
}

/*
 * From a part that is there to the next one: what it says, or who names it as the one before. first:
 * the ring is closed, or broken here.
 */
static const uint8_t *follow(struct chain *ch, const struct set_cand *c, const uint8_t *first)
{
	bool used;
	const struct set_cand *next = index_find(&ch->own, c->next_part, &used);
	const struct set_cand *behind = index_find(&ch->prev, c->uuid, NULL);

	if (next && (c->sum_good || behind == NULL || behind == next))
		return next->uuid;
	if (behind)
		return behind->uuid;
	return c->sum_good && !used ? c->next_part : first;
}

/*
 * Strings the members together from the part called first on. Every round uses a member or adds a
 * missing part that a member names: at most three slots a member, and three for the ends.
 */
static void chain_string(struct chain *ch, const uint8_t *first)
{
	const uint8_t *at = first;
	bool gap = false;

	for (;;) {
		struct set_cand *c = index_find(&ch->own, at, NULL);

		if (c) {
			if (!slot_add(ch, c, c->uuid, gap))
				return;
			gap = false;
			at = follow(ch, c, first);
			if (!uuid_same(at, first))
				continue;
		} else if (ch->slots_nr == 0 || (!uuid_same(at, first) && !slot_missing(ch, at))) {
			if (!slot_add(ch, NULL, at, gap))
				return;
			gap = false;
			c = index_find(&ch->prev, at, NULL);
			if (c) {
				at = c->uuid;
				continue;
			}
		}
		c = fragment_head(ch);
		if (c == NULL)
			break;
		gap = true;
		at = c->uuid;
		if (!uuid_same(c->prev_part, first) && !slot_missing(ch, c->prev_part) && !uuid_null(c->prev_part) &&
		    !slot_add(ch, NULL, c->prev_part, true))
			return;
	}
}

/* What the first part says is before it, when that is none of the last ones. */
static void chain_end(struct chain *ch)
{
	const struct set_slot *first = ch->slots, *last = &ch->slots[ch->slots_nr - 1];

	if (ch->slots_nr == 0 || first->cand == NULL || !first->cand->sum_good ||
	    uuid_same(first->cand->prev_part, last->uuid) || uuid_null(first->cand->prev_part))
		return;
	for (uint32_t i = 0; i < ch->slots_nr; i++)
		if (uuid_same(ch->slots[i].uuid, first->cand->prev_part))
			return;
	slot_add(ch, NULL, first->cand->prev_part, last->cand == NULL);
}

/* members of one replica; first: what part 0 is called. */
static bool ring_make(struct set_work *w, struct set_cand **members, uint32_t nr, const uint8_t *first,
		      bool single, struct set_ring *out)
{
	struct chain ch = { .w = w, .members = members, .nr = nr, .slots_room = 3 * nr + 3 };

	ch.slots = arena_array(w->arena, ch.slots_room, sizeof(*ch.slots));
	if (ch.slots == NULL) {
		set_part_nomem(w);
		return false;
	}
	if (single) {
		for (uint32_t i = 0; i < nr; i++)
			slot_add(&ch, members[i], members[i]->uuid, false);
	} else {
		if (!index_make(w, members, nr, BY(uuid), &ch.own) ||
		    !index_make(w, members, nr, BY(next_part), &ch.next) ||
		    !index_make(w, members, nr, BY(prev_part), &ch.prev))
			return false;
		chain_string(&ch, first);
		chain_end(&ch);
	}
	*out = (struct set_ring){ ch.slots, ch.slots_nr };
	return true;
}

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

static int by_name(const void *a, const void *b)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = strcmp(x->name, y->name);

	return d ? d : by_idx(x, y);
}

static bool names(const struct group *g, const uint8_t *u)
{
	for (uint32_t i = 0; i < g->nr; i++)
		if (uuid_same(g->members[i]->uuid, u))
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
		qsort(gs[i].members, gs[i].nr, sizeof(*gs[i].members), by_name);
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

/* Where no link tells which part is the first: the one that holds the descriptor, else the first by name. */
static const struct set_cand *by_content(const struct group *g)
{
	struct set_inner inner;

	for (uint32_t i = 0; i < g->nr; i++) {
		const struct set_cand *c = g->members[i];

		if (c->item == NULL)
			continue;
		set_inner_look(c->item->image, POOL_UNKNOWN, c->major, 0, &inner);
		if (inner.type != POOL_UNKNOWN && inner.type == c->type)
			return c;
	}
	return g->members[0];
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
		const uint8_t *first = g->first ? g->first : by_content(g)->uuid, *next = g->next;
		bool whole = true; /* their sums hold: their links are worth a missing replica */

		g->placed = true;
		for (uint32_t i = 0; i < g->nr; i++)
			whole &= g->members[i]->sum_good;
		if (!ring_make(w, g->members, g->nr, first, single, &out->rings[out->nr++]))
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
	struct index own;
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
	if (!index_make(w, list, sure, BY(next_part), &own))
		return false;
	for (uint32_t i = 0; i < w->nr; i++) {
		struct set_cand *c = w->cands[i];

		if (c->header && !c->taken && !c->set_file && !uuid_same(c->poolset, poolset) &&
		    !uuid_null(c->uuid) && index_find(&own, c->uuid, NULL))
			list[n++] = c;
	}
	/* of two with one uuid the whole one is kept, else the first by name */
	if (!index_make(w, list, n, BY(uuid), &own))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct set_cand *c = own.by[i], *last = kept ? list[kept - 1] : NULL;

		if (last == NULL || !uuid_same(last->uuid, c->uuid))
			list[kept++] = c;
		else if (last->sum_good != c->sum_good ? c->sum_good : by_name(&c, &last) < 0)
			list[kept - 1] = c;
	}
	*out = list;
	*nr = kept;
	return true;
}
