/* Bad arguments and bad set files through the library's own entry points: the errno, and a message that names the place. */
#include "report/libpmempool/libpmempool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { M = 1 << 20, NOISE = 95 /* an errno that nobody sets */, NR = sizeof(struct pmempool_check_args) };
#define F PMEMPOOL_CHECK_FORMAT_STR
#define R PMEMPOOL_CHECK_REPAIR

static char dir[64];

static void run(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

static void file_make(const char *name, off_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0640);

	cr_assert(fd >= 0 && ftruncate(fd, size) == 0);
	close(fd);
}

/* A set file; each @ of text is the directory. */
static void set_write(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	for (; *text; text++)
		if (*text == '@')
			fputs(dir, f);
		else
			fputc(*text, f);
	fclose(f);
}

static void start(void)
{
	strcpy(dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/arguments.XXXXXX" : "/tmp/arguments.XXXXXX");
	cr_assert(mkdtemp(dir) && chdir(dir) == 0);
	run("pmempool create log -s 2M log");
}

static void end(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	run(command);
}

/* What the directory and all in it are, in one number. */
static char *listing(void)
{
	static char text[8192];
	FILE *f = popen("stat -c '%n %s %i %Y %Z %a' * 2>/dev/null; cat set to 2>/dev/null", "r");

	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	pclose(f);
	return text;
}

/* The errno of a call that failed, 0 of one that did not and left errno alone. */
static int outcome(bool failed)
{
	if (failed)
		cr_assert(*pmempool_errormsg(), "no message");
	else
		cr_assert_eq(errno, NOISE, "errno %d after success", errno);
	return failed ? errno : 0;
}

static int init(struct pmempool_check_args *args, size_t size)
{
	errno = NOISE;
	PMEMpoolcheck *ppc = pmempool_check_init(args, size);
	int errnum = outcome(ppc == NULL);

	if (ppc)
		pmempool_check_end(ppc);
	return errnum;
}

static int init_path(const char *path)
{
	struct pmempool_check_args args = { .path = path, .flags = F };

	return init(&args, NR);
}

Test(arguments, of_check_are_judged_before_the_pool_is, .init = start, .fini = end)
{
	static const struct {
		struct pmempool_check_args args;
		size_t size;
		const char *says; /* NULL: accepted */
	} rows[] = {
		{ { "log", NULL, 0, F }, NR, NULL },
		{ { "log", NULL, 0, F }, NR - 1, "args_size" },
		{ { "log", NULL, 0, F }, 0, "args_size" },
		{ { "log", NULL, 0, F }, 999999, NULL },
		{ { "none", NULL, 0, 0 }, NR, "FORMAT_STR" },
		{ { "none", NULL, 0, R }, NR, "FORMAT_STR" },
		{ { "none", NULL, 0, F | PMEMPOOL_CHECK_DRY_RUN }, NR, "need REPAIR" },
		{ { "none", NULL, 0, F | PMEMPOOL_CHECK_ADVANCED }, NR, "need REPAIR" },
		{ { "none", NULL, 0, F | PMEMPOOL_CHECK_ALWAYS_YES }, NR, "need REPAIR" },
		{ { "none", "backup", 0, F | R | PMEMPOOL_CHECK_DRY_RUN }, NR, "backup_path" },
		{ { "log", NULL, 0, F | R | PMEMPOOL_CHECK_DRY_RUN | PMEMPOOL_CHECK_ADVANCED }, NR, NULL },
		{ { "log", NULL, 0, F | 0xffffff00 }, NR, NULL }, /* unknown bits mean nothing */
		{ { NULL, NULL, 0, F }, NR, "path is NULL" },
		{ { "log", NULL, PMEMPOOL_POOL_TYPE_LOG, F }, NR, NULL },
		{ { "log", NULL, PMEMPOOL_POOL_TYPE_BLK, F }, NR, "log" },
		{ { "log", NULL, PMEMPOOL_POOL_TYPE_OBJ, F }, NR, "log" },
		{ { "log", NULL, PMEMPOOL_POOL_TYPE_RESERVED1, F }, NR, "pool_type 5" },
		{ { "log", NULL, (enum pmempool_pool_type)-1, F }, NR, "pool_type" },
	};
	char *was = strdup(listing());

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pmempool_check_args args = rows[i].args;

		cr_assert_eq(init(&args, rows[i].size), rows[i].says ? EINVAL : 0, "row %zu: %s", i, pmempool_errormsg());
		cr_assert(rows[i].says == NULL || strstr(pmempool_errormsg(), rows[i].says), "row %zu: %s", i, pmempool_errormsg());
	}
	cr_assert_eq(init(NULL, NR), EINVAL);
	cr_assert_str_eq(listing(), was);
	free(was);
}

Test(arguments, may_be_freed_after_init, .init = start, .fini = end)
{
	struct pmempool_check_args *args = calloc(1, sizeof(*args));
	char *path = strdup("log");

	*args = (struct pmempool_check_args){ .path = path, .flags = F };
	PMEMpoolcheck *ppc = pmempool_check_init(args, NR);
	cr_assert(ppc);
	memset(path, 'x', strlen(path));
	memset(args, 0xff, sizeof(*args));
	free(path);
	free(args);
	errno = NOISE;
	cr_assert_null(pmempool_check(ppc));
	cr_assert_null(pmempool_check(ppc));
	cr_assert_eq(pmempool_check_end(ppc), PMEMPOOL_CHECK_RESULT_CONSISTENT);
	cr_assert_eq(errno, NOISE);
}

Test(arguments, a_null_context_is_an_error_and_not_a_crash)
{
	errno = 0;
	cr_assert_null(pmempool_check(NULL));
	cr_assert_eq(errno, EINVAL);
	cr_assert_eq(pmempool_check_end(NULL), PMEMPOOL_CHECK_RESULT_ERROR);
}

Test(arguments, a_path_that_is_no_pool_has_its_errno_and_never_waits, .init = start, .fini = end, .timeout = 20)
{
	static const struct {
		const char *path;
		int check, rm, feature;
	} rows[] = {
		{ "none", ENOENT, ENOENT, ENOENT },	{ "dangling", ENOENT, -1, ENOENT },	{ "folder", EINVAL, EISDIR, EINVAL },
		{ "/dev/null", EINVAL, -1, EINVAL },	{ "empty", EINVAL, -1, EINVAL },	{ "tiny", EINVAL, -1, EINVAL },
		{ "fifo", EINVAL, -1, EINVAL },		{ "zeros", 0, -1, EINVAL },
	};

	cr_assert(symlink("nowhere", "dangling") == 0 && mkdir("folder", 0700) == 0 && mkfifo("fifo", 0600) == 0);
	file_make("empty", 0);
	file_make("tiny", 6);
	file_make("zeros", 8192);
	char *was = strdup(listing());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path = rows[i].path;

		cr_assert_eq(init_path(path), rows[i].check, "%s: %d %s", path, errno, pmempool_errormsg());
		errno = NOISE;
		cr_assert_eq(outcome(pmempool_feature_query(path, PMEMPOOL_FEAT_CKSUM_2K, 0) == -1), rows[i].feature, "%s: %s", path,
			     pmempool_errormsg());
		cr_assert(strstr(pmempool_errormsg(), path), "%s", pmempool_errormsg());
		errno = NOISE;
		cr_assert_eq(outcome(pmempool_feature_enable(path, PMEMPOOL_FEAT_CHECK_BAD_BLOCKS, 0) == -1), rows[i].feature);
		errno = NOISE;
		cr_assert_neq(outcome(pmempool_sync(path, 0) == -1), 0);
		cr_assert(strstr(pmempool_errormsg(), path), "%s", pmempool_errormsg());
		cr_assert_neq(outcome(pmempool_transform(path, "log", 0) == -1), 0);
		cr_assert_neq(outcome(pmempool_transform("log", path, 0) == -1), 0);
		if (rows[i].rm > 0) {
			errno = NOISE;
			cr_assert_eq(outcome(pmempool_rm(path, 0) == -1), rows[i].rm, "%s: %s", path, pmempool_errormsg());
		}
	}
	cr_assert_str_eq(listing(), was);
	free(was);
}

Test(arguments, of_the_other_calls, .init = start, .fini = end)
{
	static const struct {
		enum pmempool_feature feature;
		unsigned flags;
		const char *path, *says;
	} rows[] = {
		{ PMEMPOOL_FEAT_CKSUM_2K, 0, NULL, "NULL" },	     { PMEMPOOL_FEAT_CKSUM_2K, 1, "none", "flags 0x1" },
		{ (enum pmempool_feature)4, 0, "none", "feature 4" }, { (enum pmempool_feature)-1, 1, NULL, "feature -1" },
	};
	char *was = strdup(listing());

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int (*const calls[])(const char *, enum pmempool_feature, unsigned) = { pmempool_feature_query, pmempool_feature_enable,
											pmempool_feature_disable };
		for (int k = 0; k < 3; k++) {
			errno = 0;
			cr_assert_eq(outcome(calls[k](rows[i].path, rows[i].feature, rows[i].flags) == -1), EINVAL);
			cr_assert(strstr(pmempool_errormsg(), rows[i].says), "%s", pmempool_errormsg());
		}
	}
	for (int k = 0; k < 2; k++) { /* changed by transform only */
		errno = 0;
		cr_assert_eq(outcome((k ? pmempool_feature_enable : pmempool_feature_disable)("log", PMEMPOOL_FEAT_SINGLEHDR, 0) == -1),
			     EINVAL);
	}
	errno = 0;
	cr_assert_eq(outcome(pmempool_feature_disable("log", PMEMPOOL_FEAT_CKSUM_2K, 0) == -1), EINVAL);
	cr_assert(strstr(pmempool_errormsg(), "SHUTDOWN_STATE"), "%s", pmempool_errormsg());
	const unsigned rm_unknown[] = { 8, 0x80000000 }, sync_unknown[] = { 4, 0x80000000 }, transform_unknown[] = { 1, 4 };
	for (int k = 0; k < 2; k++) {
		errno = 0;
		cr_assert_eq(outcome(pmempool_rm("log", rm_unknown[k]) == -1), EINVAL);
		cr_assert_eq(outcome(pmempool_sync("log", sync_unknown[k]) == -1), EINVAL);
		cr_assert_eq(outcome(pmempool_transform("log", "log", transform_unknown[k]) == -1), EINVAL);
		cr_assert(strstr(pmempool_errormsg(), "flags"), "%s", pmempool_errormsg());
		cr_assert_eq(outcome(pmempool_rm(NULL, k ? PMEMPOOL_RM_FORCE : 0) == -1), EINVAL);
	}
	cr_assert_eq(outcome(pmempool_sync(NULL, 0) == -1), EINVAL);
	cr_assert_eq(outcome(pmempool_transform(NULL, "log", 0) == -1), EINVAL);
	cr_assert_eq(outcome(pmempool_transform("log", NULL, 0) == -1), EINVAL);
	cr_assert_str_eq(listing(), was);
	free(was);
}

/* Each entry point that takes a set file: the errno, and set:LINE: in the message. */
static void all_refuse(const char *text, int errnum, int line)
{
	char place[16];
	char *was = strdup(listing());
	int got[6];

	snprintf(place, sizeof(place), "set:%d:", line);
	for (int i = 0; i < 6; i++) {
		errno = 0;
		switch (i) {
		case 0: got[i] = init_path("set"); break;
		case 1: got[i] = outcome(pmempool_sync("set", PMEMPOOL_SYNC_DRY_RUN) == -1); break;
		case 2: got[i] = outcome(pmempool_transform("set", "to", 0) == -1); break;
		case 3: got[i] = outcome(pmempool_transform("to", "set", 0) == -1); break;
		case 4: got[i] = outcome(pmempool_feature_query("set", PMEMPOOL_FEAT_CKSUM_2K, 0) == -1); break;
		default: got[i] = outcome(pmempool_rm("set", PMEMPOOL_RM_FORCE | PMEMPOOL_RM_POOLSET_LOCAL) == -1); break;
		}
		cr_assert_eq(got[i], errnum, "call %d, '%s': %d %s", i, text, got[i], pmempool_errormsg());
		cr_assert(line == 0 || strstr(pmempool_errormsg(), place), "call %d, '%s': %s", i, text, pmempool_errormsg());
	}
	cr_assert_str_eq(listing(), was, "'%s'", text);
	free(was);
}

Test(arguments, a_set_file_that_does_not_parse_is_refused_by_line_everywhere, .init = start, .fini = end, .timeout = 120)
{
	static const struct {
		const char *text;
		int line;
	} rows[] = {
		{ "PMEMPOOLSET", 1 },			    { "PMEMPOOLSET \n8M @/a\n", 1 },
		{ "PMEMPOOLSETX\n8M @/a\n", 1 },	    { "PMEMPOOLSET\n", 2 },
		{ "PMEMPOOLSET\nREPLICA\n8M @/a\n", 2 },    { "PMEMPOOLSET\n8M @/a\nREPLICA\nREPLICA\n8M @/b\n", 4 },
		{ "PMEMPOOLSET\n8M @/a\nREPLICAX\n", 3 },   { "PMEMPOOLSET\n8M @/a\nREPLICA \n8M @/b\n", 3 },
		{ "PMEMPOOLSET\n8M @/a\nREPLICA h\n", 3 },  { "PMEMPOOLSET\n8M @/a\nREPLICA h /abs\n", 3 },
		{ "PMEMPOOLSET\n8M @/a\nREPLICA h a b\n", 3 }, { "PMEMPOOLSET\n8M @/a\nREPLICA # c\n8M @/b\n", 3 },
		{ "PMEMPOOLSET\n8M @/a\nREPLICA h x\n8M @/b\n", 4 }, { "PMEMPOOLSET\n8M\n", 2 },
		{ "PMEMPOOLSET\n8M @/a x\n", 2 },	    { "PMEMPOOLSET\n# c\n\n   \n8M @/a\n", 4 },
		{ "PMEMPOOLSET\nnonsense\n", 2 },	    { "PMEMPOOLSET\n8M a\n", 2 },
		{ "PMEMPOOLSET\n0 @/a\n", 2 },		    { "PMEMPOOLSET\n8X @/a\n", 2 },
		{ "PMEMPOOLSET\n8m @/a\n", 2 },		    { "PMEMPOOLSET\n8192k @/a\n", 2 },
		{ "PMEMPOOLSET\n8.5M @/a\n", 2 },	    { "PMEMPOOLSET\n0x800000 @/a\n", 2 },
		{ "PMEMPOOLSET\n-8M @/a\n", 2 },	    { "PMEMPOOLSET\n999999999999999999999 @/a\n", 2 },
		{ "PMEMPOOLSET\n99999999P @/a\n", 2 },	    { "PMEMPOOLSET\nAUTO @/log\n", 2 },
		{ "PMEMPOOLSET\n8M @/a\nOPTION\n", 3 },	    { "PMEMPOOLSET\n8M @/a\nOPTION FOO\n", 3 },
		{ "PMEMPOOLSET\nOPTION NOHDRS\n8M @/a\n", 0 }, { "PMEMPOOLSET\n8M @/log\n8M @/a\nREPLICA\n8M @/log\n", 5 },
		{ "PMEMPOOLSET\n8M @/a\nREPLICA\n8M @/a\n", 4 }, { "PMEMPOOLSET\n8M /dev/null\n", 2 },
		{ "PMEMPOOLSET\n8M @/fifo\n", 2 },
	};

	cr_assert(mkfifo("fifo", 0600) == 0);
	set_write("to", "PMEMPOOLSET\n8M @/c\nREPLICA\n8M @/d\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_write("set", rows[i].text);
		all_refuse(rows[i].text, EINVAL, rows[i].line);
	}
}

Test(arguments, a_set_of_directories_without_part_files_is_no_crash, .init = start, .fini = end)
{
	cr_assert(mkdir("d", 0700) == 0 && mkdir("e", 0700) == 0);
	set_write("set", "PMEMPOOLSET\nOPTION SINGLEHDR\n16M @/d\nREPLICA\n16M @/e\n");
	set_write("to", "PMEMPOOLSET\nOPTION SINGLEHDR\n16M @/d\n");
	cr_assert_eq(init_path("set"), ENOENT);
	cr_assert(strstr(pmempool_errormsg(), "no part files"), "%s", pmempool_errormsg());
	errno = 0;
	cr_assert_eq(outcome(pmempool_feature_query("set", PMEMPOOL_FEAT_CKSUM_2K, 0) == -1), ENOENT);
	cr_assert_neq(outcome(pmempool_sync("set", 0) == -1), 0);
	cr_assert_eq(outcome(pmempool_transform("set", "to", 0) == -1), ENOENT);
	cr_assert(rmdir("d") == 0 && rmdir("e") == 0, "something was made in it");
}

Test(arguments, a_set_file_of_another_shape_says_so, .init = start, .fini = end)
{
	struct pmempool_check_args args = { .path = "set", .flags = F };
	bool named = false;

	set_write("set", "PMEMPOOLSET\n8M @/a\n8M @/b\n");
	run("pmempool create obj set");
	set_write("set", "PMEMPOOLSET\nOPTION SINGLEHDR\n8M @/a\n8M @/b\n");
	PMEMpoolcheck *ppc = pmempool_check_init(&args, NR);
	cr_assert(ppc);
	for (struct pmempool_check_status *s; (s = pmempool_check(ppc)) != NULL;)
		named |= s->type == PMEMPOOL_CHECK_MSG_TYPE_ERROR && strstr(s->str.msg, "SINGLEHDR") != NULL;
	cr_assert_eq(pmempool_check_end(ppc), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert(named, "no status names the option");
}

static void *other_thread(void *says)
{
	*(bool *)says = *pmempool_errormsg() == '\0';
	cr_assert_eq(pmempool_sync("none", 0), -1);
	return NULL;
}

Test(arguments, the_message_is_the_threads_own_and_stays, .init = start, .fini = end)
{
	char kept[1024];
	bool empty = false;
	pthread_t t;

	cr_assert_str_eq(pmempool_errormsg(), "");
	cr_assert_eq(pmempool_rm("missing", 0), -1);
	snprintf(kept, sizeof(kept), "%s", pmempool_errormsg());
	cr_assert(strstr(kept, "missing"));
	cr_assert(pthread_create(&t, NULL, other_thread, &empty) == 0 && pthread_join(t, NULL) == 0);
	cr_assert(empty);
	cr_assert_eq(init_path("log"), 0);
	cr_assert_str_eq(pmempool_errormsg(), kept);
	errno = NOISE;
	cr_assert_null(pmempool_check_version(1, 0));
	cr_assert_null(pmempool_check_version(1, 3));
	cr_assert(strstr(pmempool_check_version(1, 4), "1.3") && pmempool_check_version(0, 0) && pmempool_check_version(2, 0));
	cr_assert_eq(errno, NOISE);
	cr_assert(strstr(pmempool_errormsg(), "2.0"));
}

Test(arguments, two_contexts_in_one_process_do_not_share_a_pool, .init = start, .fini = end)
{
	struct pmempool_check_args args = { .path = "log", .flags = F };
	PMEMpoolcheck *first = pmempool_check_init(&args, NR);

	cr_assert(first);
	cr_assert_eq(init_path("log"), EAGAIN);
	errno = 0;
	cr_assert_eq(outcome(pmempool_rm("log", 0) == -1), EAGAIN);
	cr_assert_eq(outcome(pmempool_feature_query("log", PMEMPOOL_FEAT_CKSUM_2K, 0) == -1), EAGAIN);
	cr_assert_eq(pmempool_check_end(first), PMEMPOOL_CHECK_RESULT_CONSISTENT);
	cr_assert_eq(init_path("log"), 0);
	errno = NOISE;
	cr_assert_eq(outcome(pmempool_rm("log", 0) == -1), 0);
}

Test(arguments, reading_needs_no_leave_to_write, .init = start, .fini = end)
{
	cr_assert(chmod(dir, 0755) == 0 && chmod("log", 0444) == 0);
	if (geteuid() == 0)
		cr_assert(seteuid(65534) == 0);
	cr_assert(open("log", O_RDWR) < 0);
	cr_assert_eq(init_path("log"), 0);
	struct pmempool_check_args dry = { .path = "log", .flags = F | R | PMEMPOOL_CHECK_DRY_RUN };
	cr_assert_eq(init(&dry, NR), 0);
	errno = NOISE;
	cr_assert_eq(pmempool_feature_query("log", PMEMPOOL_FEAT_CKSUM_2K, 0), 1);
	struct pmempool_check_args repair = { .path = "log", .flags = F | R };
	cr_assert_eq(init(&repair, NR), EACCES);
	cr_assert_eq(outcome(pmempool_feature_enable("log", PMEMPOOL_FEAT_CHECK_BAD_BLOCKS, 0) == -1), EACCES);
	if (getuid() == 0)
		cr_assert(seteuid(0) == 0);
}
