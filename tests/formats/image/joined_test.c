#include "formats/image/joined.h"

#include "formats/image/memory.h"

#include <criterion/criterion.h>
#include <string.h>

Test(joined, pieces_lie_one_behind_the_other)
{
	struct arena *a = arena_open(1 << 20);
	struct source one = { .path = "one" }, two = { .path = "two" };
	struct image *i1 = memory_open(a, "one", (const uint8_t *)"HEADERabcdef", 12, &one);
	struct image *i2 = memory_open(a, "two", (const uint8_t *)"HEADERghi", 9, &two);
	struct joined_piece p[] = { { i1, 0, 12 }, { NULL, 0, 5 }, { i2, 6, 0 }, { i2, 6, 10 } };
	struct image *j = joined_open(a, p, 4, "all");
	uint8_t buf[27], lost[27];

	cr_assert_eq(j->size, 27);
	cr_assert(image_read(j, 0, 27, buf, lost));
	cr_assert(memcmp(buf, "HEADERabcdef\0\0\0\0\0ghi\0\0\0\0\0\0\0", 27) == 0);
	for (int i = 0; i < 27; i++)
		cr_assert_eq(lost[i], (i >= 12 && i < 17) || i >= 20, "%d", i);

	struct extent e = image_extent(j, 12);
	cr_assert(e.kind == EXTENT_LOST && e.len == 5);
	e = image_extent(j, 18);
	cr_assert(e.kind == EXTENT_DATA && e.at == 18 && e.len == 2);
	e = image_extent(j, 20); /* what lies past the end of the file */
	cr_assert(e.kind == EXTENT_LOST && e.len == 7);

	struct origin o = image_origin(j, 18);
	cr_assert(o.source == &two && o.at == 7 && o.len == 2);
	o = image_origin(j, 3);
	cr_assert(o.source == &one && o.at == 3 && o.len == 9);
	cr_assert_null(image_origin(j, 13).source);
	cr_assert_null(image_origin(j, 22).source);
	arena_close(a);
}

Test(joined, hostile_numbers_stay_inside)
{
	struct arena *a = arena_open(1 << 20);
	struct image *i1 = memory_open(a, "one", (const uint8_t *)"abc", 3, NULL);
	struct joined_piece p[] = { { i1, 0, UINT64_MAX - 2 }, { i1, UINT64_MAX, 10 } };
	struct image *j = joined_open(a, p, 2, "all");
	uint8_t buf[4], lost[4];

	cr_assert_eq(j->size, UINT64_MAX);
	cr_assert(image_read(j, 1, 4, buf, lost) && buf[0] == 'b' && lost[1] == 0 && lost[2] == 1);
	cr_assert(image_read(j, UINT64_MAX - 2, 2, buf, lost) && lost[0] == 1 && lost[1] == 1);
	cr_assert_not(image_read(j, UINT64_MAX - 1, 4, buf, lost));
	cr_assert_eq(joined_open(a, NULL, 0, "none")->size, 0);
	arena_close(a);
}
