/*
 * Names the owners of given media blocks: a second reading of the map, with all but the wanted
 * blocks filtered out, so that it costs little more than the reading.
 */
#ifndef ANALYZER_FACTS_BTT_OWNERS_H
#define ANALYZER_FACTS_BTT_OWNERS_H

#include "analyzer/facts/btt_blocks.h"

struct btt_owner {
	uint32_t block;
	uint32_t lba;  /* BTT_OWNER_LANE: a lane, by its free block */
	uint32_t lane;
	uint32_t word; /* the map's, once pending writes are finished */
};

/*
 * All owners of blocks[0..nr), by block, lanes first, then by lba. Only words below end are looked
 * at. NULL without memory or when the map could not be read; else malloc'ed, *out_nr of them. max:
 * more owners than that are left out.
 */
struct btt_owner *btt_owners(const struct btt *b, const struct btt_arena *ar, const uint32_t *blocks,
			     uint32_t nr, uint32_t end, uint32_t max, uint32_t *out_nr);

/* The block that a lane frees, once its pending write is finished. False: it does not tell one. */
bool btt_owners_lane(const struct btt_arena *ar, uint32_t lane, uint32_t *block);
/* Puts the words of finished pending writes into a reading of the map. */
void btt_owners_finish(const struct btt_arena *ar, uint32_t first, uint32_t nr, uint32_t *words);

#endif
