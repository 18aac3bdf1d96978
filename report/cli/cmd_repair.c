/* Plan, show, ask, write, check again. */
#include "analyzer/repair/apply.h"
#include "analyzer/repair/rescue.h"
#include "analyzer/repair/salvage.h"
#include "analyzer/repair/twins.h"
#include "report/cli/analysis.h"
#include "report/cli/mended.h"
#include "report/cli/output.h"
#include "report/cli/verbs.h"
#include "report/text/plan.h"
#include "report/text/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OWN_PLAN = OPT_OWN, OWN_IN_PLACE, OWN_TO, OWN_ADVANCED, OWN_JOURNAL, OWN_DRY_RUN, OWN_SALVAGE, OWN_LOSSES, OWN_SET };

static const struct option_row rows[] = {
	{ OWN_PLAN, 0, "plan", "FILE", ARG_FILE, NULL, "write the plan there and nothing else" },
	{ OWN_IN_PLACE, 0, "in-place", NULL, ARG_NONE, NULL, "mend the SOURCE itself" },
	{ OWN_TO, 0, "to", "TARGET", ARG_FILE, NULL, "write a mended copy: a new file, or a new directory for several parts" },
	{ OWN_JOURNAL, 0, "journal", "FILE", ARG_FILE, NULL, "with --in-place: where the way back is kept (default SOURCE.journal)" },
	{ 'y', 'y', "yes", NULL, ARG_NONE, NULL, "take the proposal where there is a choice, and do not ask before writing" },
	{ OWN_ADVANCED, 0, "advanced", NULL, ARG_NONE, NULL, "also steps that lose information; each says what" },
	{ OWN_SALVAGE, 0, "salvage", NULL, ARG_NONE, NULL, "with --to: all that can be had, whatever is lost; and a list of what is" },
	{ OWN_LOSSES, 0, "losses", "FILE", ARG_FILE, NULL, "with --salvage: the list of what is lost as JSON; none is written where all can be mended" },
	{ OWN_SET, 0, "set", "FILE", ARG_FILE, NULL, "write a new set file for a directory of parts, as their headers tell" },
	{ OWN_DRY_RUN, 0, "dry-run", NULL, ARG_NONE, NULL, "all but the last step: nothing is written" },
};
static const struct option_table table = OPTION_TABLE("Repair", rows);

struct job {
	const char *plan, *to, *journal;
	const char *set, *losses;
	bool in_place, yes, advanced, dry_run, salvage;
	struct cli *c;
	struct page page;
};

static bool may_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* A line of the user's; false at the end of input. */
static bool answer(char *line, size_t len)
{
	fflush(stdout);
	if (fgets(line, (int)len, stdin) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* What is safe is made; for the rest somebody has to say so, with --yes or at the terminal. */
static int choose(void *ctx, const struct plan *plan, const struct step *proposal)
{
	struct job *job = ctx;
	char line[64];
	int nr = 0;

	if (job->salvage && salvage_keeps(proposal))
		return -1;
	if (proposal->class == REPAIR_SAFE || job->yes)
		return 0;
	if (!may_ask())
		return -1;
	for (const struct step *s; (s = plan_which(plan, proposal, nr)) != NULL; nr++) {
		page_text(&job->page, 0, "(%d)", nr);
		text_step(s, &job->page);
	}
	for (;;) {
		page_text(&job->page, 0, "Which? A number from 0 to %d, or n for none", nr - 1);
		if (!answer(line, sizeof(line)) || strcmp(line, "n") == 0 || line[0] == '\0')
			return -1;
		char *end;
		long which = strtol(line, &end, 10);
		if (*end == '\0' && which >= 0 && which < nr)
			return (int)which;
	}
}

static bool sure(struct job *job)
{
	char line[64];

	if (job->yes)
		return true;
	if (!may_ask())
		return false;
	page_text(&job->page, 0, "Write this? Type yes to go on");
	return answer(line, sizeof(line)) && strcmp(line, "yes") == 0;
}

static int place_write(struct job *job, const struct result *r, const struct repair *rep, const struct plan_file *file)
{
	struct problem problem = { STATUS_OK, "" };
	struct apply_done done;
	char *journal = NULL;

	if (job->journal == NULL && asprintf(&journal, "%s.journal", r->path) < 0)
		return cli_error(job->c, EXIT_FAILED, "no memory");
	struct apply_options o = { .journal = job->journal ? job->journal : journal };
	enum status st = rescue_plan(rep, &problem);
	if (st == STATUS_OK)
		st = twins_stray(r, file, &problem);
	if (st == STATUS_OK)
		st = apply_plan(file, &o, &done, &problem);
	if (st == STATUS_OK)
		page_text(&job->page, 0, "%" PRIu64 " edits written, %" PRIu64 " bytes. To take them back: pmemscope undo %s",
			  done.made, done.bytes, o.journal);
	else
		cli_error(job->c, 0, "%s", problem.text);
	free(journal);
	return st == STATUS_OK ? EXIT_CLEAN : (int)outcome_of_status(st);
}

static int plan_write(struct job *job, const struct plan_file *file)
{
	struct output out;

	if (!output_open(job->c, &out, job->plan))
		return EXIT_FAILED;
	bool good = plan_file_write(file, out.f);
	return output_close(job->c, &out, good) && good ? EXIT_CLEAN : EXIT_FAILED;
}

static int carry_out(struct job *job, const struct result *r, const struct report_options *o, struct repair *rep)
{
	struct plan_file *file = plan_file_of(r->arena, r, rep);
	int status, before = (int)outcome_of(r, o->fail_on);
	int after = rep->analyzed ? (int)outcome_of(&rep->after, o->fail_on) : before;

	if (file == NULL)
		return cli_error(job->c, EXIT_FAILED, "%s: no memory for the plan", r->path);
	if (job->plan) {
		status = plan_write(job, file);
		status = status == EXIT_CLEAN ? before : status;
	} else if ((!job->in_place && !job->to) || job->dry_run) {
		status = before;
	} else if (file->edits_nr == 0 && job->in_place) {
		status = before;
	} else if (!sure(job)) {
		status = cli_error(job->c, EXIT_USAGE, "nothing was written: say --yes, or answer at a terminal");
	} else if (job->salvage && mended_wants_salvage(r, rep)) {
		status = mended_salvage(job->c, &(struct mended_to){ job->to, job->losses, o->analyze }, r, rep, &job->page);
	} else {
		status = job->to ? mended_copy(job->c, job->to, r, rep) : place_write(job, r, rep, file);
		if (job->salvage && status == EXIT_CLEAN)
			mended_losses(r, rep, &job->page);
		if (status == EXIT_CLEAN)
			status = after == EXIT_CLEAN && before != EXIT_CLEAN ? EXIT_CORRECTED : after;
	}
	plan_file_close(file);
	return status;
}

static int told(struct cli *c, const struct result *r, const struct report_options *o, int i, int nr, void *ctx)
{
	struct job *job = ctx;
	struct repair_options ro = { .most = job->advanced ? REPAIR_ADVANCED : REPAIR_ASK, .choose = choose, .ctx = job,
				     .forced = job->salvage };
	struct repair rep;
	int status;

	(void)i;
	if (nr != 1)
		return cli_error(c, EXIT_USAGE, "one SOURCE at a time; pmemscope batch repair takes many");
	job->c = c;
	job->page = cli_page(c, job->plan && strcmp(job->plan, "-") == 0 ? stderr : stdout, o->redact);
	if (r->status != STATUS_OK) {
		cli_error(c, 0, "%s", r->problem.text);
		return (int)outcome_of(r, o->fail_on);
	}
	text_verdict(r, &job->page);
	if (job->set) {
		status = mended_set(c, job->set, r);
		return status == EXIT_CLEAN ? (int)outcome_of(r, o->fail_on) : status;
	}
	enum status st = repair_plan(r, o->analyze, &ro, &rep);
	if (st == STATUS_OK) {
		text_plan(&rep, &job->page);
		status = carry_out(job, r, o, &rep);
	} else {
		status = cli_error(c, (int)outcome_of_status(st), "%s", rep.problem.text);
	}
	repair_close(&rep);
	return status;
}

static int run(struct cli *c)
{
	struct job job = { .plan = NULL };
	struct analysis an;
	int id, status;

	analysis_start(&an);
	while ((id = cli_next(c)) >= 0) {
		switch (id) {
		case OWN_PLAN: job.plan = c->arg; break;
		case OWN_IN_PLACE: job.in_place = true; break;
		case OWN_TO: job.to = c->arg; break;
		case OWN_JOURNAL: job.journal = c->arg; break;
		case OWN_ADVANCED: job.advanced = true; break;
		case OWN_DRY_RUN: job.dry_run = true; break;
		case OWN_SALVAGE: job.salvage = job.advanced = job.yes = an.options.deep = true; break;
		case OWN_LOSSES: job.losses = c->arg; break;
		case OWN_SET: job.set = c->arg; break;
		case 'y': job.yes = true; break;
		default:
			if (!analysis_option(c, &an, id))
				id = CLI_STOP;
		}
		if (id == CLI_STOP)
			break;
	}
	status = c->status;
	if (id == CLI_END && (job.plan != NULL) + job.in_place + (job.to != NULL) + (job.set != NULL) > 1)
		status = cli_error(c, EXIT_USAGE, "--plan, --in-place, --to and --set exclude each other");
	else if (id == CLI_END && job.salvage && job.to == NULL)
		status = cli_error(c, EXIT_USAGE, "--salvage writes a new pool: say where with --to");
	else if (id == CLI_END && job.losses && !job.salvage)
		status = cli_error(c, EXIT_USAGE, "--losses tells of --salvage");
	else if (id == CLI_END)
		status = cli_flush(c, analysis_run(c, &an, told, &job));
	analysis_free(&an);
	return status;
}

const struct command command_repair = {
	.name = "repair", .args = "SOURCE", .summary = "plan, show, ask, write, check again",
	.about = "Finds what could be mended and from which witness, judges the plan on a copy in memory with all checks, and "
		 "shows it. Nothing is written without --in-place or --to.\n\n"
		 "A step is 'safe' (all of its information is stored twice), 'ask' (a choice between witnesses) or 'advanced' "
		 "(something is lost; it says what). Safe steps are made; for others you are asked, or say --yes.\n\n"
		 "With --in-place a journal is on stable storage before the first write: 'pmemscope undo' takes all back, "
		 "also after a crash in the middle.\n\n"
		 "Where a pool cannot be made whole, --to with --salvage writes what can be had of it, and lists what is lost: of a "
		 "pmemlog, pmemblk or pmemobj pool a new one, in one file, with the log's text, the blocks, or the objects. A block "
		 "that cannot be read is an error to its reader there. Objects keep their offsets, and pointers to them stay right; "
		 "what cannot be told to be in use becomes free, what could not be read is zero. It implies --deep, --advanced and --yes. "
		 "A set file that is wrong is mended like the rest, by what its files say; one that is gone is made anew with --set from "
		 "the headers of a directory's parts.",
	.tables = { &table, &option_evidence, &option_telling },
	.sources = true, .run = run,
};
