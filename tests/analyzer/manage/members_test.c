#include "analyzer/manage/members.h"

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
static struct arena *arena;
static struct members m;
static struct manage_error error;

static void start(void)
{
	strcpy(dir, "/tmp/members.XXXXXX");
	cr_assert(mkdtemp(dir) && chdir(dir) == 0);
	arena = arena_open(16 << 20);
	error = (struct manage_error){ 0 };
}

static void end(void)
{
	char command[96];

	arena_close(arena);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert(system(command) == 0);
}

/* A set file; each @ of text is the directory. */
static void set_write(const char *text)
{
	FILE *f = fopen("set", "w");

	for (; *text; text++)
		if (*text == '@')
			fputs(dir, f);
		else
			fputc(*text, f);
	fclose(f);
}

static void file_make(const char *name, off_t size)
{
	int fd = open(name, O_RDWR | O_CREAT, 0640);

	cr_assert(fd >= 0 && ftruncate(fd, size) == 0);
	close(fd);
}

static int read_errno(const char *path, unsigned flags)
{
	error = (struct manage_error){ 0 };
	bool ok = members_read(&m, arena, path, flags, &error);

	cr_assert_eq(ok, error.errnum == 0);
	cr_assert_eq(ok, error.text[0] == '\0');
	return error.errnum;
}

Test(members, reads_what_a_set_file_names, .init = start, .fini = end)
{
	file_make("a", 8 << 20);
	set_write("PMEMPOOLSET\nOPTION SINGLEHDR\n8M @/a\n10M @/b\nREPLICA\n20M @/c\n");
	cr_assert_eq(read_errno("set", MEMBERS_SET_ONLY), 0);
	cr_assert(m.singlehdr && m.replicas == 2 && m.nr == 3 && members_parts(&m, 0) == 2);
	cr_assert_eq(m.list[0].mode, 0640);
	cr_assert_eq(m.list[1].errnum, ENOENT);
	cr_assert_eq(members_at(&m, 1, 0)->declared, 20 << 20);
	cr_assert_not(members_whole(&m, &error));
	cr_assert_eq(error.errnum, ENOENT);
	cr_assert(strstr(error.text, "set:4: replica 0 part 1: "), "%s", error.text);
}

Test(members, names_the_line_that_is_wrong, .init = start, .fini = end)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "PMEMPOOLSET \n", "set:1: " }, { "PMEMPOOLSET\n", "set:2: " },
		{ "PMEMPOOLSET\nREPLICA\n", "set:2: " }, { "PMEMPOOLSET\n8M @/a\nREPLICA\nREPLICA\n", "set:4: " },
		{ "PMEMPOOLSET\n8M @/a\n\n8M x\n", "set:4: " }, { "PMEMPOOLSET\n8M @/a b\n", "set:2: " },
		{ "PMEMPOOLSET\n8m @/a\n", "set:2: " }, { "PMEMPOOLSET\n8M @/a\nOPTION FOO\n", "set:3: " },
		{ "PMEMPOOLSET\n-8M @/a\n", "set:2: " }, { "PMEMPOOLSET\nAUTO @/set\n", "set:2: " },
		{ "PMEMPOOLSET\nOPTION NOHDRS\n8M @/a\n", "NOHDRS" }, { "PMEMPOOLSET\n8M @/set\n", "set:2: " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_write(rows[i].text);
		cr_assert_eq(read_errno("set", 0), EINVAL, "%s", rows[i].text);
		cr_assert(strstr(error.text, rows[i].says), "%s: %s", rows[i].text, error.text);
	}
}

Test(members, refuses_one_file_named_twice_before_anything_is_opened, .init = start, .fini = end)
{
	file_make("a", 8 << 20);
	cr_assert(symlink("a", "b") == 0 && link("a", "c") == 0);
	set_write("PMEMPOOLSET\n8M @/a\nREPLICA\n8M @/b\n");
	cr_assert_eq(read_errno("set", 0), EINVAL);
	cr_assert(strstr(error.text, "set:4: ") && strstr(error.text, "replica 0 part 0"), "%s", error.text);
	set_write("PMEMPOOLSET\n8M @/c\n8M @/a\n");
	cr_assert_eq(read_errno("set", 0), EINVAL);
	set_write("PMEMPOOLSET\n8M @/missing\nREPLICA\n8M @/missing\n");
	cr_assert_eq(read_errno("set", 0), EINVAL);
}

Test(members, never_waits_for_a_fifo, .init = start, .fini = end)
{
	cr_assert(mkfifo("f", 0600) == 0);
	set_write("PMEMPOOLSET\n8M @/f\n");
	cr_assert_eq(read_errno("f", 0), EINVAL);
	cr_assert_eq(read_errno("set", 0), EINVAL);
	cr_assert_eq(read_errno(dir, 0), EISDIR);
	cr_assert_eq(read_errno("/dev/null", 0), EINVAL);
	cr_assert_eq(read_errno("missing", 0), ENOENT);
	cr_assert_eq(read_errno(NULL, 0), EINVAL);
	file_make("a", 100);
	cr_assert_eq(read_errno("a", MEMBERS_SET_ONLY), EINVAL);
}

Test(members, a_locked_part_is_eagain_and_leaves_no_lock, .init = start, .fini = end)
{
	int other;

	file_make("a", 8 << 20);
	file_make("b", 8 << 20);
	set_write("PMEMPOOLSET\n8M @/a\n8M @/b\n");
	other = open("b", O_RDWR);
	cr_assert(flock(other, LOCK_EX | LOCK_NB) == 0);
	cr_assert_eq(read_errno("set", 0), 0);
	cr_assert_not(members_open(&m, false, true, &error));
	cr_assert_eq(error.errnum, EAGAIN);
	cr_assert(strstr(error.text, "set:3: replica 0 part 1: "), "%s", error.text);
	close(other);
	cr_assert_eq(read_errno("set", MEMBERS_LOCK_SET), 0);
	cr_assert(members_open(&m, true, true, &error));
	other = open("a", O_RDWR);
	cr_assert(flock(other, LOCK_EX | LOCK_NB) != 0);
	struct members second;
	cr_assert_not(members_read(&second, arena, "set", MEMBERS_LOCK_SET, &error));
	cr_assert_eq(error.errnum, EAGAIN);
	members_close(&m);
	cr_assert(flock(other, LOCK_EX | LOCK_NB) == 0);
	close(other);
}

Test(members, takes_the_numbered_files_of_directories, .init = start, .fini = end)
{
	cr_assert(mkdir("d", 0700) == 0 && mkdir("e", 0700) == 0);
	set_write("PMEMPOOLSET\nOPTION SINGLEHDR\n1G @/d\n1G @/e\n");
	cr_assert_eq(read_errno("set", 0), ENOENT);
	cr_assert(strstr(error.text, "no part files"), "%s", error.text);
	file_make("d/000000.pmem", 8 << 20);
	file_make("d/000002.pmem", 8 << 20);
	file_make("d/other", 8 << 20);
	cr_assert_eq(read_errno("set", 0), 0);
	cr_assert(m.directories && m.nr == 3);
	cr_assert_eq(m.list[1].errnum, ENOENT);
	cr_assert(strstr(m.list[1].path, "/e/000001.pmem"), "%s", m.list[1].path);
	file_make("a", 8 << 20);
	set_write("PMEMPOOLSET\n1G @/d\n8M @/a\n");
	cr_assert_eq(read_errno("set", 0), EINVAL);
	set_write("PMEMPOOLSET\n1G @/d\n1G @/d\n");
	cr_assert_eq(read_errno("set", 0), EEXIST);
}
