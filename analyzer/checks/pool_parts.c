#include "analyzer/checks/pool_parts.h"

#include "formats/base/checksum.h"
#include "formats/obj/lane.h"
#include "formats/obj/obj.h"

#include <inttypes.h>
#include <string.h>

/* CRTIME: before the first commit of PMDK's forerunner, or past what a 33-bit clock tells. */
enum { MAJOR_BELIEVABLE = 64, CRTIME_MIN = 1388534400 };
#define CRTIME_MAX (UINT64_C(1) << 33)

const struct pool_part *pool_parts_next(const struct pool_set *s, const struct pool_part *p)
{
	uint32_t r = p ? p->replica : 0, i = p ? p->idx + 1 : 0;

	for (; r < s->nr; r++, i = 0)
		if (i < s->replicas[r]->nr)
			return s->replicas[r]->parts[i];
	return NULL;
}

bool pool_parts_header_blank(const struct pool_part *p)
{
	for (size_t i = 0; i < p->hdr_bytes.len; i++)
		if (p->hdr_bytes.p[i])
			return false;
	return true;
}

bool pool_parts_header_gone(const struct pool_part *p)
{
	if (p->hdr == NULL || pool_hdr_type(p->hdr) != POOL_UNKNOWN)
		return false;
	return pool_parts_header_blank(p) ||
	       (p->sum == POOL_HDR_SUM_BAD && p->hdr->major > MAJOR_BELIEVABLE);
}

const struct pool_part *pool_parts_next_header(const struct pool_set *s, const struct pool_part *p,
					       const struct check *self, struct findings *out)
{
	while ((p = pool_parts_next(s, p)) != NULL) {
		if (!p->header_expected || s->replicas[p->replica]->remote || p->same_file)
			continue; /* one file is judged once */
		if (p->item == NULL)
			findings_unchecked(out, self, p->node, "the part is missing");
		else if (p->hdr == NULL)
			findings_unchecked(out, self, p->header ? p->header : p->node,
					   "the header could not be read");
		else if (pool_parts_header_gone(p))
			findings_unchecked(out, self, p->header, "nothing of the header is left");
		else
			return p;
	}
	return NULL;
}

bool pool_parts_witness(const struct pool_set *s, const struct pool_part *p)
{
	return p->item && p->hdr && p->header_expected && p->sum != POOL_HDR_SUM_BAD &&
	       pool_hdr_type(p->hdr) != POOL_UNKNOWN &&
	       (s->voted == NULL || uuid_same(p->hdr->poolset_uuid, s->voted->poolset_uuid));
}

const uint8_t *pool_parts_called(const struct pool_set *s, const struct pool_part *p, const char **who)
{
	if (pool_parts_witness(s, p)) {
		*who = "the header it names";
		return p->hdr->uuid;
	}
	if (!uuid_null(p->uuid)) {
		*who = "the links of other headers";
		return p->uuid;
	}
	if (p->hdr && !pool_parts_header_gone(p)) {
		*who = "the header it names, itself damaged";
		return p->hdr->uuid;
	}
	return NULL;
}

uint32_t pool_parts_headers_nr(const struct pool_set *s)
{
	uint32_t nr = 0;

	for (const struct pool_part *p = NULL; (p = pool_parts_next(s, p)) != NULL;)
		nr += p->header_expected && p->hdr && !pool_parts_header_gone(p);
	return nr;
}

uint32_t pool_parts_changed_word(const struct pool_part *p, uint32_t *place, uint32_t *was)
{
	uint64_t covered = p->hdr->incompat & POOL_FEAT_CKSUM_2K ? POOL_HDR_CSUM_2K : POOL_HDR_CSUM_4K;
	uint32_t fits = 0, word;

	for (uint32_t at = 0; checksum_fletcher64_word(p->hdr_bytes, p->sum_announced, p->hdr->checksum, &at, &word); at += 4) {
		if (at >= covered)
			break;
		*place = at;
		*was = word;
		fits++;
	}
	return fits;
}

bool pool_parts_time_good(uint64_t crtime, const struct source *src)
{
	return crtime >= CRTIME_MIN && crtime < CRTIME_MAX &&
	       !(src && src->has_mtime && src->mtime && crtime > src->mtime);
}

int64_t pool_parts_find(const struct pool_replica *r, const uint8_t *u)
{
	for (uint32_t i = 0; i < r->nr; i++)
		if (r->parts[i]->hdr && !pool_parts_header_gone(r->parts[i]) &&
		    uuid_same(r->parts[i]->hdr->uuid, u))
			return i;
	return -1;
}

bool pool_parts_shuffled(const struct pool_set *s, const struct pool_replica *r, uint32_t *start)
{
	uint32_t at = 0, off = 0;

	if (r->nr < 2 || r->remote)
		return false;
	for (uint32_t i = 0; i < r->nr; i++)
		if (!r->parts[i]->header_expected || !pool_parts_witness(s, r->parts[i]))
			return false;
	for (uint32_t i = 0; i < r->nr; i++) {
		int64_t to = pool_parts_find(r, r->parts[at]->hdr->next_part_uuid);

		if (to < 0 || (to == 0) != (i == r->nr - 1))
			return false; /* the ring is broken or shorter: the links are told one by one */
		off += (uint32_t)to != (at + 1) % r->nr;
		at = (uint32_t)to;
	}
	*start = 0;
	for (uint32_t o = 0; o < s->nr; o++)
		for (uint32_t i = 0; i < s->replicas[o]->nr; i++) {
			const struct pool_part *p = s->replicas[o]->parts[i];
			int64_t first;

			/* Replicas name part 0 of their neighbours; a lone one names its own. */
			if (p->hdr == NULL || !pool_parts_witness(s, p) || (s->nr > 1 && s->replicas[o] == r))
				continue;
			first = pool_parts_find(r, p->hdr->prev_repl_uuid);
			if (first < 0)
				first = pool_parts_find(r, p->hdr->next_repl_uuid);
			if (first >= 0)
				*start = (uint32_t)first;
		}
	return off || *start;
}

struct finding pool_parts_finding(const struct check *by, enum verdict v, const struct pool_part *p,
				  const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = p->header ? p->header : p->node,
				 .field = field && p->header ? layout_field(&pool_hdr_layout, field) : NULL };
}

const char *pool_parts_uuid(struct arena *a, const uint8_t uuid[UUID_LEN])
{
	char text[UUID_TEXT_LEN];

	uuid_text_pmdk(uuid, text);
	return arena_text(a, text);
}

const char *pool_parts_name(struct arena *a, const struct pool_part *p)
{
	return arena_printf(a, "replica %" PRIu32 " part %" PRIu32, p->replica, p->idx);
}

bool pool_parts_nonzero(const struct field *f, const void *host, uint32_t *at)
{
	const uint8_t *p = layout_bytes(f, host);

	for (*at = 0; *at < f->width; (*at)++)
		if (p[*at])
			return true;
	return false;
}

bool pool_parts_open(const struct model *m)
{
	return m->obj && (m->obj->lanes->busy_nr || (m->pool && m->pool->voted && m->pool->voted->sds_dirty));
}
