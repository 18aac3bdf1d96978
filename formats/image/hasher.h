/*
 * Hashes a stream on another core while it is decoded: SHA-256 of the stored bytes in order, and of
 * the decoded bytes as a tree (source.h says how) whose blocks either core may take; a block of
 * zeros costs nothing. The plain SHA-256 of the decoded bytes cannot be shared out nor skip zeros
 * and is made only for streams that are up to HASHER_PLAIN_MAX, stored and decoded, or when asked.
 */
#ifndef FORMATS_IMAGE_HASHER_H
#define FORMATS_IMAGE_HASHER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/base/digest.h"

enum { HASHER_BLOCK_LEN = 1 << 20, HASHER_CHUNK_LEN = 256 << 10 }; /* bytes */
#define HASHER_PLAIN_MAX (UINT64_C(256) << 20)

/* Whether the plain digest of the decoded bytes is made. */
enum hasher_plain { HASHER_PLAIN_NEVER, HASHER_PLAIN_SHORT, HASHER_PLAIN_ALWAYS };

struct hasher;

struct hasher_sums {
	bool ok, plain_ok; /* all of them; plain too */
	uint8_t stored[DIGEST_LEN], tree[DIGEST_LEN], plain[DIGEST_LEN];
};

/* NULL: no memory, or no thread. */
struct hasher *hasher_open(enum hasher_plain plain);
/* Stops at once and frees. */
void hasher_close(struct hasher *h);

/*
 * All calls below come from one thread, the one that decodes. A buffer of HASHER_CHUNK_LEN for the
 * next stored bytes; waits until one is free. NULL: closing.
 */
uint8_t *hasher_chunk(struct hasher *h);
/* Hashes len bytes of the chunk handed out last; they are read until another is handed out. */
void hasher_stored(struct hasher *h, size_t len);
/*
 * The next decoded block: HASHER_BLOCK_LEN bytes, the last one fewer. *users is raised while the
 * bytes are needed. May hash one block itself, or wait, when too many are under way.
 */
void hasher_block(struct hasher *h, const uint8_t *p, size_t len, atomic_uint *users);
/* The next block is HASHER_BLOCK_LEN zeros. */
void hasher_zeros(struct hasher *h);
/* Waits until all is hashed. */
void hasher_end(struct hasher *h, struct hasher_sums *sums);

#endif
