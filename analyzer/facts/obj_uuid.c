#include "analyzer/facts/obj_uuid.h"

#include "formats/obj/find.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 65536, POINTER_LEN = 16, WORDS = 32, ENOUGH = 1000 };

/* Words that may be it: Misra and Gries's counts, so the one of a majority is among them. */
struct count {
	uint64_t word, nr;
};

struct scan {
	const struct obj_heap *heap;
	struct obj_finder *finder;
	struct count counts[WORDS];
	uint8_t buf[WINDOW + POINTER_LEN], lost[WINDOW + POINTER_LEN];
};

static void count(struct scan *s, uint64_t word)
{
	struct count *unused = NULL;

	for (size_t i = 0; i < WORDS; i++) {
		if (s->counts[i].nr && s->counts[i].word == word) {
			s->counts[i].nr++;
			return;
		}
		if (s->counts[i].nr == 0)
			unused = &s->counts[i];
	}
	if (unused)
		*unused = (struct count){ word, 1 };
	for (size_t i = 0; unused == NULL && i < WORDS; i++)
		s->counts[i].nr--;
}

static int by_nr(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	return x->nr < y->nr ? 1 : x->nr > y->nr ? -1 : 0;
}

/* The word before the offset of an object's first byte, if that is what lies at s.p[off]. */
static void look(struct scan *s, struct span bytes, uint64_t off)
{
	struct obj_place place;
	uint64_t word, to;

	if (!span_le64(bytes, off, &word) || !span_le64(bytes, off + 8, &to) || word == 0 || to % 8 ||
	    to < s->heap->at || to - s->heap->at >= s->heap->len)
		return;
	obj_finder_at(s->finder, to, &place);
	if (place.kind == OBJ_PLACE_OBJECT && place.off == 0)
		count(s, word);
}

static bool beyond_doubt(const struct scan *s)
{
	uint64_t most = 0, rest = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t nr = s->counts[i].nr;

		rest += nr > most ? most : nr;
		most = nr > most ? nr : most;
	}
	return most >= ENOUGH && most > rest * 2;
}

static bool heap_scan(struct scan *s)
{
	uint64_t end = s->heap->at + s->heap->len;

	for (uint64_t at = s->heap->at; at < end && !beyond_doubt(s);) {
		struct extent e = image_extent(s->heap->image, at);
		uint64_t len = e.len < end - at ? e.len : end - at;

		if (len == 0)
			return false;
		if (e.kind != EXTENT_DATA) {
			at += len;
			continue;
		}
		len = len < WINDOW ? len : WINDOW;
		/* a pointer may pass the window's end */
		size_t more = (size_t)(end - at < len + POINTER_LEN - 8 ? end - at : len + POINTER_LEN - 8);
		if (!image_read(s->heap->image, at, more, s->buf, s->lost))
			return false;
		struct span bytes = { .p = s->buf, .lost = s->lost, .at = at, .len = more };
		for (uint64_t off = (8 - at % 8) % 8; off < len; off += 8)
			look(s, bytes, off);
		at += len;
	}
	return true;
}

bool obj_uuid_told(const struct obj_pool *p, uint64_t *lo, uint64_t *pointers)
{
	struct scan *s = calloc(1, sizeof(*s));
	bool told = false;

	if (s)
		s->finder = obj_finder_open(p->heap);
	if (s && s->finder) {
		s->heap = p->heap;
		told = heap_scan(s);
		qsort(s->counts, WORDS, sizeof(s->counts[0]), by_nr);
		*lo = s->counts[0].word;
		*pointers = s->counts[0].nr;
		told = told && s->counts[0].nr >= 2 && s->counts[0].nr > s->counts[1].nr * 2;
	}
	if (s)
		obj_finder_close(s->finder);
	free(s);
	return told;
}
