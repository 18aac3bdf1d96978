/*
 * Copies of a pool bear its uuids: no plan can be bound to one of them by what it says of itself. Where there are two, or
 * what is there is another pool, nothing is written before somebody has said which is meant.
 */
#ifndef ANALYZER_REPAIR_TWINS_H
#define ANALYZER_REPAIR_TWINS_H

#include "analyzer/analyze.h"
#include "analyzer/repair/plan_file.h"

/* Where a target is to be written, for each of the plan's. */
struct twins_place {
	const char *path;     /* NULL: it is not written to */
	const char *original; /* where the plan was made, when that is another path and could be written to; else NULL */
};

/*
 * STATUS_USAGE, with the reason: a target's header is another pool's; two targets are one file, or bear the same part uuid;
 * or what the plan was made for is still there beside the target, and not the same file. copy_meant: that last one is known.
 * A header that is damaged tells nothing here.
 */
enum status twins_look(const struct plan_file *p, const struct twins_place *places, bool copy_meant, struct problem *problem);
/* The same for a part that p edits and of which r's evidence holds a copy beside it. */
enum status twins_stray(const struct result *r, const struct plan_file *p, struct problem *problem);

#endif
