#include "formats/image/pass.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define JUDGE_RATIO_FROM (UINT64_C(64) << 20) /* bytes decoded; intake.h */

bool pass_feed(struct compressed *c, uint64_t at, uint8_t *buf, uint8_t *flags, size_t *len, bool *lost)
{
	uint64_t left = at < c->below_size ? c->below_size - at : 0;
	size_t n = left < FEED_LEN ? (size_t)left : FEED_LEN;

	pthread_mutex_lock(&c->feed_lock);
	bool ok = image_read(c->below, at, n, buf, flags);
	pthread_mutex_unlock(&c->feed_lock);
	const uint8_t *gone = ok && n ? memchr(flags, 1, n) : NULL;
	*len = gone ? (size_t)(gone - flags) : n;
	*lost = gone != NULL;
	return ok;
}

/* The next stored bytes for the pass; each is hashed once. */
static enum stream_end more(void *ctx, struct stream *s, bool *last)
{
	struct compressed *c = ctx;
	size_t len;
	bool lost;

	if (c->lost_below)
		return STREAM_LOST;
	uint8_t *buf = hasher_chunk(c->hasher);
	if (!pass_feed(c, c->fed, buf, c->flags, &len, &lost))
		return STREAM_FAILED;
	hasher_stored(c->hasher, len);
	c->lost_below = lost;
	c->fed += len;
	if (lost && len == 0)
		return STREAM_LOST;
	s->in = buf;
	s->in_len = len;
	*last = !lost && c->fed == c->below_size;
	return STREAM_GOES_ON;
}

static bool due(void *ctx, const struct stream *s)
{
	const struct compressed *c = ctx;

	return seek_due(&c->seek, s->work); /* only this thread changes it */
}

static void point(void *ctx, const struct stream *s, const struct seek_point *p)
{
	struct compressed *c = ctx;
	uint8_t window[CODEC_WINDOW_MAX];
	size_t len = p->fresh || s->codec->window == NULL ? 0 : s->codec->window(s->dec, window);

	pthread_mutex_lock(&c->lock);
	seek_add(&c->seek, p, s->work, window, len); /* a point that is not added only costs time */
	pthread_mutex_unlock(&c->lock);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(struct compressed *c, enum status status, const char *text)
{
	if (c->status != STATUS_OK)
		return;
	c->status = status;
	snprintf(c->text, sizeof(c->text), "%s", text);
}

/* True when a bound is met; the message is in c. */
static bool beyond(struct compressed *c, uint64_t given, uint64_t taken, double began)
{
	const struct intake_limits *l = &c->in->options.limits;
	char text[sizeof(c->text)];

	if (l->decoded && given > l->decoded)
		snprintf(text, sizeof(text), "more than %llu bytes came out of it: the limit on decoded bytes",
			 (unsigned long long)l->decoded);
	else if (l->ratio && given > JUDGE_RATIO_FROM && given / (taken ? taken : 1) > l->ratio)
		snprintf(text, sizeof(text),
			 "%llu bytes came out of %llu: more than the limit of %llu for each",
			 (unsigned long long)given, (unsigned long long)taken,
			 (unsigned long long)l->ratio);
	else if (l->seconds && now() - began > l->seconds)
		snprintf(text, sizeof(text), "not done after %u seconds: the limit on time",
			 (unsigned)l->seconds);
	else
		return false;
	fail(c, STATUS_LIMIT, text);
	return true;
}

/*
 * With the lock. Waits for those who read along, so that they find what they want in the blocks
 * kept. Never waits for a byte that somebody is waiting for, nor when nobody reads.
 */
static bool may_go_on(struct compressed *c)
{
	const uint64_t ahead = (uint64_t)BLOCKS_AHEAD * BLOCK_LEN;

	while (!c->stop && !c->released && c->given >= ahead && c->given - ahead >= c->wanted)
		pthread_cond_wait(&c->room, &c->lock);
	return !c->stop;
}

/* One block of the stream. False at the end, whatever it is. */
static bool one_block(struct compressed *c)
{
	pthread_mutex_lock(&c->lock);
	if (!may_go_on(c)) {
		fail(c, STATUS_INTERRUPTED, "stopped before its end");
		pthread_mutex_unlock(&c->lock);
		return false;
	}
	uint64_t idx = c->given / BLOCK_LEN, reader = c->wanted / BLOCK_LEN;
	struct block *k = blocks_take(&c->blocks, c->released ? UINT64_MAX : reader, UINT64_MAX);
	if (k == NULL)
		fail(c, STATUS_NOMEM, "no memory for a block of it");
	pthread_mutex_unlock(&c->lock);
	if (k == NULL)
		return false;

	bool zero;
	size_t len = stream_fill(&c->pass, k->p, BLOCK_LEN, &zero);
	bool whole = len == BLOCK_LEN;

	if (zero && !whole)
		memset(k->p, 0, len);
	pthread_mutex_lock(&c->lock);
	bool mapped = zero && whole && blocks_set_zero(&c->blocks, idx);
	if (zero && whole && !mapped)
		memset(k->p, 0, len);
	blocks_put(&c->blocks, k, idx, mapped ? 0 : len, true);
	if (!mapped && len)
		atomic_fetch_add(&k->users, 1); /* until the hasher has it */
	c->given += len;
	c->taken = c->pass.in_at;
	pthread_cond_broadcast(&c->moved);
	pthread_mutex_unlock(&c->lock);

	if (mapped) {
		hasher_zeros(c->hasher);
	} else if (len) {
		hasher_block(c->hasher, k->p, len, &k->users);
		atomic_fetch_sub(&k->users, 1);
	}
	return whole;
}

/* What follows the end is hashed too: the digest is of the file. */
static void rest_of_stored(struct compressed *c)
{
	struct stream ignored;
	bool last = c->fed == c->below_size, stop = false;

	while (!last && !stop && more(c, &ignored, &last) == STREAM_GOES_ON) {
		pthread_mutex_lock(&c->lock);
		stop = c->stop;
		pthread_mutex_unlock(&c->lock);
	}
}

void *pass_run(void *arg)
{
	struct compressed *c = arg;
	struct hasher_sums sums;
	double began = now();

	c->pass = (struct stream){ .codec = c->codec, .dec = c->pass.dec, .more = more, .ctx = c,
				   .due = due, .point = point };
	bool going = true;
	while (going) {
		going = one_block(c);
		if (going && beyond(c, c->given, c->pass.in_at, began))
			going = false;
	}
	if (c->pass.end == STREAM_FAILED)
		fail(c, STATUS_IO, "reading or decoding it failed");

	/* the size is known now: nobody needs to wait for the digests */
	const char *note = c->codec->note ? c->codec->note(c->pass.dec) : NULL;
	pthread_mutex_lock(&c->lock);
	c->end = c->pass.end;
	c->why = c->pass.why;
	c->fault_at = c->pass.in_at;
	snprintf(c->note, sizeof(c->note), "%s", note ? note : "");
	c->ended = true;
	bool stopped = c->stop;
	pthread_cond_broadcast(&c->moved);
	pthread_mutex_unlock(&c->lock);

	if (!stopped) {
		if (c->status == STATUS_OK) /* only this thread sets it */
			rest_of_stored(c);
		c->all_stored = c->fed == c->below_size;
		hasher_end(c->hasher, &sums);
		c->sums = sums; /* read after the join */
	}
	return NULL;
}
