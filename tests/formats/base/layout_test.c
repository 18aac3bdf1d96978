#include "formats/base/arena.h"
#include "formats/base/checksum.h"
#include "formats/base/layout.h"
#include "formats/base/uuid.h"

#include <criterion/criterion.h>
#include <string.h>

#define PAIR(LE, RAW)                      \
	LE(small, 0, 16, UINT, "a number") \
	LE(large, 2, 64, ID, "another")    \
	RAW(tail, 10, 3, PAD, "zero")
struct pair { PAIR(HOST_LE, HOST_RAW) };
#define SELF pair
static const struct field pair_fields[] = { PAIR(ROW_LE, ROW_RAW) };
#undef SELF
static const struct layout pair_layout = LAYOUT(pair, "here", 13, pair_fields);

static const uint8_t bytes[] = { 0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 1, 9, 9, 9 };

Test(span, is_only_ever_cut_smaller)
{
	struct span s = { bytes, NULL, 100, sizeof(bytes) }, out;

	cr_assert(span_cut(s, 3, 4, &out));
	cr_assert(out.len == 4 && out.at == 103 && out.p == bytes + 3);
	cr_assert_not(span_cut(s, 13, 1, &out));
	cr_assert_eq(out.len, 0);
	cr_assert_not(span_cut(s, UINT64_MAX, 2, &out));
	cr_assert_not(span_cut(s, 1, UINT64_MAX, &out));
	cr_assert(span_cut(s, 13, 0, &out));
}

Test(span, a_lost_byte_is_no_number)
{
	uint8_t lost[sizeof(bytes)] = { 0 };
	struct span s = { bytes, lost, 0, sizeof(bytes) };
	uint16_t v = 7;

	lost[1] = 1;
	cr_assert_not(span_le16(s, 0, &v));
	cr_assert_eq(v, 7);
	cr_assert(span_le16(s, 2, &v));
	cr_assert_eq(v, 0x0708);
	cr_assert(span_lost(s));
	cr_assert_not(span_zero(s));
}

Test(layout, decodes_and_encodes_the_same_bytes)
{
	struct pair p;
	uint8_t back[13];

	cr_assert(layout_decode(&pair_layout, (struct span){ bytes, NULL, 0, 13 }, 0, &p));
	cr_assert(p.small == 0x1234 && p.large == UINT64_C(0x0102030405060708) && p.tail[2] == 9);
	layout_encode(&pair_layout, &p, back);
	cr_assert_arr_eq(back, bytes, 13);
	cr_assert_not(layout_decode(&pair_layout, (struct span){ bytes, NULL, 0, 13 }, 1, &p));
	cr_assert_eq(layout_value(layout_field(&pair_layout, "small"), &p), 0x1234);
	cr_assert_null(layout_field(&pair_layout, "none"));
}

/* The running sums written out in the reference for a shutdown state of a pool that was open. */
Test(checksum, fletcher64_of_a_dirty_shutdown_state)
{
	uint8_t sds[64] = { 0 };

	sds[16] = 1;
	struct span s = { sds, NULL, 0, 64 };
	cr_assert_eq(checksum_fletcher64(s, 56, CHECKSUM_NO_SKIP), UINT64_C(0x0000000c00000001));
	/* words from the skip offset on count as zero, and still raise the high half */
	cr_assert_eq(checksum_fletcher64(s, 56, 16), 0);
	cr_assert_eq(checksum_fletcher64(s, 56, 20), UINT64_C(0x0000000c00000001));
}

Test(uuid, is_told_as_pmempool_tells_it)
{
	const uint8_t raw[16] = { 0x55, 0x44, 0x4d, 0xc5, 0x55, 0x09, 0xd2, 0x4c,
				  0xa5, 0x4e, 0xaa, 0x44, 0x2e, 0x34, 0xc3, 0xc7 };
	char text[UUID_TEXT_LEN];

	uuid_text_pmdk(raw, text);
	cr_assert_str_eq(text, "c54d4455-0955-4cd2-a54e-aa442e34c3c7");
	uuid_text_rfc(raw, text);
	cr_assert_str_eq(text, "55444dc5-5509-d24c-a54e-aa442e34c3c7");
}

Test(arena, keeps_its_bound)
{
	struct arena *a = arena_open(1 << 20);

	cr_assert_not_null(arena_alloc(a, 1000));
	cr_assert_null(arena_alloc(a, SIZE_MAX));
	cr_assert(arena_failed(a));
	arena_close(a);
	a = arena_open(1 << 20);
	int n = 0;
	while (arena_alloc(a, 4096) && n < 1000)
		n++;
	cr_assert(n > 100 && n <= 256 && arena_failed(a) && arena_used(a) <= 1 << 20);
	arena_close(a);
}
