#include "formats/base/digest_two.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LEN = 1 << 16 };

static uint8_t bytes[2][LEN];

static void fill(void)
{
	uint64_t x = 1;

	for (size_t i = 0; i < 2 * LEN; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		bytes[i / LEN][i % LEN] = (uint8_t)(x >> 56);
	}
}

static void same(size_t len)
{
	uint8_t one[DIGEST_LEN], two[2][DIGEST_LEN];

	digest_two(bytes[0], bytes[1], len, two[0], two[1]);
	for (size_t i = 0; i < 2; i++) {
		cr_assert(digest_of(bytes[i], len, one));
		cr_assert_arr_eq(one, two[i], DIGEST_LEN, "%zu bytes, message %zu", len, i);
	}
}

Test(digest, two_at_once_are_what_each_is_alone)
{
	if (!digest_two_can())
		cr_skip_test("this processor has no instructions for SHA-256");
	fill();
	for (size_t len = 0; len < 400; len++) /* with every length of tail, and 0 to 6 whole blocks */
		same(len);
	same(LEN - 1);
	same(LEN);
}

/* FIPS 180-4's examples, as published beside it: one block, two blocks. */
Test(digest, of_the_published_examples)
{
	static const struct { const char *text, *sum; } all[] = {
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	uint8_t sum[DIGEST_LEN], other[DIGEST_LEN];
	char text[2 * DIGEST_LEN + 1];

	for (size_t i = 0; i < 2; i++) {
		const uint8_t *p = (const uint8_t *)all[i].text;

		cr_assert(digest_of(p, strlen(all[i].text), sum));
		digest_text(sum, text);
		cr_assert_str_eq(text, all[i].sum);
		if (!digest_two_can())
			continue;
		digest_two(p, p, strlen(all[i].text), sum, other);
		digest_text(sum, text);
		cr_assert_str_eq(text, all[i].sum);
		cr_assert_arr_eq(sum, other, DIGEST_LEN);
	}
}
