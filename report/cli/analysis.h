/* The options of every command that analyses, and the run over all its SOURCEs. */
#ifndef REPORT_CLI_ANALYSIS_H
#define REPORT_CLI_ANALYSIS_H

#include "report/cli/cli.h"

/* What to look at and how; what to tell. */
extern const struct option_table option_evidence, option_telling;

struct words {
	const char **list;
	size_t nr;
};

struct analysis {
	struct analyze_options options;
	struct words only, skip, maps;
	struct obj_type_range *roots;
	uint32_t take_back;
	struct redact_options redact;
	enum severity fail_on;
	bool reproducible;
	char host[65];
};

void analysis_start(struct analysis *an);
void analysis_free(struct analysis *an);
/* Takes an option of the two tables. False: c->status says why the command ends. */
bool analysis_option(struct cli *c, struct analysis *an, int id);

/* What the options come to, before the first SOURCE. Gives the exit status when the command ends here. */
int analysis_ready(struct cli *c, struct analysis *an);
/* What reports are told besides; redact is to be filled in. */
struct report_options analysis_report(const struct analysis *an);

/* Called with each result; gives its exit status. i: its place among the nr SOURCEs. */
typedef int analysis_told(struct cli *c, const struct result *r, const struct report_options *o, int i, int nr,
			  void *ctx);
/* Analyses every operand of the command line by itself and joins what told gives. */
int analysis_run(struct cli *c, struct analysis *an, analysis_told *told, void *ctx);

/* The two results side by side, under one filter. Gives the exit status. */
typedef int analysis_both(struct cli *c, const struct result *a, const struct result *b, const struct report_options *o,
			  void *ctx);
/* Analyses the two operands of the command line and keeps both until told is done. */
int analysis_run_two(struct cli *c, struct analysis *an, analysis_both *told, void *ctx);

#endif
