/* Removes pools: all parts, or none of them. */
#include "report/cli/manage.h"
#include "report/cli/verbs.h"

enum { OWN_JSON = OPT_OWN };

static const struct option_row rows[] = {
	{ 'f', 'f', "force", NULL, ARG_NONE, NULL, "pass over what is missing; what is in use stays" },
	{ 'l', 'l', "local", NULL, ARG_NONE, NULL, "remove the set file too, last" },
	{ 'n', 'n', "dry-run", NULL, ARG_NONE, NULL, "all but the last step: list what would be removed" },
	{ OWN_JSON, 0, "json", "FILE", ARG_FILE, NULL, "the result as JSON, '-' for standard output" },
	{ 'v', 'v', "verbose", NULL, ARG_NONE, NULL, "list what was removed" },
};
static const struct option_table table = OPTION_TABLE("Rm", rows);

static int run(struct cli *c)
{
	struct manage_telling t = { .verb = "rm" };
	unsigned flags = 0;
	int id, status = EXIT_CLEAN;

	while ((id = cli_next(c)) >= 0)
		switch (id) {
		case 'f': flags |= MANAGE_RM_FORCE; break;
		case 'l': flags |= MANAGE_RM_SET_FILE; break;
		case 'n': t.dry_run = true; break;
		case OWN_JSON: t.json = c->arg; break;
		default: t.verbose = true;
		}
	if (id != CLI_END)
		return c->status;
	if (cli_operand(c, 0) == NULL)
		return cli_error(c, EXIT_USAGE, "name a pool file or a set file");
	if (t.json && cli_operand(c, 1))
		return cli_error(c, EXIT_USAGE, "--json tells of one pool at a time");
	for (int i = 0; (t.subject = cli_operand(c, i)) != NULL; i++) {
		struct manage_options o = { .dry_run = t.dry_run };
		struct manage_result r;
		bool ok = manage_rm(t.subject, flags, &o, &r);

		status = outcome_join(status, manage_tell(c, &t, ok, &r));
	}
	return cli_flush(c, status);
}

const struct command command_rm = {
	.name = "rm", .args = "POOL...", .summary = "remove a pool: all of its parts, or none",
	.about = "Removes a pool file, or all parts that a set file names. All are looked at and locked before the first goes: "
		 "when one is missing, in use, or cannot be removed, nothing is. With --force what is missing is passed over, and "
		 "a part that is in use stays, with the set file.\n\n"
		 "It does not ask whether a file is a pool: what is named is removed.",
	.tables = { &table }, .sources = true, .run = run,
};
