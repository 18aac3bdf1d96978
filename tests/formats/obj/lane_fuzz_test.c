/* The fuzz target on a few hundred inputs of its own making: it returns from each. */
#include "tests/fuzz/obj_lanes.c"

#include <criterion/criterion.h>

enum { INPUTS = 300, RUNS = 12 };

static uint64_t state = 20161;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Words that mean something: entries, links, sizes, places. */
static uint64_t word(void)
{
	static const uint64_t some[] = { 0, 1, 2, 64, 192, 640, 2048, 0x23c0, 0x2000, LANES_AT + OBJ_LANE_LEN, CHUNK_AT,
					 CHUNK_AT + 0x200, ZONE_AT + 64, UINT64_MAX, UINT64_C(1) << 40, POOL_LEN - 8 };
	uint64_t v = some[next() % (sizeof(some) / sizeof(some[0]))];

	return next() % 3 ? v : v | (next() % 8) << 61;
}

Test(obj_lanes_fuzz, returns_from_whatever_lies_in_lanes, .timeout = 200)
{
	uint8_t in[2 + RUNS * 67];

	for (int i = 0; i < INPUTS; i++) {
		size_t len = 1;

		in[0] = (uint8_t)next();
		for (int r = 0; r < RUNS; r++) {
			/* mostly the first two lanes: 6144 bytes */
			uint64_t place = next() % 8 ? next() % 768 : next() % 0x4000, base = next() % 4 ? 0 : next() % 4;

			in[len++] = (uint8_t)(base << 6 | (place >> 8 & 0x3f));
			in[len++] = (uint8_t)place;
			in[len++] = 64;
			for (int w = 0; w < 8; w++) {
				uint64_t v = word();

				memcpy(in + len, &v, 8);
				len += 8;
			}
		}
		cr_assert_eq(LLVMFuzzerTestOneInput(in, len), 0);
	}
	free(pool);
}
