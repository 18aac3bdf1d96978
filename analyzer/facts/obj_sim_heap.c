/*
 * What the allocator does while a pool is opened: nothing, unless something is freed. Then it takes
 * over the zone: empty runs become free chunks, free chunks side by side are joined, footers of used
 * blocks are written anew, and in every free block it keeps a descriptor for itself.
 * Source: PMDK 1.12 src/libpmemobj/heap.c heap_reclaim_zone_garbage, heap_free_chunk_reuse, memblock.c.
 */
#include "analyzer/facts/obj_sim.h"

#include "formats/obj/object.h"

#include <inttypes.h>

enum { DESCRIPTOR_LEN = 48 };

struct obj_sim_zone {
	const struct obj_zone *zone;
	uint32_t chunks;
	uint64_t *hdr;    /* chunk headers as they are by now */
	uint32_t *bucket; /* chunks of the free block known to the allocator that begins here, or 0 */
};

static uint64_t hdr_make(enum obj_chunk_type type, uint16_t flags, uint32_t size)
{
	return (uint64_t)type | (uint64_t)flags << 16 | (uint64_t)size << 32;
}

static enum obj_chunk_type type_of(uint64_t hdr)
{
	return (enum obj_chunk_type)(hdr & 0xffff);
}

static uint16_t flags_of(uint64_t hdr)
{
	return (uint16_t)(hdr >> 16);
}

static uint32_t size_of(uint64_t hdr)
{
	return (uint32_t)(hdr >> 32);
}

static bool hdr_put(struct obj_sim *s, struct obj_sim_zone *z, uint32_t chunk, uint64_t hdr)
{
	if (chunk >= z->chunks)
		return false;
	z->hdr[chunk] = hdr;
	return obj_sim_put(s, NULL, obj_chunk_hdr_at(z->zone, chunk), hdr);
}

/* The free block before or behind [chunk, chunk+size), as the allocator finds it. 0: none. */
static uint32_t neighbour(struct obj_sim_zone *z, uint32_t chunk, uint32_t size, bool before, uint32_t *at)
{
	if (before) {
		uint32_t back = chunk ? size_of(z->hdr[chunk - 1]) : 0;

		if (back == 0 || back > chunk)
			return 0;
		*at = chunk - back;
	} else {
		if (size >= z->chunks - chunk)
			return 0;
		*at = chunk + size;
	}
	uint32_t free = size_of(z->hdr[*at]);
	if (type_of(z->hdr[*at]) != OBJ_CHUNK_FREE || free == 0 || z->bucket[*at] != free)
		return 0;
	z->bucket[*at] = 0;
	return free;
}

/* A block became free: it is joined with its neighbours and becomes known. Returns where it begins. */
static uint32_t reuse(struct obj_sim *s, struct obj_sim_zone *z, uint32_t chunk, uint32_t *size)
{
	uint32_t before = 0, behind = 0, at = chunk, len = *size;
	uint32_t prev = neighbour(z, chunk, len, true, &before);
	uint32_t next = neighbour(z, chunk, len, false, &behind);

	if (prev)
		at = before;
	len += prev + next;
	if (len != *size) {
		hdr_put(s, z, at, hdr_make(OBJ_CHUNK_FREE, flags_of(z->hdr[at]), len));
		if (len > 1)
			hdr_put(s, z, at + len - 1, hdr_make(OBJ_CHUNK_FOOTER, 0, len));
	}
	z->bucket[at] = len;
	obj_sim_unforeseen(s, obj_chunk_at(z->zone, at) + obj_object_hdr_len(flags_of(z->hdr[at])), DESCRIPTOR_LEN,
			   "the allocator's descriptor of a free block, with addresses of the process");
	*size = len;
	return at;
}

static bool run_empty(const struct obj_zone_map *m, const struct obj_block *b)
{
	uint64_t words[OBJ_RUN_STEP];
	uint8_t lost[OBJ_RUN_STEP];
	struct obj_run r;

	if (!obj_run_read(m, b, &r))
		return false;
	for (uint64_t w = 0; w < r.words; w += OBJ_RUN_STEP) {
		uint32_t nr = r.words - w < OBJ_RUN_STEP ? (uint32_t)(r.words - w) : OBJ_RUN_STEP;

		if (!obj_run_words(m, &r, w, nr, words, lost))
			return false;
		for (uint32_t i = 0; i < nr; i++)
			if (words[i] != obj_run_padding(&r, w + i))
				return false;
	}
	return true;
}

static struct obj_block block_at(const struct obj_zone *zone, uint32_t chunk, uint64_t hdr)
{
	return (struct obj_block){ .chunk = chunk, .len = size_of(hdr), .type = type_of(hdr), .flags = flags_of(hdr),
				   .hdr = { .type = (uint16_t)type_of(hdr), .flags = flags_of(hdr),
					    .size_idx = size_of(hdr) },
				   .at = obj_chunk_at(zone, chunk), .hdr_at = obj_chunk_hdr_at(zone, chunk) };
}

static void reclaim(struct obj_sim *s, struct obj_sim_zone *z, const struct obj_zone_map *m)
{
	for (uint32_t i = 0; i < z->chunks && !s->stopped;) {
		uint64_t hdr = z->hdr[i];
		uint32_t size = size_of(hdr), at = i;

		if (size == 0 || size > z->chunks - i)
			return; /* refused before: the library checks the chunks first */
		if (type_of(hdr) == OBJ_CHUNK_USED && size > 1) {
			hdr_put(s, z, i + size - 1, hdr_make(OBJ_CHUNK_FOOTER, flags_of(hdr), size));
		} else if (type_of(hdr) == OBJ_CHUNK_FREE) {
			at = reuse(s, z, i, &size);
		} else if (type_of(hdr) == OBJ_CHUNK_RUN) {
			struct obj_block b = block_at(z->zone, i, hdr);

			if (run_empty(m, &b)) {
				hdr_put(s, z, i, hdr_make(OBJ_CHUNK_FREE, 0, size));
				if (size > 1)
					hdr_put(s, z, i + size - 1, hdr_make(OBJ_CHUNK_FOOTER, 0, size));
				at = reuse(s, z, i, &size);
			}
		}
		i = at + size;
	}
}

/* The zone as the allocator sees it, taken over at the first call. */
static struct obj_sim_zone *zone_of(struct obj_sim *s, uint32_t idx)
{
	struct obj_zone_map m;

	if (s->zones == NULL)
		s->zones = arena_array(s->arena, s->heap->zones_nr, sizeof(struct obj_sim_zone *));
	if (s->zones == NULL || idx >= s->heap->zones_nr)
		return NULL;
	if (s->zones[idx])
		return s->zones[idx];
	const struct obj_zone *zone = &s->heap->zones[idx];
	struct obj_sim_zone *z = ARENA_NEW(s->arena, struct obj_sim_zone);
	if (z == NULL || zone->hdr == NULL || zone->hdr->magic != OBJ_ZONE_MAGIC || !obj_zone_open(s->heap, zone, &m))
		return NULL;
	z->zone = zone;
	z->chunks = m.chunks;
	z->hdr = arena_array(s->arena, z->chunks, sizeof(*z->hdr));
	z->bucket = arena_array(s->arena, z->chunks, sizeof(*z->bucket));
	for (uint32_t i = 0; z->hdr && z->bucket && i < z->chunks; i++)
		(void)span_le64(m.headers, (uint64_t)i * OBJ_CHUNK_HDR_LEN, &z->hdr[i]);
	if (z->hdr && z->bucket) {
		s->zones[idx] = z;
		if (s->pool->major >= 5)
			reclaim(s, z, &m);
	}
	obj_zone_close(&m);
	return s->zones[idx];
}

/* Lane 0's internal log after one operation of two entries: idle, with what it held still there. */
static bool remnants(struct obj_sim *s, uint64_t link_at, uint32_t op, uint64_t target, uint64_t value)
{
	uint64_t at = s->pool->lanes_at + OBJ_LANE_INTERNAL_OFF, next = 0;
	uint64_t words[8] = { link_at, 0, (uint64_t)op << 61 | target, value };

	(void)obj_sim_get(s, at + OBJ_ULOG_NEXT_OFF, &next);
	if (!obj_sim_fill(s, NULL, at, 0, OBJ_ULOG_HDR_LEN) || !obj_sim_put(s, NULL, at + OBJ_ULOG_NEXT_OFF, next))
		return false;
	for (int i = 0; i < 8; i++)
		if (!obj_sim_put(s, NULL, at + OBJ_ULOG_HDR_LEN + 8 * (uint64_t)i, words[i]))
			return false;
	return true;
}

/* The word that names what is freed becomes 0, in the same operation. */
static bool link_clear(struct obj_sim *s, uint64_t link_at, uint32_t op, uint64_t target, uint64_t value)
{
	return (s->pool->major < 5 || remnants(s, link_at, op, target, value)) && obj_sim_put(s, NULL, link_at, 0);
}

/* By the header of the block that begins at `at`. */
static uint64_t block_size(struct obj_sim *s, uint64_t at, uint32_t hdr_len, uint64_t unit)
{
	uint64_t size = 0;

	if (hdr_len == 0)
		return unit;
	(void)obj_sim_get(s, hdr_len == 16 ? at : at + 8, &size);
	return hdr_len == 16 ? size << 16 >> 16 : size;
}

static bool free_huge(struct obj_sim *s, struct obj_sim_zone *z, uint32_t chunk, uint64_t off, uint32_t hdr_len,
		      uint64_t link_at)
{
	uint64_t hdr = z->hdr[chunk], bytes = block_size(s, off - hdr_len, hdr_len, OBJ_CHUNK_LEN);
	uint64_t size = (bytes + OBJ_CHUNK_LEN - 1) / OBJ_CHUNK_LEN;

	if (size == 0 || size > z->chunks - chunk)
		return false;
	uint32_t chunks = (uint32_t)size;
	uint64_t freed = hdr_make(OBJ_CHUNK_FREE, flags_of(hdr), chunks);
	if (!link_clear(s, link_at, OBJ_ULOG_SET, obj_chunk_hdr_at(z->zone, chunk), freed) ||
	    !hdr_put(s, z, chunk, freed))
		return false;
	if (chunks > 1)
		hdr_put(s, z, chunk + chunks - 1, hdr_make(OBJ_CHUNK_FOOTER, 0, chunks));
	if (s->pool->major >= 5)
		(void)reuse(s, z, chunk, &chunks);
	return true;
}

static bool free_small(struct obj_sim *s, const struct obj_zone_map *m, const struct obj_block *b, uint64_t off,
		       uint32_t hdr_len, uint64_t link_at)
{
	struct obj_run r;
	uint64_t word;

	if (!obj_run_read(m, b, &r) || off < r.first_at + hdr_len)
		return false;
	/* which unit, by what lies before the place: it need not be the begin of one */
	uint64_t unit = (off - hdr_len - r.first_at) / r.hdr.block_size;
	uint64_t bytes = block_size(s, obj_run_unit_at(&r, unit), hdr_len, r.hdr.block_size);
	uint64_t units = (bytes + r.hdr.block_size - 1) / r.hdr.block_size;
	if (unit >= r.nbits || units == 0 || units > 64)
		return false;
	uint64_t mask = (units == 64 ? UINT64_MAX : (UINT64_C(1) << units) - 1) << unit % 64;
	uint64_t at = r.bitmap_at + unit / 64 * 8;
	return link_clear(s, link_at, OBJ_ULOG_AND, at, ~mask) && obj_sim_get(s, at, &word) &&
	       obj_sim_put(s, NULL, at, word & ~mask);
}

/* Where the library's own arithmetic takes an offset to: it does not ask what is allocated there. */
struct spot {
	struct obj_sim_zone *z;
	uint32_t chunk, hdr_len;
	bool huge;
};

static bool spot_find(struct obj_sim *s, uint64_t off, struct spot *out)
{
	uint64_t first = s->heap->at + OBJ_HEAP_HDR_LEN;

	if (off < first)
		return false;
	uint64_t idx = (off - first) / OBJ_ZONE_STRIDE, in = (off - first) % OBJ_ZONE_STRIDE;
	struct obj_sim_zone *z = idx < s->heap->zones_nr ? zone_of(s, (uint32_t)idx) : NULL;
	if (z == NULL || in < OBJ_ZONE_META || (in - OBJ_ZONE_META) / OBJ_CHUNK_LEN >= z->chunks)
		return false;
	uint32_t chunk = (uint32_t)((in - OBJ_ZONE_META) / OBJ_CHUNK_LEN);
	if (type_of(z->hdr[chunk]) == OBJ_CHUNK_RUN_DATA) {
		if (size_of(z->hdr[chunk]) > chunk)
			return false;
		chunk -= size_of(z->hdr[chunk]);
	}
	*out = (struct spot){ .z = z, .chunk = chunk, .hdr_len = obj_object_hdr_len(flags_of(z->hdr[chunk])) };
	out->huge = off == obj_chunk_at(z->zone, chunk) + out->hdr_len;
	return true;
}

static bool free_at(struct obj_sim *s, uint64_t off, uint64_t link_at)
{
	struct obj_zone_map m;
	struct spot spot;

	if (!spot_find(s, off, &spot))
		return false;
	if (spot.huge)
		return free_huge(s, spot.z, spot.chunk, off, spot.hdr_len, link_at);
	uint64_t hdr = spot.z->hdr[spot.chunk];
	if (type_of(hdr) != OBJ_CHUNK_RUN || !obj_zone_open(s->heap, spot.z->zone, &m))
		return false;
	struct obj_block b = block_at(spot.z->zone, spot.chunk, hdr);
	bool done = free_small(s, &m, &b, off, spot.hdr_len, link_at);
	obj_zone_close(&m);
	return done;
}

bool obj_sim_free(struct obj_sim *s, uint64_t link_at)
{
	uint64_t off;

	if (s->stopped || !obj_sim_get(s, link_at, &off))
		return false;
	if (!free_at(s, off, link_at)) {
		if (!s->stopped)
			s->out->not_simulated = arena_printf(s->arena, "what is freed by the word at 0x%" PRIx64
				" (0x%" PRIx64 "): it is no allocated object, and what the library makes of it there "
				"depends on the bytes it finds", link_at, off);
		return false;
	}
	s->frees++;
	return true;
}

bool obj_sim_object(struct obj_sim *s, uint64_t off, uint64_t *usable)
{
	struct obj_zone_map m;
	struct obj_run r;
	struct spot spot;
	uint64_t word;

	*usable = 0;
	if (!spot_find(s, off, &spot))
		return false;
	uint64_t hdr = spot.z->hdr[spot.chunk], size = block_size(s, off - spot.hdr_len, spot.hdr_len, 0);
	if (size <= spot.hdr_len)
		return false;
	*usable = size - spot.hdr_len;
	if (spot.huge)
		return type_of(hdr) == OBJ_CHUNK_USED;
	if (type_of(hdr) != OBJ_CHUNK_RUN || !obj_zone_open(s->heap, spot.z->zone, &m))
		return false;
	struct obj_block b = block_at(spot.z->zone, spot.chunk, hdr);
	bool set = obj_run_read(&m, &b, &r) && off >= r.first_at + spot.hdr_len;
	uint64_t unit = set ? (off - spot.hdr_len - r.first_at) / r.hdr.block_size : 0;
	set = set && unit < r.nbits && obj_sim_get(s, r.bitmap_at + unit / 64 * 8, &word) && (word >> unit % 64 & 1);
	obj_zone_close(&m);
	return set;
}

/* A heap that was made larger: the last zone gets the rest as a free block. */
void obj_sim_zones_grow(struct obj_sim *s)
{
	for (uint32_t i = 0; i < s->heap->zones_nr && !s->stopped; i++) {
		const struct obj_zone *z = &s->heap->zones[i];

		if (z->hdr == NULL || z->hdr->magic != OBJ_ZONE_MAGIC || z->hdr->size_idx == z->expected)
			continue;
		if (z->hdr->size_idx > z->expected) {
			obj_sim_refuse(s, "it crashes while opening the pool: %s says %" PRIu32
				       " chunks, and the heap's size leaves room for %" PRIu32, node_path(s->arena, z->hdr_node),
				       z->hdr->size_idx, z->expected);
			return;
		}
		uint32_t more = z->expected - z->hdr->size_idx;
		obj_sim_put(s, z->hdr_node, obj_chunk_hdr_at(z, z->hdr->size_idx), hdr_make(OBJ_CHUNK_FREE, 0, more));
		if (more > 1)
			obj_sim_put(s, z->hdr_node, obj_chunk_hdr_at(z, z->expected - 1), hdr_make(OBJ_CHUNK_FOOTER, 0, more));
		obj_sim_fill(s, z->hdr_node, z->at, 0, OBJ_ZONE_HDR_LEN);
		obj_sim_put(s, z->hdr_node, z->at, OBJ_ZONE_MAGIC | (uint64_t)z->expected << 32);
		obj_sim_step(s, z->hdr_node, "extends %s by %" PRIu32 " chunks", node_path(s->arena, z->hdr_node), more);
		s->out->needed = true;
	}
}
