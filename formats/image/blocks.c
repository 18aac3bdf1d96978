#include "formats/image/blocks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* All its pages at once: one by one, as they are first written to, they cost many times as much. */
static uint8_t *buffer_open(void)
{
	void *p = mmap(NULL, BLOCK_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void buffer_close(uint8_t *p)
{
	if (p)
		munmap(p, BLOCK_LEN);
}

void blocks_close(struct blocks *b)
{
	for (size_t i = 0; i < BLOCKS_MAX; i++)
		buffer_close(b->all[i].p);
	free(b->zero);
}

void blocks_limit(struct blocks *b, uint32_t limit)
{
	b->limit = limit;
	for (size_t i = limit; i < BLOCKS_MAX; i++) {
		buffer_close(b->all[i].p);
		b->all[i] = (struct block){ .p = NULL };
	}
}

struct block *blocks_find(struct blocks *b, uint64_t idx)
{
	for (size_t i = 0; i < BLOCKS_MAX; i++) {
		struct block *k = &b->all[i];

		if (k->full && k->idx == idx) {
			k->stamp = ++b->clock;
			k->passing = false;
			return k;
		}
	}
	return NULL;
}

/* How dear a block is; the cheapest is given away first. 0: free. */
static int price(const struct block *k, uint64_t keep_from, uint64_t keep_to, bool crowd, bool head)
{
	if (!k->full)
		return k->p ? 0 : crowd ? 2 : 1; /* rather a buffer there is than a new one */
	if (head && k->idx < BLOCKS_HEAD)
		return 5;
	if (k->idx >= keep_from && k->idx < keep_to)
		return 4;
	return k->passing && crowd ? 1 : 3;
}

struct block *blocks_take(struct blocks *b, uint64_t keep_from, uint64_t keep_to)
{
	struct block *best = NULL;
	int best_price = 5;
	unsigned passing = 0;
	const size_t nr = b->limit ? b->limit : BLOCKS_MAX;

	for (size_t i = 0; i < nr; i++)
		passing += b->all[i].full && b->all[i].passing && b->all[i].idx >= BLOCKS_HEAD;
	for (size_t i = 0; i < nr; i++) {
		struct block *k = &b->all[i];

		if (k->filling || atomic_load(&k->users))
			continue;
		int p = price(k, keep_from, keep_to, passing >= BLOCKS_PASSING, b->limit == 0);
		if (p < best_price || (best && p == best_price && k->stamp < best->stamp)) {
			best = k;
			best_price = p;
		}
	}
	if (best == NULL || (best->p == NULL && (best->p = buffer_open()) == NULL))
		return NULL;
	best->full = false;
	best->filling = true;
	return best;
}

void blocks_put(struct blocks *b, struct block *k, uint64_t idx, size_t len, bool passing)
{
	k->filling = false;
	k->full = len > 0;
	k->idx = idx;
	k->len = len;
	k->passing = passing;
	k->stamp = ++b->clock;
}

bool blocks_set_zero(struct blocks *b, uint64_t idx)
{
	if (idx / 8 >= b->zero_len) {
		uint64_t len = (idx / 8 + 1) * 2;
		uint8_t *more = len > SIZE_MAX / 2 ? NULL : realloc(b->zero, (size_t)len);
		if (more == NULL)
			return false;
		memset(more + b->zero_len, 0, (size_t)(len - b->zero_len));
		b->zero = more;
		b->zero_len = len;
	}
	b->zero[idx / 8] |= (uint8_t)(1u << idx % 8);
	return true;
}

bool blocks_zero(const struct blocks *b, uint64_t idx)
{
	return idx / 8 < b->zero_len && b->zero[idx / 8] >> idx % 8 & 1;
}
