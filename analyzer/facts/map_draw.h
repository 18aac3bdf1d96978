/* The pages that draw a map's bands, one for each kind of thing a model may hold. */
#ifndef ANALYZER_FACTS_MAP_DRAW_H
#define ANALYZER_FACTS_MAP_DRAW_H

#include "analyzer/facts/map.h"

/* Finds or adds; the last class stands for all that had no place. */
uint32_t map_class(struct map *m, const char *name, const char *says, enum map_tone tone);
/* b is copied. NULL: there are MAP_BANDS (counted), or no memory, or it has no length. */
struct map_band *map_band(struct map *m, struct map_band b);
/* t is copied and cut to the band; b NULL: nothing. The tile it became, or NULL: folded, or no place. */
struct map_tile *map_put(struct map_band *b, struct map_tile t);

/* Replicas and their parts, each part's file, and the structures along the pool's address space. */
void map_pool(struct map *m, const struct model *in);
/* A BTT's arenas, and the blocks of each by what the map says of them. */
void map_btt(struct map *m, const struct model *in);

/* A heap's zones, and the chunks of each by what is allocated in them; how full, when facts have it. */
void map_heap(struct map *m, const struct model *in, const struct facts *facts);

#endif
