/*
 * The last part of a transform, which a crash must not leave undone. When all that is new lies aside, whole and on stable
 * storage, a list of what is left is written beside the target set file: header edits, renames, removals. Before the
 * list is there nothing has changed; once it is, any further run carries it to its end. The list is a journal of
 * analyzer/repair/apply.h: its targets are the parts of the target set, and those that go.
 */
#ifndef ANALYZER_MANAGE_TRANSFORM_FINISH_H
#define ANALYZER_MANAGE_TRANSFORM_FINISH_H

#include "analyzer/manage/build.h"
#include "analyzer/repair/plan_file.h"

#define TRANSFORM_GONE "removed" /* the label of a part that goes begins so */

/* f: the plan, whose edits are made; fds: of its targets. False: undone as far as was possible, and told. */
bool transform_finish(struct build *b, const struct members *to, const struct plan_file *f, const int *fds,
		      struct manage_error *e);
/* The list that a run which was cut off has left, or NULL. */
const char *transform_left(const struct members *to);
/* Carries it to its end. EINVAL: it belongs to another transform. */
bool transform_resume(struct members *to, struct writes *w, struct manage_result *out);

#endif
