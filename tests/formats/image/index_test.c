#include "formats/image/index.h"

#include "formats/image/compressed.h"
#include "tests/formats/image/scratch.h"

#include <sys/stat.h>

enum { LEN = 40 << 20 };

static struct problem pr;

static void setup(void)
{
	pr = (struct problem){ STATUS_OK, "" };
	scratch_make();
	/* text, zeros, noise, text: windows of all sorts */
	scratch_sh("mkdir idx; (seq 2000000; head -c 9M /dev/zero; head -c 5M /dev/urandom; seq 2000000 4000000) > plain; "
		   "truncate -s %d plain; gzip -1 -c plain > c.gz", LEN);
}

TestSuite(index, .init = setup, .fini = scratch_remove, .timeout = 300);

static void open_one(struct intake *in, bool digests)
{
	*in = scratch_intake();
	in->options.index_dir = scratch_path("idx");
	in->options.no_digests = !digests;
	cr_assert_eq(intake_open(in, scratch_path("c.gz"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
}

static bool to_file(void *ctx, const char *path, const uint8_t *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	cr_assert(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0, "%s", path);
	++*(unsigned *)ctx;
	return true;
}

static unsigned keep(struct intake *in)
{
	unsigned nr = 0;

	cr_assert_eq(intake_finish(in, &pr), STATUS_OK);
	cr_assert(intake_indexes(in, to_file, &nr));
	return nr;
}

static bool noted(const struct intake *in, const char *what)
{
	return in->first->source->note && strstr(in->first->source->note, what);
}

/* The path of the one index there is. */
static const char *index_name(void)
{
	static char name[256];
	size_t len;

	scratch_sh("ls idx/*.pmsidx > name");
	uint8_t *text = scratch_get("name", &len);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn((char *)text, "\n"), (char *)text);
	free(text);
	return name;
}

Test(index, a_second_run_enters_by_it_and_tells_the_same)
{
	struct intake first, in;

	open_one(&first, true);
	cr_assert_null(first.first->source->note);
	cr_assert_eq(keep(&first), 1);
	for (int digests = 0; digests < 2; digests++) {
		open_one(&in, digests);
		const struct source *src = in.first->source, *was = first.first->source;

		cr_assert(noted(&in, "opened by an index"), "%s", src->note);
		cr_assert_not(in.first->image->unsettled);
		cr_assert_eq(src->stored_hashed, digests);
		if (digests) {
			cr_assert(src->decoded_hashed && src->decoded_tree_hashed);
			cr_assert_arr_eq(src->stored_sha256, was->stored_sha256, DIGEST_LEN);
			cr_assert_arr_eq(src->decoded_sha256, was->decoded_sha256, DIGEST_LEN);
			cr_assert_arr_eq(src->decoded_tree_sha256, was->decoded_tree_sha256, DIGEST_LEN);
		} else {
			cr_assert(src->read < 1 << 20, "only its ends and beginning, not %zu", (size_t)src->read);
		}
		uint8_t buf[4096], lost[4096];
		cr_assert(image_read(in.first->image, LEN - sizeof(buf), sizeof(buf), buf, lost));
		cr_assert_eq(image_extent(in.first->image, 17 << 20).kind, EXTENT_HOLE, "zeros are known");
		scratch_same(in.first->image, "plain");
		cr_assert_eq(keep(&in), 0, "nothing new to keep");
		scratch_close(&in);
	}
	scratch_close(&first);
}

Test(index, of_a_file_that_was_changed_is_told_and_not_used)
{
	struct intake in;
	size_t len;

	open_one(&in, true);
	cr_assert_eq(keep(&in), 1);
	scratch_close(&in);
	uint8_t *c = scratch_get("c.gz", &len);
	c[len / 2] ^= 1; /* between the ends */
	scratch_put("c.gz", (off_t)(len / 2), c + len / 2, 1);
	free(c);
	open_one(&in, true);
	cr_assert(noted(&in, "was not used: the file was changed since"), "%s", in.first->source->note);
	cr_assert_eq(keep(&in), 1, "another takes its place");
	scratch_close(&in);

	/* another time, the same bytes */
	scratch_sh("touch -d @1000 c.gz");
	open_one(&in, false);
	cr_assert(noted(&in, "opened by an index") && in.first->source->stored_hashed);
	scratch_close(&in);
}

Test(index, a_broken_one_is_told_and_not_used)
{
	struct intake in;
	size_t len;

	open_one(&in, true);
	cr_assert_eq(keep(&in), 1);
	scratch_close(&in);
	uint8_t *x = scratch_get(index_name(), &len);
	struct index_key key;
	struct known k;
	const char *why;
	cr_assert(index_decode(x, len, &key, &k, &why));
	known_close(&k);
	for (size_t at = 0; at < len; at += at < 400 ? 1 : len / 97) {
		x[at] ^= 0x10;
		cr_assert_not(index_decode(x, len, &key, &k, &why));
		cr_assert_not_null(why);
		x[at] ^= 0x10;
		cr_assert_not(index_decode(x, at, &key, &k, &why), "cut");
	}
	x[len / 2] ^= 1;
	scratch_put(index_name(), 0, x, len);
	open_one(&in, true);
	cr_assert(noted(&in, "was not used: it is broken"), "%s", in.first->source->note);
	scratch_same(in.first->image, "plain");
	cr_assert_eq(keep(&in), 1, "it is made anew");
	scratch_close(&in);
	free(x);
}

/* Whoever can write the index can seal it too: reads stay inside, end, and say when they fail. */
Test(index, a_hostile_one_does_no_harm)
{
	static uint8_t buf[1 << 20], lost[1 << 20];
	struct intake in;
	unsigned used = 0, failed = 0;
	uint64_t x = 7;
	size_t len;

	open_one(&in, true);
	cr_assert_eq(keep(&in), 1);
	scratch_close(&in);
	const char *name = index_name();
	uint8_t *good = scratch_get(name, &len), *bad = malloc(len);
	for (int i = 0; i < 100; i++) {
		memcpy(bad, good, len);
		for (int n = 0; n <= i % 4; n++) {
			x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			/* mostly the numbers: what follows the digests, and the first bytes of points */
			size_t at = (size_t)(x >> 33) % (i % 3 ? 400 : len - DIGEST_LEN);
			bad[at] = i % 5 ? (uint8_t)(x >> 24) : 0xff;
		}
		cr_assert(digest_of(bad, len - DIGEST_LEN, bad + len - DIGEST_LEN));
		scratch_put(name, 0, bad, len);
		open_one(&in, false);
		struct image *im = in.first->image;
		used += noted(&in, "opened by an index");
		for (uint64_t at = 0; at < im->size && at < (UINT64_C(64) << 20); at += 19 << 20) {
			size_t l = im->size - at < sizeof(buf) ? (size_t)(im->size - at) : sizeof(buf);
			failed += !image_read(im, at, l, buf, lost);
			struct extent e = image_extent(im, at);
			cr_assert(e.at == at && e.len > 0 && e.len <= im->size - at);
		}
		scratch_close(&in);
	}
	cr_assert(used > 10 && used < 100 && failed > 0, "%u used, %u reads failed", used, failed);
	free(good);
	free(bad);
}

/* bgzip's own bytes: entered at a late member without a look at what is before. */
Test(index, members_of_bgzf_tell_where_they_are)
{
	uint8_t buf[4096], lost[4096];
	size_t len, c_len;

	scratch_sh("bgzip -c plain > b.gz; gzip -dc b.gz | cmp - plain");
	uint8_t *want = scratch_get("plain", &len);
	struct intake in = scratch_intake();
	in.options.no_digests = in.options.overlap = true;
	cr_assert_eq(intake_open(&in, scratch_path("b.gz"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	struct image *im = in.first->image;
	cr_assert(!im->unsettled && im->size == len);
	cr_assert(noted(&in, "by its own table of members"), "%s", in.first->source->note);
	cr_assert_str_eq(in.first->source->layers->next->kind, "bgzf");
	cr_assert(image_read(im, len - sizeof(buf), sizeof(buf), buf, lost));
	cr_assert(memcmp(buf, want + len - sizeof(buf), sizeof(buf)) == 0);
	scratch_same(im, "plain");
	scratch_close(&in);

	/* a length that leads astray: the stream is read as any other */
	uint8_t *c = scratch_get("b.gz", &c_len);
	c[16] ^= 4;
	scratch_put("b.gz", 0, c, c_len);
	in = scratch_intake();
	in.options.no_digests = true;
	cr_assert_eq(intake_open(&in, scratch_path("b.gz"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	cr_assert_not(noted(&in, "table of members"));
	scratch_same(in.first->image, "plain");
	scratch_close(&in);

	/* with digests wanted, all of it is read as ever */
	in = scratch_intake();
	cr_assert_eq(intake_open(&in, scratch_path("b.gz"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	cr_assert(in.first->source->decoded_tree_hashed && in.first->source->note == NULL);
	scratch_close(&in);
	free(c);
	free(want);
}
