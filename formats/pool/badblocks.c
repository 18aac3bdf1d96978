#include "formats/pool/badblocks.h"

#include <inttypes.h>
#include <string.h>

/* A decimal number at *at; false: none, or one that is too large. */
static bool number(struct span s, size_t *at, size_t end, uint64_t *out)
{
	size_t from = *at;

	for (*out = 0; *at < end && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(s.p[*at] - '0');

		if (*out > (UINT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	return *at > from;
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void blanks(struct span s, size_t *at, size_t end)
{
	while (*at < end && blank(s.p[*at]))
		++*at;
}

static bool line_read(struct span s, size_t at, size_t end, struct badblocks_range *out)
{
	blanks(s, &at, end);
	if (!number(s, &at, end, &out->at) || at == end || !blank(s.p[at]))
		return false;
	blanks(s, &at, end);
	if (!number(s, &at, end, &out->len))
		return false;
	blanks(s, &at, end);
	return at == end && out->len <= UINT64_MAX - out->at;
}

static uint32_t lines(struct span s)
{
	uint32_t nr = 1;

	for (size_t i = 0; i < s.len; i++)
		nr += s.p[i] == '\n';
	return nr;
}

struct badblocks *badblocks_parse(struct arena *a, struct span text)
{
	struct badblocks *b = ARENA_NEW(a, struct badblocks);
	uint64_t end_of_last = 0;
	uint32_t line = 1;

	if (b == NULL || (b->ranges = arena_array(a, lines(text), sizeof(*b->ranges))) == NULL)
		return NULL;
	b->ordered = true;
	for (size_t at = 0; at < text.len && !b->marker; line++) {
		const uint8_t *nl = memchr(text.p + at, '\n', text.len - at);
		size_t end = nl ? (size_t)(nl - text.p) : text.len;
		struct badblocks_range r;

		if (span_lost(text) || !line_read(text, at, end, &r)) {
			b->wrong_line = line;
			break;
		}
		at = end + 1;
		if (r.at == 0 && r.len == 0) {
			b->marker = true;
			break;
		}
		b->ordered &= r.at >= end_of_last && r.len > 0;
		end_of_last = r.at + r.len;
		b->total = r.len <= UINT64_MAX - b->total ? b->total + r.len : UINT64_MAX;
		b->ranges[b->nr++] = r;
	}
	return b;
}

const char *badblocks_name(struct arena *a, const char *file, uint32_t replica, uint32_t part)
{
	return arena_printf(a, "%s_r%" PRIu32 "_p%" PRIu32 "_badblocks.txt", file, replica, part);
}
