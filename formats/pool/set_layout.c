/*
 * Parts laid end to end: how long each was when the pool was made, what of it is data, and where
 * that lies in the pool. A part whose file was cut keeps its place, and so do those behind it.
 */
#include "formats/pool/set_work.h"

#include "formats/image/joined.h"

#include <inttypes.h>

enum { ALIGN_PAGE = 4096, ALIGN_64K = 65536 };

/* What the sizes of parts are taken from when file and set file differ. */
enum sizes { SIZES_DECLARED, SIZES_FILES };

static uint64_t declared_of(const struct pool_part *p)
{
	return p->declared <= INT64_MAX ? p->declared : 0; /* a size past 2^63 is none */
}

/* 0: nothing tells. */
static uint64_t base_size(const struct pool_part *p, enum sizes by, const char **how)
{
	uint64_t declared = declared_of(p);

	if (p->item == NULL) {
		*how = declared ? "the set file" : NULL;
		return declared;
	}
	if (declared == 0 || declared == p->file_size || by == SIZES_FILES) {
		*how = "its file";
		return p->file_size;
	}
	*how = p->file_size < declared ? "the set file: its file is shorter" : "the set file: its file is longer";
	return declared;
}

static uint64_t page_of(const struct pool_set *s, const struct pool_part *p)
{
	const struct pool_hdr *h = s->voted ? s->voted : p->hdr;

	return h && pool_hdr_len(h) == POOL_HDR_LEN_64K ? ALIGN_64K : ALIGN_PAGE;
}

/* Where data begins in a later part: behind its header when it has one, whatever the set file says. */
static uint64_t data_off(const struct pool_set *s, const struct pool_part *p, uint64_t page)
{
	bool none = s->voted ? (s->voted->incompat & POOL_FEAT_SINGLEHDR) != 0 : !p->header_expected;

	if (p->idx == 0)
		return 0;
	if (p->hdr && s->voted && pool_hdr_type(p->hdr) != POOL_UNKNOWN &&
	    uuid_same(p->hdr->poolset_uuid, s->voted->poolset_uuid))
		return page;
	return none ? 0 : page;
}

static void part_size(const struct pool_set *s, struct pool_part *p, enum sizes by)
{
	uint64_t base = base_size(p, by, &p->size_how);

	p->align = page_of(s, p);
	p->usable = base / p->align * p->align;
	p->data_off = data_off(s, p, p->align);
	p->data_len = p->usable > p->data_off ? p->usable - p->data_off : 0;
}

static void replica_sizes(const struct pool_set *s, struct pool_replica *r, enum sizes by)
{
	r->size = 0;
	for (uint32_t i = 0; i < r->nr; i++) {
		struct pool_part *p = r->parts[i];

		part_size(s, p, by);
		if (p->data_len > UINT64_MAX - r->size)
			p->data_len = UINT64_MAX - r->size;
		r->size += p->data_len;
	}
}

/*
 * Bytes that the pool has and no known part holds lie in the first part whose size nothing tells:
 * those behind it then are where they belong, as long as the others lie next to it.
 */
static void unknown_size(const struct pool_set *s, struct pool_replica *r)
{
	struct pool_part *p = NULL;

	for (uint32_t i = 0; i < r->nr && p == NULL; i++)
		if (r->parts[i]->size_how == NULL)
			p = r->parts[i];
	if (p == NULL || !s->inner_known || s->inner_size <= r->size)
		return;
	p->data_len = s->inner_size - r->size;
	if (p->data_len > UINT64_MAX - p->data_off)
		p->data_len = UINT64_MAX - p->data_off;
	p->usable = p->data_off + p->data_len;
	p->size_how = "what the pool inside has and the other parts do not hold";
	r->size += p->data_len;
}

/* Nothing of it is known but that it is one: it is as long as the pool. */
static bool replica_unknown(const struct pool_replica *r)
{
	for (uint32_t i = 0; i < r->nr; i++)
		if (r->parts[i]->size_how)
			return false;
	return true;
}

static void places(struct pool_replica *r)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < r->nr; i++) {
		r->parts[i]->logical_at = at;
		at += r->parts[i]->data_len;
	}
}

static bool sizes_differ(const struct pool_replica *r)
{
	for (uint32_t i = 0; i < r->nr; i++)
		if (r->parts[i]->item && declared_of(r->parts[i]) && declared_of(r->parts[i]) != r->parts[i]->file_size)
			return true;
	return false;
}

static void replica_layout(const struct pool_set *s, struct pool_replica *r)
{
	replica_sizes(s, r, SIZES_DECLARED);
	if (s->inner_known && r->size != s->inner_size && sizes_differ(r)) {
		replica_sizes(s, r, SIZES_FILES);
		if (r->size != s->inner_size) /* the files are no better witness */
			replica_sizes(s, r, SIZES_DECLARED);
	}
	unknown_size(s, r);
	places(r);
}

static void sizes_all(struct pool_set *s)
{
	bool any = false;

	s->size = 0;
	for (uint32_t i = 0; i < s->nr; i++) {
		struct pool_replica *r = s->replicas[i];

		if (r->remote)
			continue;
		replica_layout(s, r);
		if (replica_unknown(r))
			continue;
		if (!any || r->size < s->size)
			s->size = r->size;
		any = true;
	}
	for (uint32_t i = 0; i < s->nr; i++) {
		struct pool_replica *r = s->replicas[i];

		if (!r->remote && r->nr && replica_unknown(r)) {
			r->parts[0]->data_len = r->size = s->size;
			places(r);
		}
	}
}

static bool join(struct set_work *w, struct pool_replica *r)
{
	struct pool_part *only = r->nr == 1 ? r->parts[0] : NULL;

	if (only && only->item && only->data_len == only->item->image->size) {
		r->logical = only->item->image;
		return true;
	}
	struct joined_piece *pieces = arena_array(w->arena, r->nr, sizeof(*pieces));
	const char *label = arena_printf(w->arena, "replica %" PRIu32, r->idx);
	if (pieces && label) {
		for (uint32_t i = 0; i < r->nr; i++)
			pieces[i] = (struct joined_piece){ r->parts[i]->item ? r->parts[i]->item->image : NULL,
							   r->parts[i]->data_off, r->parts[i]->data_len };
		r->logical = joined_open(w->arena, pieces, r->nr, label);
	}
	if (r->logical == NULL)
		set_part_nomem(w);
	return r->logical != NULL;
}

/* The replica to read: whole before those with the first part, these before any other. */
static uint32_t worth(const struct pool_replica *r)
{
	uint32_t there = 0;

	for (uint32_t i = 0; i < r->nr; i++)
		there += r->parts[i]->item != NULL;
	if (r->remote || there == 0)
		return 0;
	if (there == r->nr)
		return 3;
	return r->parts[0]->item ? 2 : 1;
}

static void replica_choose(struct set_work *w)
{
	const struct pool_set *s = w->s;
	uint32_t best = 0;

	for (uint32_t i = 0; i < s->nr; i++)
		if (worth(s->replicas[i]) > best) {
			best = worth(s->replicas[i]);
			w->m->replica = i;
		}
	if (w->o->replica && w->o->replica <= s->nr && worth(s->replicas[w->o->replica - 1]))
		w->m->replica = w->o->replica - 1;
	/* of a lone part only the first begins with what the rest hangs on */
	bool later = s->lone_part && s->descr_at == 0 && !s->inner_known;
	w->m->logical = best && !later ? s->replicas[w->m->replica]->logical : NULL;
}

/*
 * A pool in one stream whose end is not known yet takes the size that it says it has, so that its
 * content can be read while the stream is; pool_set_settle puts that right.
 */
static bool wait_later(const struct pool_set *s, const struct pool_part *p)
{
	return s->text == NULL && s->nr == 1 && s->replicas[0]->nr == 1 && s->inner_known && p->item->image->unsettled;
}

static void file_sizes(struct pool_set *s, bool wait)
{
	for (uint32_t i = 0; i < s->nr; i++)
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++) {
			struct pool_part *p = s->replicas[i]->parts[k];

			if (p->item == NULL)
				continue;
			if (!wait && wait_later(s, p)) {
				p->file_size = s->inner_size;
				continue;
			}
			(void)image_settle(p->item->image); /* a failure is the image's, and told from there */
			p->file_size = p->item->image->size;
		}
}

bool set_layout(struct set_work *w)
{
	struct pool_set *s = w->s;

	file_sizes(s, false);
	sizes_all(s);
	for (uint32_t i = 0; i < s->nr; i++) {
		struct pool_replica *r = s->replicas[i];
		struct pool_part *only = r->nr == 1 ? r->parts[0] : NULL;

		if (r->remote)
			continue;
		if (only && only->item && only->item->image->unsettled)
			r->logical = only->item->image;
		else if (!join(w, r))
			return false;
	}
	replica_choose(w);
	return true;
}

bool pool_set_settle(struct model *m)
{
	struct pool_set *s = m->pool;

	if (s == NULL || s->settled)
		return false;
	const struct pool_part *only = s->replicas[0]->parts[0]; /* wait_later */
	uint64_t was = s->size, file_was = only->file_size;

	s->settled = true;
	file_sizes(s, true);
	sizes_all(s);
	set_tree_sizes(m->arena, s);
	return s->size != was || only->file_size != file_was;
}
