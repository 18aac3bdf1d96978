/* What every command needs: its arguments, its words to the user, how it writes. */
#ifndef REPORT_CLI_CLI_H
#define REPORT_CLI_CLI_H

#include "report/cli/command.h"
#include "report/outcome.h"
#include "report/report.h"
#include "report/text/page.h"

#include <getopt.h>

/* Ids of options that several commands share; a command's own are letters or start at OPT_OWN. */
enum {
	OPT_HELP = 'h', OPT_VERSION = 'V', OPT_QUIET = 'q',
	OPT_COLOR = 256, OPT_PROGRESS,
	OPT_ONLY, OPT_SKIP, OPT_MAX_FINDINGS, OPT_DEEP, OPT_ROOTS, OPT_TAKE_BACK, OPT_MAP, OPT_MAPFILE, OPT_SPOOL, OPT_INDEX, OPT_HASH,
	OPT_NDCTL_JSON, OPT_MEMORY, OPT_FAIL_ON, OPT_REDACT, OPT_USER_BYTES, OPT_REPRODUCIBLE,
	OPT_OWN,
};

enum { CLI_END = -1, CLI_STOP = -2 };

struct cli {
	const struct command *command;
	int argc;
	char **argv;       /* argv[0] is the command's name */
	const char *arg;   /* of the option that cli_next gave */
	int status;        /* exit status, after CLI_STOP */
	bool quiet;
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
	int progress_fd;   /* JSON lines go there; -1: none */
	struct option *longs;
	char *letters;
};

/* The id of the next option, CLI_END, or CLI_STOP: the command returns c->status. */
int cli_next(struct cli *c);
/* After CLI_END: what is no option. NULL at the end. */
const char *cli_operand(const struct cli *c, int i);
void cli_free(struct cli *c);

/* "pmemscope VERB: ..." on standard error; what comes from files or the user is escaped. Gives status. */
int cli_error(const struct cli *c, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Numbers as people write them: "64M", "1GiB". False, with a message, when it is none. */
bool cli_size(struct cli *c, const char *option, uint64_t *out);
bool cli_count(struct cli *c, const char *option, uint64_t max, uint64_t *out);
/* Which of names (nr of them) c->arg is. -1, with a message that lists them, when none. */
int cli_choice(struct cli *c, const char *option, const char *const *names, int nr);

/* A page on standard output: its width, and colour when asked for or when it is a terminal. */
struct page cli_page(const struct cli *c, FILE *f, const struct redact *rd);

/* Flushes standard output. Gives status, or EXIT_FAILED with a message; a reader that left is none. */
int cli_flush(const struct cli *c, int status);

#endif
