#include "formats/image/compressed.h"

#include "formats/base/digest.h"
#include "formats/image/pass.h"
#include "tests/formats/image/scratch.h"

static struct problem pr;

static void setup(void)
{
	pr = (struct problem){ STATUS_OK, "" };
	scratch_make();
}

TestSuite(compressed, .init = setup, .fini = scratch_remove, .timeout = 120);

static void open_as(struct intake *in, const char *name, bool overlap)
{
	*in = scratch_intake();
	in->options.overlap = overlap;
	cr_assert_eq(intake_open(in, scratch_path(name), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
}

static const struct { const char *name, *cmd; bool points; } kinds[] = {
	{ "gzip", "gzip -1 -c", true },
#ifdef HAVE_ZSTD
	{ "zstd", "zstd -q -c", false },
#endif
#ifdef HAVE_LZMA
	{ "xz", "xz -0 -c", false },
#endif
#ifdef HAVE_LZ4
	{ "lz4", "lz4 -q -c", false },
#endif
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static void hash_text(const char *cmd, char text[65])
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && %s", scratch, cmd);
	FILE *f = popen(line, "r");
	cr_assert(f && fscanf(f, "%64[0-9a-f]", text) == 1, "%s", cmd);
	pclose(f);
}

static void same_hash(const uint8_t sum[32], const char *cmd)
{
	char want[65], got[65];

	hash_text(cmd, want);
	digest_text(sum, got);
	cr_assert_str_eq(got, want);
}

Test(compressed, all_kinds_give_the_same_bytes_and_digests)
{
	scratch_sh("(head -c 3M /dev/urandom; head -c 5M /dev/zero; seq 200000; head -c 2500000 /dev/zero) > plain");
	for (size_t k = 0; k < KINDS; k++) {
		scratch_sh("%s < plain > c", kinds[k].cmd);
		for (int overlap = 0; overlap < 2; overlap++) {
			struct intake in;

			open_as(&in, "c", overlap);
			struct source *src = in.first->source;

			scratch_same(in.first->image, "plain");
			cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
			cr_assert_str_eq(src->layers->next->kind, kinds[k].name);
			cr_assert(src->stored_hashed && src->decoded_hashed && src->decoded_tree_hashed);
			cr_assert(src->note == NULL, "%s", src->note);
			same_hash(src->stored_sha256, "sha256sum < c");
			same_hash(src->decoded_sha256, "sha256sum < plain");
			same_hash(src->decoded_tree_sha256, "split -b 1M --filter='sha256sum | cut -c1-64' < plain | "
				  "python3 -c 'import sys,binascii;"
				  "sys.stdout.buffer.write(binascii.unhexlify(sys.stdin.read().replace(\"\\n\",\"\")))' | sha256sum");
			struct origin o = image_origin(in.first->image, 12345);
			cr_assert(o.source == src && o.at == 12345);
			scratch_close(&in);
		}
	}
}

/* Reads here and there, backwards too: places that were given away are decoded again. */
Test(compressed, any_order_of_reading)
{
	size_t len;
	uint8_t buf[4096], lost[4096];

	scratch_sh("(seq 8000000 9000000; head -c 70M /dev/urandom; seq 9000000 10000000) > plain");
	uint8_t *want = scratch_get("plain", &len);
	for (size_t k = 0; k < 2 && k < KINDS; k++) {
		scratch_sh("%s < plain > c", kinds[k].cmd);
		struct intake in;

		open_as(&in, "c", true);
		struct image *im = in.first->image;
		uint64_t at = len / 2;

		cr_assert(image_read(im, len - sizeof(buf), sizeof(buf), buf, lost), "the end first");
		cr_assert(memcmp(buf, want + len - sizeof(buf), sizeof(buf)) == 0);
		for (int i = 0; i < (kinds[k].points ? 60 : 6); i++) {
			at = (at * 6364136223846793005u + 1442695040888963407u) >> 8;
			uint64_t from = at % (len - sizeof(buf));
			cr_assert(image_read(im, from, sizeof(buf), buf, lost));
			cr_assert(memcmp(buf, want + from, sizeof(buf)) == 0, "%s: at %zu", kinds[k].name, (size_t)from);
		}
		cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
		scratch_close(&in);
	}
	free(want);
}

Test(compressed, a_cut_stream_is_what_came_before_and_says_where)
{
	size_t len;
	uint8_t buf[4096], lost[4096];

	scratch_sh("seq 1500000 > plain"); /* more than one block of lz4 */
	uint8_t *want = scratch_get("plain", &len);
	for (size_t k = 0; k < KINDS; k++) {
		scratch_sh("%s < plain > whole; head -c $(($(stat -c %%s whole) / 2)) whole > c", kinds[k].cmd);
		struct intake in;

		open_as(&in, "c", k % 2);
		cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
		const struct source *src = in.first->source;
		cr_assert(src->size > 0 && src->size < len);
		cr_assert(image_read(in.first->image, src->size - 100, 100, buf, lost));
		cr_assert(memcmp(buf, want + src->size - 100, 100) == 0);
		cr_assert_not(image_read(in.first->image, src->size - 99, 100, buf, lost));
		cr_assert_not_null(strstr(src->note, "stream ends early, at stored byte"), "%s", src->note);
		cr_assert(src->stored_hashed, "the file was read whole all the same");
		scratch_close(&in);
	}
	free(want);
}

Test(compressed, a_damaged_stream_never_gives_wrong_bytes_without_a_word)
{
	size_t len, stored_len;

	scratch_sh("seq 60000 > plain");
	uint8_t *want = scratch_get("plain", &len);
	for (size_t k = 0; k < KINDS; k++) {
		scratch_sh("%s < plain > c", strcmp(kinds[k].name, "zstd") == 0 ? "zstd -q --check -c" : kinds[k].cmd);
		uint8_t *stored = scratch_get("c", &stored_len);
		for (size_t at = 40; at < stored_len; at += stored_len / 9) {
			uint8_t was = stored[at];
			stored[at] = (uint8_t)~was;
			struct intake in = scratch_intake();
			if (intake_memory(&in, "c", stored, stored_len, &pr) == STATUS_OK) {
				cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
				const struct source *src = in.first->source;
				uint8_t *buf = malloc(2 * (size_t)src->size + 2);
				cr_assert(buf && image_read(in.first->image, 0, (size_t)src->size, buf, buf + src->size + 1));
				bool same = src->size == len && memcmp(buf, want, len) == 0;
				cr_assert(same || src->note, "%s: byte %zu", kinds[k].name, at);
				free(buf);
			}
			scratch_close(&in);
			stored[at] = was;
		}
		free(stored);
	}
	free(want);
}

Test(compressed, frames_behind_one_another_are_one_stream)
{
	scratch_sh("seq 1000 > a; seq 5000 > b; cat a b a > plain");
	for (size_t k = 0; k < KINDS; k++) {
		scratch_sh("(%s < a; %s < b; %s < a) > c", kinds[k].cmd, kinds[k].cmd, kinds[k].cmd);
		struct intake in;

		open_as(&in, "c", false);
		scratch_same(in.first->image, "plain");
		scratch_close(&in);

		scratch_sh("(%s < plain; echo what is this) > c", kinds[k].cmd);
		open_as(&in, "c", false);
		scratch_same(in.first->image, "plain");
		cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
		cr_assert(in.first->source->note && strstr(in.first->source->note, "trailing garbage"), "%s",
			  kinds[k].name);
		scratch_close(&in);
	}
}

/* A real bomb: a gigabyte of zeros in a megabyte, and that compressed once more. */
static void bomb(void)
{
	scratch_sh("head -c 1G /dev/zero | gzip -9 -c > bomb; gzip -9 -c bomb > bomb2");
}

Test(compressed, bounds_on_what_comes_out)
{
	uint8_t buf[16], lost[16];

	bomb();
	struct intake in = scratch_intake();
	in.options.limits.decoded = 100 << 20;
	cr_assert_eq(intake_open(&in, scratch_path("bomb"), "pool", "given", &pr), STATUS_OK);
	struct image *im = in.first->image;
	cr_assert_eq(im->problem.status, STATUS_LIMIT);
	cr_assert_not_null(strstr(im->problem.text, "104857600 bytes came out of it: the limit"), "%s",
			   im->problem.text);
	cr_assert(im->size >= 100 << 20 && im->size < 110 << 20, "what came before can be read");
	cr_assert(image_read(im, 50 << 20, 16, buf, lost));
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	cr_assert_not_null(strstr(in.first->source->note, "was not read to its end"));
	cr_assert_not(in.first->source->decoded_tree_hashed);
	scratch_close(&in);

	in = scratch_intake();
	in.options.limits.ratio = 100;
	cr_assert_eq(intake_open(&in, scratch_path("bomb"), "pool", "given", &pr), STATUS_OK);
	cr_assert_eq(in.first->image->problem.status, STATUS_LIMIT);
	cr_assert_not_null(strstr(in.first->image->problem.text, "limit of 100 for each"));
	cr_assert(in.first->image->size < 200 << 20);
	scratch_close(&in);

	in = scratch_intake();
	in.options.limits.depth = 1;
	cr_assert_eq(intake_open(&in, scratch_path("bomb2"), "pool", "given", &pr), STATUS_LIMIT);
	cr_assert_not_null(strstr(pr.text, "more than 1 layers"));
	scratch_close(&in);
}

#ifdef HAVE_LZMA
static bool never(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	(void)what;
	cr_assert(done <= total);
	(*(unsigned *)ctx)++;
	return false;
}

Test(compressed, time_and_the_user_can_stop_it)
{
	unsigned asked = 0;

	/* 400 MiB in streams of 2 MiB, each byte of which has to be decoded by itself: a second does not do */
	scratch_sh("python3 -c \"import base64,lzma,os;c=lzma.LZMACompressor(preset=0);f=open('slow','wb');"
		   "f.write(c.compress(base64.b64encode(os.urandom(3<<19))));f.write(c.flush())\"; "
		   "for i in $(seq 200); do cat slow; done > slower");
	struct intake in = scratch_intake();
	in.options.limits.seconds = 1;
	cr_assert_eq(intake_open(&in, scratch_path("slower"), "pool", "given", &pr), STATUS_OK, "%s", pr.text);
	cr_assert_not_null(strstr(in.first->image->problem.text, "the limit on time"), "%s",
			   in.first->image->problem.text);
	scratch_close(&in);

	in = scratch_intake();
	in.options.progress = never;
	in.options.progress_ctx = &asked;
	cr_assert_eq(intake_open(&in, scratch_path("slower"), "pool", "given", &pr), STATUS_INTERRUPTED);
	cr_assert_eq(asked, 1);
	scratch_close(&in);
}
#endif

Test(compressed, what_this_program_was_built_without_is_named)
{
	static const struct { const char *kind, *cmd, *lib; bool have; } all[] = {
#ifdef HAVE_ZSTD
		{ "zstd", "zstd -q -c", "libzstd", true },
#else
		{ "zstd", "zstd -q -c", "libzstd", false },
#endif
#ifdef HAVE_LZMA
		{ "xz", "xz -c", "liblzma", true },
#else
		{ "xz", "xz -c", "liblzma", false },
#endif
#ifdef HAVE_LZ4
		{ "lz4", "lz4 -q -c", "liblz4", true },
#else
		{ "lz4", "lz4 -q -c", "liblz4", false },
#endif
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct intake in = scratch_intake();

		pr = (struct problem){ STATUS_OK, "" };
		scratch_sh("echo x | %s > c", all[i].cmd);
		enum status st = intake_open(&in, scratch_path("c"), "pool", "given", &pr);
		cr_assert_eq(st, all[i].have ? STATUS_OK : STATUS_UNSUPPORTED);
		if (!all[i].have)
			cr_assert(strstr(pr.text, "built without") && strstr(pr.text, all[i].lib), "%s", pr.text);
		scratch_close(&in);
	}
}

/* A directory of compressed parts: they share the memory that one stream has, and all can be read. */
Test(compressed, many_streams_share_their_memory)
{
	enum { NR = 8, LEN = 12 << 20, FROM = 5 };
	struct intake in = scratch_intake();
	uint8_t buf[4096], lost[4096];
	size_t buffers = 0, len;

	scratch_sh("mkdir d; head -c 12M /dev/urandom > plain; for i in $(seq 8); do gzip -1 -c plain > d/$i.gz; done");
	uint8_t *want = scratch_get("plain", &len);
	in.options.overlap = true;
	cr_assert_eq(intake_open(&in, scratch_path("d"), "pool", "given", &pr), STATUS_OK);
	cr_assert_eq(in.nr, NR);
	for (uint64_t at = FROM; at + sizeof(buf) <= LEN; at += 3 << 20)
		for (struct item *it = in.first; it; it = it->next) {
			cr_assert(image_read(it->image, at, sizeof(buf), buf, lost));
			cr_assert(memcmp(buf, want + at, sizeof(buf)) == 0);
		}
	for (const struct compressed *c = in.streams->earlier; c; c = c->earlier)
		for (size_t i = 0; i < BLOCKS_MAX; i++)
			buffers += c->blocks.all[i].p != NULL;
	cr_assert(buffers >= NR - 1 && buffers <= BLOCKS_MAX / 2, "%zu buffers", buffers);
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	for (const struct item *it = in.first; it; it = it->next)
		cr_assert(it->source->stored_hashed && it->source->decoded_hashed && it->source->size == LEN);
	free(want);
	scratch_close(&in);
}
