#include "formats/image/pass.h"

#include <stdlib.h>
#include <string.h>

static enum stream_end back_more(void *ctx, struct stream *s, bool *last)
{
	struct compressed *c = ctx;
	size_t len;
	bool lost;

	if (!pass_feed(c, c->back_fed, c->back_in, c->back_in + FEED_LEN, &len, &lost))
		return STREAM_FAILED;
	if (lost && len == 0)
		return STREAM_LOST;
	c->back_fed += len;
	s->in = c->back_in;
	s->in_len = len;
	*last = !lost && c->back_fed == c->below_size;
	return STREAM_GOES_ON;
}

void back_close(struct compressed *c)
{
	if (c->back.dec)
		c->codec->close(c->back.dec);
	c->back = (struct stream){ 0 };
}

/* With back_lock. The decoder for places already passed is put at or before `at`. */
static bool back_seek(struct compressed *c, uint64_t at)
{
	uint8_t window[CODEC_WINDOW_MAX];

	pthread_mutex_lock(&c->lock);
	const struct seek_entry *e = seek_find(&c->seek, at);
	struct seek_point p = e->point;
	size_t window_len = e->window_len;
	bool here = c->back.dec && c->back.end == STREAM_GOES_ON && c->back.out_at <= at &&
		    c->back.out_at >= p.out_at;
	bool ok = here || seek_window(e, window);
	pthread_mutex_unlock(&c->lock);
	if (here || !ok)
		return ok;
	back_close(c);
	if (c->back_in == NULL && (c->back_in = malloc(2 * FEED_LEN)) == NULL)
		return false;
	c->back = (struct stream){ .codec = c->codec, .dec = c->codec->resume(&p, window, window_len),
				   .more = back_more, .ctx = c, .in_at = p.in_at, .out_at = p.out_at };
	c->back_fed = p.in_at;
	return c->back.dec != NULL;
}

/* Decodes block idx again into buf, len bytes. */
static bool back_fill(struct compressed *c, uint64_t idx, uint8_t *buf, size_t len)
{
	uint64_t at = idx * BLOCK_LEN;
	bool zero = false;

	if (!back_seek(c, at))
		return false;
	while (c->back.out_at < at) {
		uint64_t left = at - c->back.out_at;
		size_t n = left < BLOCK_LEN ? (size_t)left : BLOCK_LEN;
		if (stream_fill(&c->back, buf, n, &zero) != n)
			return false;
	}
	if (stream_fill(&c->back, buf, len, &zero) != len)
		return false;
	if (zero)
		memset(buf, 0, len);
	return true;
}

struct block *back_block(struct compressed *c, uint64_t idx)
{
	uint64_t left = c->given - idx * BLOCK_LEN;
	size_t len = left < BLOCK_LEN ? (size_t)left : BLOCK_LEN;

	pthread_mutex_unlock(&c->lock);
	pthread_mutex_lock(&c->back_lock);
	pthread_mutex_lock(&c->lock);
	struct block *k = blocks_find(&c->blocks, idx); /* somebody else may have been quicker */
	bool there = k != NULL;
	if (!there)
		k = blocks_take(&c->blocks, c->released ? UINT64_MAX : c->wanted / BLOCK_LEN,
				UINT64_MAX);
	pthread_mutex_unlock(&c->lock);
	bool ok = there || (k && back_fill(c, idx, k->p, len));
	pthread_mutex_lock(&c->lock);
	if (k && !there)
		blocks_put(&c->blocks, k, idx, ok ? len : 0, false);
	k = ok ? blocks_find(&c->blocks, idx) : NULL;
	pthread_mutex_unlock(&c->back_lock);
	return k;
}
