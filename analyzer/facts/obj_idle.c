#include "analyzer/facts/obj_idle.h"

void obj_idle_start(struct obj_idle *i, const struct obj_heap *heap)
{
	*i = (struct obj_idle){ .heap = heap };
}

void obj_idle_end(struct obj_idle *i)
{
	if (i->open)
		obj_zone_close(&i->map);
	i->open = false;
}

/* The zone that holds at, its walks at their beginnings unless they are under way. */
static const struct obj_zone *zone_of(struct obj_idle *i, uint64_t at)
{
	if (i->heap == NULL || i->heap->zones_nr == 0 || at < i->heap->zones[0].at)
		return NULL;
	uint64_t idx = (at - i->heap->zones[0].at) / OBJ_ZONE_STRIDE;
	if (idx >= i->heap->zones_nr)
		return NULL;
	if (!i->open || i->zone != idx) {
		obj_idle_end(i);
		i->zone = (uint32_t)idx;
		i->hdr = i->data = (struct obj_block){ .len = 0 };
		i->is_run = false;
		i->open = i->heap->zones[idx].chunks && obj_zone_open(i->heap, &i->heap->zones[idx], &i->map);
	}
	return i->open ? &i->heap->zones[idx] : NULL;
}

/* Moves the walk on to the block that holds chunk. *moved: to another one than before. */
static bool walk_to(const struct obj_zone_map *m, struct obj_block *b, uint64_t chunk, bool *moved)
{
	*moved = false;
	while (b->len == 0 || chunk >= (uint64_t)b->chunk + b->len) {
		if (!obj_block_next(m, b))
			return false;
		*moved = true;
	}
	return chunk >= b->chunk;
}

static bool unit_idle(struct obj_idle *i, uint64_t at)
{
	const struct obj_run *r = &i->run;
	uint8_t lost = 0;

	if (!i->is_run || at < r->first_at)
		return false;
	uint64_t unit = (at - r->first_at) / r->hdr.block_size, word = unit / 64;
	if (unit >= r->nbits)
		return true;
	if (word != i->word_idx) {
		i->word_idx = UINT64_MAX;
		if (!obj_run_words(&i->map, r, word, 1, &i->word, &lost) || lost)
			return false;
		i->word_idx = word;
	}
	return !(i->word >> unit % 64 & 1);
}

bool obj_idle_at(struct obj_idle *i, uint64_t at)
{
	const struct obj_zone *z = zone_of(i, at);
	uint64_t off = z ? at - z->at : 0;
	bool moved;

	if (off < OBJ_ZONE_HDR_LEN)
		return false;
	if (off < OBJ_ZONE_META) {
		uint64_t chunk = (off - OBJ_ZONE_HDR_LEN) / OBJ_CHUNK_HDR_LEN;

		return walk_to(&i->map, &i->hdr, chunk, &moved) && chunk != i->hdr.chunk &&
		       (i->hdr.type == OBJ_CHUNK_FREE || i->hdr.type == OBJ_CHUNK_USED);
	}
	if (!walk_to(&i->map, &i->data, (off - OBJ_ZONE_META) / OBJ_CHUNK_LEN, &moved))
		return false;
	if (moved) {
		i->is_run = i->data.type == OBJ_CHUNK_RUN && obj_run_read(&i->map, &i->data, &i->run);
		i->word_idx = UINT64_MAX;
	}
	return i->data.type == OBJ_CHUNK_FREE || unit_idle(i, at);
}
