/*
 * The recovery file of pmempool sync --bad-blocks: which ranges of a part are bad and are about to be
 * replaced by zeros, or were. Text: a line "offset length" for each, in bytes of the part's file,
 * ascending, and at the end "0 0", written when all of it was synced. It lies beside the set file as
 * FILE_rR_pP_badblocks.txt and is removed when the repair is done. Source: PMDK 1.12
 * src/common/bad_blocks.c, src/common/set_badblocks.c.
 */
#ifndef FORMATS_POOL_BADBLOCKS_H
#define FORMATS_POOL_BADBLOCKS_H

#include "formats/base/arena.h"
#include "formats/base/span.h"

enum { BADBLOCKS_TEXT_MAX = 4 << 20 }; /* bytes */

struct badblocks {
	struct badblocks_range { uint64_t at, len; } *ranges; /* in the part's file, as they stand */
	uint32_t nr;
	uint64_t total;      /* bytes of them, no more than UINT64_MAX */
	bool marker;         /* the "0 0" of a whole file is there */
	bool ordered;        /* ascending, not overlapping */
	uint32_t wrong_line; /* the first line that is no range, from 1; 0: none. Nothing is read after it */
};

/* NULL without memory. */
struct badblocks *badblocks_parse(struct arena *a, struct span text);
/* FILE_rR_pP_badblocks.txt; NULL without memory. */
const char *badblocks_name(struct arena *a, const char *file, uint32_t replica, uint32_t part);

#endif
