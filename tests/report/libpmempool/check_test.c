/* A check and its repair as a program sees them: statuses, questions, results, and what is written when. */
#include "report/libpmempool/libpmempool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <libpmemblk.h>
#include <libpmemlog.h>
#include <libpmemobj.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HEADER = 4096, SUM_AT = 4088, EVENTS = 4096 };
#define REPAIR PMEMPOOL_CHECK_REPAIR
#define ADVANCED (REPAIR | PMEMPOOL_CHECK_ADVANCED)

static char dir[64];
static char said[1 << 16];    /* all texts of the last check */
static int infos, errors, asks;

/* What the library writes and makes durable, in order: our definitions come before libc's. */
static struct {
	char what;
	ino_t ino;
} events[EVENTS];
static atomic_int events_nr;

static void event(char what, int fd)
{
	struct stat st;
	int i = atomic_load(&events_nr);

	if (i < EVENTS && fstat(fd, &st) == 0) {
		events[i].what = what;
		events[i].ino = st.st_ino;
		atomic_store(&events_nr, i + 1);
	}
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t at)
{
	event('w', fd);
	return syscall(SYS_pwrite64, fd, buf, len, at);
}

int fsync(int fd)
{
	event('s', fd);
	return (int)syscall(SYS_fsync, fd);
}

static void run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	cr_assert_eq(system(command), 0, "%s", command);
}

static void start(void)
{
	strcpy(dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/check.XXXXXX" : "/tmp/check.XXXXXX");
	cr_assert(mkdtemp(dir) && chdir(dir) == 0);
}

static void end(void)
{
	run("rm -rf %s", dir);
}

/* A set of three parts, and a copy of each as NAME.was. */
static void log3(void)
{
	start();
	run("printf 'PMEMPOOLSET\\n2M %s/a\\n2M %s/b\\n3M %s/c\\n' >set && pmempool create log set", dir, dir, dir);
	run("for f in a b c; do cp $f $f.was; done");
}

static void put(const char *name, off_t at, const void *bytes, size_t len)
{
	int fd = open(name, O_RDWR);

	cr_assert(fd >= 0 && syscall(SYS_pwrite64, fd, bytes, len, at) == (long)len);
	close(fd);
}

static void fill(const char *name, off_t at, int value, size_t len)
{
	char *bytes = malloc(len);

	memset(bytes, value, len);
	put(name, at, bytes, len);
	free(bytes);
}

/* Makes the header's checksum right again, as CKSUM_2K has it. */
static void seal(const char *name)
{
	uint32_t words[HEADER / 4], lo = 0, hi = 0;
	int fd = open(name, O_RDONLY);

	cr_assert(pread(fd, words, HEADER, 0) == HEADER);
	close(fd);
	for (int i = 0; i < HEADER / 4; i++) {
		lo += i < HEADER / 8 ? words[i] : 0;
		hi += lo;
	}
	put(name, SUM_AT, (uint32_t[]){ lo, hi }, 8);
}

static bool same(const char *a, const char *b)
{
	char command[256];

	snprintf(command, sizeof(command), "cmp -s %s %s", a, b);
	return system(command) == 0;
}

/* answer: to every question, in turn, the last for ever; NULL: none is given. */
static enum pmempool_check_result check_as(const char *path, enum pmempool_pool_type type, unsigned flags, const char *backup,
					   const char *const *answers)
{
	struct pmempool_check_args args = { path, backup, type, flags | PMEMPOOL_CHECK_FORMAT_STR };
	PMEMpoolcheck *ppc = pmempool_check_init(&args, sizeof(args));
	struct pmempool_check_status *s;
	size_t len = 0;

	cr_assert(ppc, "%s: %s", path, pmempool_errormsg());
	infos = errors = asks = 0;
	said[0] = '\0';
	while ((s = pmempool_check(ppc)) != NULL) {
		infos += s->type == PMEMPOOL_CHECK_MSG_TYPE_INFO;
		errors += s->type == PMEMPOOL_CHECK_MSG_TYPE_ERROR;
		asks += s->type == PMEMPOOL_CHECK_MSG_TYPE_QUESTION;
		cr_assert_null(s->str.answer, "an answer is there before it is given");
		if (len < sizeof(said))
			len += (size_t)snprintf(said + len, sizeof(said) - len, "%s\n", s->str.msg);
		if (s->type == PMEMPOOL_CHECK_MSG_TYPE_QUESTION && answers) {
			s->str.answer = *answers;
			answers += answers[1] != NULL;
		}
		cr_assert(infos + errors + asks < 1000, "it does not end");
	}
	return pmempool_check_end(ppc);
}

static enum pmempool_check_result check(const char *path, unsigned flags, const char *answer)
{
	return check_as(path, PMEMPOOL_POOL_TYPE_DETECT, flags, NULL, answer ? (const char *const[]){ answer, NULL } : NULL);
}

static bool log_opens(const char *path)
{
	PMEMlogpool *log = pmemlog_open(path);

	if (log)
		pmemlog_close(log);
	return log != NULL;
}

Test(check, a_valid_header_is_not_edited_to_agree_with_a_broken_one, .init = log3, .fini = end)
{
	static const off_t fields[] = { 24, 40, 56, 72, 88, 104 }; /* poolset_uuid, uuid, links */
	static const unsigned how[] = { REPAIR, ADVANCED };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) * 2; i++) {
		fill("b", fields[i / 2], 0x5a, 16);
		cr_assert_eq(check("set", how[i % 2], "yes"), PMEMPOOL_CHECK_RESULT_REPAIRED, "field %d: %s", (int)fields[i / 2], said);
		cr_assert(same("a", "a.was") && same("c", "c.was"), "field %d: a neighbour was edited", (int)fields[i / 2]);
		cr_assert(same("b", "b.was"), "field %d", (int)fields[i / 2]);
		cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT);
	}
	cr_assert(log_opens("set"));
}

Test(check, a_wrong_link_under_a_right_checksum_is_mended_with_its_checksum, .init = log3, .fini = end)
{
	fill("b", 72, 0x5a, 16);
	seal("b");
	cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert(strstr(said, "replica 0 part 1"), "%s", said);
	cr_assert_eq(check("set", REPAIR, "yes"), PMEMPOOL_CHECK_RESULT_REPAIRED, "%s", said);
	cr_assert(same("a", "a.was") && same("b", "b.was") && same("c", "c.was"));
}

Test(check, the_first_signature_is_told_by_the_other_headers, .init = log3, .fini = end)
{
	fill("a", 0, 0, 8);
	cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert_eq(check_as("set", PMEMPOOL_POOL_TYPE_LOG, REPAIR, NULL, (const char *const[]){ "yes", NULL }),
		     PMEMPOOL_CHECK_RESULT_REPAIRED, "%s", said);
	cr_assert(same("a", "a.was"));
	fill("a", 0, 0, HEADER);
	cr_assert_eq(check("set", REPAIR, "yes"), PMEMPOOL_CHECK_RESULT_REPAIRED, "%s", said);
	cr_assert(log_opens("set"));
}

Test(check, what_is_not_agreed_to_is_not_written, .init = log3, .fini = end)
{
	static const char *const maybe[] = { "maybe", NULL }, *const yes_no[] = { "yes", "no", NULL };

	fill("b", 40, 0x5a, 16);
	fill("c", 128, 0x5a, 16);
	run("for f in a b c; do cp $f $f.damaged; done");
	for (int i = 0; i < 5; i++) {
		enum pmempool_check_result r = i == 0 ? check("set", REPAIR, "no") :
			i == 1 ? check("set", REPAIR, NULL) : /* nobody answers */
			i == 2 ? check_as("set", 0, REPAIR, NULL, maybe) :
			i == 3 ? check("set", REPAIR | PMEMPOOL_CHECK_DRY_RUN, "yes") : check("set", 0, NULL);

		cr_assert_eq(r, i == 3 ? PMEMPOOL_CHECK_RESULT_REPAIRED : PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT, "%d: %s", i, said);
		cr_assert(errors > 0, "%d: no status says why", i);
		cr_assert(i == 4 ? asks == 0 : asks > 0);
		cr_assert(i != 2 || asks > 2, "a wrong answer is asked for again");
		cr_assert(same("a", "a.damaged") && same("b", "b.damaged") && same("c", "c.damaged"), "%d wrote", i);
	}
	/* each by itself: one of the two headers is mended, the other stays */
	cr_assert_eq(check_as("set", 0, REPAIR, NULL, yes_no), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert(same("a", "a.was"));
	cr_assert((same("b", "b.was") && same("c", "c.damaged")) || (same("b", "b.damaged") && same("c", "c.was")), "%s", said);
}

Test(check, a_sound_pool_is_not_written_to, .init = log3, .fini = end)
{
	run("pmempool create blk -s 18M -w 512 blk && cp blk blk.was");
	events_nr = 0;
	cr_assert_eq(check("set", ADVANCED | PMEMPOOL_CHECK_ALWAYS_YES, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT);
	cr_assert_eq(check("blk", ADVANCED | PMEMPOOL_CHECK_ALWAYS_YES, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT);
	cr_assert_eq(events_nr, 0);
	cr_assert(same("a", "a.was") && same("b", "b.was") && same("c", "c.was") && same("blk", "blk.was"));
}

static ino_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static int first_event(char what, ino_t ino)
{
	for (int i = 0; i < events_nr; i++)
		if (events[i].what == what && events[i].ino == ino)
			return i;
	return EVENTS;
}

Test(check, the_backup_is_on_stable_storage_before_the_first_edit, .init = start, .fini = end)
{
	run("pmempool create log -s 2M log && mkdir backups");
	fill("log", 8, 9, 1); /* major */
	run("cp log damaged");
	for (int i = 0; i < 2; i++) { /* a new file, then over an old one */
		events_nr = 0;
		cr_assert_eq(check_as("log", 0, REPAIR, "backups/log", (const char *const[]){ "yes", NULL }), PMEMPOOL_CHECK_RESULT_REPAIRED,
			     "%s", said);
		int edit = first_event('w', inode("log")), file = first_event('s', inode("backups/log")), last = -1;
		for (int k = 0; k < edit && k < events_nr; k++)
			if (events[k].what == 's' && events[k].ino == inode("backups"))
				last = k;
		cr_assert(edit < EVENTS, "no edit was seen");
		cr_assert(file < edit, "the backup is not flushed before the edit");
		cr_assert(last > file, "its directory is not flushed before the edit");
		cr_assert(same("backups/log", "damaged"));
		cr_assert(log_opens("log"));
		run("cp damaged log");
	}
}

Test(check, a_btt_is_checked_without_repair_and_in_a_dry_run, .init = start, .fini = end, .timeout = 120)
{
	static const unsigned how[] = { 0, PMEMPOOL_CHECK_VERBOSE, REPAIR | PMEMPOOL_CHECK_DRY_RUN, REPAIR };

	/* what lies behind the header of a pmemblk pool is a BTT: it begins 4096 bytes into the device */
	run("pmempool create blk -s 20M -w 512 blk && dd if=blk of=btt bs=4096 skip=1 status=none && cp btt was");
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		cr_assert_eq(check_as("btt", PMEMPOOL_POOL_TYPE_BTT, how[i], NULL, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT, "%zu: %s", i, said);
		cr_assert(same("btt", "was"));
	}
	fill("btt", HEADER + 40, 0x5a, 8); /* the info block; its copy is at the end */
	cr_assert_eq(check_as("btt", PMEMPOOL_POOL_TYPE_BTT, 0, NULL, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert(errors > 0);
	cr_assert_eq(check_as("btt", PMEMPOOL_POOL_TYPE_BTT, REPAIR, NULL, (const char *const[]){ "yes", NULL }),
		     PMEMPOOL_CHECK_RESULT_REPAIRED, "%s", said);
	cr_assert(same("btt", "was"));
}

Test(check, a_block_size_that_the_btt_or_the_pool_contradicts, .init = start, .fini = end)
{
	uint32_t bsize = 1024, none = 0x0fffffff;
	PMEMblkpool *blk;

	run("pmempool create blk -s 20M -w 512 blk && cp blk was");
	put("blk", HEADER, &bsize, sizeof(bsize));
	cr_assert_eq(check("blk", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert(errors > 0);
	cr_assert_eq(check("blk", REPAIR, "yes"), PMEMPOOL_CHECK_RESULT_REPAIRED, "%s", said);
	cr_assert(same("blk", "was"));
	run("rm blk && pmempool create blk -s 20M 512 blk");
	put("blk", HEADER, &none, sizeof(none));
	cr_assert_eq(check("blk", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT, "nonsense without a layout: %s", said);
	/* a header that is gone: repaired means that the library opens it */
	run("cp was blk");
	fill("blk", 0, 0, HEADER);
	if (check("blk", ADVANCED, "yes") == PMEMPOOL_CHECK_RESULT_REPAIRED) {
		blk = pmemblk_open("blk", 0);
		cr_assert(blk, "called repaired, and: %s", pmemblk_errormsg());
		pmemblk_close(blk);
	}
}

Test(check, a_map_that_names_a_block_twice_is_said, .init = start, .fini = end)
{
	uint64_t map_off;
	uint32_t word = 0xc0000005;
	int fd;

	run("pmempool create blk -s 20M -w 512 blk");
	fd = open("blk", O_RDONLY);
	cr_assert(pread(fd, &map_off, 8, 2 * HEADER + 0x60) == 8);
	close(fd);
	for (int i = 0; i < 2; i++)
		put("blk", (off_t)(2 * HEADER + map_off) + 4 * i, &word, sizeof(word));
	cr_assert_eq(check("blk", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT); /* not VERBOSE */
	cr_assert(errors > 0);
}

Test(check, blocks_that_a_program_marked_as_bad_are_no_fault, .init = start, .fini = end)
{
	run("pmempool create blk -s 20M 512 blk");
	PMEMblkpool *p = pmemblk_open("blk", 0);
	cr_assert(p && pmemblk_set_error(p, 7) == 0);
	pmemblk_close(p);
	cr_assert_eq(check("blk", 0, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT, "%s", said);
	cr_assert_eq(errors, 0);
}

/* Two replicas of two parts. */
static void pair(void)
{
	start();
	run("printf 'PMEMPOOLSET\\n8M %s/a\\n8M %s/b\\nREPLICA\\n8M %s/c\\n8M %s/d\\n' >set && pmempool create -l books obj set", dir, dir,
	    dir, dir);
	run("for f in a b c d; do cp $f $f.was; done");
}

static bool obj_opens(const char *path)
{
	PMEMobjpool *pop = pmemobj_open(path, NULL);

	if (pop)
		pmemobj_close(pop);
	return pop != NULL;
}

Test(check, headers_of_pmemobj_come_back_from_the_others, .init = pair, .fini = end)
{
	fill("c", 0, 0, HEADER);
	cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert_eq(check("set", REPAIR, "yes"), PMEMPOOL_CHECK_RESULT_REPAIRED, "%s", said);
	cr_assert(same("a", "a.was") && same("b", "b.was") && same("d", "d.was"));
	cr_assert(obj_opens("set"));
}

Test(check, each_field_of_a_valid_header_is_judged, .init = pair, .fini = end)
{
	static const off_t fields[] = { 8, 12, 16, 20, 128, 142 }; /* major, features, arch flags */

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		fill("b", fields[i], 0x77, 1);
		seal("b");
		cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT, "byte %d", (int)fields[i]);
		cr_assert(strstr(said, "replica 0 part 1"), "byte %d: %s", (int)fields[i], said);
		run("cp b.was b");
	}
}

Test(check, a_repair_leaves_defined_features_alone, .init = start, .fini = end)
{
	run("printf 'PMEMPOOLSET\\nOPTION SINGLEHDR\\n8M %s/a\\n8M %s/b\\n' >set && pmempool create obj set && cp a a.was", dir, dir);
	cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT);
	fill("a", 144, 1, 1); /* unused */
	check("set", ADVANCED, "yes");
	cr_assert_eq(pmempool_feature_query("set", PMEMPOOL_FEAT_SINGLEHDR, 0), 1, "%s", pmempool_errormsg());
	cr_assert(obj_opens("set"));
}

Test(check, a_bad_shutdown_state_of_one_replica_wants_sync_and_says_which, .init = pair, .fini = end)
{
	uint32_t sds[16] = { 1, 0, 2, 0, 1 }, lo = 0, hi = 0;

	for (int i = 0; i < 16; i++) {
		lo += i < 14 ? sds[i] : 0;
		hi += lo;
	}
	sds[14] = lo;
	sds[15] = hi;
	put("c", 4024, sds, sizeof(sds));
	cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_SYNC_REQ, "%s", said);
	cr_assert(errors > 0 && strstr(said, "replica 1"), "%s", said);
	cr_assert_eq(pmempool_sync("set", 0), 0, "%s", pmempool_errormsg());
	cr_assert_eq(check("set", 0, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT, "%s", said);
}

Test(check, the_inside_of_pmemobj_pools_is_judged, .init = start, .fini = end)
{
	run("pmempool create obj -s 8M obj");
	cr_assert_eq(check("obj", 0, NULL), PMEMPOOL_CHECK_RESULT_CONSISTENT, "%s", said);
	fill("obj", 3153920 + 16, 0x77, 8); /* the heap's header */
	cr_assert_eq(check("obj", 0, NULL), PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	cr_assert(strstr(said, "heap"), "%s", said);
}

enum { THREADS = 4, TIMES = 12 };

/* Damages, checks and mends a pool of its own, over and over; the texts are about no other pool. */
static void *alone(void *arg)
{
	const char *name = arg;

	for (int i = 0; i < TIMES; i++) {
		struct pmempool_check_args args = { name, NULL, 0, PMEMPOOL_CHECK_FORMAT_STR | REPAIR | PMEMPOOL_CHECK_VERBOSE };
		PMEMpoolcheck *ppc = pmempool_check_init(&args, sizeof(args));
		struct pmempool_check_status *s;

		while (ppc && (s = pmempool_check(ppc)) != NULL) {
			for (int k = 0; k < THREADS; k++) {
				char other[] = { 'l', 'o', 'g', (char)('0' + k), '\0' };

				if (strcmp(other, name) != 0 && strstr(s->str.msg, other))
					return "a text is of another pool";
			}
			s->str.answer = s->type == PMEMPOOL_CHECK_MSG_TYPE_QUESTION ? "yes" : NULL;
		}
		if (ppc == NULL || pmempool_check_end(ppc) != PMEMPOOL_CHECK_RESULT_CONSISTENT)
			return "not consistent";
		if (pmempool_feature_enable(name, PMEMPOOL_FEAT_CHECK_BAD_BLOCKS, 0) != 0 ||
		    pmempool_feature_disable(name, PMEMPOOL_FEAT_CHECK_BAD_BLOCKS, 0) != 0)
			return "a feature";
		if (pmempool_rm("none", 0) != -1 || strncmp(pmempool_errormsg(), "none", 4) != 0)
			return "a message";
	}
	return NULL;
}

Test(check, contexts_in_several_threads_do_not_meet, .init = start, .fini = end, .timeout = 120)
{
	static char names[THREADS][16];
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		snprintf(names[i], sizeof(names[i]), "log%d", i);
		run("pmempool create log -s 2M %s", names[i]);
	}
	for (int i = 0; i < THREADS; i++)
		cr_assert(pthread_create(&threads[i], NULL, alone, names[i]) == 0);
	for (int i = 0; i < THREADS; i++) {
		void *why;

		cr_assert(pthread_join(threads[i], &why) == 0);
		cr_assert_null(why, "%s: %s", names[i], (const char *)why);
	}
}
