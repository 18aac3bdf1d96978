#include "formats/base/span.h"

bool span_lost(struct span s)
{
	return s.lost && s.len && memchr(s.lost, 1, s.len) != NULL;
}

bool span_zero(struct span s)
{
	return !span_lost(s) && span_zero_bytes(s.p, s.len);
}

bool span_zero_bytes(const uint8_t *p, size_t len)
{
	/* every byte equals its neighbour, and the first is zero */
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

void span_put_le(uint8_t *p, unsigned bytes, uint64_t v)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static bool span_le(struct span s, uint64_t off, unsigned bytes, uint64_t *out)
{
	struct span word;
	uint64_t v = 0;

	if (!span_cut(s, off, bytes, &word) || span_lost(word))
		return false;
	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | word.p[i];
	*out = v;
	return true;
}

bool span_le16(struct span s, uint64_t off, uint16_t *out)
{
	uint64_t v;

	if (!span_le(s, off, 2, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool span_le32(struct span s, uint64_t off, uint32_t *out)
{
	uint64_t v;

	if (!span_le(s, off, 4, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}
