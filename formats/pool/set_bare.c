/*
 * Files without a header among those that belong together by theirs: the later parts of a set with
 * SINGLEHDR, or parts whose header is lost. Names give their order, the size that the pool inside
 * says it has tells how many of them there are.
 */
#include "formats/pool/set_work.h"

#include <stdlib.h>
#include <string.h>

enum { PART_MIN = 2 << 20, PAGE_LEN = 4096 };

struct bare {
	struct set_cand **cand;
	uint32_t nr;
};

static int natural(const void *a, const void *b)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = set_name_natural(x->name, y->name);

	return d ? d : (x->idx < y->idx ? -1 : x->idx > y->idx);
}

/* Those named as `like` is but for numbers come first; the order is kept otherwise. */
static bool alike_first(struct set_work *w, struct bare *b, const char *like)
{
	struct set_cand **sorted = arena_array(w->arena, b->nr, sizeof(*sorted));
	uint32_t n = 0;

	if (sorted == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (int alike = 1; alike >= 0; alike--)
		for (uint32_t i = 0; i < b->nr; i++)
			if (set_name_alike(b->cand[i]->name, like) == alike)
				sorted[n++] = b->cand[i];
	b->cand = sorted;
	return true;
}

/* Those large enough to be a part, in the order of their names. */
static bool bare_collect(struct set_work *w, struct bare *out)
{
	*out = (struct bare){ arena_array(w->arena, w->nr, sizeof(struct set_cand *)), 0 };
	if (out->cand == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t i = 0; i < w->nr; i++) {
		struct set_cand *c = w->cands[i];

		if (c->taken || c->set_file || c->header)
			continue;
		(void)image_settle(c->item->image);
		c->size = c->item->image->size;
		if (c->size >= PART_MIN)
			out->cand[out->nr++] = c;
	}
	if (out->nr)
		qsort(out->cand, out->nr, sizeof(struct set_cand *), natural);
	return true;
}

/* The replica whose first part's name is most like c's. */
static struct pool_replica *replica_like(const struct pool_set *s, const struct set_cand *c)
{
	struct pool_replica *best = NULL;
	size_t best_len = 0;

	for (uint32_t r = 0; r < s->nr; r++) {
		const struct item *first = s->replicas[r]->parts[0]->item;
		size_t len = first ? set_name_shared(first->name, c->name) : 0;

		if (first && (best == NULL || len > best_len)) {
			best = s->replicas[r];
			best_len = len;
		}
	}
	return best;
}

static uint64_t usable(uint64_t size)
{
	return size / PAGE_LEN * PAGE_LEN;
}

/* Which of the files make exactly what is missing, passing over those that are too large for the rest. */
static bool exact(const struct bare *b, uint64_t missing)
{
	for (uint32_t i = 0; i < b->nr && missing; i++)
		if (usable(b->cand[i]->size) <= missing)
			missing -= usable(b->cand[i]->size);
	return missing == 0;
}

static struct pool_part *place_add(struct set_work *w, struct pool_replica *r)
{
	struct pool_part *p = set_part_add(w, r);

	if (p)
		p->why_missing = "no file here fits";
	return p;
}

static bool replica_fill(struct set_work *w, struct pool_replica *r, const struct bare *b)
{
	struct image *first = r->parts[0]->item->image;
	const struct pool_hdr *h = r->parts[0]->hdr;
	struct set_inner in;
	uint64_t have;

	(void)image_settle(first);
	have = usable(first->size);
	set_inner_look(first, h ? pool_hdr_type(h) : POOL_UNKNOWN, h ? h->major : 0, h ? pool_hdr_len(h) : 0, &in);
	uint64_t missing = in.size_known && in.size > have ? in.size - have : 0;
	bool fits = in.size_known && exact(b, missing);
	for (uint32_t i = 0; i < b->nr && (missing || !in.size_known); i++) {
		uint64_t len = usable(b->cand[i]->size);

		if (fits && len > missing)
			continue;
		struct pool_part *p = place_add(w, r);
		if (p == NULL || !set_part_take_cand(w, p, b->cand[i], PART_BESIDE_NAME))
			return false;
		missing -= len < missing ? len : missing;
	}
	return missing == 0 || place_add(w, r) != NULL;
}

bool set_bare_later(struct set_work *w)
{
	struct bare all, mine;

	if (!bare_collect(w, &all))
		return false;
	mine.cand = arena_array(w->arena, all.nr, sizeof(struct set_cand *));
	if (mine.cand == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t r = 0; r < w->s->nr; r++) {
		if (w->s->replicas[r]->parts[0]->item == NULL)
			continue;
		mine.nr = 0;
		for (uint32_t i = 0; i < all.nr; i++)
			if (replica_like(w->s, all.cand[i]) == w->s->replicas[r])
				mine.cand[mine.nr++] = all.cand[i];
		if (!alike_first(w, &mine, w->s->replicas[r]->parts[0]->item->name) ||
		    !replica_fill(w, w->s->replicas[r], &mine))
			return false;
	}
	return true;
}

static bool first_part(const struct set_cand *c)
{
	struct set_inner in;

	set_inner_look(c->item->image, POOL_UNKNOWN, 0, 0, &in);
	return in.type != POOL_UNKNOWN;
}

/* The next of b that fits p: a first part has the descriptor behind its header, others have not. */
static struct set_cand *next_for(const struct bare *b, const struct pool_part *p)
{
	for (uint32_t i = 0; i < b->nr; i++)
		if (!b->cand[i]->taken && first_part(b->cand[i]) == (p->idx == 0))
			return b->cand[i];
	return NULL;
}

bool set_bare_lost(struct set_work *w)
{
	struct bare b;
	uint32_t missing = 0;

	for (uint32_t r = 0; r < w->s->nr; r++)
		for (uint32_t i = 0; i < w->s->replicas[r]->nr; i++)
			missing += w->s->replicas[r]->parts[i]->item == NULL;
	if (missing == 0)
		return true;
	if (!bare_collect(w, &b))
		return false;
	if (b.nr != missing) /* nothing tells which is which */
		return true;
	for (uint32_t r = 0; r < w->s->nr; r++)
		for (uint32_t i = 0; i < w->s->replicas[r]->nr; i++) {
			struct pool_part *p = w->s->replicas[r]->parts[i];
			struct set_cand *c = p->item ? NULL : next_for(&b, p);

			if (c && !set_part_take_cand(w, p, c, PART_BESIDE_NAME))
				return false;
		}
	return true;
}
