#include "formats/image/intake.h"

#include "formats/base/digest.h"
#include "tests/formats/image/scratch.h"

#include <sys/stat.h>
#include <sys/wait.h>

static void put(const char *name, off_t at, const char *text)
{
	scratch_put(name, at, text, strlen(text));
}

static void open_as(struct intake *in, const char *p, enum status want, struct problem *pr)
{
	*in = scratch_intake();
	*pr = (struct problem){ STATUS_OK, "" };
	cr_assert_eq(intake_open(in, p, "pool", "given", pr), want, "%s", pr->text);
}

TestSuite(intake, .init = scratch_make, .fini = scratch_remove, .timeout = 20);

Test(intake, a_sparse_file_keeps_its_holes_and_costs_no_memory)
{
	struct problem pr;
	uint8_t buf[8], lost[8];

	put("big", (off_t)1 << 39, "deep");
	cr_assert_eq(truncate(scratch_path("big"), (off_t)1 << 40), 0);
	struct intake in;

	open_as(&in, scratch_path("big"), STATUS_OK, &pr);
	struct image *im = in.first->image;
	cr_assert_eq(im->size, UINT64_C(1) << 40);
	cr_assert(image_read(im, UINT64_C(1) << 39, 4, buf, lost) && memcmp(buf, "deep", 4) == 0);
	struct extent e = image_extent(im, 0);
	cr_assert(e.kind == EXTENT_HOLE && e.len == UINT64_C(1) << 39);
	e = image_extent(im, UINT64_C(1) << 39);
	cr_assert(e.kind == EXTENT_DATA && e.len <= 65536);
	cr_assert_not(image_read(im, UINT64_C(1) << 40, 1, buf, lost));
	cr_assert_not(image_read(im, UINT64_MAX, 2, buf, lost));
	scratch_close(&in);
}

Test(intake, what_a_file_lost_since_it_was_opened_is_lost)
{
	struct problem pr;
	uint8_t buf[64], lost[64];

	put("shrinks", 0, "0123456789");
	cr_assert_eq(truncate(scratch_path("shrinks"), 8192), 0);
	struct intake in;

	open_as(&in, scratch_path("shrinks"), STATUS_OK, &pr);
	cr_assert_eq(truncate(scratch_path("shrinks"), 10), 0);
	cr_assert(image_read(in.first->image, 0, 64, buf, lost));
	cr_assert(memcmp(buf, "0123456789", 10) == 0 && lost[9] == 0 && lost[10] == 1 && lost[63] == 1);
	cr_assert(in.first->source->unread.total == 54 && in.first->source->unread.first->at == 10);
	scratch_close(&in);
}

Test(intake, what_is_no_evidence_is_refused_at_once)
{
	struct problem pr;

	cr_assert_eq(mkfifo(scratch_path("fifo"), 0600), 0);
	struct intake in;

	open_as(&in, scratch_path("fifo"), STATUS_UNSUPPORTED, &pr);
	cr_assert_not_null(strstr(pr.text, "a FIFO"));
	scratch_close(&in);
	put("empty", 0, "");
	open_as(&in, scratch_path("empty"), STATUS_UNSUPPORTED, &pr);
	cr_assert_not_null(strstr(pr.text, "empty"));
	scratch_close(&in);
	open_as(&in, "/dev/null", STATUS_UNSUPPORTED, &pr);
	scratch_close(&in);
	open_as(&in, scratch_path("missing"), STATUS_IO, &pr);
	scratch_close(&in);
}

Test(intake, a_directory_gives_its_files_in_order)
{
	struct problem pr;

	put("b", 0, "two");
	put("a", 0, "one");
	put("c", 0, "");
	cr_assert_eq(mkdir(scratch_path("sub"), 0700), 0);
	cr_assert_eq(mkfifo(scratch_path("d"), 0600), 0);
	struct intake in;

	open_as(&in, scratch, STATUS_OK, &pr);
	cr_assert(in.nr == 2 && in.group);
	cr_assert_str_eq(in.first->name, "a");
	cr_assert_str_eq(in.first->next->name, "b");
	scratch_close(&in);
}

Test(intake, a_gzipped_file_is_peeled)
{
	struct problem pr;
	uint8_t buf[8], lost[8];

	put("plain", 100000, "deep");
	scratch_sh("gzip -c plain | gzip -c > plain.gz.gz");
	struct intake in;

	open_as(&in, scratch_path("plain.gz.gz"), STATUS_OK, &pr);
	cr_assert_eq(in.first->image->size, 100004);
	cr_assert(image_read(in.first->image, 100000, 4, buf, lost) && memcmp(buf, "deep", 4) == 0);
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	cr_assert(in.first->source->layers && in.first->source->layers->next &&
		  strcmp(in.first->source->layers->next->kind, "gzip") == 0);
	scratch_close(&in);
	in = scratch_intake();
	in.options.limits.depth = 1;
	cr_assert_eq(intake_open(&in, scratch_path("plain.gz.gz"), "pool", "given", &pr), STATUS_LIMIT);
	scratch_close(&in);
}

/* A child with the given standard input tells what intake_open made of "-". */
static enum status from_stdin(const char *shell, const char *spool, const char *holds)
{
	char cmd[1024];

	snprintf(cmd, sizeof(cmd), "cd %s && %s", scratch, shell ? shell : "");
	FILE *f = shell ? popen(cmd, "r") : NULL;
	pid_t pid = fork();
	if (pid == 0) {
		struct problem pr = { STATUS_OK, "" };
		struct intake in = scratch_intake();
		uint8_t buf[4], lost[4];

		dup2(f ? fileno(f) : open(scratch_path("in"), O_RDONLY), 0);
		in.options.spool_dir = spool;
		enum status st = intake_open(&in, "-", "pool", "given", &pr);
		if (st == STATUS_OK && !(in.first->image->size == 100004 &&
		    image_read(in.first->image, 100000, 4, buf, lost) && memcmp(buf, holds, 4) == 0))
			_exit(100);
		scratch_close(&in);
		_exit(st);
	}
	int status;
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (f)
		pclose(f);
	cr_assert(WIFEXITED(status));
	return (enum status)WEXITSTATUS(status);
}

Test(intake, standard_input_is_a_file_or_is_spooled_or_refused)
{
	put("in", 100000, "deep");
	cr_assert_eq(from_stdin(NULL, NULL, "deep"), STATUS_OK, "a file is read as any other");
	cr_assert_eq(from_stdin("cat in", NULL, "deep"), STATUS_USAGE, "a pipe needs a spool directory");
	cr_assert_eq(from_stdin("cat in", scratch, "deep"), STATUS_OK);
	cr_assert_eq(from_stdin("gzip -c in", scratch, "deep"), STATUS_OK, "what comes through is peeled");
	cr_assert_eq(from_stdin("cat in", "/nonexistent", "deep"), STATUS_IO);
	scratch_sh("test $(ls | wc -l) = 1");
}

Test(intake, bytes_in_memory_are_peeled_as_any_other)
{
	struct problem pr = { STATUS_OK, "" };
	size_t len;

	put("plain", 100000, "deep");
	scratch_sh("tar -cf - plain | gzip -c > t.tgz");
	uint8_t *bytes = scratch_get("t.tgz", &len);
	struct intake in = scratch_intake();
	cr_assert_eq(intake_memory(&in, "memory", bytes, len, &pr), STATUS_OK);
	scratch_same(in.first->image, "plain");
	scratch_close(&in);
	free(bytes);
}

Test(intake, ranges_that_could_not_be_read_are_counted_once)
{
	struct sources all = { 0 };
	struct arena *a = arena_open(1 << 20);
	struct source *s = source_add(&all, a, "f", "pool", "given");

	source_unread(s, 100, 10);
	source_unread(s, 300, 10);
	source_unread(s, 200, 10);
	source_unread(s, 100, 10);
	source_unread(s, 105, 10);
	cr_assert(s->unread.nr == 3 && s->unread.total == 35);
	source_unread(s, 50, 200);
	cr_assert(s->unread.nr == 2 && s->unread.total == 210 && s->unread.first->at == 50);
	source_unread(s, 0, 1000);
	cr_assert(s->unread.nr == 1 && s->unread.total == 1000 && s->unread.last == s->unread.first);
	source_unread(s, UINT64_MAX, 2);
	cr_assert_eq(s->unread.nr, 1);
	sources_close(&all);
	arena_close(a);
}

static bool stop_there(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)what;
	cr_assert(done <= total);
	return false;
}

Test(intake, plain_files_are_hashed_when_that_is_asked_for)
{
	struct problem pr = { STATUS_OK, "" };
	struct intake in = scratch_intake();
	char text[65], want[65];

	put("plain", 100000, "deep");
	put("plain", 3000000, "end");
	in.options.hash_plain = true;
	cr_assert_eq(intake_open(&in, scratch_path("plain"), "pool", "given", &pr), STATUS_OK);
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	const struct source *src = in.first->source;
	cr_assert(src->stored_hashed && src->decoded_hashed && src->decoded_tree_hashed);
	scratch_sh("sha256sum < plain | cut -c1-64 > sum; gzip -c plain > plain.gz");
	size_t len;
	uint8_t *sum = scratch_get("sum", &len);
	snprintf(want, sizeof(want), "%.64s", (const char *)sum);
	digest_text(src->stored_sha256, text);
	cr_assert_str_eq(text, want);
	free(sum);

	/* the pass over a stream makes the same tree */
	struct intake gz = scratch_intake();
	cr_assert_eq(intake_open(&gz, scratch_path("plain.gz"), "pool", "given", &pr), STATUS_OK);
	cr_assert_eq(intake_finish(&gz, &pr), STATUS_OK);
	cr_assert_eq(memcmp(gz.first->source->decoded_tree_sha256, src->decoded_tree_sha256, 32), 0);
	scratch_close(&gz);
	scratch_close(&in);

	in = scratch_intake();
	in.options.hash_plain = true;
	in.options.progress = stop_there;
	cr_assert_eq(intake_open(&in, scratch_path("plain"), "pool", "given", &pr), STATUS_OK);
	cr_assert_eq(intake_finish(&in, &pr), STATUS_INTERRUPTED);
	scratch_close(&in);
}
