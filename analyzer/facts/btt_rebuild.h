/*
 * What of a BTT can be rebuilt, from which second witness, and what each way would lose. Ways are told
 * on findings as data; nothing is written here.
 */
#ifndef ANALYZER_FACTS_BTT_REBUILD_H
#define ANALYZER_FACTS_BTT_REBUILD_H

#include "analyzer/facts/facts.h"
#include "analyzer/check.h"

/* A first or second info block that does not hold. */
void btt_rebuild_info(struct findings *fs, struct finding *f, const struct btt *b, const struct btt_arena *ar,
		      const struct btt_copy *c);
/* Lane idx, damaged or unread. bl: the account, or NULL. */
void btt_rebuild_lane(struct findings *fs, struct finding *f, const struct btt *b, const struct btt_arena *ar,
		      uint32_t idx, const struct btt_blocks *bl);
/* The flog as a whole. */
void btt_rebuild_flog(struct findings *fs, struct finding *f, const struct btt_arena *ar, const struct btt_blocks *bl);
/* The map word of lba, damaged or unread. */
void btt_rebuild_word(struct findings *fs, struct finding *f, const struct btt_arena *ar, uint32_t lba,
		      const struct btt_blocks *bl);
/* A block that two own. */
void btt_rebuild_owner(struct findings *fs, struct finding *f, const struct btt_arena *ar, const struct btt_fault *twice);

/* Is it a size of block that is in use? */
bool btt_rebuild_usual(uint32_t lbasize);
/* Lanes that hold what the layout of such an arena writes, where it would write them. */
uint32_t btt_rebuild_lanes(const struct btt *b, struct arena *a, uint64_t arena_at, const struct btt_geom *g);
/*
 * When no info block and no block size is known: the size of block, and how it is rounded, for which
 * the lanes that were never used lie where the formula puts them. 0: none fits. *lanes: how many do.
 */
uint32_t btt_rebuild_lbasize(const struct btt *b, const struct btt_arena *ar, struct arena *a,
			     enum btt_rounding *rounding, uint32_t *lanes);

#endif
