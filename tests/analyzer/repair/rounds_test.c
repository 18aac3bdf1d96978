/* Real pools of pmempool, one field damaged at a time: planned, judged, written, and opened by pmempool. */
#include "analyzer/repair/apply.h"
#include "formats/pool/set.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lab {
	char dir[64], set[96];
	struct analyze_options options;
	struct result r;
	struct repair rep;
};

__attribute__((format(printf, 1, 2))) static int shell(const char *fmt, ...)
{
	char *command;
	va_list ap;

	va_start(ap, fmt);
	cr_assert_geq(vasprintf(&command, fmt, ap), 0);
	va_end(ap);
	int status = system(command);
	free(command);
	return status;
}

static struct lab *lab_open(void)
{
	struct lab *l = calloc(1, sizeof(*l));

	strcpy(l->dir, "/tmp/rounds_test.XXXXXX");
	cr_assert_not_null(mkdtemp(l->dir));
	snprintf(l->set, sizeof(l->set), "%s/pool.set", l->dir);
	l->options = (struct analyze_options)ANALYZE_OPTIONS;
	FILE *f = fopen(l->set, "we");
	fprintf(f, "PMEMPOOLSET\n10M %s/a0\n9000000B %s/a1\n8M %s/a2\nREPLICA\n12M %s/b0\n8M %s/b1\n8M %s/b2\n", l->dir, l->dir,
		l->dir, l->dir, l->dir, l->dir);
	fclose(f);
	cr_assert_eq(shell("pmempool create -l here obj %s", l->set), 0);
	return l;
}

static void lab_close(struct lab *l)
{
	repair_close(&l->rep);
	analyze_close(&l->r);
	shell("rm -r %s", l->dir);
	free(l);
}

static void write_at(struct lab *l, const char *part, const void *bytes, size_t len, uint64_t at)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", l->dir, part);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	cr_assert_eq(pwrite(fd, bytes, len, (off_t)at), (ssize_t)len);
	close(fd);
}

static void plan(struct lab *l, enum remedy_class most)
{
	struct repair_options ro = { .most = most };

	cr_assert_eq(analyze(l->set, &l->options, &l->r), STATUS_OK, "%s", l->r.problem.text);
	cr_assert_eq(repair_plan(&l->r, &l->options, &ro, &l->rep), STATUS_OK, "%s", l->rep.problem.text);
}

static void carry_out(struct lab *l)
{
	char journal[128];
	struct apply_done done;
	struct problem p = { STATUS_OK, "" };
	struct plan_file *file = plan_file_of(l->r.arena, &l->r, &l->rep);

	snprintf(journal, sizeof(journal), "%s/journal", l->dir);
	struct apply_options o = { .journal = journal };
	cr_assert_eq(apply_plan(file, &o, &done, &p), STATUS_OK, "%s", p.text);
	plan_file_close(file);
}

static void mends(const char *what, uint64_t at, size_t len, const char *part)
{
	struct lab *l = lab_open();
	uint8_t noise[4096];

	memset(noise, 0xa5, sizeof(noise));
	shell("cp %s/%s %s/before", l->dir, part, l->dir);
	write_at(l, part, noise, len, at);
	plan(l, REPAIR_SAFE);
	cr_assert(l->r.findings->nr[ERROR], "%s: the damage was not seen", what);
	cr_assert(l->rep.analyzed, "%s: no plan", what);
	cr_assert_eq(l->rep.after.findings->nr[ERROR] + l->rep.after.findings->nr[WARNING], 0, "%s: %s is left", what,
		     l->rep.after.findings->first ? l->rep.after.findings->first->by->id : "?");
	carry_out(l);
	cr_assert_eq(shell("cmp %s/before %s/%s", l->dir, l->dir, part), 0, "%s: other bytes than before", what);
	cr_assert_eq(shell("pmempool check %s >/dev/null", l->set), 0, "%s: the peer still finds fault", what);
	lab_close(l);
}

Test(rounds, a_field_comes_back_from_its_witnesses)
{
	mends("signature", 0, 8, "a0");
	mends("major", 8, 4, "a1");
	mends("incompat", 16, 4, "b0");
	mends("poolset uuid", 24, 16, "b2");
	mends("uuid", 40, 16, "a1");
	mends("uuid of part 0", 40, 16, "a0");
	mends("previous part", 56, 16, "a0");
	mends("next replica", 104, 16, "a0");
	mends("architecture", 136, 8, "a0");
	mends("unused", 200, 64, "a2");
}

Test(rounds, a_whole_header_comes_back)
{
	struct lab *l = lab_open();
	uint8_t zeros[4096] = { 0 };

	write_at(l, "a1", zeros, sizeof(zeros), 0);
	write_at(l, "b0", zeros, sizeof(zeros), 0);
	plan(l, REPAIR_SAFE);
	cr_assert_eq(l->rep.after.findings->nr[ERROR] + l->rep.after.findings->nr[WARNING], 0, "%s is left",
		     l->rep.after.findings->first ? l->rep.after.findings->first->by->id : "?");
	carry_out(l);
	cr_assert_eq(shell("pmempool check %s >/dev/null", l->set), 0, "the peer still finds fault");
	lab_close(l);
}

Test(rounds, a_valid_header_is_not_touched_for_a_damaged_one)
{
	struct lab *l = lab_open();
	uint8_t noise[16];

	memset(noise, 0x5a, sizeof(noise));
	write_at(l, "a1", noise, sizeof(noise), 40);
	plan(l, REPAIR_ADVANCED);
	for (const struct step *s = l->rep.plan->first; s; s = s->next)
		for (const struct edit *e = plan_made(s) ? s->first : NULL; e; e = e->next)
			cr_assert_str_eq(e->item->name, "a1", "step %u edits %s", s->nr, e->item->name);
	lab_close(l);
}

Test(rounds, a_clean_pool_gives_an_empty_plan)
{
	struct lab *l = lab_open();

	plan(l, REPAIR_ADVANCED);
	cr_assert_str_eq(l->r.verdict, "clean", "%s", l->r.sentence);
	cr_assert_eq(l->rep.plan->steps_nr, 0, "%s", l->rep.plan->first ? l->rep.plan->first->says : "");
	lab_close(l);
}
