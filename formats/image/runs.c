#include "formats/image/runs.h"

#include <string.h>

struct runs {
	struct image image;
	struct image *below;
	const struct run *all;
	size_t nr;
	enum extent_kind gap;
	bool of_file; /* what is lost is lost of the file itself, not of what was peeled out of it */
	struct source *source;
};

static struct runs *runs_of(const struct image *im)
{
	return (struct runs *)(uintptr_t)im; /* image is the first member */
}

/* The first run that ends behind `at`; NULL: there is none. */
static const struct run *run_find(const struct runs *r, uint64_t at)
{
	size_t lo = 0, hi = r->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->all[mid].at + r->all[mid].len > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < r->nr ? &r->all[lo] : NULL;
}

/* Bytes of the run that below has. */
static uint64_t run_held(const struct runs *r, const struct run *run)
{
	uint64_t left = run->from < r->below->size ? r->below->size - run->from : 0;

	return run->len < left ? run->len : left;
}

/* What lies at `at`, as far as it is of one piece. *from: its place below, when it has one. */
static struct extent piece(const struct runs *r, uint64_t at, uint64_t *from)
{
	const struct run *run = run_find(r, at);

	if (run == NULL)
		return (struct extent){ at, r->image.size - at, r->gap };
	if (at < run->at)
		return (struct extent){ at, run->at - at, r->gap };
	uint64_t held = run_held(r, run), into = at - run->at;
	if (into >= held)
		return (struct extent){ at, run->len - into, EXTENT_LOST };
	*from = run->from + into;
	return (struct extent){ at, held - into, EXTENT_DATA };
}

static void record(struct runs *r, uint64_t at, uint64_t len)
{
	if (r->of_file)
		source_file_unread(r->source, at, len);
	else
		source_unread(r->source, at, len);
}

static void record_lost(struct runs *r, uint64_t at, const uint8_t *lost, size_t len)
{
	for (size_t i = 0; i < len;) {
		const uint8_t *first = memchr(lost + i, 1, len - i);
		if (first == NULL)
			return;
		size_t from = (size_t)(first - lost);
		const uint8_t *end = memchr(first, 0, len - from);
		i = end ? (size_t)(end - lost) : len;
		record(r, at + from, i - from);
	}
}

static enum status runs_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			     struct problem *p)
{
	struct runs *r = runs_of(im);

	while (len) {
		uint64_t from = 0;
		struct extent e = piece(r, at, &from);
		size_t n = e.len < len ? (size_t)e.len : len;

		if (e.kind == EXTENT_DATA) {
			enum status st = r->below->ops->read(r->below, from, n, buf, lost, p);
			if (st != STATUS_OK)
				return st;
			record_lost(r, at, lost, n);
		} else {
			memset(buf, 0, n);
			memset(lost, e.kind == EXTENT_LOST, n);
		}
		at += n;
		buf += n;
		lost += n;
		len -= n;
	}
	return STATUS_OK;
}

static struct extent runs_extent(struct image *im, uint64_t at)
{
	struct runs *r = runs_of(im);
	uint64_t from = 0;
	struct extent e = piece(r, at, &from);

	if (e.kind != EXTENT_DATA)
		return e;
	struct extent below = image_extent(r->below, from);
	e.kind = below.kind;
	if (below.len < e.len)
		e.len = below.len;
	return e;
}

static struct origin runs_origin(const struct image *im, uint64_t at)
{
	return (struct origin){ runs_of(im)->source, at, im->size - at };
}

static void runs_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

struct image *runs_open(struct arena *a, struct image *below, uint64_t size, const struct run *runs,
			size_t runs_nr, enum extent_kind gap, struct source *src)
{
	static const struct image_ops ops = {
		.read = runs_read, .extent = runs_extent, .origin = runs_origin, .close = runs_close,
	};
	struct runs *r = ARENA_NEW(a, struct runs);

	if (r == NULL)
		return NULL;
	*r = (struct runs){
		.image = { .ops = &ops, .size = size, .label = below->label, .parallel = below->parallel },
		.below = below, .all = runs, .nr = runs_nr, .gap = gap, .source = src,
		/* a rescued copy is the file itself still; a member is a leaf of its own */
		.of_file = gap == EXTENT_LOST && !source_peeled(src),
	};
	uint64_t end = 0;
	for (size_t i = 0; i < runs_nr; i++) {
		uint64_t held = run_held(r, &runs[i]);
		if (gap == EXTENT_LOST)
			record(r, end, runs[i].at - end);
		end = runs[i].at + runs[i].len;
		record(r, runs[i].at + held, runs[i].len - held);
	}
	if (gap == EXTENT_LOST)
		record(r, end, size - end);
	return &r->image;
}
