/* A pool from one set file to another. */
#include "report/cli/manage.h"
#include "report/cli/verbs.h"
#include "report/cli/watch.h"

enum { OWN_JSON = OPT_OWN };

static const struct option_row rows[] = {
	{ 'n', 'n', "dry-run", NULL, ARG_NONE, NULL, "all but the last step: list what would be made, written and removed" },
	{ OWN_JSON, 0, "json", "FILE", ARG_FILE, NULL, "the result as JSON, '-' for standard output" },
	{ 'v', 'v', "verbose", NULL, ARG_NONE, NULL, "list what was made, written and removed" },
};
static const struct option_table table = OPTION_TABLE("Transform", rows);

static int run(struct cli *c)
{
	struct manage_telling t = { .verb = "transform" };
	struct manage_options o = { .progress = watch_progress };
	struct manage_result r;
	int id;

	while ((id = cli_next(c)) >= 0)
		switch (id) {
		case 'n': t.dry_run = true; break;
		case OWN_JSON: t.json = c->arg; break;
		default: t.verbose = true;
		}
	if (id != CLI_END)
		return c->status;
	const char *from = cli_operand(c, 0);
	t.subject = from ? cli_operand(c, 1) : NULL;
	if (t.subject == NULL || cli_operand(c, 2))
		return cli_error(c, EXIT_USAGE, "name two set files: as the pool is, and as it is to be");
	o.dry_run = t.dry_run;
	if (!watch_start(c))
		return EXIT_FAILED;
	bool ok = manage_transform(from, t.subject, &o, &r);
	watch_stop();
	return cli_flush(c, manage_tell(c, &t, ok, &r));
}

const struct command command_transform = {
	.name = "transform", .args = "FROM TO", .summary = "give a pool other replicas, or headers in part 0 only",
	.about = "FROM and TO are set files: as the pool is, and as it is to be. One kind of change at a time: replicas more, "
		 "replicas less, or OPTION SINGLEHDR given or taken away. Replicas that stay keep their paths and sizes; of them only "
		 "the links in their headers change. The pool keeps its size.\n\n"
		 "What is new is made aside first; what is left to do then lies in a list beside TO (TO.pmempool-transform). When a "
		 "run is cut off, the same call brings it to its end. Replicas that go are removed last.",
	.tables = { &table }, .sources = true, .run = run,
};
