/*
 * What the pool's own library (or the driver) would do at its next open, carried out on an overlay,
 * and what all checks say of the result. Reports tell this and know no format.
 */
#ifndef ANALYZER_FACTS_RECOVERY_H
#define ANALYZER_FACTS_RECOVERY_H

#include "analyzer/check.h"

struct recovery_step {
	const char *says;        /* "lane 3: rolls back 2 ranges, 4112 bytes" */
	const struct node *node; /* or NULL */
	struct recovery_step *next;
};

/* Bytes that will change and cannot be foreseen: they hold the process's own addresses, or the time. */
struct unforeseen {
	uint64_t at, len;
	const char *why;
	struct unforeseen *next;
};

struct recovery {
	const char *by;          /* "libpmemobj 1.12.1 or later" */
	bool needed;             /* it has something to finish or to take back */
	const char *refused;     /* it would not open, would crash or would hang, and why; NULL: it opens */
	struct recovery_step *first, *last;
	uint64_t steps_nr;
	const char *not_simulated; /* what of its doing is left out of the result, with reason; or NULL */
	struct image *after;     /* an overlay; NULL: nothing was simulated */
	uint64_t changed;        /* bytes that differ afterwards */
	struct unforeseen *unforeseen; /* of after; not counted as changed */
	struct model *model;     /* decoded from after */
	struct findings *findings; /* all content checks, on that */
};

#endif
