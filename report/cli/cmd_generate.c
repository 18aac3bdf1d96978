/* What the build makes from the tables: completion, and parts of the manual. */
#include "report/cli/cli.h"
#include "report/cli/completion.h"
#include "report/cli/manual.h"
#include "report/cli/verbs.h"

#include <string.h>

static const struct {
	const char *what;
	void (*write)(FILE *f);
} makers[] = {
	{ "bash", completion_bash }, { "zsh", completion_zsh }, { "commands", manual_commands },
	{ "findings", manual_findings },
};

static int run(struct cli *c)
{
	if (cli_next(c) == CLI_STOP)
		return c->status;
	const char *word = cli_operand(c, 0);

	for (size_t i = 0; word && i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strcmp(makers[i].what, word) == 0) {
			makers[i].write(stdout);
			return cli_flush(c, EXIT_CLEAN);
		}
	return cli_error(c, EXIT_USAGE, "which: bash, zsh, commands or findings?");
}

const struct command command_generate = {
	.name = "generate", .args = "WHAT", .summary = "completion and manual, from the tables",
	.about = "Prints what the build makes from the tables: completion for bash or zsh, and the manual's parts on commands "
		 "and findings, for scdoc.",
	.hidden = true, .run = run,
};
