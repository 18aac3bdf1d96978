/*
 * The commands, as tables: parsing, help, completion and the manual are made from them. A command is
 * one file, cmd_<word>.c, and one row in commands.c.
 */
#ifndef REPORT_CLI_COMMAND_H
#define REPORT_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct cli;

/* What an option's argument is: for completion, and for what --help calls it. */
enum arg_kind { ARG_NONE, ARG_FILE, ARG_DIR, ARG_WORD, ARG_CHECK };

struct option_row {
	int id;           /* what cli_next gives; unique in a command */
	char letter;      /* or 0 */
	const char *name; /* long, without dashes */
	const char *arg;  /* "FILE"; NULL: takes none */
	enum arg_kind kind;
	const char *words; /* ARG_WORD: all that it may be, separated by spaces; NULL: anything */
	const char *help;  /* one or two clauses, no full stop */
};

struct option_table {
	const char *title; /* heading in --help and the manual */
	const struct option_row *rows;
	size_t nr;
};
#define OPTION_TABLE(heading, array) { heading, array, sizeof(array) / sizeof((array)[0]) }

enum { TABLES_MAX = 4 };

struct command {
	const char *name, *args; /* "SOURCE..." */
	const char *summary;     /* a clause */
	const char *about;       /* paragraphs for --help and the manual, separated by empty lines */
	const struct option_table *tables[TABLES_MAX]; /* the common ones go without saying */
	bool hidden;             /* for the build: not in help, completion and manual */
	bool sources;            /* what is no option is a file */
	int (*run)(struct cli *c); /* gives the exit status */
};

extern const struct command *const commands[];
extern const size_t commands_nr;
/* Options that every command has. */
extern const struct option_table option_common;

const struct command *command_find(const char *name);

/* One after the other, the rows of a command, the common ones last. i: 0, 1, ...; NULL: no more. */
const struct option_row *command_option(const struct command *c, size_t i);
const struct option_table *command_table(const struct command *c, size_t i);

/* The candidate that word was probably meant to be, or NULL. next(ctx, i) gives them, then NULL. */
const char *command_nearest(const char *word, const char *(*next)(const void *ctx, size_t i), const void *ctx);

#endif
