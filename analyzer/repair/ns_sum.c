#include "analyzer/repair/ns_sum.h"

#include "formats/base/checksum.h"

static uint64_t reckon(struct ns_sum s)
{
	return checksum_fletcher64((struct span){ .p = s.bytes, .len = s.len }, s.sum_off, CHECKSUM_NO_SKIP);
}

static uint64_t stored(struct ns_sum s)
{
	uint64_t v = 0;

	span_le64((struct span){ .p = s.bytes, .len = s.len }, s.sum_off, &v);
	return v;
}

bool ns_sum_holds(struct ns_sum s)
{
	return reckon(s) == stored(s);
}

void ns_sum_seal(struct ns_sum s)
{
	span_put_le(s.bytes + s.sum_off, 8, reckon(s));
}

/* Exchanges the word at `at` for *word. */
static void swap(struct ns_sum s, uint32_t at, uint32_t *word)
{
	uint32_t was = 0;

	span_le32((struct span){ .p = s.bytes, .len = s.len }, at, &was);
	span_put_le(s.bytes + at, 4, *word);
	*word = was;
}

bool ns_sum_word(struct ns_sum s, bool (*fits)(const void *ctx, const uint8_t *bytes), const void *ctx, uint32_t *at)
{
	uint64_t is = reckon(s), was = stored(s);
	uint32_t found = 0, word, with = 0;

	for (uint32_t i = 0; checksum_fletcher64_word((struct span){ .p = s.bytes, .len = s.len }, is, was, &i, &word); i += 4) {
		if (i == s.sum_off || i == s.sum_off + 4)
			continue; /* these count as zero */
		uint32_t kept = word;
		swap(s, i, &word);
		if (fits(ctx, s.bytes) && ++found == 1) {
			*at = i;
			with = kept;
		}
		swap(s, i, &word);
	}
	bool lo = (uint32_t)is == (uint32_t)was, hi = is >> 32 == was >> 32;
	if (lo != hi) {
		uint32_t half = s.sum_off + (lo ? 4 : 0), kept = (uint32_t)(lo ? is >> 32 : is);
		word = kept;
		swap(s, half, &word);
		if (fits(ctx, s.bytes) && ++found == 1) {
			*at = half;
			with = kept;
		}
		swap(s, half, &word);
	}
	if (found == 1)
		swap(s, *at, &with);
	return found == 1;
}
