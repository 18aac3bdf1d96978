/* A real set of pmempool, one field damaged at a time: planned, judged, written, and checked by pmempool. */
#include "tests/analyzer/repair/lab.h"

/* The set of the worked example: two replicas of three parts each, odd sizes. */
static struct lab *set_open(void)
{
	struct lab *l = lab_open("pool.set");

	cr_assert_eq(lab_shell(l, "printf 'PMEMPOOLSET\\n10M %s/a0\\n9000000B %s/a1\\n8M %s/a2\\nREPLICA\\n12M %s/b0\\n8M %s/b1\\n"
			       "8M %s/b2\\n' >pool.set && pmempool create -l here obj pool.set",
			       l->dir, l->dir, l->dir, l->dir, l->dir, l->dir), 0);
	return l;
}

static void mends(const char *what, uint64_t at, size_t len, const char *part)
{
	struct lab *l = set_open();
	uint8_t noise[4096];
	const char *first;

	memset(noise, 0xa5, sizeof(noise));
	lab_shell(l, "cp %s before", part);
	lab_write(l, part, noise, len, at);
	lab_plan(l, REPAIR_SAFE);
	cr_assert(l->r.findings->nr[ERROR], "%s: the damage was not seen", what);
	cr_assert(l->rep.analyzed, "%s: no plan", what);
	cr_assert_eq(lab_left(l, &first), 0, "%s: %s is left", what, first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "cmp before %s", part), 0, "%s: other bytes than before", what);
	cr_assert_eq(lab_shell(l, "pmempool check pool.set >/dev/null"), 0, "%s: the peer still finds fault", what);
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
	struct lab *l = set_open();
	uint8_t zeros[4096] = { 0 };
	const char *first;

	lab_write(l, "a1", zeros, sizeof(zeros), 0);
	lab_write(l, "b0", zeros, sizeof(zeros), 0);
	lab_plan(l, REPAIR_SAFE);
	cr_assert_eq(lab_left(l, &first), 0, "%s is left", first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "pmempool check pool.set >/dev/null"), 0, "the peer still finds fault");
	lab_close(l);
}

Test(rounds, a_valid_header_is_not_touched_for_a_damaged_one)
{
	struct lab *l = set_open();
	uint8_t noise[16];

	memset(noise, 0x5a, sizeof(noise));
	lab_write(l, "a1", noise, sizeof(noise), 40);
	lab_plan(l, REPAIR_ADVANCED);
	for (const struct step *s = l->rep.plan->first; s; s = s->next)
		for (const struct edit *e = plan_made(s) ? s->first : NULL; e; e = e->next)
			cr_assert_str_eq(e->item->name, "a1", "step %u edits %s", s->nr, e->item->name);
	lab_close(l);
}

Test(rounds, a_clean_pool_gives_an_empty_plan)
{
	struct lab *l = set_open();

	lab_plan(l, REPAIR_ADVANCED);
	cr_assert_str_eq(l->r.verdict, "clean", "%s", l->r.sentence);
	cr_assert_eq(l->rep.plan->steps_nr, 0, "%s", l->rep.plan->first ? l->rep.plan->first->says : "");
	lab_close(l);
}

/* 4 KiB of a part in noise; the other replica has it all. */
static void page_comes_back(const char *part, uint64_t at)
{
	struct lab *l = set_open();
	uint8_t noise[4096];
	const char *first;

	memset(noise, 0xa5, sizeof(noise));
	/* the library's own view, taken from copies: looking writes */
	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_use\" close pool.set && mkdir keep && cp a? b? keep && "
			       "\"$PEERS/obj_content\" pool.set >before && mv keep/* ."), 0);
	lab_write(l, part, noise, sizeof(noise), at);
	lab_plan(l, REPAIR_ASK);
	cr_assert(l->r.findings->nr[ERROR] + l->r.findings->nr[WARNING], "%s: the damage was not seen", part);
	cr_assert_eq(lab_left(l, &first), 0, "%s: %s is left", part, first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_content\" pool.set >after && cmp before after"), 0,
		     "%s: the library does not find what was there", part);
	lab_close(l);
}

Test(rounds, a_page_comes_back_from_the_other_replica)
{
	page_comes_back("a0", 0x302000);
	page_comes_back("b0", 0x302000);
	page_comes_back("a0", 0x2000);
}

Test(rounds, a_header_of_a_set_is_proved_by_its_sum)
{
	struct lab *l = set_open();
	uint8_t zeros[64] = { 0 };
	const char *first;

	lab_shell(l, "cp a0 before");
	lab_write(l, "a0", zeros, sizeof(zeros), 0);
	lab_plan(l, REPAIR_SAFE);
	cr_assert_eq(lab_left(l, &first), 0, "%s is left", first);
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "cmp before a0"), 0, "other bytes than before");
	lab_close(l);
}
