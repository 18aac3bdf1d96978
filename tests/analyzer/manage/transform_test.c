#include "tests/analyzer/manage/pools.h"

#define ONE "20M @/0/partfile1\n20M @/0/partfile2\n25M @/0/partfile3\n"
#define TWO "REPLICA\n40M @/1/partfile1\n20M @/1/partfile2\n"
#define THREE "REPLICA\n50M @/2/partfile1\n20M @/2/partfile2\n"

enum { POOL = (60 << 20) - 4096, M = 1 << 20 };

static struct manage_result r;
static const char *const replica0[] = { "0/partfile1", "0/partfile2", "0/partfile3", NULL };
static const char *const replica1[] = { "1/partfile1", "1/partfile2", NULL };
static const char *const replica2[] = { "2/partfile1", "2/partfile2", NULL };

static int transform(const char *from, const char *to, const struct manage_options *o)
{
	static const struct manage_options none;
	int errnum = manage_transform(from, to, o ? o : &none, &r) ? 0 : r.error.errnum;

	cr_assert_eq(errnum != 0, r.error.text[0] != '\0');
	if (errnum)
		fprintf(stderr, "%s\n", r.error.text);
	manage_close(&r);
	return errnum;
}

static void start(void)
{
	pools_start();
	cr_assert(mkdir("0", 0755) == 0 && mkdir("1", 0755) == 0 && mkdir("2", 0755) == 0);
	set_write("src", "PMEMPOOLSET\n" ONE TWO);
	set_write("added", "PMEMPOOLSET\n" ONE TWO THREE);
	set_write("front", "PMEMPOOLSET\n50M @/2/partfile1\n20M @/2/partfile2\nREPLICA\n" ONE TWO);
	set_write("removed", "PMEMPOOLSET\n" ONE);
	set_write("second", "PMEMPOOLSET\n40M @/1/partfile1\n20M @/1/partfile2\n");
	set_write("single", "PMEMPOOLSET\nOPTION SINGLEHDR\n" ONE TWO);
	pool_make("src");
	replicas_even(replica0, replica1, POOL);
	run("mkdir was && cp -r --sparse=always 0 1 was");
}

static void restore(void)
{
	run("rm -rf 0 1 2 && cp -r was/0 was/1 . && mkdir 2");
}

/* All of a part as it was, but for its links to other replicas and the checksum over them. */
static void same_but_links(const char *name)
{
	char was[64];

	snprintf(was, sizeof(was), "was/%s", name);
	cr_assert_eq(size_of(name), size_of(was));
	cr_assert_eq(differ(name, was, 0, 88), 0);
	cr_assert_eq(differ(name, was, 120, 4088), 0);
	cr_assert_eq(differ(name, was, HEADER, size_of(was)), 0);
}

static void untouched(void)
{
	for (int i = 0; i < 5; i++) {
		const char *name = i < 3 ? replica0[i] : replica1[i - 3];
		char was[64];

		snprintf(was, sizeof(was), "was/%s", name);
		cr_assert_eq(differ(name, was, 0, size_of(was)), 0, "%s", name);
		cr_assert_eq(size_of(name), size_of(was));
	}
	cr_assert_eq(system("test -z \"$(ls 2)\""), 0);
	cr_assert_not(any_left("pmempool-"));
}

/* The pool inside has the size that it had: heap_offset + heap_size of the descriptor. */
static void pool_size_is(const char *part0, uint64_t size)
{
	uint64_t offset, heap;
	int fd = open(part0, O_RDONLY);

	cr_assert(pread(fd, &offset, 8, 0x1410) == 8 && pread(fd, &heap, 8, 0x1820) == 8);
	cr_assert_eq(offset + heap, size);
	close(fd);
}

static void uuid_of(const char *name, int field, unsigned char uuid[16])
{
	int fd = open(name, O_RDONLY);

	cr_assert(pread(fd, uuid, 16, 24 + 16 * field) == 16);
	close(fd);
}

enum { SET, OWN, PREV_PART, NEXT_PART, PREV_REPL, NEXT_REPL };

static bool names(const char *a, int field, const char *b)
{
	unsigned char x[16], y[16];

	uuid_of(a, field, x);
	uuid_of(b, field == SET ? SET : OWN, y);
	return memcmp(x, y, 16) == 0;
}

/* The same bytes of the pool in both replicas. */
static void same_data(const char *const *a, const char *const *b, bool headers_a, bool headers_b)
{
	char *one = malloc(POOL), *two = malloc(POOL);

	cr_assert_eq(space_move(one, POOL, a, headers_a, false), POOL);
	cr_assert_eq(space_move(two, POOL, b, headers_b, false), POOL);
	cr_assert(memcmp(one + HEADER, two + HEADER, POOL - HEADER) == 0);
	free(one);
	free(two);
}

Test(transform, adds_a_replica_and_leaves_the_others_alone, .init = start, .fini = pools_end)
{
	struct manage_options dry = { .dry_run = true };

	cr_assert_eq(transform("src", "added", &dry), 0);
	untouched();
	cr_assert_eq(transform("src", "added", NULL), 0);
	for (int i = 0; i < 5; i++)
		same_but_links(i < 3 ? replica0[i] : replica1[i - 3]);
	cr_assert(size_of(replica2[0]) == 50 * M && size_of(replica2[1]) == 20 * M);
	for (int i = 0; i < 3; i++) {
		cr_assert(names(replica0[i], NEXT_REPL, replica1[0]) && names(replica0[i], PREV_REPL, replica2[0]));
		if (i < 2) {
			cr_assert(names(replica1[i], NEXT_REPL, replica2[0]) && names(replica1[i], PREV_REPL, replica0[0]));
			cr_assert(names(replica2[i], NEXT_REPL, replica0[0]) && names(replica2[i], PREV_REPL, replica1[0]));
			cr_assert(names(replica2[i], NEXT_PART, replica2[1 - i]) && names(replica2[i], PREV_PART, replica2[1 - i]));
			cr_assert(names(replica2[i], SET, replica0[0]));
		}
	}
	same_data(replica0, replica2, true, true);
	pool_size_is(replica0[0], POOL);
	pool_size_is(replica2[0], POOL);
	cr_assert_not(any_left("pmempool-"));
	struct stat st;
	cr_assert(stat(replica2[1], &st) == 0 && (st.st_mode & 0777) == 0640);
	cr_assert(pool_good("added"));
	/* the new replica by itself is the pool */
	set_write("alone", "PMEMPOOLSET\n50M @/2/partfile1\n20M @/2/partfile2\n");
	cr_assert_eq(transform("added", "alone", NULL), 0);
	cr_assert(pool_good("alone"));
	pool_size_is(replica2[0], POOL);
	cr_assert(size_of(replica0[0]) == -1 && size_of(replica1[1]) == -1);
}

Test(transform, deletes_the_second_replica_and_leaves_the_first_alone, .init = start, .fini = pools_end)
{
	struct manage_options dry = { .dry_run = true };

	cr_assert_eq(transform("src", "removed", &dry), 0);
	untouched();
	cr_assert_eq(transform("src", "removed", NULL), 0);
	for (int i = 0; i < 3; i++) {
		same_but_links(replica0[i]);
		cr_assert(names(replica0[i], NEXT_REPL, replica0[0]) && names(replica0[i], PREV_REPL, replica0[0]));
	}
	cr_assert(size_of(replica1[0]) == -1 && size_of(replica1[1]) == -1 && access("1", F_OK) == 0);
	pool_size_is(replica0[0], POOL);
	cr_assert_not(any_left("pmempool-"));
	cr_assert(pool_good("removed"));
}

Test(transform, adds_in_front_and_removes_the_first, .init = start, .fini = pools_end)
{
	cr_assert_eq(transform("src", "front", NULL), 0);
	for (int i = 0; i < 5; i++)
		same_but_links(i < 3 ? replica0[i] : replica1[i - 3]);
	cr_assert(pool_good("front"));
	restore();
	cr_assert_eq(transform("src", "second", NULL), 0);
	cr_assert(pool_good("second"));
	cr_assert_eq(size_of(replica0[0]), -1);
}

Test(transform, headers_go_and_come_back_and_the_data_stays, .init = start, .fini = pools_end)
{
	char *space = malloc(POOL), *is = malloc(POOL);

	cr_assert_eq(space_move(space, POOL, replica0, true, false), POOL);
	cr_assert_eq(transform("src", "single", NULL), 0);
	cr_assert(names(replica0[0], NEXT_PART, replica0[0]) && names(replica1[0], PREV_PART, replica1[0]));
	cr_assert_eq(space_move(is, POOL, replica0, false, false), POOL);
	cr_assert(memcmp(space + HEADER, is + HEADER, POOL - HEADER) == 0);
	same_data(replica0, replica1, false, false);
	cr_assert_eq(size_of(replica0[2]), 25 * M);
	cr_assert(pool_good("single"));
	cr_assert_eq(space_move(space, POOL, replica0, false, false), POOL);
	cr_assert_eq(transform("single", "src", NULL), 0);
	cr_assert_eq(space_move(is, POOL, replica0, true, false), POOL);
	cr_assert(memcmp(space + HEADER, is + HEADER, POOL - HEADER) == 0);
	cr_assert(names(replica0[1], PREV_PART, replica0[0]) && names(replica0[2], NEXT_PART, replica0[0]));
	cr_assert(pool_good("src"));
	cr_assert_not(any_left("pmempool-"));
	free(space);
	free(is);
}

Test(transform, refuses_and_leaves_all_as_it_is, .init = start, .fini = pools_end)
{
	static const struct {
		const char *from, *to;
		int errnum;
	} rows[] = {
		{ NULL, ONE TWO, EINVAL }, /* the same */
		{ NULL, "40M @/1/partfile1\n20M @/1/partfile2\nREPLICA\n" ONE, EINVAL }, /* the same in another order */
		{ NULL, "50M @/2/partfile1\n20M @/2/partfile2\n", EINVAL }, /* none in common */
		{ NULL, ONE THREE, EINVAL }, /* one more and one less */
		{ NULL, "OPTION SINGLEHDR\n" ONE TWO THREE, EINVAL },
		{ NULL, "OPTION SINGLEHDR\n" ONE, EINVAL },
		{ NULL, "OPTION NOHDRS\n" ONE TWO, EINVAL },
		{ NULL, ONE TWO "REPLICA\n30M @/2/partfile1\n20M @/2/partfile2\n", EINVAL }, /* too small */
		{ NULL, ONE TWO "REPLICA\n80M @/2/partfile1\n7M @/2/partfile2\n", EINVAL },
		{ NULL, ONE TWO "REPLICA\n50M @/3/partfile1\n20M @/2/partfile2\n", ENOENT },
		{ NULL, ONE TWO "REPLICA\n50M @/2/partfile1\n20M @/2/partfile1\n", EINVAL }, /* named twice */
		{ NULL, ONE TWO "REPLICA\n50M @/2/partfile1\n20M @/0/partfile1\n", EINVAL },
		{ NULL, ONE TWO "REPLICA\n50M @/src\n20M @/2/partfile1\n", EINVAL }, /* it is there already */
		{ NULL, ONE TWO "REPLICA host rel.set\n", ENOTSUP },
		{ NULL, ONE TWO "REPLICA\n50M @/2\n20M @/2/partfile1\n", EINVAL }, /* a directory */
		{ "PMEMPOOLSET\n20M @/0/partfile2\n20M @/0/partfile1\n25M @/0/partfile3\n" TWO, ONE TWO THREE, EINVAL },
		{ "PMEMPOOLSET\n" ONE, ONE TWO THREE, EINVAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), "PMEMPOOLSET\n%s", rows[i].to);
		set_write("to", text);
		set_write("from", rows[i].from ? rows[i].from : "PMEMPOOLSET\n" ONE TWO);
		cr_assert_eq(transform("from", "to", NULL), rows[i].errnum, "row %zu", i);
		untouched();
	}
	cr_assert_eq(transform("src", "none", NULL), ENOENT);
	cr_assert_eq(transform("src", "0", NULL), EISDIR);
	cr_assert_eq(transform(NULL, "src", NULL), EINVAL);
	untouched();
}

Test(transform, refuses_a_source_that_is_damaged_or_in_use, .init = start, .fini = pools_end)
{
	int fd = open(replica1[0], O_RDWR);

	cr_assert(flock(fd, LOCK_EX) == 0);
	cr_assert_eq(transform("src", "added", NULL), EAGAIN);
	close(fd);
	untouched();
	set_write("src_r0_p0_badblocks.txt", "0 0\n");
	cr_assert_eq(transform("src", "added", NULL), EINVAL);
	run("rm src_r0_p0_badblocks.txt");
	patch(replica1[1], 50, 0x5a, 1);
	cr_assert_eq(transform("src", "added", NULL), EINVAL);
	cr_assert_eq(transform("src", "removed", NULL), EINVAL);
	cr_assert(unlink(replica1[1]) == 0);
	cr_assert_eq(transform("src", "added", NULL), EINVAL);
	cr_assert_eq(size_of(replica2[0]), -1);
	cr_assert_not(any_left("pmempool-"));
}

/*
 * Cut before each write, as a crash would: either nothing has begun (the source opens), or the same call again brings
 * it to its end. The source's data is there all the time: in every state some set file's parts hold it.
 */
static void cut_everywhere(const char *from, const char *to, uint64_t least)
{
	uint64_t writes = 0, begun = 0;
	int errnum;

	do {
		struct manage_options o = { .before_write = cut, .ctx = &writes };
		char list[64];

		errnum = transform(from, to, &o);
		cr_assert(errnum == 0 || errnum == EINTR, "%d", errnum);
		snprintf(list, sizeof(list), "%s.pmempool-transform", to);
		if (errnum && access(list, F_OK) != 0) {
			run("rm -f */*.pmempool-new");
			if (size_of(replica2[0]) < 0 && strcmp(from, "src") == 0)
				untouched();
			cr_assert(writes % 4 || pool_good(from));
			restore();
			cr_assert_eq(transform(from, to, &o), EINTR);
		} else {
			begun += errnum != 0;
		}
		/* the headers are not all new yet, or files not in place: the other operations leave it to transform */
		if (errnum && access(list, F_OK) == 0) {
			struct manage_options dry = { .dry_run = true };

			cr_assert_eq(transform(from, to, &dry), EINVAL);
			cr_assert_not(manage_sync(to, 0, &dry, &r));
			manage_close(&r);
		}
		if (errnum)
			cr_assert_eq(transform(from, to, NULL), 0);
		cr_assert(pool_good(to), "%s cut at %u", to, (unsigned)writes);
		cr_assert_not(any_left("pmempool-"));
		restore();
		writes++;
	} while (errnum);
	fprintf(stderr, "%s: %u writes, %u of them after the point of no return\n", to, (unsigned)writes - 1, (unsigned)begun);
	cr_assert(writes > least && begun > 3);
}

Test(transform, cut_off_while_adding_another_run_finishes, .init = start, .fini = pools_end, .timeout = 600)
{
	cut_everywhere("src", "added", 15);
}

Test(transform, cut_off_while_removing_another_run_finishes, .init = start, .fini = pools_end, .timeout = 600)
{
	cut_everywhere("src", "removed", 5);
}

Test(transform, cut_off_while_headers_go_another_run_finishes, .init = start, .fini = pools_end, .timeout = 600)
{
	cut_everywhere("src", "single", 20);
}

Test(transform, an_unfinished_one_of_other_set_files_is_not_mixed_up, .init = start, .fini = pools_end)
{
	uint64_t writes = 0;
	struct manage_options o = { .before_write = cut, .ctx = &writes };

	for (; access("added.pmempool-transform", F_OK) != 0; writes++)
		cr_assert_eq(transform("src", "added", &o), EINTR);
	set_write("added", "PMEMPOOLSET\n" ONE TWO "REPLICA\n50M @/2/other\n20M @/2/partfile2\n");
	cr_assert_eq(transform("src", "added", NULL), EINVAL);
	set_write("added", "PMEMPOOLSET\n" ONE TWO THREE);
	cr_assert_eq(transform("src", "added", NULL), 0);
	cr_assert(pool_good("added"));
}

static bool stop(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	return false;
}

Test(transform, leaves_nothing_when_it_is_asked_to_stop, .init = start, .fini = pools_end)
{
	struct manage_options o = { .progress = stop };

	cr_assert_eq(transform("src", "added", &o), EINTR);
	untouched();
	cr_assert_eq(transform("src", "single", &o), EINTR);
	untouched();
}
