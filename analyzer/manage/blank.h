/*
 * A DAX device that is no longer of a pool: it stays, and what lies at its beginning is zeros, as far as PMDK's library
 * blanks it. Source: PMDK 1.12 src/libpmempool/rm.c.
 */
#ifndef ANALYZER_MANAGE_BLANK_H
#define ANALYZER_MANAGE_BLANK_H

#include "analyzer/repair/target.h"

/* t: of a device of size bytes, opened for writing. False, and errno. */
bool blank_device(struct target *t, uint64_t size);

#endif
