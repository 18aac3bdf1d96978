/* The reports that go to files: one row each. */
#ifndef REPORT_CLI_WRITERS_H
#define REPORT_CLI_WRITERS_H

#include "report/cli/analysis.h"
#include "report/cli/output.h"

enum { WRITER_FIRST = OPT_OWN + 100 };

struct writer {
	const char *suffix; /* of the files in a directory */
	enum status (*write)(const struct result *r, const struct report_options *o, FILE *f);
	/* What stands around several results in one file; NULL: one file holds one result. always: around
	 * a single one too. */
	const char *before, *between, *after;
	bool always;
};

/* Their options; the id of row i is WRITER_FIRST + i. */
extern const struct option_table option_writers;

struct writing {
	const char *path;   /* the option's argument; NULL: not asked for */
	bool directory;     /* a file for each SOURCE goes into path */
	struct output out;
};
enum { WRITERS_MAX = 8 };

/* Takes a writer's option. False, with c->status, when a second one wants standard output. */
bool writers_option(struct cli *c, struct writing *w, int id);
bool writers_any(const struct writing *w, const char *path); /* one goes to path; NULL: anywhere */
/* After the options: false, with c->status, when one file cannot hold as many results as there are SOURCEs. */
bool writers_fit(struct cli *c, const struct writing *w);
/* Opens, writes result i of nr, closes after the last. False, with a message. */
bool writers_write(struct cli *c, struct writing *w, const struct result *r, const struct report_options *o, int i, int nr);
/* Removes what is not finished. */
void writers_drop(struct cli *c, struct writing *w);

#endif
