#include "analyzer/manage/manage.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void file_make(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT, 0600);

	cr_assert(fd >= 0 && ftruncate(fd, 2 << 20) == 0);
	close(fd);
}

static void set_write(const char *end)
{
	FILE *f = fopen("set", "w");

	fprintf(f, "PMEMPOOLSET\n2M %s/a\nREPLICA\n2M %s/b\n%s", dir, dir, end);
	fclose(f);
}

static void start(void)
{
	strcpy(dir, "/tmp/rm.XXXXXX");
	cr_assert(mkdtemp(dir) && chdir(dir) == 0);
	file_make("a");
	file_make("b");
	set_write("");
}

static void end(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(system(command) == 0);
}

static int rm(const char *path, unsigned flags, bool dry_run)
{
	struct manage_options o = { .dry_run = dry_run };
	struct manage_result r;
	int errnum = manage_rm(path, flags, &o, &r) ? 0 : r.error.errnum;

	cr_assert_eq(errnum != 0, r.error.text[0] != '\0');
	manage_close(&r);
	return errnum;
}

static bool there(const char *path)
{
	return access(path, F_OK) == 0;
}

Test(rm, removes_the_parts_and_if_asked_the_set_file, .init = start, .fini = end)
{
	cr_assert_eq(rm("set", MANAGE_RM_SET_FILE, true), 0);
	cr_assert(there("a") && there("b") && there("set"));
	cr_assert_eq(rm("set", 0, false), 0);
	cr_assert(!there("a") && !there("b") && there("set"));
	cr_assert_eq(rm("set", 0, false), ENOENT);
	cr_assert_eq(rm("set", MANAGE_RM_SET_FILE | MANAGE_RM_FORCE, false), 0);
	cr_assert(!there("set"));
	file_make("a");
	cr_assert_eq(rm("a", 0, false), 0);
	cr_assert_eq(rm("a", 0, false), ENOENT);
	cr_assert_eq(rm("a", MANAGE_RM_FORCE, false), 0);
	cr_assert_eq(rm(dir, MANAGE_RM_FORCE, false), EISDIR);
	cr_assert_eq(rm(NULL, MANAGE_RM_FORCE, false), EINVAL);
}

Test(rm, is_all_or_nothing, .init = start, .fini = end)
{
	cr_assert(unlink("b") == 0);
	cr_assert_eq(rm("set", MANAGE_RM_SET_FILE, false), ENOENT);
	cr_assert(there("a") && there("set"));
	set_write("OPTION FOO\n");
	cr_assert_eq(rm("set", MANAGE_RM_FORCE, false), EINVAL);
	set_write("REPLICA host x\n");
	cr_assert_eq(rm("set", MANAGE_RM_FORCE, false), ENOTSUP);
	cr_assert(there("a"));
}

Test(rm, leaves_what_is_in_use, .init = start, .fini = end)
{
	int fd = open("b", O_RDWR);

	cr_assert(flock(fd, LOCK_EX) == 0);
	cr_assert_eq(rm("set", 0, false), EAGAIN);
	cr_assert(there("a") && there("b"));
	cr_assert_eq(rm("set", MANAGE_RM_FORCE | MANAGE_RM_SET_FILE, false), 0);
	cr_assert(!there("a") && there("b") && there("set"));
	close(fd);
}

Test(rm, removes_a_link_and_not_what_it_names, .init = start, .fini = end)
{
	cr_assert(symlink("a", "link") == 0);
	cr_assert_eq(rm("link", 0, false), 0);
	cr_assert(there("a") && !there("link"));
}
