/*
 * Inside of compressed.c: the one pass over a compressed stream, by its own thread, what it shares with
 * those who read, and the way back to places already passed. Threads: the owner (who opened, settles and
 * finishes), readers, the pass, and the pass's hasher.
 */
#ifndef FORMATS_IMAGE_PASS_H
#define FORMATS_IMAGE_PASS_H

#include <pthread.h>

#include "formats/image/blocks.h"
#include "formats/image/compressed.h"
#include "formats/image/hasher.h"
#include "formats/image/known.h"
#include "formats/image/seek.h"
#include "formats/image/stream.h"

struct compressed {
	struct image image; /* first: an image is one of these when its ops are ours */
	struct intake *in;
	struct compressed *earlier; /* stream of the same intake */
	struct source *src;
	struct layer *layer;
	const struct codec *codec;
	pthread_t owner;
	uint64_t told_ms; /* when the caller's progress was told last; the owner's */

	struct image *below; /* under feed_lock */
	uint64_t below_size;
	pthread_mutex_t feed_lock;

	pthread_mutex_t lock; /* all from here to `back` */
	pthread_cond_t moved; /* the pass went on, or ended */
	pthread_cond_t room;  /* somebody read on, or asked the pass to stop */
	struct blocks blocks;
	struct seek seek;
	uint64_t given;    /* bytes decoded by the pass */
	uint64_t taken;    /* stored bytes it needed for that */
	uint64_t wanted;   /* the furthest byte anybody asked for */
	bool released;     /* nobody reads along: do not wait for them */
	bool stop, ended;
	enum status status; /* why the pass stopped before the end: LIMIT, INTERRUPTED, NOMEM, IO */
	char text[256];     /* its message */
	enum stream_end end;
	const char *why;   /* STREAM_BAD */
	uint64_t fault_at; /* stored byte that was reached at the end */
	char note[384];    /* of the codec */
	struct hasher_sums sums;
	bool all_stored;   /* every stored byte was hashed */

	struct stream pass; /* the pass's own */
	struct hasher *hasher;
	uint64_t fed;       /* stored bytes handed to the pass */
	uint8_t *flags;     /* FEED_LEN: which of them could not be read */
	bool lost_below;    /* the stored byte at fed cannot be read */
	pthread_t thread;
	bool joined;
	bool known;               /* by an index or a table: there was no pass */
	struct known_place index; /* to be kept */

	pthread_mutex_t back_lock; /* taken before lock: a decoder for places already passed */
	struct stream back;
	uint64_t back_fed;
	uint8_t *back_in; /* FEED_LEN stored bytes, and as many flags */
};

enum { FEED_LEN = HASHER_CHUNK_LEN }; /* bytes read from below at a time */

/*
 * Reads at most FEED_LEN stored bytes at `at`; *len falls short at the end, or (*lost) before a byte
 * that cannot be read. flags: FEED_LEN bytes to work with. False: our own failure.
 */
bool pass_feed(struct compressed *c, uint64_t at, uint8_t *buf, uint8_t *flags, size_t *len, bool *lost);
/* With the lock, let go meanwhile. A block that the pass has left behind, decoded again; NULL: our own failure. */
struct block *back_block(struct compressed *c, uint64_t idx);
/* With back_lock, or the last user: gives up the decoder of such blocks. */
void back_close(struct compressed *c);
/* The thread's function; arg: the struct compressed. */
void *pass_run(void *arg);

#endif
