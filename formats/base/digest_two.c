/* The order in which the instructions want a state's words is that of Intel's manual, SHA256RNDS2. */
#include "formats/base/digest_two.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1")))
#define INLINE static inline __attribute__((always_inline)) SHA_TARGET

enum { BLOCK = 64 };

static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t first_state[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* One message: its state as the instructions hold it, and the last 16 words of its schedule. */
struct lane {
	__m128i abef, cdgh, w[4];
};

INLINE struct lane begin(void)
{
	const __m128i abcd = _mm_loadu_si128((const __m128i *)first_state);
	const __m128i efgh = _mm_loadu_si128((const __m128i *)(first_state + 4));
	const __m128i badc = _mm_shuffle_epi32(abcd, 0xb1), hgfe = _mm_shuffle_epi32(efgh, 0x1b);

	return (struct lane){ .abef = _mm_alignr_epi8(badc, hgfe, 8), .cdgh = _mm_blend_epi16(hgfe, badc, 0xf0) };
}

INLINE void end(struct lane l, uint8_t out[DIGEST_LEN])
{
	const __m128i bytes = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i feba = _mm_shuffle_epi32(l.abef, 0x1b), dchg = _mm_shuffle_epi32(l.cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)out, _mm_shuffle_epi8(_mm_blend_epi16(feba, dchg, 0xf0), bytes));
	_mm_storeu_si128((__m128i *)(out + 16), _mm_shuffle_epi8(_mm_alignr_epi8(dchg, feba, 8), bytes));
}

/* Words 4i to 4i+3 of the schedule, 4 <= i; they take the place of those sixteen words earlier. */
INLINE __m128i more(const __m128i w[4], int i)
{
	__m128i sum = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);

	sum = _mm_add_epi32(sum, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
	return _mm_sha256msg2_epu32(sum, w[(i + 3) & 3]);
}

INLINE __m128i load(const uint8_t *p)
{
	return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p),
				_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

/* Four rounds of both; their instructions alternate, which is the point. */
INLINE void rounds(struct lane *a, struct lane *b, int i)
{
	const __m128i k = _mm_load_si128((const __m128i *)(round_constants + 4 * (size_t)i));
	const __m128i wa = _mm_add_epi32(a->w[i & 3], k), wb = _mm_add_epi32(b->w[i & 3], k);

	a->cdgh = _mm_sha256rnds2_epu32(a->cdgh, a->abef, wa);
	b->cdgh = _mm_sha256rnds2_epu32(b->cdgh, b->abef, wb);
	a->abef = _mm_sha256rnds2_epu32(a->abef, a->cdgh, _mm_shuffle_epi32(wa, 0x0e));
	b->abef = _mm_sha256rnds2_epu32(b->abef, b->cdgh, _mm_shuffle_epi32(wb, 0x0e));
}

INLINE void first_rounds(struct lane *a, struct lane *b, const uint8_t *pa, const uint8_t *pb, int i)
{
	a->w[i] = load(pa + 16 * (size_t)i);
	b->w[i] = load(pb + 16 * (size_t)i);
	rounds(a, b, i);
}

INLINE void later_rounds(struct lane *a, struct lane *b, int i)
{
	a->w[i & 3] = more(a->w, i);
	b->w[i & 3] = more(b->w, i);
	rounds(a, b, i);
}

SHA_TARGET static void blocks(struct lane *la, struct lane *lb, const uint8_t *pa, const uint8_t *pb, size_t nr)
{
	struct lane a = *la, b = *lb;

	for (; nr; nr--, pa += BLOCK, pb += BLOCK) {
		const struct lane was_a = a, was_b = b;

		first_rounds(&a, &b, pa, pb, 0);
		first_rounds(&a, &b, pa, pb, 1);
		first_rounds(&a, &b, pa, pb, 2);
		first_rounds(&a, &b, pa, pb, 3);
		for (int i = 4; i < 16; i += 4) {
			later_rounds(&a, &b, i);
			later_rounds(&a, &b, i + 1);
			later_rounds(&a, &b, i + 2);
			later_rounds(&a, &b, i + 3);
		}
		a.abef = _mm_add_epi32(a.abef, was_a.abef);
		a.cdgh = _mm_add_epi32(a.cdgh, was_a.cdgh);
		b.abef = _mm_add_epi32(b.abef, was_b.abef);
		b.cdgh = _mm_add_epi32(b.cdgh, was_b.cdgh);
	}
	*la = a;
	*lb = b;
}

/* What is left of a message, the mark behind it, and its length in bits: one block or two. */
static size_t tail(const uint8_t *p, size_t len, uint8_t out[2 * BLOCK])
{
	size_t rest = len % BLOCK, nr = rest + 9 > BLOCK ? 2 : 1;
	uint64_t bits = (uint64_t)len * 8;

	memset(out, 0, 2 * BLOCK);
	memcpy(out, p + (len - rest), rest);
	out[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		out[nr * BLOCK - 1 - i] = (uint8_t)(bits >> 8 * i);
	return nr;
}

/* CPUID: leaf 1, SSSE3 and SSE4.1; leaf 7, SHA. */
bool digest_two_can(void)
{
	const unsigned sse = bit_SSSE3 | bit_SSE4_1;
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & sse) == sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
	       b & 1u << 29;
}

SHA_TARGET void digest_two(const uint8_t *a, const uint8_t *b, size_t len, uint8_t out_a[DIGEST_LEN],
			   uint8_t out_b[DIGEST_LEN])
{
	struct lane la = begin(), lb = la;
	uint8_t tail_a[2 * BLOCK], tail_b[2 * BLOCK];
	size_t nr = tail(a, len, tail_a);

	tail(b, len, tail_b);
	blocks(&la, &lb, a, b, len / BLOCK);
	blocks(&la, &lb, tail_a, tail_b, nr);
	end(la, out_a);
	end(lb, out_b);
}

#else

bool digest_two_can(void)
{
	return false;
}

void digest_two(const uint8_t *a, const uint8_t *b, size_t len, uint8_t out_a[DIGEST_LEN],
		uint8_t out_b[DIGEST_LEN])
{
	digest_of(a, len, out_a);
	digest_of(b, len, out_b);
}

#endif
