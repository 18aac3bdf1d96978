/*
 * The decoded blocks of a stream that are kept: at most BLOCKS_MAX buffers of 1 MiB, and one bit for
 * every block of the stream that is all zero. Not locked: the owner's lock covers all calls.
 */
#ifndef FORMATS_IMAGE_BLOCKS_H
#define FORMATS_IMAGE_BLOCKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BLOCK_LEN = 1 << 20, /* bytes */
	BLOCKS_MAX = 64,     /* buffers */
	BLOCKS_HEAD = 16,    /* of these, for the start of the stream: never given away */
	BLOCKS_AHEAD = 32,   /* how far the pass may be before a reader who goes forward */
	BLOCKS_PASSING = 8,  /* of the pass, when nobody reads: few, so that they stay in the cache */
};

struct block {
	uint8_t *p;        /* BLOCK_LEN bytes; allocated when first needed */
	uint64_t idx;      /* which block of the stream; meaningless unless full */
	size_t len;        /* BLOCK_LEN but for the last block */
	bool full, filling, passing; /* passing: put by the pass, and nobody has read it */
	uint64_t stamp;    /* when it was used last */
	atomic_uint users; /* hashing it */
};

struct blocks {
	struct block all[BLOCKS_MAX];
	uint32_t limit;    /* buffers it may have, and no head is kept; 0: BLOCKS_MAX */
	uint64_t clock;
	uint8_t *zero;     /* bit per block */
	uint64_t zero_len; /* bytes of that */
};

void blocks_close(struct blocks *b);

/* The kept block idx, or NULL. Counts as a use. */
struct block *blocks_find(struct blocks *b, uint64_t idx);
/*
 * A buffer to fill. keep_from, keep_to: blocks in between are not given away if it can be helped.
 * NULL: no memory. (There is always one to give: the head, what a hasher holds and what two
 * fillers hold are fewer than BLOCKS_MAX.)
 */
struct block *blocks_take(struct blocks *b, uint64_t keep_from, uint64_t keep_to);
/* From now on at most limit buffers, at least one; those past it are freed. Nobody may be using any. */
void blocks_limit(struct blocks *b, uint32_t limit);
/* What was taken now holds block idx, len bytes; or, len 0, nothing. */
void blocks_put(struct blocks *b, struct block *k, uint64_t idx, size_t len, bool passing);

/* False without memory for the map: the block then counts as not zero. */
bool blocks_set_zero(struct blocks *b, uint64_t idx);
bool blocks_zero(const struct blocks *b, uint64_t idx);

#endif
