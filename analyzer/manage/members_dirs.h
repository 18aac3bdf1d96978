/* Inside of members.c: sets whose lines name directories, in which the parts are files NNNNNN.pmem. */
#ifndef ANALYZER_MANAGE_MEMBERS_DIRS_H
#define ANALYZER_MANAGE_MEMBERS_DIRS_H

#include "analyzer/manage/members.h"

bool members_dirs_is(const struct poolset *t); /* a line of it names a directory */
/*
 * Fills m->list with the files that are there, in the order of their numbers; a number that is skipped is a
 * missing member, where PMDK would look for it. EINVAL: files and directories mixed; EEXIST: one directory
 * twice; ENOENT: no part files at all; EFBIG: more than are taken.
 */
bool members_dirs(struct members *m, struct manage_error *e);
/* members.c: fills kind, errnum and the rest from what lies at p->path. */
bool members_look(struct members *m, struct member *p, struct manage_error *e);

#endif
