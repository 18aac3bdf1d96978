/* The recovery files that a repair of bad blocks leaves beside the set file when it is cut off (formats/pool/badblocks.h). */
#ifndef ANALYZER_MANAGE_BADFILES_H
#define ANALYZER_MANAGE_BADFILES_H

#include "analyzer/manage/health.h"
#include "analyzer/manage/writes.h"

struct badfiles {
	const char **names; /* those that are there */
	uint32_t nr;
};

/*
 * Looks for them. fix: what whole ones name becomes lost, and its part PART_LOST; ones that are not whole say nothing.
 * Without fix one that is there is EINVAL, as the peer has it.
 */
bool badfiles_read(struct health *h, bool fix, struct badfiles *b, struct manage_result *out);
/* Removes them, when all is mended: until then no library opens the pool. */
bool badfiles_remove(const struct badfiles *b, struct writes *w, struct manage_result *out);

#endif
