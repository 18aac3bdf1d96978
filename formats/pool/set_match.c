/*
 * Places of a set file that are still empty, filled with candidates: by the uuid that the links of
 * parts already placed give them; where a whole replica is empty, by the ring that its files make;
 * at last, where no header can tell, by name.
 */
#include "formats/pool/set_work.h"

#include <stdlib.h>
#include <string.h>

enum { PASSES_MAX = 64, SLOTS_COMPARED = 16 };

static bool empty(const struct pool_part *p)
{
	return p->item == NULL;
}

/* The set of which most parts are there already. NULL: none. */
static const uint8_t *set_placed(const struct pool_set *s)
{
	const uint8_t *lead = NULL;
	uint32_t nr = 0;

	/* the one that outvotes all others together, or else the last that could */
	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++) {
			const struct pool_part *p = s->replicas[r]->parts[i];

			if (p->hdr == NULL || p->sum == POOL_HDR_SUM_BAD || uuid_null(p->hdr->poolset_uuid))
				continue;
			if (nr == 0)
				lead = p->hdr->poolset_uuid;
			nr = uuid_same(lead, p->hdr->poolset_uuid) ? nr + 1 : nr - 1;
		}
	return lead;
}

/* Parts in the order of set_name_cmp on the last part of their path. */
struct by_name {
	struct pool_part **parts;
	uint32_t nr;
};

static int part_cmp(const void *a, const void *b)
{
	const struct pool_part *x = *(struct pool_part *const *)a, *y = *(struct pool_part *const *)b;
	int d = set_name_cmp(set_name_last(x->path), set_name_last(y->path));

	if (d == 0)
		d = x->replica < y->replica ? -1 : x->replica > y->replica;
	return d ? d : (x->idx < y->idx ? -1 : x->idx > y->idx);
}

static bool parts_by_name(struct set_work *w, struct by_name *out)
{
	const struct pool_set *s = w->s;
	uint32_t nr = 0;

	for (uint32_t r = 0; r < s->nr; r++)
		nr += s->replicas[r]->nr;
	*out = (struct by_name){ arena_array(w->arena, nr, sizeof(struct pool_part *)), 0 };
	if (out->parts == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++)
			if (s->replicas[r]->parts[i]->path)
				out->parts[out->nr++] = s->replicas[r]->parts[i];
	if (out->nr)
		qsort(out->parts, out->nr, sizeof(struct pool_part *), part_cmp);
	return true;
}

/* Whether some part is declared under that name. */
static bool declared(const struct by_name *b, const char *name)
{
	uint32_t lo = 0, hi = b->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int d = set_name_cmp(set_name_last(b->parts[mid]->path), name);

		if (d == 0)
			return true;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static int by_set(const void *a, const void *b)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = memcmp(x->poolset, y->poolset, UUID_LEN);

	return d ? d : (x->idx < y->idx ? -1 : x->idx > y->idx);
}

bool set_match_offered(struct set_work *w, const uint8_t **out)
{
	struct set_cand **list = arena_array(w->arena, w->nr, sizeof(*list));
	const struct set_cand *first = NULL, *best_first = NULL;
	struct by_name names;
	uint64_t best = 0, score = 0;
	uint32_t nr = 0;

	*out = NULL;
	if (list == NULL || !parts_by_name(w, &names)) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->cands[i]->header && !w->cands[i]->taken && !uuid_null(w->cands[i]->poolset))
			list[nr++] = w->cands[i];
	if (nr)
		qsort(list, nr, sizeof(*list), by_set);
	for (uint32_t i = 0; i < nr; i++) {
		if (first == NULL || !uuid_same(list[i]->poolset, first->poolset)) {
			first = list[i];
			score = 0;
		}
		score += (list[i]->sum_good ? 2 : 1) + (declared(&names, list[i]->name) ? UINT64_C(1) << 32 : 0);
		if (score < best || (score == best && first != best_first && first->idx > best_first->idx))
			continue;
		best = score;
		best_first = first;
		*out = first->poolset;
	}
	return true;
}

/* members are in the order of their uuids, each once. */
static struct set_cand *member_called(struct set_cand **members, uint32_t nr, const uint8_t *uuid)
{
	uint32_t lo = 0, hi = nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int d = memcmp(members[mid]->uuid, uuid, UUID_LEN);

		if (d == 0)
			return members[mid]->taken ? NULL : members[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool link_fill(struct set_work *w, struct pool_part *p, struct set_cand **members, uint32_t nr)
{
	uint8_t uuid[UUID_LEN];
	struct set_cand *c;

	if (!empty(p) || !set_vote_called(w->s, p, uuid))
		return false;
	c = member_called(members, nr, uuid);
	return c && set_part_take_cand(w, p, c, PART_BESIDE_UUID);
}

/* Forwards and backwards until nothing more is known: every placed part tells its neighbours. */
static void links_fill(struct set_work *w, struct set_cand **members, uint32_t nr)
{
	const struct pool_set *s = w->s;
	bool more = true;

	for (int pass = 0; more && pass < PASSES_MAX; pass++) {
		more = false;
		for (uint32_t r = 0; r < s->nr; r++)
			for (uint32_t i = 0; i < s->replicas[r]->nr; i++)
				more |= link_fill(w, s->replicas[r]->parts[i], members, nr);
		for (uint32_t r = s->nr; r-- > 0;)
			for (uint32_t i = s->replicas[r]->nr; i-- > 0;)
				more |= link_fill(w, s->replicas[r]->parts[i], members, nr);
	}
}

static bool replica_empty(const struct pool_replica *r)
{
	for (uint32_t i = 0; i < r->nr; i++)
		if (!empty(r->parts[i]))
			return false;
	return !r->remote && r->nr;
}

/* How well the ring's files fit the replica's lines: names first, then sizes, then their number. */
static uint32_t fit(const struct pool_replica *r, const struct set_ring *ring)
{
	uint32_t points = 1 + (ring->nr == r->nr);

	for (uint32_t i = 0; i < ring->nr && i < r->nr && i < SLOTS_COMPARED; i++) {
		const struct set_cand *c = ring->slots[i].cand;
		const struct pool_part *p = r->parts[i];

		if (c == NULL)
			continue;
		points += p->path && set_name_cmp(set_name_last(p->path), c->name) == 0 ? 16 : 0;
		points += p->declared && c->size == p->declared ? 4 : 0;
	}
	return points;
}

static bool ring_place(struct set_work *w, const struct set_ring *ring)
{
	struct pool_replica *best = NULL;
	uint32_t best_points = 0;
	bool any = false;

	for (uint32_t i = 0; i < ring->nr; i++)
		any |= ring->slots[i].cand != NULL;
	for (uint32_t r = 0; any && r < w->s->nr; r++) {
		uint32_t points = replica_empty(w->s->replicas[r]) ? fit(w->s->replicas[r], ring) : 0;

		if (points > best_points) {
			best = w->s->replicas[r];
			best_points = points;
		}
	}
	for (uint32_t i = 0; best && i < ring->nr && i < best->nr; i++)
		if (ring->slots[i].cand && best->parts[i]->header_expected)
			(void)set_part_take_cand(w, best->parts[i], ring->slots[i].cand, PART_BESIDE_UUID);
	return w->p->status == STATUS_OK;
}

static bool rings_place(struct set_work *w, struct set_cand **members, uint32_t nr)
{
	struct set_cand **left = arena_array(w->arena, nr, sizeof(*left));
	struct set_rings rings;
	uint32_t n = 0;

	if (left == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t i = 0; i < nr; i++)
		if (!members[i]->taken)
			left[n++] = members[i];
	if (!set_order(w, left, n, &rings))
		return false;
	for (uint32_t i = 0; i < rings.nr; i++)
		if (!ring_place(w, &rings.rings[i]))
			return false;
	return true;
}

static int cand_cmp(const void *a, const void *b)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = set_name_cmp(x->name, y->name);

	return d ? d : (x->idx < y->idx ? -1 : x->idx > y->idx);
}

/* A file without a whole header, under the declared name; one of the declared size before others. */
static struct set_cand *cand_named(struct set_cand **list, uint32_t nr, const struct pool_part *p)
{
	const char *name = set_name_last(p->path);
	struct set_cand *best = NULL;
	uint32_t lo = 0, hi = nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (set_name_cmp(list[mid]->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < nr && set_name_cmp(list[lo]->name, name) == 0; lo++)
		if (!list[lo]->taken && (best == NULL || (best->size != p->declared && list[lo]->size == p->declared)))
			best = list[lo];
	return best;
}

static bool names_fill(struct set_work *w)
{
	struct set_cand **list = arena_array(w->arena, w->nr, sizeof(*list));
	uint32_t nr = 0;

	if (list == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t i = 0; i < w->nr; i++)
		if (!w->cands[i]->taken && !w->cands[i]->set_file && !(w->cands[i]->header && w->cands[i]->sum_good))
			list[nr++] = w->cands[i];
	if (nr)
		qsort(list, nr, sizeof(*list), cand_cmp);
	for (uint32_t r = 0; r < w->s->nr; r++)
		for (uint32_t i = 0; i < w->s->replicas[r]->nr; i++) {
			struct pool_part *p = w->s->replicas[r]->parts[i];
			struct set_cand *c = empty(p) && p->path ? cand_named(list, nr, p) : NULL;

			if (c)
				(void)set_part_take_cand(w, p, c, PART_BESIDE_NAME);
		}
	return w->p->status == STATUS_OK;
}

bool set_match(struct set_work *w)
{
	const uint8_t *ours = set_placed(w->s);
	struct set_cand **members;
	uint32_t nr;

	if (w->nr == 0)
		return true;
	if (ours == NULL && !set_match_offered(w, &ours))
		return false;
	if (ours) {
		if (!set_order_members(w, ours, &members, &nr))
			return false;
		links_fill(w, members, nr);
		if (!rings_place(w, members, nr))
			return false;
		links_fill(w, members, nr);
	}
	return names_fill(w);
}
