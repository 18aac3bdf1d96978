/* Carries out a reviewed plan, or takes one back. Both can be run again after a crash. */
#include "analyzer/repair/apply.h"
#include "analyzer/repair/twins.h"
#include "formats/pool/set.h"
#include "report/cli/analysis.h"
#include "report/cli/verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_JOURNAL = OPT_OWN, OWN_COPY, OWN_DRY_RUN };

#define COPY_ROW { OWN_COPY, 0, "copy", NULL, ARG_NONE, NULL, \
		   "TARGET is a copy of the pool that the plan was made for, and the one that is meant" }

static const struct option_row apply_rows[] = {
	{ OWN_JOURNAL, 0, "journal", "FILE", ARG_FILE, NULL, "where the way back is kept (default PLAN.journal)" },
	COPY_ROW,
	{ OWN_DRY_RUN, 0, "dry-run", NULL, ARG_NONE, NULL, "all but the last step: nothing is written" },
};
static const struct option_table apply_table = OPTION_TABLE("Apply", apply_rows);
static const struct option_row undo_rows[] = {
	COPY_ROW,
	{ OWN_DRY_RUN, 0, "dry-run", NULL, ARG_NONE, NULL, "all but the last step: nothing is written" },
};
static const struct option_table undo_table = OPTION_TABLE("Undo", undo_rows);

/* Which files hold the plan's targets now, when it is not where it was made: found by analysing TARGET. */
struct places {
	struct result r;
	const char **paths; /* one a target; NULL: the plan's own */
	struct twins_place *twins; /* one a target */
};

static bool edited(const struct plan_file *p, uint32_t target)
{
	bool yes = false;

	for (uint64_t k = 0; k < p->edits_nr; k++)
		yes |= p->edits[k].target == target;
	return yes;
}

static const char *place_of(const struct result *r, const char *label)
{
	const struct pool_set *s = r->model.pool;
	uint32_t replica, part, idx;

	if (sscanf(label, "replica[%" SCNu32 "].part[%" SCNu32 "]", &replica, &part) == 2)
		return s && replica < s->nr && part < s->replicas[replica]->nr && s->replicas[replica]->parts[part]->item
			       ? s->replicas[replica]->parts[part]->item->path : NULL;
	if (sscanf(label, "source[%" SCNu32 "]", &idx) == 1)
		for (const struct item *it = r->intake.first; it; it = it->next)
			if (idx-- == 0)
				return it->path;
	return NULL;
}

static int places_find(struct cli *c, struct plan_file *p, const char *target, struct places *out)
{
	struct analyze_options o = ANALYZE_OPTIONS;
	static const char *const none[] = { "" };
	char uuid[UUID_TEXT_LEN];

	o.only = none; /* only where things are */
	o.only_nr = 1;
	o.quick = true;
	analyze(target, &o, &out->r);
	out->paths = calloc(p->targets_nr ? p->targets_nr : 1, sizeof(*out->paths));
	if (out->paths == NULL)
		return cli_error(c, EXIT_FAILED, "no memory");
	plan_file_pool(&out->r, uuid);
	if (strcmp(uuid, p->pool) != 0 && strcmp(uuid, p->pool_after) != 0)
		return cli_error(c, EXIT_USAGE, "%s: it is %s%s, and the plan was made for %s; nothing was written", target,
				 uuid[0] ? "the pool " : "no pool", uuid, p->pool[0] ? p->pool : "what has no header");
	for (uint32_t i = 0; i < p->targets_nr; i++) {
		bool needed = edited(p, i);

		out->twins[i].original = p->targets[i].plain ? p->targets[i].path : NULL;
		out->paths[i] = place_of(&out->r, p->targets[i].label);
		p->targets[i].plain = true; /* what is named now is judged by its own bytes */
		if (needed && out->paths[i] == NULL)
			return cli_error(c, EXIT_USAGE, "%s: it has no %s, which the plan changes; nothing was written", target,
					 p->targets[i].label);
	}
	return EXIT_CLEAN;
}

/* Which of several that look like it is the pool? Nothing is written where that is not clear. */
static int twins_refuse(struct cli *c, const struct plan_file *p, bool copy_meant, struct places *places)
{
	struct problem problem = { STATUS_OK, "" };
	enum status st = places->paths ? twins_stray(&places->r, p, &problem) : STATUS_OK;

	for (uint32_t i = 0; i < p->targets_nr; i++)
		places->twins[i].path = !edited(p, i) ? NULL : places->paths ? places->paths[i] : p->targets[i].path;
	if (st == STATUS_OK)
		st = twins_look(p, places->twins, copy_meant, &problem);
	return st == STATUS_OK ? EXIT_CLEAN : cli_error(c, (int)outcome_of_status(st), "%s", problem.text);
}

struct job {
	const char *kind, *journal; /* "plan" or "journal"; where the way back of a plan is kept, NULL: beside it */
	bool copy_meant, dry_run;
};

static int edits_make(struct cli *c, const struct job *job, const char *path, const struct plan_file *p,
		      const struct places *places)
{
	struct problem problem = { STATUS_OK, "" };
	struct apply_done done;
	char *own = NULL;
	bool keeps = strcmp(job->kind, "plan") == 0;
	int status = EXIT_CLEAN;

	if (keeps && job->journal == NULL && asprintf(&own, "%s.journal", path) < 0)
		return cli_error(c, EXIT_FAILED, "no memory");
	struct apply_options o = { .paths = places->paths, .dry_run = job->dry_run,
				   .journal = keeps ? job->journal ? job->journal : own : NULL };
	enum status st = apply_plan(p, &o, &done, &problem);
	if (st != STATUS_OK)
		status = cli_error(c, (int)outcome_of_status(st), "%s", problem.text);
	else if (!c->quiet)
		printf("%" PRIu64 " edits %s, %" PRIu64 " were made already%s%s\n", job->dry_run ? p->edits_nr : done.made,
		       job->dry_run ? "could be made" : "made", done.already, o.journal && !job->dry_run ?
		       "; the way back: pmemscope undo " : "", o.journal && !job->dry_run ? o.journal : "");
	free(own);
	return status;
}

static int carry_out(struct cli *c, const struct job *job)
{
	const char *path = cli_operand(c, 0), *target = path ? cli_operand(c, 1) : NULL;
	struct arena *a = arena_open(PLAN_FILE_MAX);
	struct problem problem = { STATUS_OK, "" };
	struct places places = { .paths = NULL };
	struct plan_file *p = NULL;
	int status = EXIT_CLEAN;

	if (path == NULL || (target && cli_operand(c, 2)))
		status = cli_error(c, EXIT_USAGE, "give the %s, and at most one TARGET", job->kind);
	else if (a == NULL || plan_file_read(a, path, &p, &problem) != STATUS_OK)
		status = cli_error(c, (int)outcome_of_status(problem.status), "%s", a ? problem.text : "no memory");
	else if (strcmp(p->kind, job->kind) != 0)
		status = cli_error(c, EXIT_USAGE, "%s: it is a %s: use pmemscope %s", path, p->kind,
				   strcmp(job->kind, "plan") ? "apply" : "undo");
	else if ((places.twins = calloc(p->targets_nr ? p->targets_nr : 1, sizeof(*places.twins))) == NULL)
		status = cli_error(c, EXIT_FAILED, "no memory");
	else if (target)
		status = places_find(c, p, target, &places);
	if (status == EXIT_CLEAN)
		status = twins_refuse(c, p, job->copy_meant, &places);
	if (status == EXIT_CLEAN)
		status = edits_make(c, job, path, p, &places);
	if (places.r.arena)
		analyze_close(&places.r);
	free(places.paths);
	free(places.twins);
	plan_file_close(p);
	arena_close(a);
	return cli_flush(c, status);
}

static int run(struct cli *c, const char *kind)
{
	struct job job = { .kind = kind };
	int id;

	while ((id = cli_next(c)) >= 0) {
		if (id == OWN_JOURNAL)
			job.journal = c->arg;
		else if (id == OWN_COPY)
			job.copy_meant = true;
		else if (id == OWN_DRY_RUN)
			job.dry_run = true;
	}
	return id == CLI_END ? carry_out(c, &job) : c->status;
}

static int run_apply(struct cli *c)
{
	return run(c, "plan");
}

static int run_undo(struct cli *c)
{
	return run(c, "journal");
}

const struct command command_apply = {
	.name = "apply", .args = "PLAN [TARGET]", .summary = "carry out a reviewed plan",
	.about = "Makes the edits of a plan that 'pmemscope repair --plan' wrote, here or on another machine. Every byte is read "
		 "first: when one is neither as the plan found it nor as the plan leaves it, nothing is written. TARGET is the "
		 "pool file, set file or directory, when it is not where the plan was made.\n\n"
		 "Refused is what is mounted, locked or mapped by a running program, of another length, another pool, or a twin: "
		 "a copy bears the same uuids, and where both are there, --copy says that the copy is meant.",
	.tables = { &apply_table }, .sources = true, .run = run_apply,
};

const struct command command_undo = {
	.name = "undo", .args = "JOURNAL [TARGET]", .summary = "take a plan back",
	.about = "Restores the bytes that were there before, also when the repair was cut off in the middle.",
	.tables = { &undo_table }, .sources = true, .run = run_undo,
};
