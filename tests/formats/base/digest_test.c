#include "formats/base/digest.h"

#include <criterion/criterion.h>
#include <string.h>

/* FIPS 180-4's examples, as published beside it: one block, two blocks. */
Test(digest, of_the_published_examples)
{
	static const struct { const char *text, *sum; } all[] = {
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	uint8_t sum[DIGEST_LEN];
	char text[2 * DIGEST_LEN + 1];

	for (size_t i = 0; i < 2; i++) {
		const uint8_t *p = (const uint8_t *)all[i].text;

		cr_assert(digest_of(p, strlen(all[i].text), sum));
		digest_text(sum, text);
		cr_assert_str_eq(text, all[i].sum);
	}
}
