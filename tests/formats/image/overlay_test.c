#include "formats/image/overlay.h"

#include "formats/image/joined.h"
#include "formats/image/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { LEN = 10000, GAP_AT = 3000, GAP_LEN = 2500 };

/* 3000 bytes, 2500 lost ones, 4500 bytes. */
static struct image *below(struct arena *a)
{
	uint8_t *bytes = arena_alloc(a, LEN);

	for (int i = 0; i < LEN; i++)
		bytes[i] = (uint8_t)(i * 7);
	struct image *m = memory_open(a, "bytes", bytes, LEN, NULL);
	return joined_open(a, (struct joined_piece[]){ { m, 0, GAP_AT }, { NULL, 0, GAP_LEN },
						       { m, GAP_AT + GAP_LEN, LEN - GAP_AT - GAP_LEN } },
			   3, "joined");
}

Test(overlay, writes_are_read_and_what_is_below_stays)
{
	struct arena *a = arena_open(1 << 20);
	struct image *b = below(a), *o = overlay_open(a, b);
	uint8_t buf[16], lost[16];

	cr_assert_eq(o->size, LEN);
	cr_assert(overlay_write(o, 1020, "abcdefgh", 8));
	cr_assert(image_read(o, 1016, 16, buf, lost));
	cr_assert(memcmp(buf + 4, "abcdefgh", 8) == 0 && buf[3] == (uint8_t)(1019 * 7) &&
		  buf[12] == (uint8_t)(1028 * 7));
	cr_assert(image_read(b, 1020, 8, buf, lost) && buf[0] == (uint8_t)(1020 * 7));
	cr_assert_not(overlay_write(o, LEN - 3, "abcd", 4));
	cr_assert_not(overlay_write(o, UINT64_MAX - 1, "abcd", 4));
	cr_assert(overlay_write(o, LEN - 4, "abcd", 4));
	cr_assert(image_read(o, LEN - 4, 4, buf, lost) && memcmp(buf, "abcd", 4) == 0);
	arena_close(a);
}

Test(overlay, a_written_byte_is_data_where_it_was_lost)
{
	struct arena *a = arena_open(1 << 20);
	struct image *b = below(a), *o = overlay_open(a, b);
	uint8_t buf[16], lost[16];

	cr_assert(overlay_write(o, GAP_AT + 100, "xyz", 3));
	cr_assert(image_read(o, GAP_AT + 98, 7, buf, lost));
	cr_assert(lost[1] == 1 && lost[2] == 0 && lost[4] == 0 && lost[5] == 1 && buf[3] == 'y');
	struct extent e = image_extent(o, GAP_AT);
	cr_assert(e.kind == EXTENT_LOST && e.len == 100);
	e = image_extent(o, GAP_AT + 100);
	cr_assert(e.kind == EXTENT_DATA && e.len == 3);
	e = image_extent(o, GAP_AT + 103);
	cr_assert(e.kind == EXTENT_LOST && e.len == GAP_LEN - 103);
	cr_assert_eq(overlay_changed(o), 3);
	arena_close(a);
}

Test(overlay, runs_are_told_across_pages_and_changes_are_counted)
{
	struct arena *a = arena_open(1 << 20);
	struct image *b = below(a), *o = overlay_open(a, b);
	uint8_t same[2100];
	uint8_t lost[2100];

	cr_assert_eq(overlay_next(o, 0).len, 0);
	cr_assert(image_read(b, 500, sizeof(same), same, lost));
	cr_assert(overlay_write(o, 500, same, sizeof(same)));
	cr_assert_eq(overlay_changed(o), 0);
	struct extent e = overlay_next(o, 0);
	cr_assert(e.at == 500 && e.len == 2100);
	e = overlay_next(o, 1024);
	cr_assert(e.at == 1024 && e.len == 2600 - 1024);
	same[7] ^= 1;
	cr_assert(overlay_write(o, 507, same + 7, 1));
	cr_assert_eq(overlay_changed(o), 1);
	cr_assert(overlay_write(o, 8192, "q", 1));
	e = overlay_next(o, 2600);
	cr_assert(e.at == 8192 && e.len == 1);
	cr_assert_eq(overlay_next(o, 8193).len, 0);
	arena_close(a);
}

/* Against a plain array with the same writes. */
Test(overlay, it_reads_as_the_same_writes_on_a_copy_would)
{
	struct arena *a = arena_open(8 << 20);
	struct image *b = below(a), *o = overlay_open(a, b);
	static uint8_t want[LEN], want_lost[LEN], got[LEN], got_lost[LEN];
	uint8_t bytes[3000];

	cr_assert(image_read(b, 0, LEN, want, want_lost));
	srand(7);
	for (int n = 0; n < 300; n++) {
		size_t at = (size_t)rand() % LEN, len = (size_t)rand() % (n % 10 ? 40 : sizeof(bytes));

		if (len > LEN - at)
			len = LEN - at;
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)rand();
		cr_assert(overlay_write(o, at, bytes, len));
		memcpy(want + at, bytes, len);
		memset(want_lost + at, 0, len);
		cr_assert(image_read(o, 0, LEN, got, got_lost));
		cr_assert(memcmp(want, got, LEN) == 0 && memcmp(want_lost, got_lost, LEN) == 0);
	}
	/* the extents tell the same lost bytes, and cover all */
	uint64_t at = 0;
	while (at < LEN) {
		struct extent e = image_extent(o, at);

		cr_assert(e.at == at && e.len && e.len <= LEN - at);
		for (uint64_t i = at; i < at + e.len; i++)
			cr_assert_eq(want_lost[i], e.kind == EXTENT_LOST);
		at += e.len;
	}
	arena_close(a);
}

Test(overlay, made_longer_it_is_zeros_behind_the_end_and_can_be_written_there)
{
	struct arena *a = arena_open(1 << 20);
	struct image *o = overlay_open(a, below(a));
	uint8_t buf[16], lost[16];

	cr_assert_not(overlay_write(o, LEN, "abc", 3));
	cr_assert_not(overlay_resize(o, LEN - 1));
	cr_assert(overlay_resize(o, LEN + 100));
	cr_assert(overlay_write(o, LEN + 4, "abc", 3));
	memset(buf, 1, sizeof(buf));
	memset(lost, 1, sizeof(lost));
	cr_assert(image_read(o, LEN - 2, 12, buf, lost));
	cr_assert(buf[0] == (uint8_t)((LEN - 2) * 7) && buf[2] == 0 && memcmp(buf + 6, "abc", 3) == 0 && buf[9] == 0);
	cr_assert_eq(memchr(lost, 1, 12), NULL);
	struct extent e = image_extent(o, LEN);
	cr_assert(e.kind == EXTENT_HOLE && e.len == 4);
	e = image_extent(o, LEN + 4);
	cr_assert(e.kind == EXTENT_DATA && e.len == 3);
	e = image_extent(o, LEN + 7);
	cr_assert(e.kind == EXTENT_HOLE && e.len == 93);
	cr_assert_not(image_read(o, LEN + 99, 2, buf, lost));
	arena_close(a);
}

Test(overlay, without_memory_it_says_so)
{
	struct arena *a = arena_open(1 << 20);
	struct image *b = below(a);
	struct arena *small = arena_open(4096);
	struct image *o = overlay_open(small, b);
	bool ok = o != NULL;

	for (uint64_t at = 0; ok && at < LEN; at += 1000)
		ok = overlay_write(o, at, "x", 1);
	cr_assert_not(ok);
	cr_assert(arena_failed(small));
	arena_close(small);
	arena_close(a);
}
