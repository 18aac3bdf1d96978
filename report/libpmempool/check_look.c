/* The analysis, and what its findings are worth as a result of a check. */
#include "report/libpmempool/check.h"

#include "analyzer/manage/journal.h"
#include "formats/pool/set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Files that only lie beside the pool; a state that every library makes anew: no matter of a check of the pool. */
static const char *const skipped[] = { "poolset.stray*", "pool.sds.checksum" };

static bool failed(struct pmempool_check_ctx *c, const char *text)
{
	check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s", text);
	return check_over(c, PMEMPOOL_CHECK_RESULT_ERROR);
}

/* A repair that was cut off is taken back before anything is judged. */
static bool cut_off(struct pmempool_check_ctx *c)
{
	const char *journal = journal_left(&c->m);
	struct manage_error e = { 0 };
	bool taken;

	if (journal == NULL)
		return true;
	if (!(c->flags & PMEMPOOL_CHECK_REPAIR) || c->flags & PMEMPOOL_CHECK_DRY_RUN) {
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s: a change of this pool was cut off; a check with repair takes it back",
			  journal);
		check_over(c, PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
		return false;
	}
	if (!journal_take_back(&c->m, &taken, &e)) {
		failed(c, e.text);
		return false;
	}
	check_say(c, PMEMPOOL_CHECK_MSG_TYPE_INFO, "%s: a change of this pool that was cut off is taken back", journal);
	return true;
}

/* What is peeled is no pool that a library could open. */
static bool plain(const struct result *r)
{
	for (const struct item *it = r->intake.first; it; it = it->next)
		if (source_peeled(it->source))
			return false;
	return true;
}

static const char *unfit(const struct pmempool_check_ctx *c)
{
	const struct result *r = &c->result;

	if (!plain(r))
		return "it is compressed, or an archive: unpack it first";
	if (c->type == PMEMPOOL_POOL_TYPE_BTT && (r->status == STATUS_OK || r->status == STATUS_UNSUPPORTED) &&
	    (r->model.btt == NULL || r->model.pool))
		return "no valid BTT info block is in it";
	/* the headers said nothing against the declared type; what lies behind them may */
	if (r->status == STATUS_OK && r->model.pool && !check_type_fits(c->type, r->model.pool->type))
		return "what is in it is a pool of another type than was asked for";
	return NULL;
}

bool check_look(struct pmempool_check_ctx *c)
{
	struct result *r = &c->result;
	const char *why;

	if (!cut_off(c))
		return true;
	c->options = (struct analyze_options)ANALYZE_OPTIONS;
	c->options.skip = skipped;
	c->options.skip_nr = sizeof(skipped) / sizeof(skipped[0]);
	c->options.no_map = true;
	c->options.quick = true;
	c->options.in_place = true;
	c->options.deep = c->m.replicas > 1; /* whether replicas hold the same */
	check_say(c, PMEMPOOL_CHECK_MSG_TYPE_INFO, "%s: looking at all structures", c->m.path);
	analyze(c->m.path, &c->options, r);
	c->analyzed = true;
	why = unfit(c);
	if (why) {
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s: %s", c->m.path, why);
		return check_over(c, PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	}
	if (r->status != STATUS_OK && r->status != STATUS_UNSUPPORTED)
		return failed(c, r->problem.text);
	if (r->model.pool && r->model.pool->lone_part)
		check_say(c, PMEMPOOL_CHECK_MSG_TYPE_INFO, "%s: one part of several: only its header is judged", c->m.path);
	c->stage = c->backup ? check_backup : check_judge;
	return true;
}

/* All that is wrong is that one replica is not as another: then sync mends what repair cannot. */
static bool wants_sync(const struct result *r)
{
	uint32_t states = 0; /* replicas with a bad shutdown state */
	bool any = false;

	if (r->model.pool == NULL || r->model.pool->nr < 2)
		return false;
	for (const struct finding *f = r->findings->first; f; f = f->next) {
		if (f->severity == NOTE)
			continue;
		if (strcmp(f->by->id, "pool.sds.counters") == 0 || strcmp(f->by->id, "pool.sds.off") == 0)
			states++;
		else if (strcmp(f->by->id, "pool.replica.data") != 0)
			return false;
		any = true;
	}
	return any && states < r->model.pool->nr;
}

/* Nothing but blocks that are marked as bad, as programs and repairs mark them: reading these fails, as it shall. */
static bool marks_only(const struct findings *fs)
{
	if (fs == NULL || fs->unchecked)
		return false;
	for (const struct finding *f = fs->first; f; f = f->next)
		if (f->severity != NOTE && strcmp(f->by->id, "btt.map.error-flag") != 0)
			return false;
	return true;
}

bool check_sound(const struct result *r)
{
	return strcmp(r->verdict, "clean") == 0 || strcmp(r->verdict, "recoverable") == 0 ||
	       (strcmp(r->verdict, "damaged") == 0 && marks_only(r->findings));
}

bool check_judge(struct pmempool_check_ctx *c)
{
	const struct result *r = &c->result;
	bool repair = c->flags & PMEMPOOL_CHECK_REPAIR;

	for (const struct finding *f = r->findings ? r->findings->first : NULL; f; f = f->next)
		check_say(c, f->severity == NOTE || check_sound(r) ? PMEMPOOL_CHECK_MSG_TYPE_INFO : PMEMPOOL_CHECK_MSG_TYPE_ERROR, "%s",
			  check_say_finding(c, f));
	bool none = strcmp(r->verdict, "not a pool") == 0 || r->findings == NULL;

	check_say(c, none ? PMEMPOOL_CHECK_MSG_TYPE_ERROR : PMEMPOOL_CHECK_MSG_TYPE_INFO, "%s", r->sentence);
	if (check_sound(r))
		return check_over(c, PMEMPOOL_CHECK_RESULT_CONSISTENT);
	if (none)
		return check_over(c, repair ? PMEMPOOL_CHECK_RESULT_CANNOT_REPAIR : PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	if (wants_sync(r))
		return check_over(c, PMEMPOOL_CHECK_RESULT_SYNC_REQ);
	if (!repair)
		return check_over(c, PMEMPOOL_CHECK_RESULT_NOT_CONSISTENT);
	c->stage = check_plan;
	return true;
}
