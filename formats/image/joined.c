#include "formats/image/joined.h"

#include <string.h>

struct piece {
	struct joined_piece is;
	uint64_t start; /* in the joined image */
};

struct joined {
	struct image image;
	uint32_t nr;
	struct piece pieces[]; /* ascending; none is empty */
};

static struct joined *joined_of(const struct image *im)
{
	return (struct joined *)(uintptr_t)im; /* image is the first member */
}

/* The piece that holds byte at, which is inside the image. */
static const struct piece *piece_at(const struct joined *j, uint64_t at)
{
	uint32_t lo = 0, hi = j->nr - 1;

	while (lo < hi) {
		uint32_t mid = hi - (hi - lo) / 2;

		if (j->pieces[mid].start <= at)
			lo = mid;
		else
			hi = mid - 1;
	}
	return &j->pieces[lo];
}

/* How many of len bytes from off of the piece on its image holds; the others are lost. */
static uint64_t there(const struct piece *k, uint64_t off, uint64_t len, struct problem *p)
{
	struct image *im = k->is.image;
	uint64_t at;

	if (im == NULL || __builtin_add_overflow(k->is.at, off, &at))
		return 0;
	if (im->unsettled && at <= UINT64_MAX - len)
		(void)im->ops->reach(im, at + len, p);
	if (at >= im->size)
		return 0;
	return len < im->size - at ? len : im->size - at;
}

static enum status joined_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			       struct problem *p)
{
	const struct joined *j = joined_of(im);

	while (len) {
		const struct piece *k = piece_at(j, at);
		uint64_t off = at - k->start, left = k->is.len - off;
		size_t n = left < len ? (size_t)left : len;
		size_t have = (size_t)there(k, off, n, p);

		if (have) {
			enum status st = k->is.image->ops->read(k->is.image, k->is.at + off, have, buf, lost, p);
			if (st != STATUS_OK)
				return st;
		}
		memset(buf + have, 0, n - have);
		memset(lost + have, 1, n - have);
		at += n;
		buf += n;
		lost += n;
		len -= n;
	}
	return STATUS_OK;
}

static struct extent joined_extent(struct image *im, uint64_t at)
{
	const struct piece *k = piece_at(joined_of(im), at);
	uint64_t off = at - k->start, left = k->is.len - off;

	if (there(k, off, 1, &im->problem) == 0)
		return (struct extent){ at, left, EXTENT_LOST };
	struct extent e = image_extent(k->is.image, k->is.at + off);
	e.at = at;
	if (e.len > left)
		e.len = left;
	return e;
}

static struct origin joined_origin(const struct image *im, uint64_t at)
{
	const struct piece *k = piece_at(joined_of(im), at);
	uint64_t off = at - k->start, left = k->is.len - off, from;
	const struct image *part = k->is.image;

	if (part == NULL || __builtin_add_overflow(k->is.at, off, &from) || from >= part->size)
		return (struct origin){ NULL, 0, left };
	struct origin o = image_origin(part, from);
	if (o.len > left)
		o.len = left;
	return o;
}

static void joined_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

struct image *joined_open(struct arena *a, const struct joined_piece *pieces, uint32_t nr, const char *label)
{
	static const struct image_ops ops = {
		.read = joined_read, .extent = joined_extent, .origin = joined_origin, .close = joined_close,
	};
	struct joined *j = NULL;
	size_t len;

	if (!__builtin_mul_overflow((size_t)nr, sizeof(struct piece), &len) &&
	    !__builtin_add_overflow(len, sizeof(*j), &len))
		j = arena_alloc(a, len);
	if (j == NULL)
		return NULL;
	j->image = (struct image){ .ops = &ops, .label = label, .parallel = true };
	for (uint32_t i = 0; i < nr; i++) {
		struct piece k = { pieces[i], j->image.size };

		if (k.is.len > UINT64_MAX - k.start)
			k.is.len = UINT64_MAX - k.start;
		if (k.is.len == 0)
			continue;
		j->pieces[j->nr++] = k;
		j->image.size += k.is.len;
		if (k.is.image)
			j->image.parallel &= k.is.image->parallel;
	}
	return &j->image;
}
