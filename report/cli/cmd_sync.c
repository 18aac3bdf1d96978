/* Brings all replicas of a pool to one state. */
#include "report/cli/manage.h"
#include "report/cli/verbs.h"
#include "report/cli/watch.h"

enum { OWN_JSON = OPT_OWN };

static const struct option_row rows[] = {
	{ 'b', 'b', "bad-blocks", NULL, ARG_NONE, NULL, "also mend what recovery files of a repair of bad blocks name" },
	{ 'n', 'n', "dry-run", NULL, ARG_NONE, NULL, "all but the last step: list what would be made anew" },
	{ OWN_JSON, 0, "json", "FILE", ARG_FILE, NULL, "the result as JSON, '-' for standard output" },
	{ 'v', 'v', "verbose", NULL, ARG_NONE, NULL, "list what was made anew, and why" },
};
static const struct option_table table = OPTION_TABLE("Sync", rows);

static int run(struct cli *c)
{
	struct manage_telling t = { .verb = "sync" };
	struct manage_options o = { .progress = watch_progress };
	struct manage_result r;
	unsigned flags = 0;
	int id;

	while ((id = cli_next(c)) >= 0)
		switch (id) {
		case 'b': flags |= MANAGE_SYNC_BAD_BLOCKS; break;
		case 'n': t.dry_run = true; break;
		case OWN_JSON: t.json = c->arg; break;
		default: t.verbose = true;
		}
	if (id != CLI_END)
		return c->status;
	t.subject = cli_operand(c, 0);
	if (t.subject == NULL || cli_operand(c, 1))
		return cli_error(c, EXIT_USAGE, "name one set file");
	o.dry_run = t.dry_run;
	if (!watch_start(c))
		return EXIT_FAILED;
	bool ok = manage_sync(t.subject, flags, &o, &r);
	watch_stop();
	return cli_flush(c, manage_tell(c, &t, ok, &r));
}

const struct command command_sync = {
	.name = "sync", .args = "SET", .summary = "bring all replicas of a pool to one state",
	.about = "Parts that are missing, damaged, or of another size than the set file says are made anew from what holds in any "
		 "replica: each part stands for itself, so replicas that have lost different parts mend each other. Replicas that "
		 "look well are compared too; where they differ, the one whose structures are whole is believed, then what most "
		 "have, then the first, which programs read.\n\n"
		 "A new part is written beside the old one, holes and zeros as holes, and takes its place when it is whole and on "
		 "stable storage; after a crash, sync again. A file of another size, or one that could not be opened, is kept as "
		 "PART.pmempool-old. A part that a program has open is left alone, and so is all else.",
	.tables = { &table }, .sources = true, .run = run,
};
