/*
 * The headers of one replica strung together by their links: a part names the next and the one
 * before. A link may be damaged, a part missing: then the other direction serves.
 */
#include "formats/pool/set_ring.h"

#include <stdlib.h>
#include <string.h>

enum { NAMED_BY_MAX = 64 }; /* what more parts than these name is no link; keeps the search short */

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

int set_ring_by_name(const void *a, const void *b)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = strcmp(x->name, y->name);

	return d ? d : by_idx(x, y);
}

bool set_index_make(struct set_work *w, struct set_cand **cands, uint32_t nr, size_t off, struct set_index *out)
{
	*out = (struct set_index){ arena_array(w->arena, nr, sizeof(*cands)), off, nr };
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

struct set_cand *set_index_find(const struct set_index *ix, const uint8_t *u, bool *any)
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
	for (uint32_t n = 0; n < NAMED_BY_MAX && lo < ix->nr && uuid_same(uuid_at(ix->by[lo], ix->off), u); n++, lo++)
		if (!ix->by[lo]->taken)
			return ix->by[lo];
	return NULL;
}

/* One replica's headers while they are strung together. */
struct chain {
	struct set_work *w;
	struct set_cand **members;
	uint32_t nr, head; /* head: no member before it begins a fragment */
	struct set_index own, next, prev;
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
		    set_index_find(&ch->next, ch->members[ch->head]->uuid, NULL) == NULL)
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
	const struct set_cand *next = set_index_find(&ch->own, c->next_part, &used);
	const struct set_cand *behind = set_index_find(&ch->prev, c->uuid, NULL);

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
		struct set_cand *c = set_index_find(&ch->own, at, NULL);

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
			c = set_index_find(&ch->prev, at, NULL);
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

bool set_ring_make(struct set_work *w, struct set_cand **members, uint32_t nr, const uint8_t *first,
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
		if (!set_index_make(w, members, nr, SET_INDEX_BY(uuid), &ch.own) ||
		    !set_index_make(w, members, nr, SET_INDEX_BY(next_part), &ch.next) ||
		    !set_index_make(w, members, nr, SET_INDEX_BY(prev_part), &ch.prev))
			return false;
		chain_string(&ch, first);
		chain_end(&ch);
	}
	*out = (struct set_ring){ ch.slots, ch.slots_nr };
	return true;
}

