#include "tests/analyzer/manage/pools.h"

#define THREE_BY_TWO "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n15M @/b0\n15M @/b1\n"

static struct manage_result r;

static int synced(unsigned flags, const struct manage_options *o)
{
	static const struct manage_options none;
	int errnum = manage_sync("set", flags, o ? o : &none, &r) ? 0 : r.error.errnum;

	cr_assert_eq(errnum != 0, r.error.text[0] != '\0');
	if (errnum)
		fprintf(stderr, "%s\n", r.error.text);
	return errnum;
}

static int sync_set(unsigned flags, const struct manage_options *o)
{
	int errnum = synced(flags, o);

	manage_close(&r);
	return errnum;
}

static void start(void)
{
	pools_start();
	set_write("set", THREE_BY_TWO);
	pool_make("set");
	replicas_even((const char *const[]){ "a0", "a1", "a2", NULL }, (const char *const[]){ "b0", "b1", NULL }, (30 << 20) - 8192);
	run("mkdir was && cp --sparse=always a? b? was");
}

/* As before, but for what belongs to the time it was made. */
static void same_as_before(const char *name)
{
	char was[32];

	snprintf(was, sizeof(was), "was/%s", name);
	cr_assert_eq(size_of(name), size_of(was));
	cr_assert_eq(differ(name, was, HEADER, size_of(was)), 0, "%s", name);
	cr_assert_eq(differ(name, was, 0, 120), 0, "%s", name);
}

static const char *const names[] = { "a0", "a1", "a2", "b0", "b1" };

static void all_as_before(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		same_as_before(names[i]);
	cr_assert(pool_good("set"));
	run("cp was/?? ."); /* the library has written to it */
}

Test(sync, leaves_a_sound_pool_alone, .init = start, .fini = pools_end)
{
	cr_assert_eq(synced(0, NULL), 0);
	cr_assert_eq(r.acts_nr, 0);
	manage_close(&r);
	all_as_before();
	cr_assert_eq(differ("a0", "was/a0", 0, HEADER), 0);
}

Test(sync, makes_a_missing_part_anew_with_its_own_name_and_links, .init = start, .fini = pools_end)
{
	cr_assert(unlink("a1") == 0);
	struct manage_options dry = { .dry_run = true };
	cr_assert_eq(synced(0, &dry), 0);
	cr_assert_eq(r.acts_nr, 1);
	cr_assert_str_eq(r.first->verb, "create");
	cr_assert(r.first->replica == 0 && r.first->part == 1 && !r.first->done);
	manage_close(&r);
	cr_assert_eq(size_of("a1"), -1);
	cr_assert_eq(sync_set(0, NULL), 0);
	all_as_before();
	struct stat st;
	cr_assert(stat("a1", &st) == 0 && (st.st_mode & 0777) == 0640);
	cr_assert_not(any_left("pmempool-"));
}

Test(sync, makes_only_the_lost_part_anew_where_the_peer_gives_up_the_replica, .init = start, .fini = pools_end)
{
	struct stat was, is;

	cr_assert(stat("a1", &was) == 0 && unlink("a0") == 0);
	cr_assert_eq(sync_set(0, NULL), 0);
	cr_assert(stat("a1", &is) == 0 && is.st_ino == was.st_ino);
	all_as_before();
}

Test(sync, puts_a_pool_together_from_what_each_replica_has_left, .init = start, .fini = pools_end)
{
	cr_assert(unlink("a0") == 0 && unlink("b1") == 0);
	cr_assert_eq(sync_set(0, NULL), 0);
	all_as_before();
}

Test(sync, refuses_what_no_replica_has, .init = start, .fini = pools_end)
{
	cr_assert(unlink("a0") == 0 && unlink("b0") == 0);
	cr_assert_eq(sync_set(0, NULL), EINVAL);
	cr_assert(size_of("a0") == -1 && size_of("b0") == -1);
	cr_assert_not(any_left("pmempool-"));
}

Test(sync, mends_headers_and_sizes, .init = start, .fini = pools_end)
{
	patch("a1", 0, 0, HEADER);
	patch("b0", 40, 0x5a, 16);
	cr_assert(truncate("a2", 9 << 20) == 0);
	cr_assert_eq(synced(0, NULL), 0);
	cr_assert_eq(r.acts_nr, 3);
	manage_close(&r);
	all_as_before();
	/* one of another size is kept */
	cr_assert_eq(size_of("a2.pmempool-old"), 9 << 20);
	cr_assert_eq(differ("a2.pmempool-old", "was/a2", 0, 9 << 20), 0);
	cr_assert_eq(size_of("a1.pmempool-old"), -1);
}

Test(sync, heals_content_that_differs_from_the_replica_whose_structures_are_whole, .init = start, .fini = pools_end)
{
	/* the heap's header: replica 0, which programs read, is the damaged one */
	patch("a0", 3153920, 0x77, 64);
	cr_assert_eq(synced(0, NULL), 0);
	cr_assert_eq(r.acts_nr, 1);
	cr_assert(r.first->replica == 0 && r.first->part == 0, "%s", r.first->what);
	manage_close(&r);
	all_as_before();
}

Test(sync, believes_the_first_replica_where_only_data_differs, .init = start, .fini = pools_end)
{
	set_write("swapped", "PMEMPOOLSET\n15M @/b0\n15M @/b1\nREPLICA\n10M @/a0\n10M @/a1\n10M @/a2\n");
	for (int i = 0; i < 12; i++) {
		patch("b0", (6 + i / 2) * (1 << 20) + i * 30000, 0x77, 5);
		patch("b1", (1 + i / 2) * (1 << 20) + i * 30000, 0x77, 5);
	}
	cr_assert_not(pool_good("swapped"));
	for (int i = 0; i < 12; i++) { /* what the opening of the damaged one wrote to the other does not matter */
		patch("b0", (6 + i / 2) * (1 << 20) + i * 30000, 0x77, 5);
	}
	cr_assert_eq(sync_set(0, NULL), 0);
	cr_assert(pool_good("swapped"));
	cr_assert(pool_good("set"));
}

Test(sync, takes_the_size_that_the_files_were_made_for, .init = start, .fini = pools_end)
{
	patch("a0", 0x1822, 0x11, 1); /* heap_size */
	cr_assert(unlink("b1") == 0);
	cr_assert_eq(sync_set(0, NULL), 0);
	all_as_before();
}

Test(sync, touches_nothing_that_is_locked, .init = start, .fini = pools_end)
{
	int fd = open("a1", O_RDWR);

	cr_assert(unlink("b1") == 0 && flock(fd, LOCK_EX) == 0);
	cr_assert_eq(sync_set(0, NULL), EAGAIN);
	cr_assert_eq(size_of("b1"), -1);
	cr_assert_eq(differ("a1", "was/a1", 0, 10 << 20), 0);
	close(fd);
}

Test(sync, refuses_before_it_touches, .init = start, .fini = pools_end)
{
	static const struct {
		const char *set;
		int errnum;
	} rows[] = {
		{ "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\n", EINVAL },
		{ "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n15M @/a0\n15M @/b1\n", EINVAL },
		{ "PMEMPOOLSET\n10M @/a1\n10M @/a0\n10M @/a2\nREPLICA\n15M @/b0\n15M @/b1\n", EINVAL },
		{ "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n15M @/b0\n15M @/b1\nREPLICA\n30M @/c0\n", EINVAL },
		{ "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n8M @/c0\n8M @/c1\n", EINVAL },
		{ "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n15M @/b0\n7M @/b1\n", EINVAL },
		{ "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n15M @/b0\n15M @/x/b1\n", ENOENT },
		{ "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA host rel.set\n", ENOTSUP },
		{ "PMEMPOOLSET\nOPTION SINGLEHDR\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n15M @/b0\n15M @/b1\n", EINVAL },
		{ "PMEMPOOLSET\nOPTION NOHDRS\n10M @/a0\n10M @/a1\n10M @/a2\nREPLICA\n15M @/b0\n15M @/b1\n", EINVAL },
		{ "no set file\n", EINVAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_write("set", rows[i].set);
		cr_assert_eq(sync_set(0, NULL), rows[i].errnum, "%zu: %d", i, r.error.errnum);
	}
	set_write("set", THREE_BY_TWO);
	cr_assert_eq(sync_set(4, NULL), EINVAL);
	cr_assert_not(any_left("pmempool-"));
	all_as_before();
}

Test(sync, a_part_of_another_pool_is_not_overwritten, .init = start, .fini = pools_end)
{
	set_write("other", "PMEMPOOLSET\n10M @/o0\n10M @/o1\n10M @/o2\n");
	pool_make("other");
	run("cp o1 a1");
	cr_assert_eq(sync_set(0, NULL), EINVAL);
	cr_assert_eq(differ("a1", "o1", 0, 10 << 20), 0);
}

Test(sync, a_replica_whose_device_lost_power_is_made_anew, .init = start, .fini = pools_end)
{
	/* a shutdown state that is dirty and of another count, under its own checksum: words 1, 0, 2, 0, 1, 0 ... */
	unsigned sds[16] = { 1, 0, 2, 0, 1 };
	unsigned lo = 0, hi = 0;

	for (int i = 0; i < 14; i++) {
		lo += sds[i];
		hi += lo;
	}
	sds[14] = lo;
	sds[15] = hi + lo + lo;
	int fd = open("b0", O_RDWR);
	cr_assert(pwrite(fd, sds, sizeof(sds), 4024) == sizeof(sds));
	patch("b1", 1 << 20, 0x5a, 100);
	cr_assert_eq(synced(0, NULL), 0);
	cr_assert_eq(r.acts_nr, 2);
	manage_close(&r);
	all_as_before();
	cr_assert_eq(differ("b0", "was/b0", 4024, 4088), 0);
	cr_assert(pwrite(fd, sds, sizeof(sds), 4024) == sizeof(sds)); /* the old file, not the pool's any more */
	close(fd);
	int both[2] = { open("a0", O_RDWR), open("b0", O_RDWR) };
	for (int i = 0; i < 2; i++)
		cr_assert(pwrite(both[i], sds, sizeof(sds), 4024) == sizeof(sds) && close(both[i]) == 0);
	cr_assert_eq(sync_set(0, NULL), EINVAL);
}

Test(sync, recovery_files_tell_what_is_lost, .init = start, .fini = pools_end)
{
	static const char *const files[] = { "set_r0_p0_badblocks.txt", "set_r0_p1_badblocks.txt", "set_r0_p2_badblocks.txt",
					     "set_r1_p0_badblocks.txt", "set_r1_p1_badblocks.txt" };

	patch("a1", 1 << 20, 0, 8192);
	patch("b0", 0, 0, HEADER);
	for (int i = 0; i < 5; i++)
		set_write(files[i], i == 1 ? "1048576 8192\n0 0\n" : i == 3 ? "0 512\n0 0\n" : "0 0\n");
	cr_assert_eq(sync_set(0, NULL), EINVAL);
	cr_assert_eq(sync_set(MANAGE_SYNC_BAD_BLOCKS, NULL), 0);
	all_as_before();
	cr_assert_not(any_left("badblocks"));
	/* empty ones are left by nobody's need */
	for (int i = 0; i < 5; i++)
		set_write(files[i], "0 0\n");
	cr_assert_eq(sync_set(MANAGE_SYNC_BAD_BLOCKS, NULL), 0);
	cr_assert_not(any_left("badblocks"));
	/* the same range lost everywhere: found out before anything is changed */
	set_write(files[0], "8388608 4096\n0 0\n");
	set_write(files[3], "8388608 4096\n0 0\n");
	for (int i = 0; i < 5; i++)
		if (i % 3)
			set_write(files[i], "0 0\n");
	cr_assert_eq(sync_set(MANAGE_SYNC_BAD_BLOCKS, NULL), EINVAL);
	cr_assert(any_left("badblocks"));
	run("rm *badblocks*");
	all_as_before();
}

/* Cut before each write: what was sound stays so, and another run finishes. */
Test(sync, cut_off_anywhere_another_run_finishes, .init = start, .fini = pools_end, .timeout = 300)
{
	uint64_t writes = 0;
	int errnum;

	do {
		struct manage_options o = { .before_write = cut, .ctx = &writes };

		patch("a1", 0, 0, HEADER);
		cr_assert(unlink("a0") == 0 && truncate("b1", 14 << 20) == 0);
		errnum = sync_set(0, &o);
		cr_assert(errnum == 0 || errnum == EINTR);
		cr_assert_eq(differ("a2", "was/a2", 0, 10 << 20), 0);
		cr_assert_eq(differ("b0", "was/b0", 0, 15 << 20), 0);
		cr_assert_eq(sync_set(0, NULL), 0);
		for (int i = 0; i < 5; i++)
			same_as_before(names[i]);
		cr_assert_not(any_left("pmempool-new"));
		run("rm -f *.pmempool-old*");
		writes++;
	} while (errnum);
	all_as_before();
	cr_assert(writes > 10, "%u", (unsigned)writes);
	fprintf(stderr, "%u writes\n", (unsigned)writes - 1);
}

static void start_single(void)
{
	pools_start();
	set_write("set", "PMEMPOOLSET\nOPTION SINGLEHDR\n15M @/a0\n15M @/a1\nREPLICA\n30M @/b0\n");
	pool_make("set");
}

Test(sync, a_part_without_a_header_is_judged_by_its_data, .init = start_single, .fini = pools_end)
{
	/* what a device gives that was changed for an empty one: the size is right, and no header is missing */
	cr_assert(truncate("a1", 0) == 0 && truncate("a1", 15 << 20) == 0);
	cr_assert_eq(synced(0, NULL), 0);
	cr_assert(r.acts_nr >= 1 && r.first->replica == 0, "%u", r.acts_nr);
	manage_close(&r);
	cr_assert(pool_good("set"));
}

Test(sync, a_dry_run_tries_what_the_run_needs, .init = start, .fini = pools_end)
{
	struct manage_options dry = { .dry_run = true };

	cr_assert(unlink("a1") == 0);
	int fd = open("b0", O_RDWR);
	cr_assert(flock(fd, LOCK_EX) == 0);
	cr_assert_eq(sync_set(0, &dry), EAGAIN);
	close(fd);
	run("chmod 755 . && chmod 666 set a? b?");
	cr_assert(geteuid() != 0 || setresuid(65534, 65534, 0) == 0);
	cr_assert_eq(sync_set(0, &dry), EACCES);
	cr_assert(getuid() != 65534 || setresuid(0, 0, 0) == 0);
	cr_assert_eq(sync_set(0, &dry), 0);
	set_write("set", "PMEMPOOLSET\n10M @/a0\n10M @/a1\n10M @/a0\nREPLICA\n15M @/b0\n15M @/b1\n");
	cr_assert_eq(sync_set(0, &dry), EINVAL);
	cr_assert_eq(size_of("a1"), -1);
}

static bool stop(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)done;
	(void)total;
	return strcmp(what, "copy") != 0;
}

Test(sync, leaves_nothing_when_it_is_asked_to_stop, .init = start, .fini = pools_end)
{
	struct manage_options o = { .progress = stop };

	cr_assert(unlink("a1") == 0);
	cr_assert_eq(sync_set(0, &o), EINTR);
	cr_assert_eq(size_of("a1"), -1);
	cr_assert_not(any_left("pmempool-"));
}
