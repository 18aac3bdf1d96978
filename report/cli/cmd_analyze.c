/* The main job: identify, decode, check, and tell in every form. */
#include "report/cli/verbs.h"
#include "report/cli/writers.h"
#include "report/text/text.h"

#include <unistd.h>

enum { OWN_TEXT = OPT_OWN };

static const struct option_row rows[] = {
	{ OWN_TEXT, 0, "text", NULL, ARG_NONE, NULL,
	  "print the report as text (default on a terminal, and when no other is asked for)" },
};
static const struct option_table table = OPTION_TABLE("Text", rows);

struct job {
	struct writing writing[WRITERS_MAX];
	bool text;
};

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
	if (!writers_write(c, job->writing, r, o, i, nr))
		status = outcome_join(status, EXIT_FAILED);
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
	if (id == CLI_END && job.text && writers_any(job.writing, "-")) {
		status = cli_error(c, EXIT_USAGE, "--text and another report cannot both go to standard output");
	} else if (id == CLI_END) {
		if (!writers_any(job.writing, "-"))
			job.text |= isatty(STDOUT_FILENO) || !writers_any(job.writing, NULL);
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
