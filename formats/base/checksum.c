#include "formats/base/checksum.h"

#include <assert.h>

static uint32_t word_at(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t checksum_fletcher64(struct span s, int64_t field, uint64_t skip)
{
	uint32_t lo = 0, hi = 0;

	assert(s.len % 4 == 0);
	for (size_t i = 0; i < s.len; i += 4) {
		bool own = field >= 0 && (i == (size_t)field || i == (size_t)field + 4);

		if (!own && i < skip)
			lo += word_at(s.p + i);
		hi += lo;
	}
	return (uint64_t)hi << 32 | lo;
}

uint64_t checksum_fletcher64_more(uint64_t sum, struct span s)
{
	uint32_t lo = (uint32_t)sum, hi = (uint32_t)(sum >> 32);

	assert(s.len % 4 == 0);
	for (size_t i = 0; i < s.len; i += 4) {
		lo += word_at(s.p + i);
		hi += lo;
	}
	return (uint64_t)hi << 32 | lo;
}

bool checksum_fletcher64_word(struct span s, uint64_t is, uint64_t was, uint32_t *at, uint32_t *word)
{
	uint32_t lo = (uint32_t)is - (uint32_t)was, hi = (uint32_t)(is >> 32) - (uint32_t)(was >> 32), now;

	for (; lo && *at < s.len; *at += 4)
		if (lo * (((uint32_t)s.len - *at) / 4) == hi && span_le32(s, *at, &now)) {
			*word = now - lo;
			return true;
		}
	return false;
}
