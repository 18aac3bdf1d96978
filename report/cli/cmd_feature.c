/* Asks for a feature of a pool, or changes it in all of its headers. */
#include "report/cli/manage.h"
#include "report/cli/verbs.h"

enum { OWN_QUERY = OPT_OWN, OWN_JSON };

#define NAMES "SINGLEHDR CKSUM_2K SHUTDOWN_STATE CHECK_BAD_BLOCKS"

static const struct option_row rows[] = {
	{ OWN_QUERY, 0, "query", "NAME", ARG_WORD, NAMES, "print 1 or 0" },
	{ 'e', 'e', "enable", "NAME", ARG_WORD, NAMES, "set it in every header" },
	{ 'd', 'd', "disable", "NAME", ARG_WORD, NAMES, "clear it in every header" },
	{ 'n', 'n', "dry-run", NULL, ARG_NONE, NULL, "all but the last step: list what would be written" },
	{ OWN_JSON, 0, "json", "FILE", ARG_FILE, NULL, "the result as JSON, '-' for standard output" },
	{ 'v', 'v', "verbose", NULL, ARG_NONE, NULL, "list what was written" },
};
static const struct option_table table = OPTION_TABLE("Feature", rows);

static int run(struct cli *c)
{
	struct manage_telling t = { .verb = "feature" };
	enum manage_feature feature = MANAGE_FEATURES;
	struct manage_result r;
	int id, what = 0;

	while ((id = cli_next(c)) >= 0)
		switch (id) {
		case 'n': t.dry_run = true; break;
		case OWN_JSON: t.json = c->arg; break;
		case 'v': t.verbose = true; break;
		default:
			if (what)
				return cli_error(c, EXIT_USAGE, "one of --query, --enable and --disable at a time");
			what = id;
			feature = manage_feature_named(c->arg);
			if (feature == MANAGE_FEATURES)
				return cli_error(c, EXIT_USAGE, "%s: no such feature; there are %s", c->arg, NAMES);
		}
	if (id != CLI_END)
		return c->status;
	t.subject = cli_operand(c, 0);
	if (what == 0 || t.subject == NULL || cli_operand(c, 1))
		return cli_error(c, EXIT_USAGE, "give one of --query, --enable and --disable, and one pool");
	if (what != OWN_QUERY && feature == MANAGE_SINGLEHDR)
		return cli_error(c, EXIT_USAGE, "SINGLEHDR says how the parts are laid out: change it with transform");
	struct manage_options o = { .dry_run = t.dry_run };
	t.query = what == OWN_QUERY;
	bool ok = t.query ? manage_feature_query(t.subject, feature, &r)
			  : manage_feature_set(t.subject, feature, what == 'e', &o, &r);
	return cli_flush(c, manage_tell(c, &t, ok, &r));
}

const struct command command_feature = {
	.name = "feature", .args = "POOL", .summary = "ask for a feature of a pool, or change it",
	.about = "A feature is a bit in every header of a pool. A change is made in all of them: all are judged first, damaged "
		 "ones are refused, and a way back lies beside the pool (POOL.pmempool-journal) until the last is written; after a "
		 "crash the next change takes it. SHUTDOWN_STATE needs CKSUM_2K.",
	.tables = { &table }, .sources = true, .run = run,
};
