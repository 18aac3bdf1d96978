/* The writer alone, on files made here: it is cut off before every one of its writes. */
#include "analyzer/repair/apply.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 65536, EDITS = 6 };

struct lab {
	struct arena *arena;
	char dir[64], file[2][96], journal[96];
	uint8_t before[2][SIZE], after[2][SIZE];
	struct plan_target targets[2];
	struct plan_edit edits[EDITS];
	struct plan_file plan;
};

static void put(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *f = fopen(path, "we");

	cr_assert_not_null(f);
	cr_assert_eq(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static bool holds(const char *path, const uint8_t *bytes)
{
	static uint8_t is[SIZE + 1];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(is, 1, sizeof(is), f) : 0;

	if (f)
		fclose(f);
	return n == SIZE && memcmp(is, bytes, SIZE) == 0;
}

static void fresh(struct lab *l)
{
	for (int i = 0; i < 2; i++)
		put(l->file[i], l->before[i], SIZE);
	unlink(l->journal);
}

static struct lab *lab_open(void)
{
	struct lab *l = calloc(1, sizeof(*l));
	static const uint64_t at[EDITS] = { 0, 4096, 8190, 65000, 12, 30000 }, len[EDITS] = { 8, 64, 10, 536, 1, 4000 };

	l->arena = arena_open((size_t)32 << 20);
	strcpy(l->dir, "/tmp/apply_test.XXXXXX");
	cr_assert_not_null(mkdtemp(l->dir));
	snprintf(l->journal, sizeof(l->journal), "%s/journal", l->dir);
	for (int i = 0; i < 2; i++) {
		snprintf(l->file[i], sizeof(l->file[i]), "%s/part%d", l->dir, i);
		for (int k = 0; k < SIZE; k++)
			l->before[i][k] = (uint8_t)(k * 7 + i);
		memcpy(l->after[i], l->before[i], SIZE);
		l->targets[i] = (struct plan_target){ .label = i ? "replica[0].part[1]" : "replica[0].part[0]",
						      .path = l->file[i], .size = SIZE, .plain = true };
	}
	for (int i = 0; i < EDITS; i++) {
		uint8_t *now = arena_alloc(l->arena, (size_t)len[i]);

		for (uint64_t k = 0; k < len[i]; k++)
			now[k] = (uint8_t)~l->before[i % 2][at[i] + k];
		l->edits[i] = (struct plan_edit){ .target = (uint32_t)i % 2, .step = 1, .at = at[i], .len = len[i],
						  .was = l->before[i % 2] + at[i], .now = now, .why = "because" };
		memcpy(l->after[i % 2] + at[i], now, (size_t)len[i]);
	}
	l->plan = (struct plan_file){ .kind = "plan", .format = "pmemlog", .pool = "", .pool_after = "", .targets = l->targets,
				      .targets_nr = 2, .edits = l->edits, .edits_nr = EDITS, .steps = json_array() };
	fresh(l);
	return l;
}

static void lab_close(struct lab *l)
{
	for (int i = 0; i < 2; i++)
		unlink(l->file[i]);
	unlink(l->journal);
	cr_assert_eq(rmdir(l->dir), 0, "something else was left in %s", l->dir);
	json_decref(l->plan.steps);
	arena_close(l->arena);
	free(l);
}

static bool stop_before(void *ctx, uint64_t nr)
{
	return nr < *(uint64_t *)ctx;
}

static enum status apply(struct lab *l, const struct plan_file *p, uint64_t writes, const char *journal,
			 struct problem *problem)
{
	struct apply_options o = { .journal = journal, .before_write = stop_before, .ctx = &writes };
	struct apply_done done;

	(void)l;
	*problem = (struct problem){ STATUS_OK, "" };
	return apply_plan(p, &o, &done, problem);
}

static const struct plan_file *journal_of(struct lab *l)
{
	struct problem p = { STATUS_OK, "" };
	struct plan_file *j;

	cr_assert_eq(plan_file_read(l->arena, l->journal, &j, &p), STATUS_OK, "%s", p.text);
	cr_assert_str_eq(j->kind, "journal");
	return j;
}

Test(apply, cut_off_before_any_write_it_goes_on_or_back)
{
	struct lab *l = lab_open();
	struct problem p;

	for (uint64_t cut = 0; cut < EDITS; cut++) {
		fresh(l);
		cr_assert_eq(apply(l, &l->plan, cut, l->journal, &p), STATUS_INTERRUPTED);
		cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_OK, "cut %d: %s", (int)cut, p.text);
		cr_assert(holds(l->file[0], l->after[0]) && holds(l->file[1], l->after[1]));

		fresh(l);
		cr_assert_eq(apply(l, &l->plan, cut, l->journal, &p), STATUS_INTERRUPTED);
		const struct plan_file *j = journal_of(l);
		for (uint64_t again = 0; again <= cut; again++) /* the way back is cut off, too */
			apply(l, j, again, NULL, &p);
		cr_assert_eq(apply(l, j, EDITS, NULL, &p), STATUS_OK, "%s", p.text);
		cr_assert(holds(l->file[0], l->before[0]) && holds(l->file[1], l->before[1]));
		plan_file_close((struct plan_file *)(uintptr_t)j);
	}
	lab_close(l);
}

static uint64_t length_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

Test(apply, a_file_that_becomes_longer_goes_on_or_back_too)
{
	enum { MORE = 1000 };
	static uint8_t zeros[MORE], text[MORE];
	struct lab *l = lab_open();
	struct problem p;

	memset(text, 'x', sizeof(text));
	l->edits[0] = (struct plan_edit){ .target = 0, .step = 1, .at = SIZE, .len = MORE, .was = zeros, .now = text, .why = "because" };
	l->targets[0].grows = MORE;
	for (uint64_t cut = 0; cut < EDITS; cut++) {
		fresh(l);
		cr_assert_eq(apply(l, &l->plan, cut, l->journal, &p), STATUS_INTERRUPTED);
		cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_OK, "cut %d: %s", (int)cut, p.text);
		cr_assert_eq(length_of(l->file[0]), SIZE + MORE);
		cr_assert(holds(l->file[1], l->after[1]));

		const struct plan_file *j = journal_of(l);
		cr_assert_eq(j->targets[0].grows, -MORE);
		cr_assert_eq(apply(l, j, cut, NULL, &p), STATUS_INTERRUPTED);
		for (int again = 0; again < 2; again++) /* it is as short again the second time */
			cr_assert_eq(apply(l, j, EDITS, NULL, &p), STATUS_OK, "%s", p.text);
		cr_assert(holds(l->file[0], l->before[0]) && holds(l->file[1], l->before[1]));
		plan_file_close((struct plan_file *)(uintptr_t)j);
	}
	/* what stands behind its end by now is another's */
	put(l->file[0], l->before[0], SIZE);
	FILE *f = fopen(l->file[0], "ae");
	cr_assert(f && fwrite(l->before[1], 1, MORE, f) == MORE && fclose(f) == 0);
	unlink(l->journal);
	cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_USAGE);
	cr_assert(strstr(p.text, "0x10000"), "%s", p.text);
	lab_close(l);
}

Test(apply, a_write_cut_in_its_middle_is_still_its_own)
{
	struct lab *l = lab_open();
	struct problem p;
	int fd = open(l->file[1], O_WRONLY | O_CLOEXEC);

	/* half of the largest edit is there */
	cr_assert_eq(pwrite(fd, l->edits[5].now, 2000, (off_t)l->edits[5].at), 2000);
	close(fd);
	cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_OK, "%s", p.text);
	cr_assert(holds(l->file[1], l->after[1]));
	lab_close(l);
}

Test(apply, one_foreign_byte_and_nothing_is_written)
{
	struct lab *l = lab_open();
	struct problem p;
	uint8_t odd = (uint8_t)(l->before[1][65100] + 1);
	int fd = open(l->file[1], O_WRONLY | O_CLOEXEC);

	cr_assert_eq(pwrite(fd, &odd, 1, 65100), 1);
	close(fd);
	l->before[1][65100] = odd;
	l->edits[3].was = arena_alloc(l->arena, 536);
	memcpy((void *)(uintptr_t)l->edits[3].was, l->before[1] + 65000, 536);
	((uint8_t *)(uintptr_t)l->edits[3].was)[100] = (uint8_t)(odd - 1);
	/* the new byte is not it either */
	cr_assert_neq(l->edits[3].now[100], odd);
	cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_USAGE);
	cr_assert(strstr(p.text, "0xfde8"), "%s", p.text);
	cr_assert(holds(l->file[0], l->before[0]) && holds(l->file[1], l->before[1]));
	cr_assert_eq(access(l->journal, F_OK), -1, "there is a journal of nothing");
	lab_close(l);
}

Test(apply, refuses_what_is_in_use_or_of_another_length)
{
	struct lab *l = lab_open();
	struct problem p;
	int fd = open(l->file[0], O_RDWR | O_CLOEXEC);

	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_USAGE);
	cr_assert(strstr(p.text, "running program"), "%s", p.text);
	close(fd);
	cr_assert_eq(truncate(l->file[1], SIZE + 4096), 0);
	cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_USAGE);
	cr_assert(strstr(p.text, "69632"), "%s", p.text);
	cr_assert_eq(truncate(l->file[1], SIZE), 0);
	cr_assert(holds(l->file[0], l->before[0]) && holds(l->file[1], l->before[1]));
	lab_close(l);
}

/* Runs use in another process until it is told to end; waits until it is under way. */
static pid_t other_process(const char *path, bool (*use)(int fd), int end[2])
{
	int begun[2];
	char c;

	cr_assert(pipe(begun) == 0 && pipe(end) == 0);
	pid_t pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		close(end[1]);
		if (fd >= 0 && use(fd) && write(begun[1], "", 1) == 1)
			(void)!read(end[0], &c, 1);
		_exit(0);
	}
	close(begun[1]);
	cr_assert_eq(read(begun[0], &c, 1), 1);
	close(begun[0]);
	close(end[0]);
	return pid;
}

static bool use_mapping(int fd)
{
	bool ok = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED;

	close(fd);
	return ok;
}

static bool use_range_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 100, .l_len = 1 };

	return fcntl(fd, F_SETLK, &lock) == 0;
}

Test(apply, refuses_what_another_process_has_mapped_or_locked_in_part)
{
	static const struct {
		bool (*use)(int fd);
		const char *reason;
	} uses[] = { { use_mapping, "has it mapped" }, { use_range_lock, "holds a lock on a range of it" } };
	struct lab *l = lab_open();
	struct problem p;
	char pid_text[32];

	for (size_t i = 0; i < 2; i++) {
		int end[2];
		pid_t pid = other_process(l->file[1], uses[i].use, end);

		cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_USAGE);
		cr_assert(strstr(p.text, uses[i].reason) && strstr(p.text, l->file[1]), "%s", p.text);
		snprintf(pid_text, sizeof(pid_text), "process %d, ", (int)pid);
		cr_assert(i || strstr(p.text, pid_text), "%s", p.text);
		cr_assert(holds(l->file[0], l->before[0]) && holds(l->file[1], l->before[1]));
		close(end[1]);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
	}
	cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_OK, "%s", p.text);
	lab_close(l);
}

Test(apply, keeps_another_plans_journal)
{
	struct lab *l = lab_open();
	struct problem p;

	put(l->journal, (const uint8_t *)"{}", 2);
	cr_assert_eq(apply(l, &l->plan, EDITS, l->journal, &p), STATUS_USAGE);
	cr_assert(holds(l->file[0], l->before[0]));
	lab_close(l);
}

Test(plan_file, what_is_no_plan_is_refused)
{
	static const char *const bad[] = {
		"", "[]", "{\"kind\":\"plan\"}", "{\"kind\":1}",
		"{\"kind\":\"plan\",\"plan_version\":1,\"format\":\"x\",\"poolset_uuid\":\"\",\"poolset_uuid_after\":\"\",\"targets\":[{\"label\":\"a\",\"path\":\"b\","
		"\"size\":4}],\"steps\":[],\"edits\":[{\"step\":1,\"target\":\"a\",\"offset\":2,\"was\":\"000000\",\"now\":\"010101\","
		"\"why\":\"\"}]}",
		"{\"kind\":\"plan\",\"plan_version\":1,\"format\":\"x\",\"poolset_uuid\":\"\",\"poolset_uuid_after\":\"\",\"targets\":[{\"label\":\"a\",\"path\":\"b\","
		"\"size\":4}],\"steps\":[],\"edits\":[{\"step\":1,\"target\":\"a\",\"offset\":9223372036854775807,\"was\":\"00\","
		"\"now\":\"01\",\"why\":\"\"}]}",
	};
	struct lab *l = lab_open();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct problem p = { STATUS_OK, "" };
		struct plan_file *f;

		put(l->journal, (const uint8_t *)bad[i], strlen(bad[i]));
		cr_assert_eq(plan_file_read(l->arena, l->journal, &f, &p), STATUS_USAGE, "%s", bad[i]);
		plan_file_close(f);
	}
	lab_close(l);
}
