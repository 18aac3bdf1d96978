#include "analyzer/manage/agree.h"

#include "analyzer/facts/obj_idle.h"
#include "analyzer/manage/copy.h"
#include "analyzer/manage/crew.h"
#include "formats/obj/obj.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOW = 256 << 10,
	UNIT = 64 << 20,
	BLOCKS_MAX = 1 << 24, /* bits that are kept: above 64 GiB a block is larger */
	RUNTIME_OLD = 0x1810, RUNTIME_END = 0x2000, WORDS_MAJOR = 4,
};

struct comparing {
	struct crew crew; /* its lock is also that of d, and of what is lost */
	struct health *h;
	struct differing *d;
	atomic_uint_least64_t next;
};

bool agree_differ(const struct health *h, const uint8_t *a, const uint8_t *b, uint64_t at, size_t len, struct obj_idle *idle)
{
	uint64_t runtime = h->voted->major < WORDS_MAJOR ? RUNTIME_OLD : OBJ_RUNTIME_AT;

	if (memcmp(a, b, len) == 0)
		return false;
	if (idle == NULL && (at >= RUNTIME_END || at + len <= runtime))
		return true;
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && !(at + i >= runtime && at + i < RUNTIME_END) && !(idle && obj_idle_at(idle, at + i)))
			return true;
	return false;
}

static void mark(struct comparing *c, uint64_t at)
{
	uint64_t n = at / c->d->block;

	pthread_mutex_lock(&c->crew.lock);
	if (!(c->d->bits[n / 8] & 1 << n % 8)) {
		c->d->bits[n / 8] = (uint8_t)(c->d->bits[n / 8] | 1 << n % 8);
		c->d->found++;
	}
	pthread_mutex_unlock(&c->crew.lock);
}

/* Which pages of the range cannot be read. False: all can, or our own work failed. */
static bool lose_unreadable(struct comparing *c, const struct taken *t, uint64_t len)
{
	uint8_t page[SPACE_PAGE];
	bool any = false;

	pthread_mutex_lock(&c->crew.lock);
	for (uint64_t i = 0; i < len; i += SPACE_PAGE) {
		size_t n = len - i < SPACE_PAGE ? (size_t)(len - i) : SPACE_PAGE;

		if (copy_read(c->h->parts[t->part].m, page, n, t->off + i))
			continue;
		any = health_lose(c->h, t->part, t->off + i, n, c->crew.error);
		health_fault(c->h, t->part, PART_LOST, "some of it cannot be read");
	}
	pthread_mutex_unlock(&c->crew.lock);
	if (!any)
		atomic_store(&c->crew.stop, true);
	return any;
}

struct eye {
	struct taken t;
	bool data; /* not a hole */
};

/*
 * What the replicas have at `at`, as one run of len bytes that is alike in each: *first is the first that has it, the
 * others are looked at again one by one. False: less than two have it, or all have a hole.
 */
static bool look(struct comparing *c, uint64_t at, uint64_t *len, struct eye *first)
{
	uint32_t nr = 0;
	bool data = false;

	for (uint32_t r = 0; r < c->h->m->replicas; r++) {
		struct eye eye;

		if (!pick_holds(c->h, r, at, false, len, &eye.t))
			continue;
		eye.data = copy_extent(c->h->parts[eye.t.part].m, eye.t.off, len);
		data |= eye.data;
		if (nr++ == 0)
			*first = eye;
	}
	return nr > 1 && data;
}

/* One window. False: a range of it was lost meanwhile, and it is to be looked at again, or all ends. */
static bool window_compare(struct comparing *c, uint64_t at, uint64_t len, const struct eye *first, uint8_t *a, uint8_t *b)
{
	size_t n = (size_t)len;

	memset(a, 0, first->data ? 0 : n);
	if (first->data && !copy_read(c->h->parts[first->t.part].m, a, n, first->t.off)) {
		lose_unreadable(c, &first->t, len);
		return false;
	}
	for (uint32_t r = c->h->parts[first->t.part].m->replica + 1; r < c->h->m->replicas; r++) {
		uint64_t same = len, kind = len;
		struct eye eye;

		pthread_mutex_lock(&c->crew.lock);
		bool holds = pick_holds(c->h, r, at, false, &same, &eye.t);
		pthread_mutex_unlock(&c->crew.lock);
		if (holds && same < len)
			return false;
		if (!holds)
			continue;
		eye.data = copy_extent(c->h->parts[eye.t.part].m, eye.t.off, &kind);
		if (!eye.data && kind >= len && span_zero_bytes(a, n))
			continue;
		if (!copy_read(c->h->parts[eye.t.part].m, b, n, eye.t.off)) {
			lose_unreadable(c, &eye.t, len);
			return false;
		}
		for (size_t i = 0; i < n; i += COPY_BLOCK) {
			size_t block = n - i < COPY_BLOCK ? n - i : COPY_BLOCK;

			if (agree_differ(c->h, a + i, b + i, at + i, block, NULL))
				mark(c, at + i);
		}
	}
	return true;
}

static void unit_compare(struct comparing *c, uint32_t number, uint64_t at, uint64_t end, uint8_t *buf)
{
	while (at < end && !crew_stopped(&c->crew)) {
		uint64_t len = end - at;
		struct eye first;
		bool compare;

		pthread_mutex_lock(&c->crew.lock); /* what is lost may grow */
		compare = look(c, at, &len, &first);
		pthread_mutex_unlock(&c->crew.lock);
		if (compare) {
			if (len > WINDOW)
				len = WINDOW;
			if (!window_compare(c, at, len, &first, buf, buf + WINDOW))
				continue;
		}
		at += len;
		atomic_fetch_add(&c->crew.done, len);
		if (!crew_tell(&c->crew, number))
			return;
	}
}

static void work(void *ctx, uint32_t number)
{
	struct comparing *c = ctx;
	uint8_t *buf = malloc((size_t)2 * WINDOW);

	while (buf && !crew_stopped(&c->crew)) {
		uint64_t at = atomic_fetch_add(&c->next, UNIT), end = c->h->pool_size;

		if (at >= end)
			break;
		/* headers are not compared */
		unit_compare(c, number, at < POOL_HDR_LEN ? POOL_HDR_LEN : at, end - at < UNIT ? end : at + UNIT, buf);
	}
	if (buf == NULL)
		crew_fail(&c->crew, ENOMEM, "no memory to compare");
	free(buf);
}

bool agree_compare(struct health *h, const struct manage_options *o, struct differing *d, struct manage_error *e)
{
	struct comparing c = { .h = h, .d = d };

	*d = (struct differing){ .block = COPY_BLOCK };
	while (h->pool_size / d->block >= BLOCKS_MAX)
		d->block *= 2;
	d->blocks_nr = h->pool_size / d->block + 1;
	d->bits = arena_alloc(h->m->arena, (size_t)(d->blocks_nr / 8 + 1));
	if (d->bits == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory to compare", h->m->path);
	crew_open(&c.crew, "compare", h->pool_size, o, e);
	crew_run(&c.crew, false, work, &c);
	crew_close(&c.crew);
	if (crew_stopped(&c.crew))
		manage_fail(e, EIO, "%s: a part could be read at one time and not at another", h->m->path);
	return e->errnum == 0;
}
