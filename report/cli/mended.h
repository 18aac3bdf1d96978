/* What repair writes beside the plan: a mended copy with a set file of its own, a set file of what headers tell, losses. */
#ifndef REPORT_CLI_MENDED_H
#define REPORT_CLI_MENDED_H

#include "analyzer/repair/rounds.h"
#include "report/cli/cli.h"
#include "report/text/page.h"

/* The whole of rep's edited evidence to a new file, or of several parts to a new directory. The exit status. */
int mended_copy(struct cli *c, const char *to, const struct result *r, const struct repair *rep);
/* A new set file that names the parts where they are, as their headers put them in order. The exit status. */
int mended_set(struct cli *c, const char *path, const struct result *r);
/* Is there damage that the plan leaves, what could not be read, or a pmemobj pool whose plan loses something? */
bool mended_wants_salvage(const struct result *r, const struct repair *rep);
struct mended_to {
	const char *path;   /* a new file */
	const char *losses; /* where the list of them goes as JSON, too; or NULL */
	const struct analyze_options *analyze;
};
/* A new pool of the content of what the plan makes, and what is not in it. The exit status. */
int mended_salvage(struct cli *c, const struct mended_to *to, const struct result *r, const struct repair *rep, struct page *p);
/* What is not in the mended pool: by steps, by what could not be read, by what is still wrong. */
void mended_losses(const struct result *r, const struct repair *rep, struct page *p);

#endif
