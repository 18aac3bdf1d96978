/* The verdict: one line a source. */
#include "report/cli/analysis.h"
#include "report/cli/verbs.h"
#include "report/text/text.h"

static const struct option_row rows[] = {
	{ 'v', 'v', "verbose", NULL, ARG_NONE, NULL, "list the findings too" },
};
static const struct option_table table = OPTION_TABLE("Output", rows);

static int told(struct cli *c, const struct result *r, const struct report_options *o, int i, int nr, void *ctx)
{
	const bool *verbose = ctx;
	struct page p = cli_page(c, stdout, o->redact);

	(void)i;
	(void)nr;
	text_verdict(r, &p);
	if (*verbose)
		text_findings(r->findings, &p);
	return (int)outcome_of(r, o->fail_on);
}

static int run(struct cli *c)
{
	struct analysis an;
	bool verbose = false;
	int id, status;

	analysis_start(&an);
	an.options.no_map = true;
	an.options.quick = true;
	while ((id = cli_next(c)) >= 0) {
		if (id == 'v')
			verbose = true;
		else if (!analysis_option(c, &an, id))
			id = CLI_STOP;
		if (id == CLI_STOP)
			break;
	}
	status = id == CLI_END ? cli_flush(c, analysis_run(c, &an, told, &verbose)) : c->status;
	analysis_free(&an);
	return status;
}

const struct command command_check = {
	.name = "check", .args = "SOURCE...", .summary = "the verdict, one line a SOURCE",
	.about = "Analyses each SOURCE and prints its verdict on one line; the exit status says the same. Reads only.",
	.tables = { &table, &option_evidence, &option_telling },
	.sources = true, .run = run,
};
