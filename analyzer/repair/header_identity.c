#include "analyzer/repair/header_identity.h"

#include "analyzer/checks/pool_parts.h"
#include "analyzer/repair/header.h"
#include "analyzer/repair/header_lone.h"

#include <inttypes.h>
#include <string.h>

enum { PIECE = 4096, LOOKED_AT = 16 << 20 }; /* bytes of two parts that are compared */

/* Do both hold the same bytes, behind their headers, as far as is looked? */
static bool same_data(const struct pool_part *a, const struct pool_part *b)
{
	uint64_t end = a->file_size < b->file_size ? a->file_size : b->file_size;
	uint8_t bytes[2][PIECE], lost[PIECE];

	if (end > LOOKED_AT)
		end = LOOKED_AT;
	for (uint64_t at = POOL_HDR_LEN; at < end; at += PIECE) {
		size_t len = end - at < PIECE ? (size_t)(end - at) : PIECE;

		if (!image_read(a->item->image, at, len, bytes[0], lost) || !image_read(b->item->image, at, len, bytes[1], lost))
			return true; /* nothing shows that they differ */
		if (memcmp(bytes[0], bytes[1], len) != 0)
			return false;
	}
	return true;
}

/* The other part with p's uuid. */
static const struct pool_part *twin_of(const struct pool_set *s, const struct pool_part *p)
{
	for (const struct pool_part *q = NULL; (q = pool_parts_next(s, q)) != NULL;)
		if (q != p && q->hdr && q->item && q->header_expected && uuid_same(q->hdr->uuid, p->hdr->uuid))
			return q;
	return NULL;
}

/* Has another replica what p ought to hold? Then what p holds is compared with it next. */
static bool held_elsewhere(const struct pool_set *s, const struct pool_part *p)
{
	for (uint32_t i = 0; i < s->nr; i++)
		if (i != p->replica && s->replicas[i]->logical && s->replicas[i]->size >= p->logical_at + p->data_len)
			return true;
	return false;
}

void header_identity_repair_twice(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_part *p = header_part_of(m->pool, f->node), *twin;
	struct pool_hdr hdr;

	(void)by;
	if (p == NULL || p->hdr == NULL || p->item == NULL || f->repair == REPAIR_NONE || (twin = twin_of(m->pool, p)) == NULL ||
	    !header_told(m->pool, p, &hdr))
		return;
	memset(hdr.sds_reserved, 0, sizeof(hdr.sds_reserved));
	hdr.sds_usc = hdr.sds_uuid = hdr.sds_checksum = 0;
	hdr.sds_dirty = 0;
	hdr.checksum = header_sum(p, &hdr);
	bool copy = same_data(p, twin), held = held_elsewhere(m->pool, p);
	struct step *s = plan_step(plan, f, copy && !held ? REPAIR_ADVANCED : REPAIR_ASK,
				   arena_printf(plan->arena, "makes the header anew from the links of its neighbours%s",
						!copy ? ": the bytes behind it are not the other part's" : held
						? "; another replica has what this part ought to hold" : ""));
	if (s == NULL)
		return;
	if (copy && !held)
		s->loses = "the sign that the file holds another part's bytes: what this part held is not here";
	header_put(plan, s, p, &hdr, "the other headers of the set tell every field");
}

static bool odd(const uint8_t u[UUID_LEN])
{
	return !uuid_random_pmdk(u);
}

/* Makes `field` of q's header name uuid, where it named p until now. */
static void link_put(struct pool_hdr *q, const char *field, const uint8_t was[UUID_LEN], const uint8_t uuid[UUID_LEN])
{
	uint8_t *link = (uint8_t *)q + layout_field(&pool_hdr_layout, field)->host;

	if (uuid_same(link, was))
		memcpy(link, uuid, UUID_LEN);
}

struct headers {
	const struct pool_set *set;
	struct pool_hdr *hdr; /* of every part, replica after replica */
};

static struct pool_hdr *header_of(const struct headers *h, const struct pool_part *p)
{
	uint32_t at = p->idx;

	for (uint32_t i = 0; i < p->replica; i++)
		at += h->set->replicas[i]->nr;
	return &h->hdr[at];
}

/* Gives p another uuid, in its own header and in all that name it. */
static void rename_part(const struct headers *h, const struct pool_part *p, const uint8_t uuid[UUID_LEN])
{
	const struct pool_set *s = h->set;
	const struct pool_replica *r = s->replicas[p->replica];
	bool ring = r->nr > 1 && r->parts[1]->header_expected;
	const struct pool_part *before = ring ? r->parts[(p->idx + r->nr - 1) % r->nr] : p;
	const struct pool_part *after = ring ? r->parts[(p->idx + 1) % r->nr] : p;
	const uint8_t *was = p->hdr->uuid;

	memcpy(header_of(h, p)->uuid, uuid, UUID_LEN);
	link_put(header_of(h, before), "next_part_uuid", was, uuid);
	link_put(header_of(h, after), "prev_part_uuid", was, uuid);
	for (int side = 0; side < 2 && p->idx == 0; side++) {
		const struct pool_replica *o = s->replicas[(p->replica + (side ? 1 : s->nr - 1)) % s->nr];

		for (uint32_t i = 0; i < o->nr; i++)
			link_put(header_of(h, o->parts[i]), side ? "prev_repl_uuid" : "next_repl_uuid", was, uuid);
	}
}

/* Every header of the set, which must all be whole: none may be left behind with the old uuid. */
static bool headers_take(const struct pool_set *s, struct arena *a, struct headers *h)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < s->nr; i++) {
		if (s->replicas[i]->remote)
			return false;
		nr += s->replicas[i]->nr;
	}
	*h = (struct headers){ s, arena_array(a, nr, sizeof(struct pool_hdr)) };
	if (h->hdr == NULL || s->lone_part)
		return false;
	for (const struct pool_part *p = NULL; (p = pool_parts_next(s, p)) != NULL;) {
		if (!p->header_expected)
			continue;
		if (!pool_parts_witness(s, p) || p->same_file || p->sum != POOL_HDR_SUM_ANNOUNCED)
			return false;
		*header_of(h, p) = *p->hdr;
	}
	return true;
}

static bool first_of_its_check(const struct plan *plan, const struct finding *f)
{
	const struct finding *g = plan->findings->first;

	while (g && g->by != f->by)
		g = g->next;
	return g == f;
}

static bool parts_rename(const struct headers *h, struct arena *a)
{
	for (const struct pool_part *p = NULL; (p = pool_parts_next(h->set, p)) != NULL;) {
		uint8_t uuid[UUID_LEN];

		if (!p->header_expected || !odd(p->hdr->uuid))
			continue;
		const char *what = arena_printf(a, "part %" PRIu32 " of replica %" PRIu32, p->idx, p->replica);
		if (what == NULL || !header_uuid(p, what, uuid))
			return false;
		rename_part(h, p, uuid);
	}
	return true;
}

/* All of them in one step, that of the first: a header holds several, and has one checksum. */
void header_identity_repair_pattern(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_set *set = m->pool;
	const struct pool_part *first = pool_parts_next(set, NULL);
	uint8_t pool[UUID_LEN];
	bool pointers = false;
	struct headers h;

	(void)by;
	if (!first_of_its_check(plan, f) || !headers_take(set, plan->arena, &h) || !parts_rename(&h, plan->arena))
		return;
	bool renamed = odd(first->hdr->poolset_uuid);
	if (renamed && (!header_poolset_uuid(m, first, pool, &pointers) || odd(pool)))
		renamed = false;
	struct step *s = plan_step(plan, f, renamed ? REPAIR_ADVANCED : REPAIR_ASK,
				   renamed ? "gives the pool a new uuid, and those parts whose uuids PMDK would not make, in all headers"
					   : "gives each part whose uuid PMDK would not make a new one, in all headers that name it");
	if (s == NULL)
		return;
	if (renamed)
		s->loses = pointers ? "the pool's old uuid: what it holds agrees with the new one, too"
				    : "the pool's old uuid, by which other records may know it";
	for (const struct pool_part *p = NULL; (p = pool_parts_next(set, p)) != NULL;) {
		struct pool_hdr *hdr = header_of(&h, p);

		if (!p->header_expected)
			continue;
		if (renamed)
			memcpy(hdr->poolset_uuid, pool, UUID_LEN);
		hdr->checksum = header_sum(p, hdr);
		if (!header_put(plan, s, p, hdr, "nothing but the headers refers to it"))
			return;
	}
}

void header_identity_repair_crtime(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_part *p = header_part_of(m->pool, f->node);

	(void)by;
	/* where the checksum is wrong, too, it may tell the time */
	if (p == NULL || p->hdr == NULL || p->item == NULL || p->sum != POOL_HDR_SUM_ANNOUNCED)
		return;
	const struct source *src = p->item->source;
	struct pool_hdr hdr = *p->hdr;
	bool voted = m->pool->voted && pool_parts_headers_nr(m->pool) > 1 &&
		     pool_parts_time_good(m->pool->voted->crtime, src) && m->pool->voted->crtime != hdr.crtime;
	const char *why = voted ? "most headers of the set have it so" : "no header was made after the file's last change";

	hdr.crtime = voted ? m->pool->voted->crtime : src && src->has_mtime ? src->mtime : 0;
	if (!pool_parts_time_good(hdr.crtime, src))
		return;
	hdr.checksum = header_sum(p, &hdr);
	struct step *s = plan_step(plan, f, f->repair,
				   arena_printf(plan->arena, "sets the time of creation to %s: %s", voted ? "that of the other headers"
						: "that of the file's last change", why));
	if (s == NULL)
		return;
	s->loses = f->verdict == CONFLICT ? "the time that stands there, which may be right where a clock was set back" : NULL;
	header_put(plan, s, p, &hdr, why);
}
