/* A pool without a set file: one file, or files that belong together by their headers alone. */
#include "formats/pool/set_work.h"

#include <stdlib.h>
#include <string.h>

enum { PART_MIN = 2 << 20 };

/* Its own links call it one part of several, and no single damaged field would explain that. */
static bool lone(const struct pool_part *p)
{
	const struct pool_hdr *h = p->hdr;

	if (h == NULL || uuid_same(h->uuid, h->prev_part_uuid) || uuid_same(h->uuid, h->next_part_uuid))
		return false;
	bool agree = uuid_same(h->prev_part_uuid, h->next_part_uuid) &&
		     uuid_same(h->prev_part_uuid, h->prev_repl_uuid) && uuid_same(h->prev_part_uuid, h->next_repl_uuid);
	return p->sum != POOL_HDR_SUM_BAD || !agree;
}

static bool looks_inside(struct set_cand *c)
{
	struct set_inner in;

	if (c->header)
		return true;
	set_inner_look(c->item->image, POOL_UNKNOWN, 0, 0, &in);
	return in.type != POOL_UNKNOWN;
}

/* One file, all of the pool or one part of it. */
static bool file_take(struct set_work *w, struct set_cand *c)
{
	struct pool_replica *r = set_part_replica(w);
	struct pool_part *p = r ? set_part_add(w, r) : NULL;

	if (p == NULL)
		return false;
	p->header_expected = true;
	if (!set_part_take_cand(w, p, c, PART_GIVEN))
		return false;
	w->s->lone_part = lone(p);
	return true;
}

static bool ring_take(struct set_work *w, const struct set_ring *ring, bool single)
{
	struct pool_replica *r = set_part_replica(w);

	for (uint32_t i = 0; r && i < ring->nr; i++) {
		const struct set_slot *slot = &ring->slots[i];
		struct pool_part *p = set_part_add(w, r);

		if (p == NULL)
			return false;
		p->header_expected = !single || i == 0;
		p->gap_before = slot->gap_before;
		p->why_missing = "no file here has its uuid";
		memcpy(p->uuid, slot->uuid, UUID_LEN);
		if (slot->cand && !set_part_take_cand(w, p, slot->cand, PART_BESIDE_UUID))
			return false;
	}
	return r != NULL;
}

static int by_uuid(const void *a, const void *b)
{
	return memcmp((*(const struct pool_part *const *)a)->hdr->uuid, (*(const struct pool_part *const *)b)->hdr->uuid,
		      UUID_LEN);
}

/* The parts that have a header, in the order of their uuids. */
static bool parts_by_uuid(struct set_work *w, const struct pool_part ***out, uint32_t *nr)
{
	uint32_t all = 0;

	*nr = 0;
	for (uint32_t r = 0; r < w->s->nr; r++)
		all += w->s->replicas[r]->nr;
	*out = arena_array(w->arena, all, sizeof(**out));
	if (*out == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t r = 0; r < w->s->nr; r++)
		for (uint32_t i = 0; i < w->s->replicas[r]->nr; i++)
			if (w->s->replicas[r]->parts[i]->hdr)
				(*out)[(*nr)++] = w->s->replicas[r]->parts[i];
	if (*nr)
		qsort(*out, *nr, sizeof(**out), by_uuid);
	return true;
}

static const struct pool_part *part_called(const struct pool_part **parts, uint32_t nr, const uint8_t *uuid)
{
	uint32_t lo = 0, hi = nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (memcmp(parts[mid]->hdr->uuid, uuid, UUID_LEN) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nr && uuid_same(parts[lo]->hdr->uuid, uuid) ? parts[lo] : NULL;
}

bool set_strays(struct set_work *w)
{
	const struct pool_part **parts;
	uint32_t nr;

	if (!parts_by_uuid(w, &parts, &nr))
		return false;
	for (uint32_t i = 0; i < w->nr; i++) {
		struct set_cand *c = w->cands[i];

		if (c->taken || c->dropped || c->set_file || c->item == NULL || (!c->header && c->size < PART_MIN))
			continue;
		const struct pool_part *twin = c->header ? part_called(parts, nr, c->uuid) : NULL;
		if (twin && !uuid_same(twin->hdr->poolset_uuid, c->poolset))
			twin = NULL;
		if (!set_part_stray(w, c, twin ? STRAY_DUPLICATE : c->header ? STRAY_FOREIGN : STRAY_NO_POOL, twin))
			return false;
	}
	return true;
}

enum status set_alone(struct set_work *w)
{
	struct set_cand **members, *first = NULL;
	const uint8_t *ours;
	struct set_rings rings;
	uint32_t nr;

	for (uint32_t i = 0; i < w->nr && first == NULL; i++)
		if (!w->cands[i]->set_file && looks_inside(w->cands[i]))
			first = w->cands[i];
	if (first == NULL)
		return problem_set(w->p, STATUS_UNSUPPORTED, "%s: no pool: neither a pool header nor a set file, and nothing "
				   "that lies behind a lost header", w->nr ? w->cands[0]->item->source->path : "the source");
	if (!set_match_offered(w, &ours))
		return w->p->status;
	if (!w->group || ours == NULL)
		return file_take(w, first) && set_strays(w) ? STATUS_OK : w->p->status;
	if (!set_order_members(w, ours, &members, &nr) || !set_order(w, members, nr, &rings))
		return w->p->status;
	bool single = members[0]->incompat & POOL_FEAT_SINGLEHDR;
	if (!single && rings.nr == 1 && rings.rings[0].nr == 1) /* not put together: it is all there is */
		return file_take(w, members[0]) && set_strays(w) ? STATUS_OK : w->p->status;
	for (uint32_t i = 0; i < rings.nr; i++)
		if (!ring_take(w, &rings.rings[i], single))
			return w->p->status;
	if (!(single ? set_bare_later(w) : set_bare_lost(w)))
		return w->p->status;
	return set_strays(w) ? STATUS_OK : w->p->status;
}
