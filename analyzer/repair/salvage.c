#include "analyzer/repair/salvage.h"

#include "analyzer/extract/kinds.h"
#include "analyzer/repair/header_lone.h"
#include "formats/log/log.h"

#include <string.h>

enum { LOG_MIN = 2 << 20, PAGE = 4096 };

struct salvage_pool {
	struct image image;
	struct arena *arena;
	struct salvage_piece *first, *last;
};

static struct salvage_pool *pool_of(const struct image *im)
{
	return (struct salvage_pool *)(uintptr_t)im; /* image is the first member */
}

struct arena *salvage_arena(const struct salvage_pool *pool)
{
	return pool->arena;
}

void salvage_lose(struct salvage *s, uint64_t at, uint64_t len)
{
	struct salvage_loss *last = s->losses_nr && s->losses_nr <= SALVAGE_TOLD ? &s->losses[s->losses_nr - 1] : NULL;

	s->lost += len;
	if (last && last->at + last->len == at) {
		last->len += len;
		return;
	}
	if (s->losses_nr++ < SALVAGE_TOLD)
		s->losses[s->losses_nr - 1] = (struct salvage_loss){ at, len };
}

struct salvage_piece *salvage_add(struct salvage_pool *pool, uint64_t at, uint64_t len)
{
	struct salvage_piece *p = ARENA_NEW(pool->arena, struct salvage_piece);

	if (p == NULL)
		return NULL;
	*p = (struct salvage_piece){ .at = at, .len = len };
	if (pool->last)
		pool->last->next = p;
	else
		pool->first = p;
	pool->last = p;
	return p;
}

static bool bytes_fill(struct salvage_piece *piece, uint64_t off, size_t len, uint8_t *buf, struct problem *p)
{
	(void)p;
	memcpy(buf, piece->bytes + off, len);
	return true;
}

bool salvage_bytes(struct salvage_pool *pool, uint64_t at, const void *bytes, size_t len)
{
	struct salvage_piece *p = salvage_add(pool, at, len);

	if (p == NULL)
		return false;
	p->fill = bytes_fill;
	p->bytes = (const uint8_t *)arena_copy(pool->arena, bytes, len);
	return p->bytes != NULL;
}

static enum status pool_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost, struct problem *p)
{
	(void)lost; /* what is lost of the old pool is zero in the new one */
	memset(buf, 0, len);
	for (struct salvage_piece *i = pool_of(im)->first; i; i = i->next) {
		uint64_t from = at > i->at ? at : i->at, end = i->at + i->len < at + len ? i->at + i->len : at + len;

		if (from < end && !i->fill(i, from - i->at, (size_t)(end - from), buf + (from - at), p))
			return p->status;
	}
	return STATUS_OK;
}

static struct extent pool_extent(struct image *im, uint64_t at)
{
	for (const struct salvage_piece *i = pool_of(im)->first; i; i = i->next) {
		if (at < i->at)
			return (struct extent){ at, i->at - at, EXTENT_HOLE };
		if (at - i->at < i->len)
			return (struct extent){ at, i->at + i->len - at, EXTENT_DATA };
	}
	return (struct extent){ at, im->size - at, EXTENT_HOLE };
}

static struct origin pool_origin(const struct image *im, uint64_t at)
{
	return (struct origin){ .len = im->size - at };
}

static void pool_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

struct text {
	struct salvage *to;
	struct image *image;
};

static bool text_fill(struct salvage_piece *piece, uint64_t off, size_t len, uint8_t *buf, struct problem *p)
{
	const struct text *t = piece->of;
	uint8_t lost[PAGE];

	for (size_t done = 0; done < len;) {
		size_t n = len - done < PAGE ? len - done : PAGE;

		if (!image_read(t->image, off + done, n, buf + done, lost)) {
			problem_set(p, t->image->problem.status, "%s", t->image->problem.text);
			return false;
		}
		for (size_t i = 0; i < n; i++)
			if (lost[i]) {
				buf[done + i] = 0;
				salvage_lose(t->to, off + done + i, 1);
			}
		done += n;
	}
	return true;
}

static bool salvage_log(struct salvage *s, struct salvage_pool *pool, const struct model *m, uint64_t *size, const char **why)
{
	struct extract_content text;
	struct text *t = ARENA_NEW(pool->arena, struct text);
	uint8_t bytes[LOG_DESCR_LEN];

	if (t == NULL || !extract_log(pool->arena, m, EXTRACT_STORED, 0, &text)) {
		*why = "where the log's text lies cannot be told";
		return false;
	}
	*size = *size < LOG_MIN ? LOG_MIN : *size;
	if (text.image->size > *size - LOG_DATA_AT)
		*size = (text.image->size + LOG_DATA_AT + PAGE - 1) / PAGE * PAGE;
	struct log_descr d = { .start_offset = LOG_DATA_AT, .end_offset = *size, .write_offset = LOG_DATA_AT + text.image->size };
	layout_encode(&log_descr_layout, &d, bytes);
	*t = (struct text){ s, text.image };
	s->what = "the text of the log";
	s->unit = s->losses_in = "bytes";
	s->nr = text.image->size;
	s->left_out = text.note;
	struct salvage_piece *p = salvage_bytes(pool, LOG_DESCR_AT, bytes, sizeof(bytes)) && text.image->size
					  ? salvage_add(pool, LOG_DATA_AT, text.image->size) : NULL;
	if (p) {
		p->fill = text_fill;
		p->of = t;
	}
	return p != NULL || text.image->size == 0;
}

/* The text of a log, or the blocks. False: *why, or without memory. */
static bool content_open(const struct result *r, struct salvage *s, const char **why)
{
	static const struct image_ops ops = { .read = pool_read, .extent = pool_extent, .origin = pool_origin, .close = pool_close };
	const struct model *m = &r->model;
	const struct pool_part *part = pool_set_part_here(m->pool);
	struct salvage_pool *pool = ARENA_NEW(r->arena, struct salvage_pool);
	uint8_t poolset[UUID_LEN], uuid[UUID_LEN], hdr[POOL_HDR_LEN];
	enum pool_type type = m->log ? POOL_LOG : POOL_BLK;
	uint64_t size = m->pool ? m->pool->size / PAGE * PAGE : 0;

	*why = "no memory";
	if (pool == NULL)
		return false;
	if (part == NULL || (m->log == NULL && m->blk == NULL)) {
		*why = "a new pool can be made of a pmemobj, pmemlog or pmemblk pool";
		return false;
	}
	if (!header_uuid(part, "salvage", poolset) || !header_uuid(part, "salvage part", uuid)) {
		*why = "the old pool cannot be read";
		return false;
	}
	pool->arena = r->arena;
	header_fresh(type, 1, m->pool->voted, poolset, uuid, hdr);
	if (!salvage_bytes(pool, 0, hdr, sizeof(hdr)) ||
	    !(m->log ? salvage_log(s, pool, m, &size, why) : salvage_blk(s, pool, m, poolset, &size, why)))
		return false;
	pool->image = (struct image){ .ops = &ops, .size = size, .label = "the new pool" };
	s->image = &pool->image;
	return true;
}

/* What could not be read of the pool, in its own space. */
static void ranges_lose(struct salvage *s, struct image *im)
{
	for (uint64_t at = 0; at < im->size;) {
		struct extent e = image_extent(im, at);

		if (e.len == 0)
			break;
		if (e.kind == EXTENT_LOST || e.kind == EXTENT_LEFT_OUT)
			salvage_lose(s, at, e.len);
		at += e.len;
	}
}

static enum status objects_open(const struct result *r, const struct result *mended, const struct analyze_options *o,
				struct salvage *s, struct problem *p)
{
	enum status st = salvage_obj(r, mended, o, &s->obj, p);

	if (st != STATUS_OK)
		return st;
	s->image = s->obj.image;
	for (int i = 0; i < SALVAGE_PASSES; i++)
		s->plans[1 + i] = s->obj.pass[i].repair.plan;
	s->what = "the objects";
	s->unit = "objects";
	s->losses_in = "bytes";
	s->nr = s->obj.fates ? s->obj.fates->after : 0;
	s->left_out = s->obj.fates ? NULL : "which objects there were cannot be told: nothing of its heap was to be seen before";
	ranges_lose(s, s->obj.lost);
	return st;
}

struct salvage *salvage_open(const struct result *r, const struct repair *rep, const struct analyze_options *o,
			     struct problem *p)
{
	const struct result *mended = rep->analyzed ? &rep->after : r;
	struct salvage *s = ARENA_NEW(r->arena, struct salvage);
	const char *why = "";

	if (s == NULL) {
		problem_set(p, STATUS_NOMEM, "%s: no memory", r->path);
		return NULL;
	}
	s->plans[0] = rep->plan;
	if (mended->model.obj ? objects_open(r, mended, o, s, p) == STATUS_OK : content_open(mended, s, &why))
		return s;
	if (mended->model.obj == NULL)
		problem_set(p, STATUS_USAGE, "%s: %s", r->path, why);
	salvage_close(s);
	return NULL;
}

bool salvage_keeps(const struct step *proposal)
{
	/* a file that was cut short becomes as long again as its pool was; lanes are emptied, those in order after recovery */
	static const char *const ids[] = { "obj.words.heap-size", "obj.lane.", "obj.redo.", "obj.undo.", "obj.log.", "obj.old-" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (strncmp(proposal->by->id, ids[i], strlen(ids[i])) == 0)
			return true;
	return false;
}

void salvage_close(struct salvage *s)
{
	if (s)
		salvage_obj_close(&s->obj);
}
