/*
 * The one writer: nothing else in the tree writes to a target. It reads before it writes: every byte
 * of an edit is either as the plan found it or as the plan leaves it (a run that was cut off), else
 * nothing at all is written. The journal is on stable storage before the first write. Run again, it
 * goes on where it stopped; given the journal, it takes all back.
 */
#ifndef ANALYZER_REPAIR_APPLY_H
#define ANALYZER_REPAIR_APPLY_H

#include "analyzer/repair/plan_file.h"

struct apply_options {
	const char *const *paths;  /* for each target of the plan: what to write to; NULL entries: the plan's own path */
	const int *fds;            /* for each target: open for writing and locked by the caller, who closes it; NULL, or
				    * entries of -1: opened and locked here */
	const char *journal;       /* where to; NULL: none (an undo needs none, the plan is kept) */
	bool dry_run;              /* all but the writing */
	/* Called before each write, in order from 0; false ends the run there. For tests. May be NULL. */
	bool (*before_write)(void *ctx, uint64_t nr);
	void *ctx;
};

struct apply_done {
	uint64_t made, already; /* edits written; found to be made */
	uint64_t bytes;         /* written */
	uint64_t writes;        /* calls of before_write */
};

/*
 * STATUS_OK: all edits are in place and read back. STATUS_USAGE: refused, nothing was written: a target
 * is not what the plan was made for. STATUS_IO: the system refused; run again, or undo with the journal.
 */
enum status apply_plan(const struct plan_file *p, const struct apply_options *o, struct apply_done *done,
		       struct problem *problem);

/*
 * Writes the whole of image to a new file, holes kept. STATUS_USAGE: there is a file already. A file
 * that could not be finished is removed.
 */
enum status apply_copy(struct image *image, const char *path, struct problem *problem);

#endif
