/* Questions from the steps of a plan; when all are answered, the plan is carried out, or nothing is. */
#include "report/libpmempool/check.h"

#include "analyzer/manage/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *key_of(struct arena *a, const struct step *s)
{
	return arena_printf(a, "%s %s %s", s->by->id, s->path ? s->path : "", s->says);
}

/* Yes to all that nobody said no to. */
static int choose(void *ctx, const struct plan *p, const struct step *proposal)
{
	struct pmempool_check_ctx *c = ctx;
	int which = 0;

	for (const struct step *s = proposal; s; s = s->next) {
		if (s != proposal && s->alternative_to != proposal->nr)
			continue;
		const char *key = key_of(c->arena, s);
		const struct check_answer *a = key ? check_answered(c, key) : NULL;

		if (a == NULL || a->yes)
			return which;
		which++;
	}
	(void)p;
	return -1;
}

static bool plan_make(struct pmempool_check_ctx *c)
{
	struct repair_options ro = {
		.most = c->flags & PMEMPOOL_CHECK_ADVANCED ? REPAIR_ADVANCED : REPAIR_ASK, .choose = choose, .ctx = c
	};

	if (c->planned)
		repair_close(&c->repair);
	c->planned = true;
	return repair_plan(&c->result, &c->options, &ro, &c->repair) == STATUS_OK;
}

static bool writes(const struct step *s)
{
	return plan_made(s) && s->edits_nr;
}

/* Asks what is in the plan and was not asked yet. */
static void questions(struct pmempool_check_ctx *c)
{
	c->asks = false;
	for (const struct step *s = c->repair.plan->first; s; s = s->next) {
		const char *key = writes(s) ? key_of(c->arena, s) : NULL;

		if (key == NULL || check_answered(c, key))
			continue;
		if (c->flags & PMEMPOOL_CHECK_ALWAYS_YES)
			check_say(c, PMEMPOOL_CHECK_MSG_TYPE_INFO, "%s", check_say_step(c, s));
		else
			check_ask(c, key, "%s. Do it?", check_say_step(c, s));
	}
}

/* Does the plan hold a step that was refused? */
static bool stale(struct pmempool_check_ctx *c)
{
	for (const struct step *s = c->repair.plan->first; s; s = s->next) {
		const char *key = writes(s) ? key_of(c->arena, s) : NULL;
		const struct check_answer *a = key ? check_answered(c, key) : NULL;

		if (a && !a->yes)
			return true;
	}
	return false;
}

static uint64_t edits(const struct plan *p)
{
	uint64_t nr = 0;

	for (const struct step *s = p->first; s; s = s->next)
		nr += plan_made(s) ? s->edits_nr : 0;
	return nr;
}

static bool carry_out(struct pmempool_check_ctx *c)
{
	struct manage_options o = { .dry_run = c->flags & PMEMPOOL_CHECK_DRY_RUN };
	struct plan_file *f = plan_file_of(c->arena, &c->result, &c->repair);
	struct manage_error e = { 0 };

	if (f == NULL)
		return false;
	if (o.dry_run || journal_change(&c->m, f, &o, &e))
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_INFO, "%s: %" PRIu64 " edits, %" PRIu64 " bytes %s", c->m.path, f->edits_nr, f->bytes,
			  o.dry_run ? "would be written" : "written");
	plan_file_close(f);
	if (e.errnum == 0)
		return true;
	check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s", e.text);
	return check_over(c, PMEMPOOL_CHECK_RESULT_CANNOT_REPAIR);
}

/* What the plan leaves, and steps that would go further than the flags allow. */
static void left_tell(struct pmempool_check_ctx *c)
{
	for (const struct finding *f = c->repair.analyzed && c->repair.after.findings ? c->repair.after.findings->first : NULL; f;
	     f = f->next)
		if (f->severity != NOTE)
			check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "left: %s", check_say_finding(c, f));
	for (const struct step *s = c->repair.plan->first; s; s = s->next)
		if (s->class == REPAIR_ADVANCED && !(c->flags & PMEMPOOL_CHECK_ADVANCED))
			check_say(c, PMEMPOOL_CHECK_MSG_TYPE_INFO, "with the ADVANCED flag: %s", check_say_step(c, s));
}

bool check_plan(struct pmempool_check_ctx *c)
{
	if (c->silent) {
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s: a question was answered with neither yes nor no; nothing was written",
			  c->m.path);
		return check_over(c, PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	}
	if (!c->planned || stale(c)) {
		if (!plan_make(c)) {
			check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s", c->repair.problem.text);
			return check_over(c, PMEMPOOL_CHECK_RESULT_ERROR);
		}
		questions(c);
		if (c->asks)
			return true;
	}
	if (c->repair.analyzed && check_sound(&c->repair.after)) {
		c->stage = NULL;
		c->outcome = PMEMPOOL_CHECK_RESULT_REPAIRED;
		return carry_out(c);
	}
	left_tell(c);
	if (!c->refused) {
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s: not all of it can be repaired%s; nothing was written", c->m.path,
			  c->flags & PMEMPOOL_CHECK_ADVANCED ? "" : " without ADVANCED");
		return check_over(c, PMEMPOOL_CHECK_RESULT_CANNOT_REPAIR);
	}
	check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s: a repair was refused; damage is left", c->m.path);
	c->stage = NULL;
	c->outcome = PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT;
	return edits(c->repair.plan) == 0 || carry_out(c);
}
