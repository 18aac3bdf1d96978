#include "formats/image/overlay.h"

#include <string.h>

/* Small pages: edits are words scattered over a large image. */
enum { PAGE_LEN = 1024, MASK_WORDS = PAGE_LEN / 64, FIRST_ROOM = 64 };

struct page {
	uint64_t idx;              /* of PAGE_LEN bytes */
	uint64_t mask[MASK_WORDS]; /* bit i: byte i was written */
	uint8_t bytes[PAGE_LEN];
};

struct overlay {
	struct image image;
	struct image *below;
	struct arena *arena;
	struct page **pages; /* ascending by idx */
	size_t nr, room;
};

static struct overlay *overlay_of(const struct image *im)
{
	return (struct overlay *)(uintptr_t)im; /* image is the first member */
}

/* The first page whose idx is idx or more; o->nr: there is none. */
static size_t page_from(const struct overlay *o, uint64_t idx)
{
	size_t lo = 0, hi = o->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->pages[mid]->idx < idx)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first byte of p at or after off whose written state is `written`; PAGE_LEN: there is none. */
static size_t byte_from(const struct page *p, size_t off, bool written)
{
	while (off < PAGE_LEN) {
		uint64_t word = written ? p->mask[off / 64] : ~p->mask[off / 64];

		word &= UINT64_MAX << off % 64;
		if (word)
			return off / 64 * 64 + (size_t)__builtin_ctzll(word);
		off = (off / 64 + 1) * 64;
	}
	return PAGE_LEN;
}

struct extent overlay_next(const struct image *im, uint64_t from)
{
	const struct overlay *o = overlay_of(im);
	struct extent e = { from, 0, EXTENT_DATA };
	size_t off = from % PAGE_LEN;

	for (size_t i = page_from(o, from / PAGE_LEN); i < o->nr; i++, off = 0) {
		const struct page *p = o->pages[i];
		uint64_t start = p->idx * PAGE_LEN;

		if (start > from)
			off = 0;
		size_t first = e.len ? 0 : byte_from(p, off, true);
		if (first == PAGE_LEN)
			continue;
		if (e.len == 0)
			e.at = start + first;
		else if (e.at + e.len != start)
			break;
		size_t end = byte_from(p, first, false);
		e.len += end - first;
		if (end < PAGE_LEN)
			break;
	}
	return e;
}

static enum status overlay_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
				struct problem *p)
{
	struct overlay *o = overlay_of(im);
	uint64_t end = at + len, known = o->below->unsettled || end <= o->below->size ? len
					 : at < o->below->size ? o->below->size - at : 0;
	enum status st = known ? o->below->ops->read(o->below, at, (size_t)known, buf, lost, p) : STATUS_OK;

	if (st != STATUS_OK)
		return st;
	memset(buf + known, 0, len - (size_t)known);
	for (size_t i = page_from(o, at / PAGE_LEN); i < o->nr; i++) {
		const struct page *g = o->pages[i];
		uint64_t start = g->idx * PAGE_LEN;

		if (start >= end)
			break;
		size_t from = start < at ? (size_t)(at - start) : 0;
		size_t to = end - start < PAGE_LEN ? (size_t)(end - start) : PAGE_LEN;
		while ((from = byte_from(g, from, true)) < to) {
			size_t stop = byte_from(g, from, false), n = (stop < to ? stop : to) - from;

			memcpy(buf + (start + from - at), g->bytes + from, n);
			memset(lost + (start + from - at), 0, n);
			from += n;
		}
	}
	return STATUS_OK;
}

static struct extent overlay_extent(struct image *im, uint64_t at)
{
	struct overlay *o = overlay_of(im);
	bool beyond = !o->below->unsettled && at >= o->below->size;
	struct extent mine = overlay_next(im, at);
	struct extent e = beyond ? (struct extent){ at, im->size - at, EXTENT_HOLE } : image_extent(o->below, at);

	if (e.kind == EXTENT_DATA || mine.len == 0)
		return e;
	if (mine.at == at)
		return mine;
	if (mine.at - at < e.len)
		e.len = mine.at - at;
	return e;
}

static struct origin overlay_origin(const struct image *im, uint64_t at)
{
	const struct image *below = overlay_of(im)->below;

	if (below->unsettled || at < below->size || below->size == 0)
		return image_origin(below, at);
	/* what the file is longer by lies behind its last byte */
	struct origin o = image_origin(below, below->size - 1);
	o.at += at - (below->size - 1);
	o.len = im->size - at;
	return o;
}

static enum status overlay_reach(struct image *im, uint64_t end, struct problem *p)
{
	struct overlay *o = overlay_of(im);
	enum status st = STATUS_OK;

	if (o->below->unsettled)
		st = o->below->ops->reach(o->below, end, p);
	im->size = o->below->size;
	im->unsettled = o->below->unsettled;
	return st;
}

static void overlay_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

struct image *overlay_open(struct arena *a, struct image *below)
{
	static const struct image_ops ops = {
		.read = overlay_read, .extent = overlay_extent, .origin = overlay_origin,
		.reach = overlay_reach, .close = overlay_close,
	};
	struct overlay *o = ARENA_NEW(a, struct overlay);

	if (o == NULL)
		return NULL;
	o->image = (struct image){ .ops = &ops, .size = below->size, .unsettled = below->unsettled,
				   .label = below->label, .parallel = below->parallel };
	o->below = below;
	o->arena = a;
	return &o->image;
}

bool overlay_resize(struct image *im, uint64_t size)
{
	if (im->unsettled || size < overlay_of(im)->below->size)
		return false;
	im->size = size;
	return true;
}

/* The page idx, made when it is not there yet. NULL without memory. */
static struct page *page_make(struct overlay *o, uint64_t idx)
{
	size_t i = page_from(o, idx);

	if (i < o->nr && o->pages[i]->idx == idx)
		return o->pages[i];
	if (o->nr == o->room) {
		size_t room = o->room ? o->room * 2 : FIRST_ROOM;
		struct page **grown = arena_array(o->arena, room, sizeof(struct page *));

		if (grown == NULL)
			return NULL;
		if (o->nr)
			memcpy(grown, o->pages, o->nr * sizeof(struct page *));
		o->pages = grown;
		o->room = room;
	}
	struct page *p = ARENA_NEW(o->arena, struct page);
	if (p == NULL)
		return NULL;
	p->idx = idx;
	memmove(o->pages + i + 1, o->pages + i, (o->nr - i) * sizeof(struct page *));
	o->pages[i] = p;
	o->nr++;
	return p;
}

bool overlay_write(struct image *im, uint64_t at, const void *bytes, size_t len)
{
	struct overlay *o = overlay_of(im);
	const uint8_t *from = bytes;

	if (im->unsettled && at <= UINT64_MAX - len)
		(void)overlay_reach(im, at + len, &im->problem);
	if (at > im->size || len > im->size - at)
		return false;
	while (len) {
		size_t off = at % PAGE_LEN, n = len < PAGE_LEN - off ? len : PAGE_LEN - off;
		struct page *p = page_make(o, at / PAGE_LEN);

		if (p == NULL)
			return false;
		memcpy(p->bytes + off, from, n);
		for (size_t i = off; i < off + n; i++)
			p->mask[i / 64] |= UINT64_C(1) << i % 64;
		at += n;
		from += n;
		len -= n;
	}
	return true;
}

uint64_t overlay_changed(struct image *im)
{
	struct overlay *o = overlay_of(im);
	uint64_t changed = 0;

	for (size_t i = 0; i < o->nr; i++) {
		const struct page *g = o->pages[i];
		uint8_t was[PAGE_LEN], lost[PAGE_LEN];
		uint64_t start = g->idx * PAGE_LEN, left = im->size - start;
		size_t len = left < PAGE_LEN ? (size_t)left : PAGE_LEN;
		bool known = image_read(o->below, start, len, was, lost);

		for (size_t b = byte_from(g, 0, true); b < len; b = byte_from(g, b + 1, true))
			changed += !known || lost[b] || was[b] != g->bytes[b];
	}
	return changed;
}
