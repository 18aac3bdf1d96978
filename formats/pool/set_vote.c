/*
 * What the headers say together: the type, the fields that all ought to share, and what the links
 * of the neighbours call each part.
 */
#include "formats/pool/set_work.h"

#include <stdlib.h>
#include <string.h>

/* Every header that has a vote, in order of replica and part. */
struct voters {
	const struct pool_hdr **hdrs;
	uint32_t nr;
};

static bool votes(const struct pool_part *p)
{
	return p->item && p->hdr && p->header_expected && p->same_file == NULL && p->sum != POOL_HDR_SUM_BAD &&
	       !uuid_null(p->hdr->poolset_uuid);
}

struct value {
	const uint8_t *p;
	uint32_t idx; /* of the voter */
};

static int by_value(const void *a, const void *b, void *width)
{
	const struct value *x = a, *y = b;
	int d = memcmp(x->p, y->p, *(const size_t *)width);

	return d ? d : (x->idx < y->idx ? -1 : x->idx > y->idx);
}

/* The value that most voters have; of two with as many, that of the earlier voter. */
static const uint8_t *most(const struct voters *v, const struct field *f, struct value *room)
{
	size_t width = f->width;
	uint32_t best = 0, best_nr = 0;

	for (uint32_t i = 0; i < v->nr; i++)
		room[i] = (struct value){ (const uint8_t *)v->hdrs[i] + f->host, i };
	qsort_r(room, v->nr, sizeof(*room), by_value, &width);
	for (uint32_t i = 0, from = 0; i < v->nr; i++) {
		if (memcmp(room[i].p, room[from].p, width))
			from = i;
		uint32_t nr = i - from + 1;
		if (nr > best_nr || (nr == best_nr && room[from].idx < room[best].idx)) {
			best = from;
			best_nr = nr;
		}
	}
	return room[best].p;
}

static bool voters_collect(struct set_work *w, struct voters *v)
{
	const struct pool_set *s = w->s;
	uint32_t nr = 0;

	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++)
			nr += votes(s->replicas[r]->parts[i]);
	*v = (struct voters){ arena_array(w->arena, nr, sizeof(*v->hdrs)), 0 };
	if (v->hdrs == NULL)
		return false;
	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++)
			if (votes(s->replicas[r]->parts[i]))
				v->hdrs[v->nr++] = s->replicas[r]->parts[i]->hdr;
	return true;
}

/* Which set it is comes first: headers of another one have no say in the rest. */
static const struct pool_hdr *voted(struct set_work *w)
{
	struct voters v;
	const struct field *set = layout_field(&pool_hdr_layout, "poolset_uuid");

	if (!voters_collect(w, &v) || v.nr == 0)
		return NULL;
	struct value *room = arena_array(w->arena, v.nr, sizeof(*room));
	struct pool_hdr *out = ARENA_NEW(w->arena, struct pool_hdr);
	if (room == NULL || out == NULL)
		return NULL;
	const uint8_t *ours = most(&v, set, room);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < v.nr; i++)
		if (uuid_same(v.hdrs[i]->poolset_uuid, ours))
			v.hdrs[kept++] = v.hdrs[i];
	v.nr = kept;
	for (uint32_t i = 0; i < pool_hdr_layout.nr; i++) {
		const struct field *f = &pool_hdr_layout.fields[i];

		memcpy((uint8_t *)out + f->host, most(&v, f, room), f->width);
	}
	return out;
}

static int near(const uint8_t *signature, enum pool_type type)
{
	const char *name = pool_type_name(type); /* "pmemobj": the signature in small letters */
	int differ = signature[7] != 0;

	for (int i = 0; i < 7; i++)
		differ += signature[i] != (name[i] & ~0x20);
	return differ;
}

/* One changed byte leaves a signature nearer to its own type than to the others. */
static enum pool_type type_near(const struct pool_set *s)
{
	enum { NEAR = 2 };
	enum pool_type best = POOL_UNKNOWN;
	int best_differ = NEAR + 1;

	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++) {
			const struct pool_part *p = s->replicas[r]->parts[i];

			for (int t = POOL_OBJ; p->hdr && t <= POOL_CTO; t++) {
				int differ = near(p->hdr->signature, (enum pool_type)t);
				if (differ < best_differ) {
					best = (enum pool_type)t;
					best_differ = differ;
				}
			}
		}
	return best;
}

static void type_vote(struct pool_set *s)
{
	uint32_t nr[POOL_CTO + 1] = { 0 }, all = 0;

	if (s->voted && pool_hdr_type(s->voted) != POOL_UNKNOWN) {
		s->type = pool_hdr_type(s->voted);
		s->type_how = "the signature that most whole headers have";
		return;
	}
	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++) {
			const struct pool_part *p = s->replicas[r]->parts[i];
			if (p->hdr && p->header_expected) {
				nr[pool_hdr_type(p->hdr)]++;
				all++;
			}
		}
	for (int t = POOL_OBJ; t <= POOL_CTO; t++)
		if (nr[t] > (s->type == POOL_UNKNOWN ? 0 : nr[s->type]))
			s->type = (enum pool_type)t;
	if (s->type != POOL_UNKNOWN)
		s->type_how = all == 1 ? "the signature of the header, whose checksum is wrong"
				       : "the signature of most headers, whose checksums are wrong";
}

/* Its header is whole and of this set: what its links say counts. */
static const struct pool_hdr *witness(const struct pool_set *s, const struct pool_part *p)
{
	return votes(p) && (s->voted == NULL || uuid_same(p->hdr->poolset_uuid, s->voted->poolset_uuid)) ? p->hdr : NULL;
}

struct said {
	const uint8_t *by[4]; /* in the order that pmempool sync asks */
	uint32_t nr;
};

static void said_add(struct said *v, const uint8_t *uuid)
{
	if (v->nr < sizeof(v->by) / sizeof(v->by[0]) && !uuid_null(uuid))
		v->by[v->nr++] = uuid;
}

/* What some part of replica r says in its link to the replica behind (or before) it. */
static void said_by_replica(const struct pool_set *s, const struct pool_replica *r, const struct pool_part *but,
			    bool behind, struct said *v)
{
	for (uint32_t i = 0; i < r->nr; i++) {
		const struct pool_hdr *h = r->parts[i] == but ? NULL : witness(s, r->parts[i]);

		if (h) {
			said_add(v, behind ? h->next_repl_uuid : h->prev_repl_uuid);
			return;
		}
	}
}

bool set_vote_called(const struct pool_set *s, const struct pool_part *p, uint8_t uuid[UUID_LEN])
{
	const struct pool_replica *r = s->replicas[p->replica];
	struct said v = { .nr = 0 };
	const struct pool_hdr *h;

	if (!p->header_expected)
		return false;
	if (r->nr > 1 && r->parts[1]->header_expected) {
		if ((h = witness(s, r->parts[(p->idx + r->nr - 1) % r->nr])) != NULL)
			said_add(&v, h->next_part_uuid);
		if ((h = witness(s, r->parts[(p->idx + 1) % r->nr])) != NULL)
			said_add(&v, h->prev_part_uuid);
	}
	if (p->idx == 0) {
		said_by_replica(s, s->replicas[(p->replica + s->nr - 1) % s->nr], p, true, &v);
		said_by_replica(s, s->replicas[(p->replica + 1) % s->nr], p, false, &v);
	}
	/* The first that another one shares; else what the part's own header says too, where it holds: one damaged link
	 * does not outweigh it; else the first. */
	const struct pool_hdr *own = witness(s, p);

	for (uint32_t i = 0; i < v.nr; i++)
		for (uint32_t k = i + 1; k < v.nr; k++)
			if (uuid_same(v.by[i], v.by[k])) {
				memcpy(uuid, v.by[i], UUID_LEN);
				return true;
			}
	for (uint32_t i = 0; own && i < v.nr; i++)
		if (uuid_same(v.by[i], own->uuid)) {
			memcpy(uuid, own->uuid, UUID_LEN);
			return true;
		}
	if (v.nr)
		memcpy(uuid, v.by[0], UUID_LEN);
	return v.nr != 0;
}

void set_vote(struct set_work *w)
{
	struct pool_set *s = w->s;

	s->voted = voted(w);
	type_vote(s);
	if (s->text)
		s->singlehdr = s->text->singlehdr;
	else if (s->voted)
		s->singlehdr = s->voted->incompat & POOL_FEAT_SINGLEHDR;
	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++) {
			struct pool_part *p = s->replicas[r]->parts[i];
			uint8_t uuid[UUID_LEN];

			if (set_vote_called(s, p, uuid))
				memcpy(p->uuid, uuid, UUID_LEN);
		}
	set_inner(w);
	if (s->type == POOL_UNKNOWN && (s->type = type_near(s)) != POOL_UNKNOWN) {
		s->type_how = "a signature that differs in a byte or two";
		set_inner(w);
	}
}
