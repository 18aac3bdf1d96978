/*
 * The programs that read a BTT do not all read it alike. What each makes of the places where they
 * differ. Source: PMDK 1.12 src/libpmemblk/btt.c read_flog_pair, read_arenas; Linux
 * drivers/nvdimm/btt.c btt_log_get_old, log_set_indices, discover_arenas; UEFI 2.10 section 6.
 */
#ifndef FORMATS_BTT_READERS_H
#define FORMATS_BTT_READERS_H

#include "formats/btt/arena.h"

enum btt_reader { BTT_READER_PMDK, BTT_READER_KERNEL, BTT_READER_UEFI, BTT_READERS };
const char *btt_reader_name(enum btt_reader r);
/* Who uses such a container: the one whose reading decides. */
enum btt_reader btt_reader_of(const struct btt *b);

/*
 * The entry of a lane that r takes for the current one, as an index into lane->ent; -1: it finds the
 * two contradictory. Only entries 0 and 1 count for all but the kernel.
 */
int btt_reader_current(enum btt_reader r, enum btt_padding scheme, const struct btt_lane *lane);

/*
 * Does r take e, a lane's current entry, for a write that the map does not show yet, map[e->lba] being
 * word? *now: the word that it then stores. The library compares whole words, the kernel blocks.
 */
bool btt_reader_unfinished(enum btt_reader r, const struct btt_flog_entry *e, uint32_t word, uint32_t *now);

/* Would r find the arena's info block? Only UEFI ever looks at the backup. */
bool btt_reader_finds(enum btt_reader r, const struct btt *b, const struct btt_arena *ar);

#endif
