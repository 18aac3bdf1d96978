/* The main job: identify, decode, check, plan repairs, and tell in every form. */
#include "analyzer/repair/plan_file.h"
#include "report/cli/verbs.h"
#include "report/cli/watch.h"
#include "report/cli/writers.h"
#include "report/text/text.h"

#include <string.h>
#include <unistd.h>

enum { OWN_TEXT = OPT_OWN, OWN_PLAN };

static const struct option_row rows[] = {
	{ OWN_TEXT, 0, "text", NULL, ARG_NONE, NULL,
	  "print the report as text (default on a terminal, and when no other is asked for)" },
	{ OWN_PLAN, 0, "plan", "FILE", ARG_FILE, NULL, "write what 'pmemscope repair' would do, for 'pmemscope apply'" },
};
static const struct option_table table = OPTION_TABLE("Text and plan", rows);

struct job {
	struct writing writing[WRITERS_MAX];
	const char *plan;
	bool text;
};

static bool plan_write(struct cli *c, const struct result *r, const struct repair *rep, const char *path)
{
	struct plan_file *file = plan_file_of(r->arena, r, rep);
	struct output out;
	bool good;

	if (file == NULL) {
		cli_error(c, EXIT_FAILED, "%s: no memory for the plan", path);
		return false;
	}
	good = output_open(c, &out, path);
	if (good) {
		good = plan_file_write(file, out.f);
		good = output_close(c, &out, good);
	}
	plan_file_close(file);
	return good;
}

static int told(struct cli *c, const struct result *r, const struct report_options *o, int i, int nr, void *ctx)
{
	struct job *job = ctx;
	int status = (int)outcome_of(r, o->fail_on);

	if (r->status != STATUS_OK) {
		struct page err = cli_page(c, stderr, o->redact);
		struct buf b = { .p = NULL };
		const char *text = page_sentence(&err, r->problem.text, &b);

		cli_error(c, 0, "%s", text && *text ? text : r->verdict);
		buf_free(&b);
	}
	struct report_options with = *o;
	struct repair rep = { .plan = NULL };
	bool planned = r->status == STATUS_OK && (job->plan || (writers_any(job->writing, NULL) && repair_mendable(r->findings)));
	if (planned) {
		struct repair_options ro = { .most = REPAIR_ASK, .choose = repair_choose_safe };
		enum status st = repair_plan(r, o->analyze, &ro, &rep);

		watch_hide();
		if (st == STATUS_OK)
			with.repair = &rep;
		else
			status = outcome_join(status, cli_error(c, (int)outcome_of_status(st), "%s", rep.problem.text));
	}
	if (job->plan && with.repair && !plan_write(c, r, &rep, job->plan))
		status = outcome_join(status, EXIT_FAILED);
	if (!writers_write(c, job->writing, r, &with, i, nr))
		status = outcome_join(status, EXIT_FAILED);
	if (planned)
		repair_close(&rep);
	if (job->text && (r->status == STATUS_OK || (r->findings && r->findings->first))) {
		struct page p = cli_page(c, stdout, o->redact);

		if (i)
			page_gap(&p);
		text_report(r, o, &p);
	}
	return status;
}

static int run(struct cli *c)
{
	struct job job = { .text = false };
	struct analysis an;
	int id, status;

	analysis_start(&an);
	while ((id = cli_next(c)) >= 0) {
		bool good = true;

		if (id == OWN_TEXT)
			job.text = true;
		else if (id == OWN_PLAN)
			job.plan = c->arg;
		else if (id >= WRITER_FIRST)
			good = writers_option(c, job.writing, id);
		else
			good = analysis_option(c, &an, id);
		if (!good)
			id = CLI_STOP;
		if (id == CLI_STOP)
			break;
	}
	status = c->status;
	bool to_stdout = job.plan && strcmp(job.plan, "-") == 0;
	if (id == CLI_END && (job.text || to_stdout) && (writers_any(job.writing, "-") || (job.text && to_stdout))) {
		status = cli_error(c, EXIT_USAGE, "only one report can go to standard output");
	} else if (id == CLI_END && job.plan && cli_operand(c, 0) && cli_operand(c, 1)) {
		status = cli_error(c, EXIT_USAGE, "--plan: one SOURCE at a time");
	} else if (id == CLI_END && job.plan && an.redact.level != REDACT_NONE) {
		status = cli_error(c, EXIT_USAGE, "a plan holds the bytes themselves: --plan and --redact contradict each other");
	} else if (id == CLI_END && !writers_fit(c, job.writing)) {
		status = c->status;
	} else if (id == CLI_END) {
		if (!writers_any(job.writing, "-") && !to_stdout)
			job.text |= isatty(STDOUT_FILENO) || (!writers_any(job.writing, NULL) && !job.plan);
		status = analysis_run(c, &an, told, &job);
		writers_drop(c, job.writing);
		status = cli_flush(c, status);
	}
	analysis_free(&an);
	return status;
}

const struct command command_analyze = {
	.name = "analyze", .args = "SOURCE...", .summary = "identify, decode, check and report",
	.about = "Finds out what each SOURCE is, decodes its structures, checks them, tells what its own library would do at "
		 "the next open, and reports. Reads only.\n\n"
		 "A SOURCE is a pool file, a set file, a directory with a set's parts, a raw capture of a namespace or a BTT, a "
		 "block or DAX device, '-' for standard input; plain or compressed (gzip, zstd, xz, lz4), or in a tar.\n\n"
		 "Several SOURCEs are analysed one by one: --json makes an array of reports then, and --jsonl goes on with "
		 "the next. A FILE that ends in '/' is a directory, and gets a file for each SOURCE.",
	.tables = { &option_writers, &table, &option_evidence, &option_telling },
	.sources = true, .run = run,
};
