/*
 * Files that we write: aside, under a name of their own in the same directory, and renamed when all is
 * in them. What is not finished is removed, also when a signal ends us.
 */
#ifndef REPORT_CLI_OUTPUT_H
#define REPORT_CLI_OUTPUT_H

#include "report/cli/cli.h"

struct output {
	FILE *f;           /* NULL: not open */
	const char *path;  /* borrowed; "-": standard output */
	char *aside;       /* NULL: written in place (a terminal, a pipe, /dev/null) */
	struct output *next;
};

/* False, with a message. */
bool output_open(const struct cli *c, struct output *o, const char *path);
/* Renames it to its path, when good; else removes it. False, with a message, when it could not be. */
bool output_close(const struct cli *c, struct output *o, bool good);
/* Removes all that is not finished. */
void output_drop_all(void);

#endif
