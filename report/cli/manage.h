/* What sync, transform, rm and feature have in common on the command line: how a result is told, and its exit status. */
#ifndef REPORT_CLI_MANAGE_H
#define REPORT_CLI_MANAGE_H

#include "analyzer/manage/manage.h"
#include "report/cli/cli.h"

struct manage_telling {
	const char *verb;    /* "rm" */
	const char *subject; /* what it was done to: a path */
	const char *json;    /* file for the result as JSON, "-" standard output; NULL: as text */
	bool dry_run, verbose, query;
};

/* Tells how it went; what failed goes to standard error too. Gives the exit status. Closes r. */
int manage_tell(struct cli *c, const struct manage_telling *t, bool ok, struct manage_result *r);
/* 16 usage, 64 a retry will not help, 32 interrupted, else 8. */
int manage_status(int errnum);

#endif
