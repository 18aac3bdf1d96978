/*
 * A change of a pool that a crash cannot leave half made. The way back lies beside the pool while the change is being
 * written, and is gone after it. Who finds one, before anything else, takes it: the pool then is as before the change.
 * The writing itself is analyzer/repair/apply.h's.
 */
#ifndef ANALYZER_MANAGE_JOURNAL_H
#define ANALYZER_MANAGE_JOURNAL_H

#include "analyzer/manage/members.h"
#include "analyzer/repair/plan_file.h"

#define JOURNAL_END ".pmempool-journal" /* behind the path that was given */

/* The journal that lies beside the pool, or NULL: there is none (or no memory). */
const char *journal_left(const struct members *m);
/*
 * Takes back what was left, if anything; m is open for writing. EINVAL: it is of another pool, or the pool was changed
 * since. *taken: something was taken back. What was read of the pool before is stale then.
 */
bool journal_take_back(const struct members *m, bool *taken, struct manage_error *e);
/*
 * Writes the plan's edits, whose targets are members. Where the directory cannot be written to, a plan of one edit in
 * one file is written without a journal; any other is refused.
 */
bool journal_change(const struct members *m, const struct plan_file *f, const struct manage_options *o,
		    struct manage_error *e);

#endif
