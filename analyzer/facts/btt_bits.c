#include "analyzer/facts/btt_bits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	HUGE_PAGE = 2 << 20,
	BUCKETS_LEN = 32 << 20,          /* bytes of buckets, all threads together */
	BUCKET_MIN = 1 << 10, BUCKET_MAX = 1 << 15, /* blocks of one */
	AHEAD = 24,                      /* claims whose bits are asked of memory before their turn */
};

/* Zeroed memory that costs nothing until it is touched, in huge pages where the system has them. */
static void *pages_open(size_t *len)
{
	*len = (*len + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *p = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, *len, MADV_HUGEPAGE); /* a wish: small pages only cost time */
	return p;
}

bool btt_bits_open(struct btt_bits *b, uint32_t nr)
{
	*b = (struct btt_bits){ .nr = nr, .regions = nr / BTT_BITS_REGION + 1,
				.len = ((size_t)nr / 64 + 1) * sizeof(*b->words) };
	b->words = pages_open(&b->len);
	b->touched = calloc((size_t)nr / BTT_BITS_WINDOW + 1, 1);
	b->locks = calloc(b->regions, sizeof(*b->locks));
	for (uint32_t i = 0; b->locks && i < b->regions; i++)
		pthread_mutex_init(&b->locks[i], NULL);
	return b->words && b->touched && b->locks;
}

void btt_bits_close(struct btt_bits *b)
{
	for (uint32_t i = 0; b->locks && i < b->regions; i++)
		pthread_mutex_destroy(&b->locks[i]);
	if (b->words)
		munmap(b->words, b->len);
	free(b->locks);
	free(b->touched);
}

void btt_bits_clear(struct btt_bits *b)
{
	memset(b->words, 0, b->len);
}

bool btt_claims_open(struct btt_claims *c, struct btt_bits *bits, unsigned threads)
{
	size_t share = BUCKETS_LEN / sizeof(*c->room) / threads / bits->regions;

	*c = (struct btt_claims){ .bits = bits };
	c->capacity = share < BUCKET_MIN ? BUCKET_MIN : share > BUCKET_MAX ? BUCKET_MAX : (uint32_t)share;
	c->room_len = (size_t)bits->regions * c->capacity * sizeof(*c->room);
	c->room = pages_open(&c->room_len);
	c->fill = calloc(bits->regions, sizeof(*c->fill));
	c->twice_blocks = malloc(BTT_BITS_REMEMBERED * sizeof(*c->twice_blocks));
	return c->room && c->fill && c->twice_blocks;
}

void btt_claims_close(struct btt_claims *c)
{
	if (c->room)
		munmap(c->room, c->room_len);
	free(c->fill);
	free(c->twice_blocks);
}

static void twice_add(struct btt_claims *c, uint32_t block)
{
	c->twice++;
	if (c->twice_nr < BTT_BITS_REMEMBERED)
		c->twice_blocks[c->twice_nr++] = block;
}

void btt_claims_flush(struct btt_claims *c, uint32_t region)
{
	const uint32_t *blocks = c->room + (size_t)region * c->capacity;

	pthread_mutex_lock(&c->bits->locks[region]);
	for (uint32_t i = 0; i < c->fill[region]; i++) {
		/* what lies past the last one is an older block of the same region, or 0 */
		if (i + AHEAD < c->capacity)
			__builtin_prefetch(&c->bits->words[blocks[i + AHEAD] / 64], 1);
		if (btt_bits_claim(c->bits, blocks[i]))
			twice_add(c, blocks[i]);
	}
	pthread_mutex_unlock(&c->bits->locks[region]);
	c->fill[region] = 0;
}

void btt_claims_flush_all(struct btt_claims *c)
{
	for (uint32_t i = 0; i < c->bits->regions; i++)
		btt_claims_flush(c, i);
}

void btt_claims_masks(struct btt_claims *c, uint32_t group, const uint64_t *masks, uint32_t nr)
{
	pthread_mutex_t *lock = &c->bits->locks[group / (BTT_BITS_REGION / 64)];

	pthread_mutex_lock(lock);
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t was = c->bits->words[group + i];

		c->bits->words[group + i] = was | masks[i];
		for (uint64_t twice = was & masks[i]; twice; twice &= twice - 1)
			twice_add(c, (group + i) * 64 + (uint32_t)__builtin_ctzll(twice));
	}
	pthread_mutex_unlock(lock);
}
