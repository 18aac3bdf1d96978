#include "formats/image/seek.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

bool seek_open(struct seek *s)
{
	*s = (struct seek){ .room = 64, .spacing = SEEK_SPACING, .bound = SEEK_MEMORY };
	s->all = calloc(s->room, sizeof(*s->all));
	if (s->all == NULL)
		return false;
	s->memory = s->room * sizeof(*s->all);
	s->all[0].point.fresh = true;
	s->nr = 1;
	return true;
}

void seek_close(struct seek *s)
{
	for (size_t i = 0; i < s->nr; i++)
		free(s->all[i].packed);
	free(s->all);
	*s = (struct seek){ 0 };
}

bool seek_due(const struct seek *s, uint64_t work)
{
	return work - s->all[s->nr - 1].work >= s->spacing;
}

static void thin(struct seek *s)
{
	size_t kept = 1;

	for (size_t i = 1; i < s->nr; i++) {
		if (i % 2 == 0) {
			s->all[kept++] = s->all[i];
			continue;
		}
		s->memory -= s->all[i].packed_len;
		free(s->all[i].packed);
	}
	s->nr = kept;
	s->spacing *= 2;
}

void seek_bound(struct seek *s, size_t bound)
{
	s->bound = bound;
	while (s->memory > bound && s->nr > 1) {
		thin(s);
		struct seek_entry *fit = realloc(s->all, s->nr * sizeof(*fit));
		if (fit)
			s->all = fit;
		s->memory -= (s->room - s->nr) * sizeof(*fit);
		s->room = s->nr;
	}
}

/* Packs the window into e; true also for a window of zeros, which takes no room. */
static bool pack(struct seek_entry *e, const uint8_t *window, size_t len)
{
	if (len == 0 || (window[0] == 0 && memcmp(window, window + 1, len - 1) == 0))
		return true;
	uLong bound = compressBound((uLong)len);
	uint8_t *packed = malloc(bound);
	if (packed == NULL)
		return false;
	if (compress2(packed, &bound, window, (uLong)len, 1) != Z_OK) {
		free(packed);
		return false;
	}
	uint8_t *fit = realloc(packed, bound);
	e->packed = fit ? fit : packed;
	e->packed_len = (uint32_t)bound;
	return true;
}

/* Room for one more. False without memory. */
static bool make_room(struct seek *s)
{
	if (s->nr < s->room)
		return true;
	struct seek_entry *more = realloc(s->all, 2 * s->room * sizeof(*more));
	if (more == NULL)
		return false;
	s->memory += s->room * sizeof(*more);
	s->all = more;
	s->room *= 2;
	return true;
}

bool seek_add(struct seek *s, const struct seek_point *p, uint64_t work, const uint8_t *window,
	      size_t window_len)
{
	struct seek_entry e = { .point = *p, .work = work, .window_len = (uint32_t)window_len };

	if (window_len > CODEC_WINDOW_MAX || p->out_at < s->all[s->nr - 1].point.out_at)
		return false;
	if (s->memory >= s->bound)
		thin(s);
	if (!make_room(s) || !pack(&e, window, window_len))
		return false;
	s->memory += e.packed_len;
	s->all[s->nr++] = e;
	return true;
}

bool seek_put(struct seek *s, const struct seek_entry *e, const uint8_t *packed)
{
	uint8_t *copy = e->packed_len ? malloc(e->packed_len) : NULL;

	if ((e->packed_len && copy == NULL) || !make_room(s)) {
		free(copy);
		return false;
	}
	if (copy)
		memcpy(copy, packed, e->packed_len);
	s->all[s->nr] = *e;
	s->all[s->nr++].packed = copy;
	s->memory += e->packed_len;
	return true;
}

const struct seek_entry *seek_find(const struct seek *s, uint64_t out_at)
{
	size_t lo = 0, hi = s->nr; /* all[lo] is at or before, all[hi] behind */

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->all[mid].point.out_at <= out_at)
			lo = mid;
		else
			hi = mid;
	}
	return &s->all[lo];
}

bool seek_window(const struct seek_entry *e, uint8_t window[CODEC_WINDOW_MAX])
{
	uLongf len = CODEC_WINDOW_MAX;

	memset(window, 0, CODEC_WINDOW_MAX);
	if (e->packed == NULL)
		return true;
	return uncompress(window, &len, e->packed, e->packed_len) == Z_OK && len == e->window_len;
}
