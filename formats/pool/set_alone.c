/* A pool without a set file: one file, or files that belong together by their headers alone. */
#include "formats/pool/set_work.h"

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
static enum status file_take(struct set_work *w, struct set_cand *c)
{
	struct pool_replica *r = set_part_replica(w);
	struct pool_part *p = r ? set_part_add(w, r) : NULL;

	if (p == NULL)
		return w->p->status;
	p->header_expected = true;
	if (!set_part_take_cand(w, p, c, PART_GIVEN))
		return w->p->status;
	w->s->lone_part = lone(p);
	return STATUS_OK;
}

/* The poolset uuid that most candidates have; of two with as many, that of the first. */
static const uint8_t *main_set(const struct set_work *w)
{
	const uint8_t *best = NULL;
	uint32_t best_nr = 0;

	for (uint32_t i = 0; i < w->nr; i++) {
		const struct set_cand *c = w->cands[i];
		uint32_t nr = 0;

		if (!c->header || c->set_file || uuid_null(c->poolset))
			continue;
		/* counted once, where it is met first */
		for (uint32_t k = 0; k < w->nr; k++) {
			const struct set_cand *o = w->cands[k];

			if (!o->header || !uuid_same(o->poolset, c->poolset))
				continue;
			if (k < i)
				break;
			nr += o->sum_good ? 2 : 1;
		}
		if (nr > best_nr) {
			best = c->poolset;
			best_nr = nr;
		}
	}
	return best;
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

/* What was offered and is no part, but for texts and set files. */
static bool strays_tell(struct set_work *w, const uint8_t *ours)
{
	for (uint32_t i = 0; i < w->nr; i++) {
		struct set_cand *c = w->cands[i];
		const struct pool_part *twin = NULL;
		int why = c->header ? STRAY_FOREIGN : STRAY_NO_POOL;

		if (c->taken || c->dropped || c->set_file || c->item == NULL || (!c->header && c->size < PART_MIN))
			continue;
		for (uint32_t r = 0; c->header && r < w->s->nr; r++)
			for (uint32_t k = 0; k < w->s->replicas[r]->nr && twin == NULL; k++) {
				const struct pool_part *p = w->s->replicas[r]->parts[k];

				if (p->hdr && uuid_same(p->hdr->uuid, c->uuid))
					twin = p;
			}
		if (twin && ours && uuid_same(ours, c->poolset))
			why = STRAY_DUPLICATE;
		if (!set_part_stray(w, c, why, twin))
			return false;
	}
	return true;
}

enum status set_alone(struct set_work *w)
{
	struct set_cand **members, *first = NULL;
	struct set_rings rings;
	uint32_t nr;

	for (uint32_t i = 0; i < w->nr && first == NULL; i++)
		if (!w->cands[i]->set_file && looks_inside(w->cands[i]))
			first = w->cands[i];
	if (first == NULL)
		return problem_set(w->p, STATUS_UNSUPPORTED, "%s: no pool: neither a pool header nor a set file, and nothing "
				   "that lies behind a lost header", w->nr ? w->cands[0]->item->source->path : "the source");
	const uint8_t *ours = main_set(w);
	if (w->nr == 1 || ours == NULL) {
		enum status st = file_take(w, first);
		return st == STATUS_OK && !strays_tell(w, NULL) ? w->p->status : st;
	}
	if (!set_order_members(w, ours, &members, &nr) || !set_order(w, members, nr, &rings))
		return w->p->status;
	bool single = members[0]->incompat & POOL_FEAT_SINGLEHDR;
	for (uint32_t i = 0; i < rings.nr; i++)
		if (!ring_take(w, &rings.rings[i], single))
			return w->p->status;
	return strays_tell(w, ours) ? STATUS_OK : w->p->status;
}
