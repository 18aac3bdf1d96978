/* What a finding means, from the tables of checks. */
#include "report/batch/job.h"
#include "report/cli/cli.h"
#include "report/cli/verbs.h"
#include "report/json/json.h"
#include "report/text/text.h"

#include <string.h>

static const struct option_row rows[] = {
	{ 'j', 0, "json", NULL, ARG_NONE, NULL, "as JSON" },
};
static const struct option_table table = OPTION_TABLE("Output", rows);

/* All checks of images, then what can become of a batch's workers. */
static const struct check *nth(size_t i)
{
	for (size_t t = 0; t < check_tables_nr; t++) {
		if (i < check_tables[t]->nr)
			return &check_tables[t]->checks[i];
		i -= check_tables[t]->nr;
	}
	return i < batch_end_checks.nr ? &batch_end_checks.checks[i] : NULL;
}

static const char *next_id(const void *ctx, size_t i)
{
	const struct check *c = nth(i);

	(void)ctx;
	return c ? c->id : NULL;
}

static const struct check *find(const char *id)
{
	const struct check *c;

	for (size_t i = 0; (c = nth(i)) != NULL && strcmp(c->id, id) != 0;)
		i++;
	return c;
}

static void list(struct page *p)
{
	const struct check *c;

	for (size_t i = 0; (c = nth(i)) != NULL; i++)
		page_term(p, 0, 26, c->id, c->says);
}

static int run(struct cli *c)
{
	bool json = false;
	const struct check *check = NULL;
	int id;

	while ((id = cli_next(c)) >= 0)
		json = true;
	if (id == CLI_STOP)
		return c->status;
	const char *word = cli_operand(c, 0);
	if (word && cli_operand(c, 1))
		return cli_error(c, EXIT_USAGE, "one ID at a time");
	if (word && (check = find(word)) == NULL) {
		const char *near = command_nearest(word, next_id, NULL);

		return near ? cli_error(c, EXIT_USAGE, "there is no check '%s'; did you mean %s?", word, near)
			    : cli_error(c, EXIT_USAGE, "there is no check '%s'; 'pmemscope explain' lists them", word);
	}
	if (json) {
		enum status st = json_checks(check, &batch_end_checks, stdout);

		return cli_flush(c, st == STATUS_NOMEM ? EXIT_FAILED : EXIT_CLEAN);
	}
	struct page p = cli_page(c, stdout, NULL);
	if (check)
		text_check(check, &p);
	else
		list(&p);
	return cli_flush(c, EXIT_CLEAN);
}

const struct command command_explain = {
	.name = "explain", .args = "[ID]", .summary = "what a finding means and what to do",
	.about = "Tells what a check looks at, what its finding means for you, what to do next, and where the rule is "
		 "written. Without ID: the list of all checks.",
	.tables = { &table }, .run = run,
};
