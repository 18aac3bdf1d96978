/*
 * Both inflate back ends give the same bytes, ends and notes. Of damaged streams one may give more than the
 * other before it stops: ISA-L takes tables of codes that zlib refuses, and keeps back a last code for
 * which it wants to see more bits. Neither gives other bytes.
 */
#include "formats/image/codec.h"
#include "formats/image/stream.h"

#include "tests/formats/image/scratch.h"

static void setup(void)
{
	scratch_make();
	/* text that compresses, random bytes, zeros short and long, and text again */
	scratch_sh("(seq 30000; head -c 100000 /dev/urandom; head -c 3000000 /dev/zero; seq 100 | tr -d '\\n'; "
		   "head -c 70000 /dev/zero; seq 30000 -1 20000) > plain");
}

TestSuite(gzip, .init = setup, .fini = scratch_remove, .timeout = 240);

enum { OUT_MAX = 6 << 20, MATCH_MAX = 258 };

/* What came out of a stream. */
struct outcome {
	uint8_t *out;
	size_t len;
	enum stream_end end;
	char note[400];
};

struct input {
	const uint8_t *bytes;
	size_t len, at, step;
};

static enum stream_end more(void *ctx, struct stream *s, bool *last)
{
	struct input *in = ctx;
	size_t n = in->len - in->at < in->step ? in->len - in->at : in->step;

	s->in = in->bytes + in->at;
	s->in_len = n;
	in->at += n;
	*last = in->at == in->len;
	return STREAM_GOES_ON;
}

static bool always_due(void *ctx, const struct stream *s)
{
	(void)ctx;
	return s->out_at % 3 == 0;
}

static void ignore_point(void *ctx, const struct stream *s, const struct seek_point *p)
{
	(void)ctx;
	(void)s;
	(void)p;
}

static struct outcome decoded(const struct codec *codec, const uint8_t *bytes, size_t len, size_t step, bool points)
{
	struct input in = { bytes, len, 0, step };
	struct stream s = { .codec = codec, .dec = codec->open(), .more = more, .ctx = &in };
	struct outcome o = { .out = malloc(OUT_MAX) };
	bool zero;

	cr_assert(s.dec && o.out);
	if (points) {
		s.due = always_due;
		s.point = ignore_point;
	}
	while (s.end == STREAM_GOES_ON || s.zeros) {
		size_t n = stream_fill(&s, o.out + o.len, 1 << 20, &zero);
		if (zero)
			memset(o.out + o.len, 0, n);
		o.len += n;
		cr_assert(o.len <= OUT_MAX - (1 << 20));
	}
	o.end = s.end;
	const char *note = codec->note(s.dec);
	snprintf(o.note, sizeof(o.note), "%s", note ? note : "");
	codec->close(s.dec);
	return o;
}

/* Decodes with both; they agree. The first's outcome, to be freed. slack: bytes that one may give more. */
static struct outcome agreed(const char *what, const uint8_t *bytes, size_t len, size_t slack)
{
	struct outcome a = decoded(&codec_gzip, bytes, len, 256 << 10, false);
#ifdef HAVE_ISAL
	const struct codec *const both[] = { &codec_gzip, &codec_gzip_zlib };
	static const size_t steps[] = { 256 << 10, 1237 };

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 2; k++)
			for (int points = 0; points < 2; points++) {
				struct outcome b = decoded(both[i], bytes, len, steps[k], points);
				size_t common = a.len < b.len ? a.len : b.len;

				cr_assert(memcmp(a.out, b.out, common) == 0, "%s", what);
				free(b.out);
				if (slack) {
					cr_assert(b.end != STREAM_OVER || strstr(b.note, "wrong in"), "%s", what);
					cr_assert((a.len > b.len ? a.len : b.len) - common <= slack, "%s", what);
					continue;
				}
				cr_assert_eq(a.end, b.end, "%s: end %d, %d (back end %zu, step %zu, points %d)", what,
					     (int)a.end, (int)b.end, i, steps[k], points);
				cr_assert_eq(a.len, b.len, "%s: %zu bytes, %zu (back end %zu, step %zu, points %d)", what,
					     a.len, b.len, i, steps[k], points);
				cr_assert_str_eq(a.note, b.note);
			}
#endif
	(void)what;
	(void)slack;
	return a;
}

static void agreed_on(const char *what, const char *file, enum stream_end end, const char *plain, const char *note)
{
	size_t len, want_len;
	uint8_t *bytes = scratch_get(file, &len), *want = scratch_get(plain, &want_len);
	struct outcome o = agreed(what, bytes, len, 0);

	cr_assert_eq(o.end, end, "%s: %d", what, (int)o.end);
	cr_assert(o.len == want_len && memcmp(o.out, want, want_len) == 0, "%s", what);
	if (note)
		cr_assert_not_null(strstr(o.note, note), "%s: %s", what, o.note);
	else
		cr_assert_str_eq(o.note, "");
	free(o.out);
	free(bytes);
	free(want);
}

Test(gzip, sound_streams)
{
	scratch_sh("gzip -1 -c plain > 1; gzip -6 -c plain > 6; gzip -9 -n -c plain > 9; "
		   "python3 -c \"import zlib,sys;d=open('plain','rb').read();"
		   "c=zlib.compressobj(0,8,31);open('0','wb').write(c.compress(d)+c.flush());"
		   "c=zlib.compressobj(6,8,31,9,zlib.Z_FIXED);open('f','wb').write(c.compress(d)+c.flush());"
		   "c=zlib.compressobj(6,8,31,9,zlib.Z_RLE);open('r','wb').write(c.compress(d)+c.flush())\"");
	agreed_on("level 1", "1", STREAM_OVER, "plain", NULL);
	agreed_on("level 6", "6", STREAM_OVER, "plain", NULL);
	agreed_on("level 9", "9", STREAM_OVER, "plain", NULL);
	agreed_on("stored", "0", STREAM_OVER, "plain", NULL);
	agreed_on("fixed codes", "f", STREAM_OVER, "plain", NULL);
	agreed_on("run lengths", "r", STREAM_OVER, "plain", NULL);
}

Test(gzip, members_padding_and_garbage)
{
	scratch_sh("seq 1000 > a; printf x > b; : > e; cat a b a > aba; cat a > only; "
		   "(gzip -c a; gzip -c e; gzip -c b; gzip -c e; gzip -c a) > m; "
		   "(gzip -c a; head -c 1000 /dev/zero) > pad; (gzip -c a; echo garbage) > gar; "
		   "(gzip -c a; head -c 512 /dev/zero; gzip -c b) > late; gzip -c e > empty; (gzip -c a; printf '\\x1f') > half");
	agreed_on("members, empty ones too", "m", STREAM_OVER, "aba", NULL);
	agreed_on("padding", "pad", STREAM_OVER, "only", "zero padding");
	agreed_on("garbage", "gar", STREAM_OVER, "only", "trailing garbage");
	agreed_on("a member behind padding", "late", STREAM_OVER, "only", "trailing garbage");
	agreed_on("nothing", "empty", STREAM_OVER, "e", NULL);
	agreed_on("half a magic", "half", STREAM_OVER, "only", "trailing garbage");
}

Test(gzip, cut_streams_give_all_that_came_before_the_cut)
{
	size_t len, plain_len;

	scratch_sh("head -c 150000 plain > p; gzip -c p > g");
	uint8_t *bytes = scratch_get("g", &len), *plain = scratch_get("p", &plain_len);
	for (size_t cut = 1; cut < len; cut += cut > 30 ? 997 + cut : 1) {
		struct outcome o = agreed("cut", bytes, cut, MATCH_MAX);

		cr_assert_eq(o.end, STREAM_SHORT);
		cr_assert(o.len <= plain_len && memcmp(o.out, plain, o.len) == 0);
		if (cut > len - 8)
			cr_assert_eq(o.len, plain_len, "only the trailer is cut");
		free(o.out);
	}
	free(bytes);
	free(plain);
}

Test(gzip, flipped_bits_are_noticed_and_what_came_before_is_given)
{
	size_t len, plain_len;
	unsigned bad = 0, summed = 0;

	scratch_sh("(seq 5000; head -c 1000000 /dev/zero; seq 500) > p; gzip -c p > g");
	uint8_t *bytes = scratch_get("g", &len), *plain = scratch_get("p", &plain_len);
	for (size_t bit = 8 * 18; bit < 8 * len; bit += 8 * len / 25 + 1) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		struct outcome o = agreed("flip", bytes, len, SIZE_MAX);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);

		cr_assert(o.end != STREAM_OVER || strstr(o.note, "wrong in"), "bit %zu went by", bit);
		bad += o.end != STREAM_OVER;
		summed += o.end == STREAM_OVER;
		free(o.out);
	}
	cr_assert(bad > 0 && summed > 0, "%u noticed by the decoder, %u by the sum", bad, summed);
	free(bytes);
	free(plain);
}
