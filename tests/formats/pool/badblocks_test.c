#include "formats/pool/badblocks.h"

#include <criterion/criterion.h>
#include <string.h>

static struct badblocks *parsed(struct arena *a, const char *text)
{
	struct badblocks *b = badblocks_parse(a, (struct span){ .p = (const uint8_t *)text, .len = strlen(text) });

	cr_assert_not_null(b);
	return b;
}

Test(badblocks, ranges_and_the_end)
{
	struct arena *a = arena_open(1 << 20);
	struct badblocks *b = parsed(a, "40960 4096\n  81920\t512\r\n0 0\nwhatever follows\n");

	cr_assert_eq(b->nr, 2);
	cr_assert(b->marker && b->ordered && b->wrong_line == 0);
	cr_assert(b->ranges[1].at == 81920 && b->ranges[1].len == 512 && b->total == 4608);
	arena_close(a);
}

Test(badblocks, one_that_was_cut_off)
{
	struct arena *a = arena_open(1 << 20);

	cr_assert(!parsed(a, "")->marker);
	struct badblocks *b = parsed(a, "40960 4096");
	cr_assert(b->nr == 1 && !b->marker && b->wrong_line == 0);
	arena_close(a);
}

Test(badblocks, what_is_no_range_ends_it)
{
	static const char *const wrong[] = { "4096 512\nx 1\n0 0\n", "4096 512\n8192\n0 0\n", "4096 512\n-1 5\n0 0\n",
					     "4096 512\n99999999999999999999 1\n0 0\n",
					     "4096 512\n18446744073709551615 2\n0 0\n", "4096 512\n1 2 3\n0 0\n" };
	struct arena *a = arena_open(1 << 20);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct badblocks *b = parsed(a, wrong[i]);

		cr_expect(b->wrong_line == 2 && b->nr == 1 && !b->marker, "%s", wrong[i]);
	}
	arena_close(a);
}

Test(badblocks, ranges_over_each_other_are_out_of_order)
{
	struct arena *a = arena_open(1 << 20);

	cr_assert(!parsed(a, "4096 512\n4097 1\n0 0\n")->ordered);
	cr_assert(!parsed(a, "8192 1\n4096 1\n0 0\n")->ordered);
	cr_assert(!parsed(a, "4096 0\n0 0\n")->ordered);
	cr_assert_str_eq(badblocks_name(a, "/d/t.set", 1, 12), "/d/t.set_r1_p12_badblocks.txt");
	arena_close(a);
}
