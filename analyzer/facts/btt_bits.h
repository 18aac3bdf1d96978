/*
 * One bit for each media block, set by several threads in any order. Blocks that a worn map names
 * follow no order, so each thread first sorts what it claims into buckets of neighbours: a bucket
 * is carried out on bits that fit the processor's cache, by one thread at a time.
 */
#ifndef ANALYZER_FACTS_BTT_BITS_H
#define ANALYZER_FACTS_BTT_BITS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BTT_BITS_REGION = 1 << 21,    /* blocks of one region: a quarter of a MiB of bits */
	BTT_BITS_WINDOW = 1 << 16,    /* blocks of which it is known whether any was claimed */
	BTT_BITS_REMEMBERED = 4096,   /* blocks claimed twice that a thread remembers */
};

struct btt_bits {
	uint64_t *words;
	size_t len;         /* bytes mapped */
	uint32_t nr, regions;
	uint8_t *touched;   /* by window */
	pthread_mutex_t *locks; /* by region */
};

/* What one thread claims. */
struct btt_claims {
	struct btt_bits *bits;
	uint32_t *room, *fill; /* by region: `capacity` blocks, of which fill[region] wait */
	uint32_t capacity;
	size_t room_len;    /* bytes mapped */
	uint64_t twice;     /* blocks that were claimed already */
	uint32_t *twice_blocks, twice_nr; /* the first BTT_BITS_REMEMBERED of them */
};

/* nr blocks. False without memory; close it all the same. */
bool btt_bits_open(struct btt_bits *b, uint32_t nr);
void btt_bits_close(struct btt_bits *b);
void btt_bits_clear(struct btt_bits *b);

static inline bool btt_bits_get(const struct btt_bits *b, uint32_t block)
{
	return b->words[block / 64] >> block % 64 & 1;
}

/* Claims block at once; true when it was claimed already. For one thread. */
static inline bool btt_bits_claim(struct btt_bits *b, uint32_t block)
{
	uint64_t bit = UINT64_C(1) << block % 64, was = b->words[block / 64];

	b->words[block / 64] = was | bit;
	b->touched[block / BTT_BITS_WINDOW] = 1;
	return was & bit;
}

/* threads: how many share the memory for buckets. False without memory; close it all the same. */
bool btt_claims_open(struct btt_claims *c, struct btt_bits *bits, unsigned threads);
void btt_claims_close(struct btt_claims *c);
/* Carries out what waits for region. */
void btt_claims_flush(struct btt_claims *c, uint32_t region);
void btt_claims_flush_all(struct btt_claims *c);
/* Claims, at once, the blocks of masks[0..nr): 64 each from block 64 * group on, in one region. */
void btt_claims_masks(struct btt_claims *c, uint32_t group, const uint64_t *masks, uint32_t nr);

/* Claims block, some time before the flush. */
static inline void btt_claims_add(struct btt_claims *c, uint32_t block)
{
	uint32_t region = block / BTT_BITS_REGION;

	c->room[(size_t)region * c->capacity + c->fill[region]] = block;
	if (++c->fill[region] == c->capacity)
		btt_claims_flush(c, region);
}

#endif
