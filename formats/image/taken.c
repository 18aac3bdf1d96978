#include "formats/image/taken.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 64 << 10, MAP_STEP = STEP / TAKEN_PER_BYTE + 1 };

struct taken {
	struct image image;
	struct image *below, *map;
};

static struct taken *taken_of(const struct image *im)
{
	return (struct taken *)(uintptr_t)im; /* image is the first member */
}

bool taken_probe(const char *text, size_t len)
{
	return len >= sizeof(TAKEN_MAGIC) - 1 && memcmp(text, TAKEN_MAGIC, sizeof(TAKEN_MAGIC) - 1) == 0;
}

/* Marks what of [at, at+len), at most STEP bytes, was not taken. */
static enum status step(struct taken *t, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost, struct problem *p)
{
	uint64_t first = at / TAKEN_PER_BYTE, last = (at + len - 1) / TAKEN_PER_BYTE;
	uint8_t bits[MAP_STEP], unread[MAP_STEP] = { 0 };
	size_t nr = (size_t)(last - first) + 1;
	enum status st = t->map->ops->read(t->map, TAKEN_HEAD_LEN + first, nr, bits, unread, p);

	for (size_t i = 0; st == STATUS_OK && i < len;) {
		uint64_t word = (at + i) / TAKEN_WORD;
		size_t byte = (size_t)(word / 8 - first), n = TAKEN_WORD - (size_t)((at + i) % TAKEN_WORD);

		n = n < len - i ? n : len - i;
		if (unread[byte] || !(bits[byte] >> word % 8 & 1)) {
			memset(buf + i, 0, n);
			memset(lost + i, 1, n);
		}
		i += n;
	}
	return st;
}

static enum status taken_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			      struct problem *p)
{
	struct taken *t = taken_of(im);
	enum status st = t->below->ops->read(t->below, at, len, buf, lost, p);

	while (st == STATUS_OK && len) {
		size_t n = len < STEP ? len : STEP;

		st = step(t, at, n, buf, lost, p);
		at += n;
		buf += n;
		lost += n;
		len -= n;
	}
	return st;
}

/* A hole of the map is a range of which nothing was taken. */
static struct extent taken_extent(struct image *im, uint64_t at)
{
	struct taken *t = taken_of(im);
	struct extent e = image_extent(t->below, at);
	uint64_t byte = at / TAKEN_PER_BYTE;
	struct extent m = image_extent(t->map, TAKEN_HEAD_LEN + byte);
	uint64_t end = (byte + m.len) * TAKEN_PER_BYTE;

	if (end > at && end - at < e.len)
		e.len = end - at;
	if (m.kind != EXTENT_DATA && e.kind != EXTENT_LOST)
		e.kind = EXTENT_LEFT_OUT;
	else if (e.kind == EXTENT_HOLE)
		e.kind = EXTENT_DATA; /* some of its words may have been left out */
	return e;
}

static struct origin taken_origin(const struct image *im, uint64_t at)
{
	return image_origin(taken_of(im)->below, at);
}

static void taken_close(struct image *im)
{
	(void)im; /* all of it is the arena's */
}

static bool number_after(const char *text, const char *word, uint64_t *out)
{
	const char *at = strstr(text, word);
	char *end;

	if (at == NULL)
		return false;
	*out = strtoull(at + strlen(word), &end, 10);
	return *end == '\n' && end > at + strlen(word);
}

enum status taken_open(struct arena *a, struct image *below, struct image *map, struct source *src,
		       struct image **out, struct problem *p)
{
	static const struct image_ops ops = {
		.read = taken_read, .extent = taken_extent, .origin = taken_origin, .close = taken_close,
	};
	char text[TAKEN_HEAD_LEN + 1] = "";
	uint8_t lost[TAKEN_HEAD_LEN];
	uint64_t size, taken;

	if (!image_settle(below) || !image_settle(map) || map->size < TAKEN_HEAD_LEN ||
	    !image_read(map, 0, TAKEN_HEAD_LEN, (uint8_t *)text, lost) || !taken_probe(text, TAKEN_HEAD_LEN) ||
	    !number_after(text, "\nsize ", &size) || !number_after(text, "\ntaken ", &taken) || size != below->size ||
	    taken > size || map->size - TAKEN_HEAD_LEN < (size + TAKEN_PER_BYTE - 1) / TAKEN_PER_BYTE)
		return problem_set(p, STATUS_UNSUPPORTED, "%s: the list of what was taken of it is damaged, or of another "
				   "file: capture it again", below->label);
	struct taken *t = ARENA_NEW(a, struct taken);
	if (t == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory", below->label);
	*t = (struct taken){ .below = below, .map = map,
			     .image = { .ops = &ops, .size = size, .label = below->label,
					.parallel = below->parallel && map->parallel } };
	src->left_out = size - taken;
	source_note(src, a, arena_printf(a, "a capture of structures only: %llu of the %llu bytes were left out on "
					 "purpose, and count as not read", (unsigned long long)src->left_out,
					 (unsigned long long)size));
	*out = &t->image;
	return STATUS_OK;
}
