#include "formats/image/hasher.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RING = 16, CHUNKS = 8 };

/* A block under way, or a run of blocks of zeros; retired in order. */
struct entry {
	const uint8_t *p; /* NULL: zeros */
	uint64_t nr;      /* blocks of zeros */
	size_t len;
	atomic_uint *users;
	bool taken, done; /* its leaf of the tree */
	bool plain_done;
	uint8_t leaf[DIGEST_LEN];
};

struct hasher {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	bool stop, no_more, failed;

	struct entry ring[RING]; /* entries first..last-1, by number modulo RING */
	uint64_t first, last;

	uint8_t *chunk[CHUNKS];
	size_t chunk_len[CHUNKS];
	uint64_t chunk_hashed, chunk_filled, chunk_given; /* chunks, counted from the start */

	struct digest *stored, *tree, *plain; /* plain: NULL once given up */
	uint64_t len;                         /* decoded bytes so far */
	bool always_plain;
	uint8_t zero_leaf[DIGEST_LEN];
	uint8_t *zeros; /* one chunk of them */
};

static struct entry *at(struct hasher *h, uint64_t i)
{
	return &h->ring[i % RING];
}

static void leaves_of_zeros(struct hasher *h, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		digest_add(h->tree, h->zero_leaf, DIGEST_LEN);
}

/* With the lock. Retires what is ready at the front of the ring. */
static void retire(struct hasher *h)
{
	while (h->first < h->last) {
		struct entry *e = at(h, h->first);

		if (!e->done || (h->plain && !e->plain_done))
			return;
		if (e->p) {
			digest_add(h->tree, e->leaf, DIGEST_LEN);
			atomic_fetch_sub(e->users, 1);
		} else {
			leaves_of_zeros(h, e->nr);
		}
		h->first++;
		pthread_cond_broadcast(&h->done);
	}
}

/* With the lock, which is let go meanwhile. Hashes the first block that nobody has taken; false: there is none. */
static bool take_leaf(struct hasher *h)
{
	uint8_t leaf[DIGEST_LEN];

	for (uint64_t i = h->first; i < h->last; i++) {
		struct entry *e = at(h, i);

		if (e->taken)
			continue;
		e->taken = true;
		pthread_mutex_unlock(&h->lock);
		bool ok = digest_of(e->p, e->len, leaf);
		pthread_mutex_lock(&h->lock);
		memcpy(e->leaf, leaf, DIGEST_LEN);
		e->done = true;
		h->failed |= !ok;
		retire(h);
		return true;
	}
	return false;
}

/* With the lock, let go meanwhile; only the hashing thread. The plain digest goes in order. */
static bool take_plain(struct hasher *h)
{
	if (h->plain == NULL)
		return false;
	for (uint64_t i = h->first; i < h->last; i++) {
		struct entry *e = at(h, i);

		if (e->plain_done)
			continue;
		uint64_t nr = e->nr;
		pthread_mutex_unlock(&h->lock);
		if (e->p)
			digest_add(h->plain, e->p, e->len);
		for (uint64_t n = 0; e->p == NULL && n < nr * (HASHER_BLOCK_LEN / HASHER_CHUNK_LEN); n++)
			digest_add(h->plain, h->zeros, HASHER_CHUNK_LEN);
		pthread_mutex_lock(&h->lock);
		e->plain_done = true;
		retire(h);
		return true;
	}
	return false;
}

static bool take_stored(struct hasher *h)
{
	if (h->chunk_hashed == h->chunk_filled)
		return false;
	size_t i = (size_t)(h->chunk_hashed % CHUNKS);
	pthread_mutex_unlock(&h->lock);
	digest_add(h->stored, h->chunk[i], h->chunk_len[i]);
	pthread_mutex_lock(&h->lock);
	h->chunk_hashed++;
	pthread_cond_broadcast(&h->done);
	return true;
}

static void *work(void *arg)
{
	struct hasher *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		if (take_stored(h) || take_plain(h) || take_leaf(h))
			continue;
		if (h->no_more)
			break;
		pthread_cond_wait(&h->work, &h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

static void free_all(struct hasher *h)
{
	for (size_t i = 0; i < CHUNKS; i++)
		free(h->chunk[i]);
	digest_close(h->stored);
	digest_close(h->tree);
	digest_close(h->plain);
	free(h->zeros);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->work);
	pthread_cond_destroy(&h->done);
	free(h);
}

/* The leaf of a block of zeros. */
static bool zero_leaf(struct hasher *h)
{
	struct digest *d = digest_open();

	if (d == NULL)
		return false;
	for (size_t n = 0; n < HASHER_BLOCK_LEN / HASHER_CHUNK_LEN; n++)
		digest_add(d, h->zeros, HASHER_CHUNK_LEN);
	bool ok = digest_end(d, h->zero_leaf);
	digest_close(d);
	return ok;
}

struct hasher *hasher_open(enum hasher_plain plain)
{
	struct hasher *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->work, NULL);
	pthread_cond_init(&h->done, NULL);
	h->always_plain = plain == HASHER_PLAIN_ALWAYS;
	h->stored = digest_open();
	h->tree = digest_open();
	h->plain = plain == HASHER_PLAIN_NEVER ? NULL : digest_open();
	h->zeros = calloc(1, HASHER_CHUNK_LEN);
	bool ok = h->stored && h->tree && (h->plain || plain == HASHER_PLAIN_NEVER) && h->zeros && zero_leaf(h);
	for (size_t i = 0; i < CHUNKS && ok; i++)
		ok = (h->chunk[i] = malloc(HASHER_CHUNK_LEN)) != NULL;
	if (!ok || pthread_create(&h->thread, NULL, work, h) != 0) {
		free_all(h);
		return NULL;
	}
	return h;
}

static void join(struct hasher *h, bool stop)
{
	pthread_mutex_lock(&h->lock);
	h->stop |= stop;
	h->no_more = true;
	pthread_cond_broadcast(&h->work);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
}

void hasher_close(struct hasher *h)
{
	if (h == NULL)
		return;
	join(h, true);
	for (uint64_t i = h->first; i < h->last; i++)
		if (at(h, i)->p)
			atomic_fetch_sub(at(h, i)->users, 1);
	free_all(h);
}

uint8_t *hasher_chunk(struct hasher *h)
{
	pthread_mutex_lock(&h->lock);
	while (h->chunk_given - h->chunk_hashed >= CHUNKS)
		pthread_cond_wait(&h->done, &h->lock);
	uint8_t *p = h->chunk[h->chunk_given++ % CHUNKS];
	pthread_mutex_unlock(&h->lock);
	return p;
}

void hasher_stored(struct hasher *h, size_t len)
{
	pthread_mutex_lock(&h->lock);
	h->chunk_len[h->chunk_filled++ % CHUNKS] = len;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

/* With the lock. The plain digest of a long stream is given up. */
static void grow(struct hasher *h, uint64_t len)
{
	h->len += len;
	if (h->plain == NULL || h->always_plain || h->len <= HASHER_PLAIN_MAX)
		return;
	while (h->first < h->last) /* the hashing thread may be using it */
		if (!take_leaf(h))
			pthread_cond_wait(&h->done, &h->lock);
	digest_close(h->plain);
	h->plain = NULL;
}

/* With the lock. The next entry of the ring, when there is room; this thread helps to make some. */
static struct entry *next_entry(struct hasher *h)
{
	while (h->last - h->first >= RING)
		if (!take_leaf(h))
			pthread_cond_wait(&h->done, &h->lock);
	struct entry *e = at(h, h->last++);
	*e = (struct entry){ .plain_done = h->plain == NULL };
	return e;
}

void hasher_block(struct hasher *h, const uint8_t *p, size_t len, atomic_uint *users)
{
	pthread_mutex_lock(&h->lock);
	grow(h, len);
	/* with half the ring to do, decoding is ahead of hashing: share the work */
	if (h->last - h->first >= RING / 2)
		take_leaf(h);
	struct entry *e = next_entry(h);
	atomic_fetch_add(users, 1);
	e->p = p;
	e->len = len;
	e->users = users;
	pthread_cond_signal(&h->work);
	pthread_mutex_unlock(&h->lock);
}

void hasher_zeros(struct hasher *h)
{
	pthread_mutex_lock(&h->lock);
	grow(h, HASHER_BLOCK_LEN);
	if (h->first == h->last && h->plain == NULL) {
		leaves_of_zeros(h, 1);
	} else if (h->first < h->last && at(h, h->last - 1)->p == NULL && h->plain == NULL) {
		at(h, h->last - 1)->nr++;
	} else {
		struct entry *e = next_entry(h);
		e->nr = 1;
		e->taken = e->done = true;
		pthread_cond_signal(&h->work);
	}
	pthread_mutex_unlock(&h->lock);
}

void hasher_end(struct hasher *h, struct hasher_sums *sums)
{
	*sums = (struct hasher_sums){ 0 };
	pthread_mutex_lock(&h->lock);
	while (take_leaf(h))
		;
	while (h->first < h->last || h->chunk_hashed < h->chunk_filled)
		pthread_cond_wait(&h->done, &h->lock);
	sums->ok = digest_end(h->stored, sums->stored) && digest_end(h->tree, sums->tree) && !h->failed;
	sums->plain_ok = h->plain && digest_end(h->plain, sums->plain);
	pthread_mutex_unlock(&h->lock);
}
