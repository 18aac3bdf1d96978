/* BGZF (SAM/BAM specification 4.1): gzip members that tell their own length, in the extra field's part BC. */
#include "formats/image/known.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEAD = 18,        /* bytes of a member's header up to BSIZE */
	TRAILER = 4,      /* ISIZE, before the next member */
	ISIZE_MAX = 1 << 16,
	BUFFER = 1 << 20, /* read at a time: many members */
};

struct members {
	struct image *below;
	uint8_t *buf, *lost;
	uint64_t at; /* of buf[0] */
	size_t len;
};

/* n bytes at `at`, in the buffer; NULL: they are not there. */
static const uint8_t *look(struct members *m, uint64_t at, size_t n)
{
	const uint64_t size = m->below->size;

	if (at > size || n > size - at)
		return NULL;
	if (at < m->at || at + n > m->at + m->len) {
		m->at = at;
		m->len = size - at < BUFFER ? (size_t)(size - at) : BUFFER;
		if (!image_read(m->below, at, m->len, m->buf, m->lost)) {
			m->len = 0;
			return NULL;
		}
	}
	size_t off = (size_t)(at - m->at);
	return memchr(m->lost + off, 1, n) ? NULL : m->buf + off;
}

static uint32_t le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

/* The next member begins at *in_at; moves it and *out_at behind that member. */
static bool member(struct members *m, uint64_t *in_at, uint64_t *out_at)
{
	/* a subfield before BC is allowed, but nobody writes one: then the stream is read as any other */
	static const uint8_t first[4] = { 0x1f, 0x8b, 8, 4 }, extra[6] = { 6, 0, 'B', 'C', 2, 0 };
	const uint8_t *h = look(m, *in_at, HEAD);

	if (h == NULL || memcmp(h, first, sizeof(first)) != 0 || memcmp(h + 10, extra, sizeof(extra)) != 0)
		return false;
	uint64_t len = (uint64_t)le16(h + 16) + 1;
	const uint8_t *t = len >= HEAD + TRAILER ? look(m, *in_at + len - TRAILER, TRAILER) : NULL;
	if (t == NULL)
		return false;
	uint64_t isize = (uint64_t)le16(t) | (uint64_t)le16(t + 2) << 16;
	*in_at += len;
	*out_at += isize;
	return isize <= ISIZE_MAX;
}

bool known_by_members(struct image *below, const char *kind, struct known *k)
{
	struct members m = { .below = below, .buf = malloc(2 * (size_t)BUFFER) };
	struct seek_point p = { .fresh = true };
	bool good = strcmp(kind, "bgzf") == 0 && m.buf != NULL;

	*k = (struct known){ .zero = NULL };
	m.lost = m.buf ? m.buf + BUFFER : NULL;
	good = good && seek_open(&k->seek);
	while (good && p.in_at < below->size) {
		/* memory: a point costs no more than one that the pass would make */
		if (p.in_at && seek_due(&k->seek, p.out_at))
			good = seek_add(&k->seek, &p, p.out_at, NULL, 0);
		good = good && member(&m, &p.in_at, &p.out_at);
	}
	k->size = p.out_at;
	free(m.buf);
	if (!good)
		known_close(k);
	return good;
}
