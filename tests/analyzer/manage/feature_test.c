#include "analyzer/manage/manage.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <libpmemlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { PARTS = 3, HEADER = 4096, PART_LEN = 4 << 20 };

static char dir[64];
static const char *const parts[PARTS] = { "a", "b", "c" };

static void start(void)
{
	FILE *f;

	strcpy(dir, "/tmp/feature.XXXXXX");
	cr_assert(mkdtemp(dir) && chdir(dir) == 0);
	f = fopen("set", "w");
	fprintf(f, "PMEMPOOLSET\n");
	for (int i = 0; i < PARTS; i++)
		fprintf(f, "4M %s/%s\n", dir, parts[i]);
	fclose(f);
	PMEMlogpool *log = pmemlog_create("set", 0, 0600);
	cr_assert(log, "%s", pmemlog_errormsg());
	pmemlog_close(log);
}

static void end(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(system(command) == 0);
}

static bool opens(void)
{
	PMEMlogpool *log = pmemlog_open("set");

	if (log)
		pmemlog_close(log);
	return log != NULL;
}

static void headers(unsigned char all[PARTS][HEADER])
{
	for (int i = 0; i < PARTS; i++) {
		int fd = open(parts[i], O_RDONLY);

		cr_assert(pread(fd, all[i], HEADER, 0) == HEADER);
		close(fd);
	}
}

static int query(enum manage_feature f)
{
	struct manage_result r;
	int value = manage_feature_query("set", f, &r) ? r.value : -1;

	manage_close(&r);
	return value;
}

static int set(enum manage_feature f, bool on, const struct manage_options *o)
{
	static const struct manage_options none;
	struct manage_result r;
	int errnum = manage_feature_set("set", f, on, o ? o : &none, &r) ? 0 : r.error.errnum;

	cr_assert_eq(errnum != 0, r.error.text[0] != '\0');
	manage_close(&r);
	return errnum;
}

Test(feature, changes_all_headers_and_the_library_opens_them, .init = start, .fini = end)
{
	cr_assert_eq(query(MANAGE_SHUTDOWN_STATE), 1);
	cr_assert_eq(query(MANAGE_SINGLEHDR), 0);
	cr_assert_eq(set(MANAGE_CKSUM_2K, false, NULL), EINVAL);
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, NULL), 0);
	cr_assert_eq(query(MANAGE_SHUTDOWN_STATE), 0);
	cr_assert(opens());
	cr_assert_eq(set(MANAGE_CKSUM_2K, false, NULL), 0);
	cr_assert(opens());
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, true, NULL), EINVAL);
	cr_assert_eq(set(MANAGE_CKSUM_2K, true, NULL), 0);
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, true, NULL), 0);
	cr_assert(opens());
	cr_assert_eq(set(MANAGE_CHECK_BAD_BLOCKS, query(MANAGE_CHECK_BAD_BLOCKS) == 0, NULL), 0);
	cr_assert(opens());
	cr_assert(access("set.pmempool-journal", F_OK) != 0);
	cr_assert_eq(set(MANAGE_SINGLEHDR, true, NULL), EINVAL);
	cr_assert_eq(set(MANAGE_FEATURES, true, NULL), EINVAL);
}

static bool cut(void *ctx, uint64_t nr)
{
	return nr < *(uint64_t *)ctx;
}

Test(feature, cut_off_anywhere_it_is_the_old_state_or_the_new_after_the_next_run, .init = start, .fini = end)
{
	unsigned char was[PARTS][HEADER], is[PARTS][HEADER];

	for (uint64_t writes = 0; writes < PARTS; writes++) {
		struct manage_options o = { .before_write = cut, .ctx = &writes };

		headers(was);
		cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, &o), EINTR);
		cr_assert(access("set.pmempool-journal", F_OK) == 0);
		struct manage_options dry = { .dry_run = true };
		cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, &dry), EINVAL);
		/* the next run of any change takes it back first: this one has nothing to do */
		cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, true, NULL), 0);
		headers(is);
		cr_assert(memcmp(was, is, sizeof(is)) == 0);
		cr_assert(access("set.pmempool-journal", F_OK) != 0);
		cr_assert(opens());
	}
}

static void patch(const char *name, off_t at, int value)
{
	unsigned char byte = (unsigned char)value;
	int fd = open(name, O_RDWR);

	cr_assert(pwrite(fd, &byte, 1, at) == 1);
	close(fd);
}

Test(feature, blesses_no_damaged_header, .init = start, .fini = end)
{
	unsigned char was[PARTS][HEADER], is[PARTS][HEADER];

	patch("b", 150, 1);
	headers(was);
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, NULL), EINVAL);
	cr_assert_eq(query(MANAGE_SHUTDOWN_STATE), -1);
	headers(is);
	cr_assert(memcmp(was, is, sizeof(is)) == 0);
}

Test(feature, refuses_instead_of_aborting, .init = start, .fini = end)
{
	int fd = open("b", O_RDWR);
	struct manage_options dry = { .dry_run = true };
	unsigned char was[PARTS][HEADER], is[PARTS][HEADER];

	headers(was);
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, &dry), 0);
	headers(is);
	cr_assert(memcmp(was, is, sizeof(is)) == 0);
	cr_assert(flock(fd, LOCK_EX) == 0);
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, NULL), EAGAIN);
	flock(fd, LOCK_UN);
	cr_assert(ftruncate(fd, PART_LEN + 4096) == 0);
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, NULL), EINVAL);
	cr_assert(unlink("b") == 0);
	cr_assert_eq(set(MANAGE_SHUTDOWN_STATE, false, NULL), ENOENT);
	close(fd);
}
