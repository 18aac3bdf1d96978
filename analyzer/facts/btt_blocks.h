/*
 * Who owns each media block of a BTT arena: the map and the flog together must name every one
 * exactly once. The map is read once, in large windows, on every processor where the image allows;
 * one bit is kept for each block. Only when something is wrong is it read again, to name the first
 * places in their order, so that the result does not depend on which thread was faster.
 */
#ifndef ANALYZER_FACTS_BTT_BLOCKS_H
#define ANALYZER_FACTS_BTT_BLOCKS_H

#include "formats/btt/map.h"
#include "formats/btt/writes.h"

enum btt_fault_kind {
	BTT_FAULT_RANGE,   /* the word names a block outside the data area */
	BTT_FAULT_TWICE,   /* the block has an owner already */
	BTT_FAULT_STRAY,   /* initial state with low bits set */
	BTT_FAULT_ERROR,   /* error-flagged: reads fail */
	BTT_FAULT_LOST,    /* the word could not be read */
	BTT_FAULT_UNOWNED, /* no word and no lane owns the block */
	BTT_FAULTS,
};

enum { BTT_OWNER_LANE = UINT32_MAX }; /* other: the owner is lane other_lane */

struct btt_fault {
	enum btt_fault_kind kind;
	uint32_t lba, word; /* the map word; UNOWNED: lba unused */
	uint32_t block;
	uint32_t other;     /* TWICE: the first owner's lba, or BTT_OWNER_LANE */
	uint32_t lane;      /* TWICE: the owning lane */
};

struct btt_blocks {
	uint64_t words[4];          /* map words by state */
	uint64_t nr[BTT_FAULTS];    /* all found */
	struct btt_fault *kept[BTT_FAULTS];
	uint32_t kept_nr[BTT_FAULTS];
	uint32_t free_nr;           /* lanes that name a free block */
	bool complete;              /* false: memory for the account could not be had, or reading failed */
};

/*
 * Accounts for arena ar of b. keep: places kept of each kind of fault. max_threads: 0 = as many as
 * there are processors. Memory: internal_nlba / 8 bytes while it runs, and the kept places in a.
 */
struct btt_blocks *btt_blocks(struct arena *a, const struct btt *b, const struct btt_arena *ar,
			      uint32_t keep, unsigned max_threads);

#endif
