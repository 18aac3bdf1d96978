#include "formats/image/intake.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void setup(void)
{
	strcpy(dir, "/tmp/pmemscope-intake-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
}

static void teardown(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	cr_assert_eq(system(cmd), 0);
}

static const char *path(const char *name)
{
	static char p[256];

	snprintf(p, sizeof(p), "%s/%s", dir, name);
	return p;
}

static void put(const char *name, off_t at, const char *text)
{
	int fd = open(path(name), O_CREAT | O_WRONLY, 0600);

	cr_assert(fd >= 0 && pwrite(fd, text, strlen(text), at) == (ssize_t)strlen(text));
	close(fd);
}

static struct intake opened(const char *p, enum status want, struct problem *pr)
{
	struct intake in = { .arena = arena_open(8 << 20), .options = { .limits = INTAKE_LIMITS } };

	*pr = (struct problem){ STATUS_OK, "" };
	cr_assert_eq(intake_open(&in, p, "pool", "given", pr), want, "%s", pr->text);
	return in;
}

static void closed(struct intake *in)
{
	intake_close(in);
	arena_close(in->arena);
}

TestSuite(intake, .init = setup, .fini = teardown, .timeout = 20);

Test(intake, a_sparse_file_keeps_its_holes_and_costs_no_memory)
{
	struct problem pr;
	uint8_t buf[8], lost[8];

	put("big", (off_t)1 << 39, "deep");
	cr_assert_eq(truncate(path("big"), (off_t)1 << 40), 0);
	struct intake in = opened(path("big"), STATUS_OK, &pr);
	struct image *im = in.first->image;
	cr_assert_eq(im->size, UINT64_C(1) << 40);
	cr_assert(image_read(im, UINT64_C(1) << 39, 4, buf, lost) && memcmp(buf, "deep", 4) == 0);
	struct extent e = image_extent(im, 0);
	cr_assert(e.kind == EXTENT_HOLE && e.len == UINT64_C(1) << 39);
	e = image_extent(im, UINT64_C(1) << 39);
	cr_assert(e.kind == EXTENT_DATA && e.len <= 65536);
	cr_assert_not(image_read(im, UINT64_C(1) << 40, 1, buf, lost));
	cr_assert_not(image_read(im, UINT64_MAX, 2, buf, lost));
	closed(&in);
}

Test(intake, what_a_file_lost_since_it_was_opened_is_lost)
{
	struct problem pr;
	uint8_t buf[64], lost[64];

	put("shrinks", 0, "0123456789");
	cr_assert_eq(truncate(path("shrinks"), 8192), 0);
	struct intake in = opened(path("shrinks"), STATUS_OK, &pr);
	cr_assert_eq(truncate(path("shrinks"), 10), 0);
	cr_assert(image_read(in.first->image, 0, 64, buf, lost));
	cr_assert(memcmp(buf, "0123456789", 10) == 0 && lost[9] == 0 && lost[10] == 1 && lost[63] == 1);
	cr_assert(in.first->source->unread.total == 54 && in.first->source->unread.first->at == 10);
	closed(&in);
}

Test(intake, what_is_no_evidence_is_refused_at_once)
{
	struct problem pr;

	cr_assert_eq(mkfifo(path("fifo"), 0600), 0);
	struct intake in = opened(path("fifo"), STATUS_UNSUPPORTED, &pr);
	cr_assert_not_null(strstr(pr.text, "a FIFO"));
	closed(&in);
	put("empty", 0, "");
	in = opened(path("empty"), STATUS_UNSUPPORTED, &pr);
	cr_assert_not_null(strstr(pr.text, "empty"));
	closed(&in);
	in = opened("/dev/null", STATUS_UNSUPPORTED, &pr);
	closed(&in);
	in = opened(path("missing"), STATUS_IO, &pr);
	closed(&in);
}

Test(intake, a_directory_gives_its_files_in_order)
{
	struct problem pr;

	put("b", 0, "two");
	put("a", 0, "one");
	put("c", 0, "");
	cr_assert_eq(mkdir(path("sub"), 0700), 0);
	cr_assert_eq(mkfifo(path("d"), 0600), 0);
	struct intake in = opened(dir, STATUS_OK, &pr);
	cr_assert(in.nr == 2 && in.group);
	cr_assert_str_eq(in.first->name, "a");
	cr_assert_str_eq(in.first->next->name, "b");
	closed(&in);
}

Test(intake, a_gzipped_file_is_peeled)
{
	struct problem pr;
	uint8_t buf[8], lost[8];
	char cmd[600];
	char once[256];

	put("plain", 100000, "deep");
	strcpy(once, path("plain"));
	snprintf(cmd, sizeof(cmd), "gzip -c %s | gzip -c > %s.gz.gz", once, once);
	cr_assert_eq(system(cmd), 0);
	struct intake in = opened(path("plain.gz.gz"), STATUS_OK, &pr);
	cr_assert_eq(in.first->image->size, 100004);
	cr_assert(image_read(in.first->image, 100000, 4, buf, lost) && memcmp(buf, "deep", 4) == 0);
	cr_assert_eq(intake_finish(&in, &pr), STATUS_OK);
	cr_assert(in.first->source->layers && in.first->source->layers->next &&
		  strcmp(in.first->source->layers->next->kind, "gzip") == 0);
	closed(&in);
	in = (struct intake){ .arena = arena_open(8 << 20), .options = { .limits = INTAKE_LIMITS } };
	in.options.limits.depth = 1;
	cr_assert_eq(intake_open(&in, path("plain.gz.gz"), "pool", "given", &pr), STATUS_LIMIT);
	closed(&in);
}
