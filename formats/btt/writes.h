/*
 * What the flog remembers of writes: every lane keeps its last one and the one before. By the last
 * ones one tells which writes were committed and do not show in the map yet: the driver finishes
 * them at its next start. Source: Linux drivers/nvdimm/btt.c btt_freelist_init; PMDK
 * src/libpmemblk/btt.c read_flogs.
 */
#ifndef FORMATS_BTT_WRITES_H
#define FORMATS_BTT_WRITES_H

#include "formats/btt/arena.h"

/* A write that moved a block. */
struct btt_write {
	uint32_t lba, lane;
	uint32_t old_map, new_map; /* words as the entry holds them */
	bool last;                 /* the lane's current entry */
};

/* A write the flog shows as done and the map does not, by the container's own reader. */
struct btt_pending {
	uint32_t lane, lba, old_block, new_block;
	uint32_t word; /* what the map will hold */
};

/*
 * Fills ar->writes, by lba, then by the block written to, and ar->pending, by lba. The map is read
 * once for each block that a lane names. Without memory both stay empty, and the arena remembers.
 */
void btt_writes_gather(struct arena *a, const struct btt *b, struct btt_arena *ar);

/* The first write of lba, and in *nr how many follow side by side; NULL: no lane remembers any. */
const struct btt_write *btt_writes_of(const struct btt_arena *ar, uint32_t lba, uint32_t *nr);
/* The lane's last write that put lba into block, or NULL. */
const struct btt_write *btt_writes_into(const struct btt_arena *ar, uint32_t lba, uint32_t block);
/* True when some lane remembers that lba left block for another. */
bool btt_writes_left(const struct btt_arena *ar, uint32_t lba, uint32_t block);

/* The write of lba that is still to be finished, or NULL. */
const struct btt_pending *btt_writes_pending(const struct btt_arena *ar, uint32_t lba);

/*
 * A lane that was cut off between the two halves of its entry: the older entry names the block that
 * it was about to write and where the map has it, and still bears its old number. The driver takes
 * the entry for what it was, and the write is lost. *ent: which
 * entry is the older one, true or false.
 */
bool btt_writes_torn(const struct btt *b, const struct btt_arena *ar, const struct btt_lane *lane, int *ent);

#endif
