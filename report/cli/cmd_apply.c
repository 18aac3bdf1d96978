/* Carries out a reviewed plan, or takes one back. Both can be run again after a crash. */
#include "analyzer/repair/apply.h"
#include "formats/pool/set.h"
#include "report/cli/analysis.h"
#include "report/cli/verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_JOURNAL = OPT_OWN, OWN_DRY_RUN };

static const struct option_row apply_rows[] = {
	{ OWN_JOURNAL, 0, "journal", "FILE", ARG_FILE, NULL, "where the way back is kept (default PLAN.journal)" },
	{ OWN_DRY_RUN, 0, "dry-run", NULL, ARG_NONE, NULL, "all but the last step: nothing is written" },
};
static const struct option_table apply_table = OPTION_TABLE("Apply", apply_rows);
static const struct option_row undo_rows[] = {
	{ OWN_DRY_RUN, 0, "dry-run", NULL, ARG_NONE, NULL, "all but the last step: nothing is written" },
};
static const struct option_table undo_table = OPTION_TABLE("Undo", undo_rows);

/* Which files hold the plan's targets now, when it is not where it was made: found by analysing TARGET. */
struct places {
	struct result r;
	const char **paths; /* one a target */
};

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
		bool needed = false;

		for (uint64_t k = 0; k < p->edits_nr; k++)
			needed |= p->edits[k].target == i;
		out->paths[i] = place_of(&out->r, p->targets[i].label);
		p->targets[i].plain = true; /* what is named now is judged by its own bytes */
		if (needed && out->paths[i] == NULL)
			return cli_error(c, EXIT_USAGE, "%s: it has no %s, which the plan changes; nothing was written", target,
					 p->targets[i].label);
	}
	return EXIT_CLEAN;
}

static int carry_out(struct cli *c, const char *kind, const char *journal, bool dry_run)
{
	const char *path = cli_operand(c, 0), *target = path ? cli_operand(c, 1) : NULL;
	struct arena *a = arena_open(PLAN_FILE_MAX);
	struct problem problem = { STATUS_OK, "" };
	struct places places = { .paths = NULL };
	struct plan_file *p = NULL;
	struct apply_done done;
	int status = EXIT_CLEAN;

	if (path == NULL || (target && cli_operand(c, 2)))
		status = cli_error(c, EXIT_USAGE, "give the %s, and at most one TARGET", kind);
	else if (a == NULL || plan_file_read(a, path, &p, &problem) != STATUS_OK)
		status = cli_error(c, (int)outcome_of_status(problem.status), "%s", a ? problem.text : "no memory");
	else if (strcmp(p->kind, kind) != 0)
		status = cli_error(c, EXIT_USAGE, "%s: it is a %s: use pmemscope %s", path, p->kind,
				   strcmp(kind, "plan") ? "apply" : "undo");
	else if (target)
		status = places_find(c, p, target, &places);
	if (status == EXIT_CLEAN) {
		char *own = NULL;
		bool keeps = strcmp(kind, "plan") == 0;

		if (keeps && journal == NULL && asprintf(&own, "%s.journal", path) < 0)
			own = NULL;
		struct apply_options o = { .paths = places.paths, .dry_run = dry_run,
					   .journal = keeps ? journal ? journal : own : NULL };
		enum status st = apply_plan(p, &o, &done, &problem);
		if (st != STATUS_OK)
			status = cli_error(c, (int)outcome_of_status(st), "%s", problem.text);
		else if (!c->quiet)
			printf("%" PRIu64 " edits %s, %" PRIu64 " were made already%s%s\n", dry_run ? p->edits_nr : done.made,
			       dry_run ? "could be made" : "made", done.already, o.journal && !dry_run ? "; the way back: pmemscope undo "
			       : "", o.journal && !dry_run ? o.journal : "");
		free(own);
	}
	if (places.r.arena)
		analyze_close(&places.r);
	free(places.paths);
	plan_file_close(p);
	arena_close(a);
	return cli_flush(c, status);
}

static int run(struct cli *c, const char *kind)
{
	const char *journal = NULL;
	bool dry_run = false;
	int id;

	while ((id = cli_next(c)) >= 0) {
		if (id == OWN_JOURNAL)
			journal = c->arg;
		else if (id == OWN_DRY_RUN)
			dry_run = true;
	}
	return id == CLI_END ? carry_out(c, kind, journal, dry_run) : c->status;
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
		 "pool file, set file or directory, when it is not where the plan was made.",
	.tables = { &apply_table }, .sources = true, .run = run_apply,
};

const struct command command_undo = {
	.name = "undo", .args = "JOURNAL [TARGET]", .summary = "take a plan back",
	.about = "Restores the bytes that were there before, also when the repair was cut off in the middle.",
	.tables = { &undo_table }, .sources = true, .run = run_undo,
};
