/*
 * Fletcher-64 as PMDK and the kernel's nvdimm code use it: two 32-bit accumulators over
 * little-endian 32-bit words; the words of the checksum field itself, and every word from a skip
 * offset on, count as zero. Source: PMDK src/core/util.c util_checksum_compute.
 */
#ifndef FORMATS_BASE_CHECKSUM_H
#define FORMATS_BASE_CHECKSUM_H

#include "formats/base/span.h"

enum { CHECKSUM_NO_FIELD = -1 };
#define CHECKSUM_NO_SKIP UINT64_MAX

/*
 * The checksum of all of s. s.len is a multiple of 4. field: offset of the 8-byte checksum
 * field inside s, or CHECKSUM_NO_FIELD. skip: words at or after it count as zero.
 */
uint64_t checksum_fletcher64(struct span s, int64_t field, uint64_t skip);
/* The same, going on from an earlier result. */
uint64_t checksum_fletcher64_more(uint64_t sum, struct span s);

/*
 * Which word of s, if it alone has changed, explains that its sum is `is` and was `was`: a word moves the low sum by its
 * change, and the high sum by the change times the words from there to the end. Looks from *at on. True: *at is its offset
 * and *word what it held. Several words may explain it; *at + 4 goes on.
 */
bool checksum_fletcher64_word(struct span s, uint64_t is, uint64_t was, uint32_t *at, uint32_t *word);

#endif
