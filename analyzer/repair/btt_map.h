/*
 * Map words that say no place, all of an arena at once: what the flog has, then what shows itself to be empty, then marks
 * that make reads fail instead of giving another block's bytes. Source: Linux Documentation/driver-api/nvdimm/btt.rst; PMDK
 * src/libpmempool/check_btt_map_flog.c marks what it cannot place, too.
 */
#ifndef ANALYZER_REPAIR_BTT_MAP_H
#define ANALYZER_REPAIR_BTT_MAP_H

#include "analyzer/repair/plan.h"
#include "formats/btt/arena.h"

/*
 * A step for f that lays all words of ar anew that name no block, could not be read, or stand in their first form while
 * their block has another owner. None when more such words are there than blocks without an owner: then one of the words
 * that stay must be wrong, and nothing tells which.
 */
void btt_map_lay(const struct finding *f, const struct btt *b, const struct btt_arena *ar, struct plan *plan);

#endif
