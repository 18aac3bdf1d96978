#include "report/cli/cli.h"
#include "report/cli/help.h"
#include "report/cli/watch.h"

#include <string.h>

static const char *next_command(const void *ctx, size_t i)
{
	(void)ctx;
	return i < commands_nr && !commands[i]->hidden ? commands[i]->name : NULL; /* the hidden ones come last */
}

static int unknown(const char *word)
{
	const char *near = command_nearest(word, next_command, NULL);
	struct cli none = { .command = NULL };

	if (near)
		return cli_error(&none, EXIT_USAGE, "there is no command '%s'; did you mean %s?", word, near);
	return cli_error(&none, EXIT_USAGE, "there is no command '%s'; see pmemscope --help", word);
}

int main(int argc, char **argv)
{
	struct cli c = { .argc = argc - 1, .argv = argv + 1, .progress_fd = -1 };
	const char *word = argc > 1 ? argv[1] : NULL;
	struct cli none = { .command = NULL };

	watch_signals();
	if (word == NULL) {
		help_all(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || (strcmp(word, "help") == 0 && argc == 2)) {
		help_all(stdout);
		return cli_flush(&none, EXIT_CLEAN);
	}
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		help_version(stdout);
		return cli_flush(&none, EXIT_CLEAN);
	}
	if (word[0] == '-')
		return cli_error(&none, EXIT_USAGE, "the command comes first: pmemscope analyze %s ...; see pmemscope --help", word);
	c.command = command_find(word);
	if (c.command == NULL)
		return unknown(word);
	int status = c.command->run(&c);
	cli_free(&c);
	return status;
}
