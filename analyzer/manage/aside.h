/*
 * A part that is written anew: aside, in the directory where it belongs, and renamed when all is in it and on stable
 * storage. Until then what lies at the path is as it was.
 */
#ifndef ANALYZER_MANAGE_ASIDE_H
#define ANALYZER_MANAGE_ASIDE_H

#include "analyzer/manage/members.h"
#include "analyzer/manage/writes.h"

#define ASIDE_END ".pmempool-new"  /* behind the part's path */
#define ASIDE_KEPT ".pmempool-old" /* what was there before, where it is kept */

struct aside {
	const char *path; /* where it belongs; a symbolic link is followed */
	const char *name; /* where it is while it is written */
	int fd;           /* open and locked; -1: not yet */
};

/* Finds the names; writes nothing. ENAMETOOLONG, ENOMEM; EACCES, EROFS: no file can be made in the directory. */
bool aside_start(struct aside *a, struct arena *arena, const char *path, struct manage_error *e);
/* Makes the file, of size bytes that are all a hole. One left by a run that was cut off is removed first. */
bool aside_open(struct aside *a, uint64_t size, struct writes *w, struct manage_error *e);
/* Mode, and owner where that can be (mode and owner of like); then all of it to stable storage. */
bool aside_finish(struct aside *a, uint32_t mode, int like, struct writes *w, struct manage_error *e);
/* Puts it in place. keep: what lies there is kept under another name; *kept says which, NULL: nothing was there. */
bool aside_place(struct aside *a, struct arena *arena, bool keep, const char **kept, struct writes *w,
		 struct manage_error *e);
/* Gives up what was not placed. cut: as a crash would, the file stays. */
void aside_drop(struct aside *a, bool cut);
/* The directory's entries to stable storage. */
bool aside_settle(const char *path, struct manage_error *e);
/* Moves one that a run which was cut off has left into place. False with e untouched: there is none. */
bool aside_resume(struct arena *arena, const char *path, struct writes *w, struct manage_error *e);

#endif
