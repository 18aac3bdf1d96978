#include "analyzer/capture/bgzf.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

enum { BATCH = 64, THREADS_MAX = 16, HEAD_LEN = 18, TAIL_LEN = 8, MEMBER_MAX = 65536, LEVEL = 1 };

struct member {
	size_t in_len, len;
	uint8_t bytes[MEMBER_MAX];
};

struct batch {
	size_t nr;       /* members */
	size_t given, done; /* of these: handed to a thread; made */
	uint8_t in[BATCH * BGZF_BLOCK_LEN];
	struct member out[BATCH];
};

struct bgzf {
	bool (*put)(void *ctx, const void *bytes, size_t len);
	void *ctx;
	bool failed;
	struct batch *fill; /* the owner's */
	size_t fill_len;
	struct member zeros; /* what a whole block of zeros becomes */

	pthread_mutex_t lock;
	pthread_cond_t work, made;
	struct batch *busy; /* NULL: none */
	struct batch *idle;
	bool stop;
	pthread_t threads[THREADS_MAX];
	size_t threads_nr;
};

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

/* Raw deflate; 0: it does not fit. */
#ifdef HAVE_ISAL
static size_t squeeze(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	uint8_t own[ISAL_DEF_LVL1_DEFAULT];
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.level = LEVEL;
	z.level_buf = own;
	z.level_buf_size = sizeof(own);
	z.end_of_stream = 1;
	z.next_in = (uint8_t *)(uintptr_t)in;
	z.avail_in = (uint32_t)len;
	z.next_out = out;
	z.avail_out = (uint32_t)room;
	return isal_deflate_stateless(&z) == COMP_OK && z.avail_in == 0 ? room - z.avail_out : 0;
}
#else
static size_t squeeze(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)len, .next_out = out, .avail_out = (uInt)room };

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
	deflateEnd(&z);
	return whole ? room - z.avail_out : 0;
}
#endif

static void member_make(const uint8_t *in, struct member *m)
{
	static const uint8_t head[HEAD_LEN] = { 0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 'B', 'C', 2, 0 };
	uint8_t *body = m->bytes + HEAD_LEN;
	size_t len = squeeze(in, m->in_len, body, MEMBER_MAX - HEAD_LEN - TAIL_LEN);

	if (len == 0) { /* one stored block */
		body[0] = 1;
		put16(body + 1, (unsigned)m->in_len);
		put16(body + 3, ~(unsigned)m->in_len);
		memcpy(body + 5, in, m->in_len);
		len = 5 + m->in_len;
	}
	memcpy(m->bytes, head, HEAD_LEN);
	m->len = HEAD_LEN + len + TAIL_LEN;
	put16(m->bytes + 16, (unsigned)m->len - 1);
	put32(body + len, (uint32_t)crc32_z(0, in, m->in_len));
	put32(body + len + 4, (uint32_t)m->in_len);
}

static bool zero(const uint8_t *p, size_t len)
{
	return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

static void *thread(void *arg)
{
	struct bgzf *b = arg;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		while (!b->stop && (b->busy == NULL || b->busy->given == b->busy->nr))
			pthread_cond_wait(&b->work, &b->lock);
		if (b->stop)
			break;
		struct batch *t = b->busy;
		size_t i = t->given++;
		pthread_mutex_unlock(&b->lock);
		const uint8_t *in = t->in + i * BGZF_BLOCK_LEN;
		struct member *m = &t->out[i];
		if (b->zeros.len && m->in_len == BGZF_BLOCK_LEN && zero(in, m->in_len)) {
			m->len = b->zeros.len;
			memcpy(m->bytes, b->zeros.bytes, b->zeros.len);
		} else {
			member_make(in, m);
		}
		pthread_mutex_lock(&b->lock);
		if (++t->done == t->nr)
			pthread_cond_signal(&b->made);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* Waits for the batch that the threads have, and puts it. */
static void drain(struct bgzf *b)
{
	pthread_mutex_lock(&b->lock);
	while (b->busy && b->busy->done < b->busy->nr)
		pthread_cond_wait(&b->made, &b->lock);
	struct batch *t = b->busy;
	b->busy = NULL;
	pthread_mutex_unlock(&b->lock);
	for (size_t i = 0; t && i < t->nr && !b->failed; i++)
		b->failed = !b->put(b->ctx, t->out[i].bytes, t->out[i].len);
	if (t)
		b->idle = t;
}

/* Hands what was filled to the threads. */
static void submit(struct bgzf *b)
{
	struct batch *t = b->fill;

	drain(b);
	if (b->fill_len == 0)
		return;
	t->nr = (b->fill_len + BGZF_BLOCK_LEN - 1) / BGZF_BLOCK_LEN;
	t->given = t->done = 0;
	for (size_t i = 0; i < t->nr; i++) {
		size_t left = b->fill_len - i * BGZF_BLOCK_LEN;

		t->out[i].in_len = left < BGZF_BLOCK_LEN ? left : BGZF_BLOCK_LEN;
	}
	b->fill = b->idle;
	b->idle = NULL;
	b->fill_len = 0;
	pthread_mutex_lock(&b->lock);
	b->busy = t;
	pthread_cond_broadcast(&b->work);
	pthread_mutex_unlock(&b->lock);
}

struct bgzf *bgzf_open(bool (*put)(void *ctx, const void *bytes, size_t len), void *ctx)
{
	struct bgzf *b = calloc(1, sizeof(*b));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (b == NULL)
		return NULL;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->work, NULL);
	pthread_cond_init(&b->made, NULL);
	b->put = put;
	b->ctx = ctx;
	b->fill = calloc(1, sizeof(*b->fill));
	b->idle = calloc(1, sizeof(*b->idle));
	if (b->fill && b->idle) {
		b->zeros.in_len = BGZF_BLOCK_LEN;
		member_make(b->fill->in, &b->zeros);
		for (; b->threads_nr < THREADS_MAX && (long)b->threads_nr < (cpus > 0 ? cpus : 1); b->threads_nr++)
			if (pthread_create(&b->threads[b->threads_nr], NULL, thread, b) != 0)
				break;
	}
	if (b->threads_nr == 0) {
		bgzf_close(b);
		return NULL;
	}
	return b;
}

bool bgzf_add(struct bgzf *b, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len && !b->failed) {
		size_t room = sizeof(b->fill->in) - b->fill_len, n = len < room ? len : room;

		memcpy(b->fill->in + b->fill_len, p, n);
		b->fill_len += n;
		p += n;
		len -= n;
		if (b->fill_len == sizeof(b->fill->in))
			submit(b);
	}
	return !b->failed;
}

bool bgzf_flush(struct bgzf *b)
{
	submit(b);
	drain(b);
	return !b->failed;
}

bool bgzf_end(struct bgzf *b)
{
	static const uint8_t end[] = { 0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 'B', 'C', 2, 0, 27, 0,
				       3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	return bgzf_flush(b) && b->put(b->ctx, end, sizeof(end));
}

void bgzf_close(struct bgzf *b)
{
	if (b == NULL)
		return;
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_broadcast(&b->work);
	pthread_mutex_unlock(&b->lock);
	for (size_t i = 0; i < b->threads_nr; i++)
		pthread_join(b->threads[i], NULL);
	free(b->fill);
	free(b->idle);
	free(b->busy);
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->work);
	pthread_cond_destroy(&b->made);
	free(b);
}
