/*
 * Who of a BTT arena has no block: map words that name none, and lanes whose free block is not told, or is somebody else's.
 * They are set against the blocks without an owner: where the numbers are the same, these belong to those.
 */
#ifndef ANALYZER_REPAIR_BTT_HOMELESS_H
#define ANALYZER_REPAIR_BTT_HOMELESS_H

#include "analyzer/facts/facts.h"
#include "analyzer/repair/plan.h"

struct btt_homeless {
	const struct btt *b;
	const struct btt_arena *ar;
	const struct btt_blocks *bl; /* the account of all its blocks */
};

/* The arena that a finding's node belongs to, or NULL. */
const struct btt_arena *btt_homeless_arena(const struct model *m, const struct node *node);
/* False: there is no such arena, no whole account of it, or where map and flog lie is itself in doubt. */
bool btt_homeless_open(const struct model *m, const struct node *node, struct plan *plan, struct btt_homeless *out);

/* Map words out of range or unread, and those that name the free block of a lane that holds by itself. */
uint64_t btt_homeless_words(const struct btt_homeless *h);
/*
 * The lane needs another block: its entries tell none, or one that another lane has too, or one that a map word names while the
 * entries do not hold by themselves.
 */
bool btt_homeless_lane(const struct btt_homeless *h, uint32_t lane);
/* How many such lanes there are among the first `nr` of the arena, and in all of it. */
uint64_t btt_homeless_before(const struct btt_homeless *h, uint32_t nr);
uint64_t btt_homeless_lanes(const struct btt_homeless *h);
/* Both of the lane's entries follow from each other and the map shows the last one; or its one is what the layout writes. */
bool btt_homeless_lane_told(const struct btt_homeless *h, uint32_t lane);

/* Edits lba's map word. */
bool btt_homeless_word_put(struct plan *plan, struct step *s, const struct btt_homeless *h, uint32_t lba, uint32_t word,
			   const char *why);

#endif
