#include "formats/base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_LEN = 256 * 1024 };

struct block {
	struct block *next;
	size_t len, used;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *head; /* the block allocations are cut from */
	size_t max, total;
	bool failed;
};

struct arena *arena_open(size_t max)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a)
		a->max = max;
	return a;
}

void arena_close(struct arena *a)
{
	if (a == NULL)
		return;
	for (struct block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

static struct block *arena_block(struct arena *a, size_t len)
{
	struct block *b = NULL;

	if (len <= a->max - a->total)
		b = calloc(1, sizeof(*b) + len);
	if (b == NULL)
		return NULL;
	b->len = len;
	a->total += len;
	return b;
}

void *arena_alloc(struct arena *a, size_t len)
{
	const size_t align = alignof(max_align_t);
	struct block *b = a->head;

	if (len == 0)
		len = 1;
	if (len > SIZE_MAX - align - sizeof(struct block)) {
		a->failed = true;
		return NULL;
	}
	len = (len + align - 1) / align * align;
	if (b == NULL || len > b->len - b->used) {
		bool own = len > BLOCK_LEN / 4; /* a large one must not waste the current block */
		size_t want = own ? len : BLOCK_LEN;

		if (want > a->max - a->total && !own)
			want = len;
		b = arena_block(a, want);
		if (b == NULL) {
			a->failed = true;
			return NULL;
		}
		if (own && a->head) {
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	void *p = b->bytes + b->used;
	b->used += len;
	return p;
}

void *arena_array(struct arena *a, size_t nr, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(nr, size, &len)) {
		a->failed = true;
		return NULL;
	}
	return arena_alloc(a, len);
}

char *arena_copy(struct arena *a, const void *bytes, size_t len)
{
	char *p = len == SIZE_MAX ? NULL : arena_alloc(a, len + 1);

	if (p && len)
		memcpy(p, bytes, len);
	return p;
}

char *arena_text(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return NULL;
	char *p = arena_alloc(a, (size_t)len + 1);
	if (p == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}

bool arena_failed(const struct arena *a)
{
	return a->failed;
}

size_t arena_used(const struct arena *a)
{
	return a->total;
}
