/* What sync and transform ask of the members of a set before anything of it is judged. */
#ifndef ANALYZER_MANAGE_REPLICAS_H
#define ANALYZER_MANAGE_REPLICAS_H

#include "analyzer/manage/members.h"

/*
 * Parts of directories that one replica has and another lacks become missing members, as large as the other's. The list
 * is in order afterwards.
 */
bool replicas_fill_dirs(struct members *m, struct manage_error *e);
/* EINVAL: a part of less than 8 MiB; ENOENT, ENOTDIR: a part's directory is not there. */
bool replicas_judge(const struct members *m, struct manage_error *e);
/* At least one member is open. Else why the first is not. */
bool replicas_any(const struct members *m, struct manage_error *e);
/* A change of features that was cut off is taken back; a transform that was is refused. */
bool replicas_settle(const struct members *m, bool dry_run, struct manage_error *e);

#define TRANSFORM_END ".pmempool-transform" /* behind the target set file's path: what a transform has to finish */

#endif
