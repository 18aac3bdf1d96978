/*
 * Bytes we do not trust, and where they came from. A span carries its bounds and its origin and
 * is only ever cut smaller; nothing else in the tree does arithmetic on evidence pointers.
 */
#ifndef FORMATS_BASE_SPAN_H
#define FORMATS_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;    /* borrowed from an image or an arena; only span_* and layout_* look through it */
	const uint8_t *lost; /* NULL, or len flags: 1 = that byte could not be read */
	uint64_t at;         /* place of p[0] in its image, bytes */
	size_t len;          /* bytes */
};

/* The part [off, off+len) of s. False, and an empty span, unless all of it lies inside. */
static inline bool span_cut(struct span s, uint64_t off, uint64_t len, struct span *out)
{
	bool inside = off <= s.len && len <= s.len - off;

	*out = (struct span){ .at = s.at };
	if (inside && len)
		*out = (struct span){ s.p + off, s.lost ? s.lost + off : NULL, s.at + off, (size_t)len };
	return inside;
}

/* True when any byte of s could not be read. */
bool span_lost(struct span s);
/* True when every byte of s was read and is zero. An empty span is zero. */
bool span_zero(struct span s);
/* The same of bytes that were all read. */
bool span_zero_bytes(const uint8_t *p, size_t len);

/* Writes the low `bytes` bytes of v, at most 8, little-endian. */
void span_put_le(uint8_t *p, unsigned bytes, uint64_t v);
/* The little-endian number at off. False, *out untouched, when outside s or lost. */
bool span_le16(struct span s, uint64_t off, uint16_t *out);
bool span_le32(struct span s, uint64_t off, uint32_t *out);
/* Inline: the headers of ten million objects are read through it. */
static inline bool span_le64(struct span s, uint64_t off, uint64_t *out)
{
	if (off > s.len || s.len - off < 8)
		return false;
	const uint8_t *p = s.p + off;
	if (s.lost && memchr(s.lost + off, 1, 8))
		return false;
	*out = (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	       (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
	return true;
}

#endif
