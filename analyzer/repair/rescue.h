/*
 * A copy made by ddrescue is not finished while its mapfile calls ranges unread: what is written there is unread to whoever
 * looks next, and ddrescue writes over it when it goes on. The mapfile is evidence and stays as it is.
 */
#ifndef ANALYZER_REPAIR_RESCUE_H
#define ANALYZER_REPAIR_RESCUE_H

#include "analyzer/repair/plan_file.h"

/* STATUS_USAGE: an edit of rep's plan lies where the mapfile of its file, given or beside it, says nothing was read. */
enum status rescue_plan(const struct repair *rep, struct problem *problem);
/* The same of p's edits of its target-th target, which is at path, by the mapfile beside that. */
enum status rescue_target(const struct plan_file *p, uint32_t target, const char *path, struct problem *problem);

#endif
