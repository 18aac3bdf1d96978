#include "analyzer/facts/map_draw.h"

#include <string.h>

uint32_t map_class(struct map *m, const char *name, const char *says, enum map_tone tone)
{
	uint32_t i;

	for (i = 0; i < m->classes_nr; i++)
		if (strcmp(m->classes[i].name, name) == 0)
			return i;
	if (i == MAP_CLASSES)
		return MAP_CLASSES - 1;
	m->classes[m->classes_nr++] = (struct map_class){ name, says, tone };
	return i;
}

struct map_band *map_band(struct map *m, struct map_band b)
{
	struct map_band *band;
	uint64_t units = b.unit_len ? b.len / b.unit_len + (b.len % b.unit_len != 0) : 0;

	if (b.len == 0 || b.at > UINT64_MAX - b.len)
		return NULL;
	if (m->nr == MAP_BANDS) {
		m->left++;
		return NULL;
	}
	if (b.max == 0 || b.max > MAP_TILES)
		b.max = MAP_TILES;
	if (b.shape == MAP_GRID && units > b.max) {
		uint64_t per = units / b.max + (units % b.max != 0);

		b.slice = per * b.unit_len;
		b.max = (uint32_t)(units / per + (units % per != 0));
	}
	band = ARENA_NEW(m->arena, struct map_band);
	if (band)
		*band = b;
	if (band == NULL || (band->tiles = arena_array(m->arena, b.max, sizeof(*b.tiles))) == NULL)
		return NULL;
	if (b.slice) {
		uint64_t *held = arena_array(m->arena, (size_t)b.max * MAP_CLASSES, sizeof(*held));

		if (held == NULL)
			return NULL;
		band->nr = b.max;
		for (uint32_t i = 0; i < b.max; i++) {
			struct map_tile *t = &band->tiles[i];

			t->at = b.at + i * b.slice;
			t->len = b.len - i * b.slice < b.slice ? b.len - i * b.slice : b.slice;
			t->held = held + (size_t)i * MAP_CLASSES;
		}
	}
	band->idx = m->nr++;
	if (m->last)
		m->last->next = band;
	else
		m->first = band;
	m->last = band;
	return band;
}

/* Shares t out among the slices it touches, its used bytes evenly. */
static void band_fold(struct map_band *b, const struct map_tile *t)
{
	uint64_t at = t->at, end = t->at + t->len;

	while (at < end) {
		struct map_tile *s = &b->tiles[(at - b->at) / b->slice];
		uint64_t len = s->at + s->len < end ? s->at + s->len - at : end - at;

		s->held[t->class] += len;
		if (b->has_rare && s->held[b->rare])
			s->class = b->rare;
		else if (s->held[t->class] > s->held[s->class])
			s->class = t->class;
		if (t->used == MAP_USED_UNKNOWN || s->used == MAP_USED_UNKNOWN)
			s->used = MAP_USED_UNKNOWN;
		else
			s->used += (uint64_t)((double)t->used * ((double)len / (double)t->len));
		at += len;
	}
}

struct map_tile *map_put(struct map_band *b, struct map_tile t)
{
	if (b == NULL || t.at < b->at || t.at - b->at >= b->len || t.len == 0)
		return NULL;
	if (t.len > b->len - (t.at - b->at))
		t.len = b->len - (t.at - b->at);
	if (t.used != MAP_USED_UNKNOWN && t.used > t.len)
		t.used = t.len;
	if (b->slice) {
		band_fold(b, &t);
		return NULL;
	}
	if (b->nr == b->max) {
		b->left++;
		return NULL;
	}
	b->tiles[b->nr] = t;
	return &b->tiles[b->nr++];
}
