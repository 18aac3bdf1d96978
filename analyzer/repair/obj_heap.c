#include "analyzer/repair/obj_heap.h"

#include "analyzer/repair/obj_chunks.h"
#include "formats/base/checksum.h"
#include "formats/obj/descr.h"
#include "formats/obj/obj.h"
#include "formats/obj/run.h"

#include <inttypes.h>
#include <string.h>

enum { SUM_OFF = 1016 };

void obj_heap_repair_header(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_heap *h = m->obj->heap;
	struct obj_heap_hdr hdr = { .major = 1, .chunksize = OBJ_CHUNK_LEN, .chunks_per_zone = OBJ_ZONE_CHUNKS };
	uint8_t bytes[OBJ_HEAP_HDR_LEN];

	(void)by;
	memcpy(hdr.signature, OBJ_HEAP_SIGNATURE, sizeof(OBJ_HEAP_SIGNATURE));
	/* the old word has no meaning any more, and what stands there is under the sum */
	hdr.size = h->major <= 3 ? h->len : h->hdr_good ? h->hdr->size : 0;
	layout_encode(&obj_heap_hdr_layout, &hdr, bytes);
	hdr.checksum = checksum_fletcher64((struct span){ .p = bytes, .len = sizeof(bytes) }, SUM_OFF, CHECKSUM_NO_SKIP);
	layout_encode(&obj_heap_hdr_layout, &hdr, bytes);
	struct step *s = plan_step(plan, f, REPAIR_SAFE, "makes the heap's header anew: it is the same in every pool");
	if (s)
		plan_put(plan, s, f->node->image, f->node->at, bytes, sizeof(bytes), "constants of the format");
}

static const struct obj_zone *zone_of(const struct model *m, const struct node *node)
{
	const struct obj_heap *h = m->obj->heap;

	for (uint32_t i = 0; i < h->zones_nr; i++)
		if (h->zones[i].hdr_node == node)
			return &h->zones[i];
	return NULL;
}

void obj_heap_repair_zone(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_zone *z = zone_of(m, f->node);
	struct obj_zone_map map;

	(void)by;
	if (z == NULL || z->chunks == 0 || !obj_zone_open(m->obj->heap, z, &map))
		return;
	/* the walk over the blocks and the heap's size are the two witnesses */
	bool whole = obj_zone_whole(&map), both = whole && map.chunks == z->expected;
	uint32_t chunks = map.chunks;
	obj_zone_close(&map);
	if (!whole)
		return;
	struct obj_zone_hdr hdr = { .magic = OBJ_ZONE_MAGIC, .size_idx = chunks };
	const char *why = both ? "its blocks end there, and so does the heap" : "its blocks end there";
	struct step *s = plan_step(plan, f, both ? REPAIR_SAFE : REPAIR_ASK,
				   arena_printf(plan->arena, "makes the header of zone %" PRIu32 ": %" PRIu32 " chunks: %s",
						z->idx, chunks, why));
	if (s)
		plan_put_struct(plan, s, f->node->image, f->node->at, &obj_zone_hdr_layout, &hdr, why);
}

static bool chunk_put(struct plan *plan, struct step *s, const struct model *m, const struct obj_zone *z, uint32_t chunk,
		      uint16_t type, uint16_t flags, uint32_t size, const char *why)
{
	return obj_chunks_put(plan, s, m, z, chunk, (struct obj_chunk_hdr){ type, flags, size }, why);
}

/* Is the end of the zone free? last is its last block then. */
static bool free_at_end(const struct model *m, const struct obj_zone *z, struct obj_block *last)
{
	struct obj_block b = { .len = 0 };
	struct obj_zone_map map;

	*last = b;
	if (z == NULL || z->chunks == 0 || !obj_zone_open(m->obj->heap, z, &map))
		return false;
	while (obj_block_next(&map, &b))
		*last = b;
	bool whole = obj_zone_whole(&map);
	obj_zone_close(&map);
	return whole && last->len && last->type == OBJ_CHUNK_FREE && last->chunk + last->len == z->hdr->size_idx;
}

/* The zone ends at chunk end, and so does its last block, which is free. */
static void end_put(struct plan *plan, struct step *s, const struct finding *f, const struct model *m, const struct obj_zone *z,
		    const struct obj_block *last, uint32_t end, const char *why)
{
	plan_put_value(plan, s, f->node, f->field, end, why);
	if (last->chunk < end)
		chunk_put(plan, s, m, z, last->chunk, OBJ_CHUNK_FREE, last->flags, end - last->chunk, why);
	else if (last->chunk < OBJ_ZONE_CHUNKS)
		chunk_put(plan, s, m, z, last->chunk, 0, 0, 0, why);
}

/* A heap that old writers counted one chunk too long: the chunk is given up when nothing is in it. */
void obj_heap_repair_overrun(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_zone *z = zone_of(m, f->node);
	struct obj_block last;

	(void)by;
	if (!free_at_end(m, z, &last))
		return; /* an object lies in it */
	const char *why = "the chunk does not fit the pool, and nothing is in it";
	struct step *s = plan_step(plan, f, REPAIR_SAFE,
				   arena_printf(plan->arena, "takes the last chunk out of zone %" PRIu32 ": %s", z->idx, why));
	if (s)
		end_put(plan, s, f, m, z, &last, z->expected, why);
}

/*
 * The library measures zones by the heap's size, and would count the same chunks in again: the heap ends with its last whole
 * zone. What stood in the first chunk, under the headers, is for the checks of that chunk.
 */
void obj_heap_repair_overlay(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_pool *p = m->obj;
	const struct obj_zone *z = zone_of(m, f->node);
	struct obj_block last;

	(void)by;
	if (p->major < 4 || p->words == NULL || p->words->heap_size == 0 || !free_at_end(m, z, &last))
		return; /* an object lies there, or the heap's size is not one word */
	uint64_t len = obj_heap_whole_zones(p->heap->zones_all);
	const char *why = "a zone has headers for 65528 chunks, and nothing is in those behind them";
	struct step *s = plan_step(plan, f, REPAIR_ASK,
				   arena_printf(plan->arena, "ends zone %" PRIu32 " at 65528 chunks, and the heap with it: %s", z->idx, why));
	if (s == NULL)
		return;
	s->loses = arena_printf(plan->arena, "%" PRIu64 " bytes of room at the end of the pool", p->heap->len - len);
	end_put(plan, s, f, m, z, &last, OBJ_ZONE_CHUNKS, why);
	plan_put_value(plan, s, p->words_node, layout_field(p->words_node->layout, "heap_size"), len,
		       "the library would count the chunks in again");
}

/* The zone that holds the chunk header or the chunk at `at`. */
static const struct obj_zone *zone_at(const struct model *m, uint64_t at)
{
	const struct obj_heap *h = m->obj->heap;

	for (uint32_t i = h->zones_nr; i--;)
		if (h->zones[i].at <= at)
			return h->zones[i].chunks ? &h->zones[i] : NULL;
	return NULL;
}

/* The block whose header lies at hdr_at; map is open then. */
static bool block_at(const struct model *m, uint64_t hdr_at, const struct obj_zone **z, struct obj_zone_map *map,
		     struct obj_block *b)
{
	*z = zone_at(m, hdr_at);
	*b = (struct obj_block){ .len = 0 };
	if (*z == NULL || !obj_zone_open(m->obj->heap, *z, map))
		return false;
	while (obj_block_next(map, b))
		if (b->hdr_at == hdr_at)
			return true;
	obj_zone_close(map);
	return false;
}

static bool unit_of(const struct model *m, const struct obj_block *b, uint64_t *unit)
{
	struct span s;
	uint8_t bytes[8], lost[8];

	if (!image_read(m->obj->image, b->at, sizeof(bytes), bytes, lost))
		return false;
	s = (struct span){ .p = bytes, .lost = lost, .len = sizeof(bytes) };
	return span_le64(s, 0, unit);
}

/*
 * The flags of a run whose header is gone: those of another run of the same unit and length, else what
 * libraries of this major give every run. They must let the bytes be a run.
 */
static bool run_flags(const struct model *m, const struct obj_zone_map *map, const struct obj_block *b, uint16_t *flags,
		      bool *sibling)
{
	const struct obj_heap *h = m->obj->heap;
	struct obj_block try = *b;
	uint64_t unit, other;

	*sibling = false;
	if (!unit_of(m, b, &unit))
		return false;
	for (uint32_t i = 0; i < h->zones_nr && !*sibling; i++) {
		struct obj_block c = { .len = 0 };
		struct obj_zone_map its;

		if (h->zones[i].chunks == 0 || !obj_zone_open(h, &h->zones[i], &its))
			continue;
		while (!*sibling && obj_block_next(&its, &c))
			if (c.type == OBJ_CHUNK_RUN && c.wrong == 0 && c.len == b->len && unit_of(m, &c, &other) && other == unit) {
				*sibling = true;
				try.flags = c.flags;
			}
		obj_zone_close(&its);
	}
	if (!*sibling)
		try.flags = obj_run_flags_usual(m->obj->heap->major);
	*flags = try.flags;
	return obj_run_plausible(map, &try);
}

void obj_heap_repair_chunk(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_zone *z;
	struct obj_zone_map map;
	struct obj_block b;

	(void)by;
	if (!block_at(m, f->at, &z, &map, &b))
		return;
	bool sibling = true, as_run = b.type == OBJ_CHUNK_RUN && (b.wrong & OBJ_BLOCK_TYPE), told = b.type != OBJ_CHUNK_UNKNOWN;
	struct obj_block run = b;
	run.type = OBJ_CHUNK_RUN;
	if (as_run || !told)
		as_run = run_flags(m, &map, &run, &run.flags, &sibling);
	/* a hole behind a free block is what a split that was cut off leaves: nothing was ever put there */
	bool hole = !told && strcmp(f->by->id, "obj.chunk.hole") == 0;
	if (!told && !hole && !as_run)
		(void)obj_chunks_rebuild(plan, f, m, &map, &b);
	obj_zone_close(&map);
	if (b.wrong == 0 || (b.type == OBJ_CHUNK_RUN && (b.wrong & OBJ_BLOCK_TYPE) && !as_run))
		return;
	if (as_run)
		b = run;
	if (told || as_run) {
		const char *why = told ? arena_printf(plan->arena, "told by %s", obj_block_witness_text(b.witness))
				       : "its bytes are those of a run";
		struct step *s = plan_step(plan, f, told && sibling ? REPAIR_SAFE : REPAIR_ASK,
					   arena_printf(plan->arena, "makes chunk %" PRIu32 " of zone %" PRIu32 " the start of a %s block "
							"of %" PRIu32 " chunks: %s", b.chunk, z->idx, obj_chunk_type_name(b.type),
							b.len, why));
		if (s)
			chunk_put(plan, s, m, z, b.chunk, (uint16_t)b.type, b.flags, b.len, why);
	}
	if (told)
		return;
	struct step *s = plan_step(plan, f, hole ? REPAIR_ASK : REPAIR_ADVANCED,
				   arena_printf(plan->arena, "makes the %" PRIu32 " chunks from chunk %" PRIu32 " of zone %" PRIu32
						" a free block", b.len, b.chunk, z->idx));
	if (s == NULL)
		return;
	if (!hole)
		s->loses = "whatever objects these chunks may hold: they are given to the allocator";
	chunk_put(plan, s, m, z, b.chunk, OBJ_CHUNK_FREE, 0, b.len, "no object is told to lie there");
}

void obj_heap_repair_flags(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_zone *z;
	struct obj_zone_map map;
	struct obj_block b;

	(void)by;
	if (!block_at(m, f->at, &z, &map, &b))
		return;
	obj_zone_close(&map);
	uint16_t flags = b.hdr.flags & obj_chunk_flags_known(m->obj->major);
	if (b.type != OBJ_CHUNK_RUN)
		flags &= OBJ_CHUNK_COMPACT | OBJ_CHUNK_NO_HDR;
	if ((flags & OBJ_CHUNK_COMPACT) && (flags & OBJ_CHUNK_NO_HDR))
		return; /* which of the two cannot be told from here */
	struct step *s = plan_step(plan, f, b.type == OBJ_CHUNK_FREE ? REPAIR_SAFE : REPAIR_ASK,
				   arena_printf(plan->arena, "clears the flags of chunk %" PRIu32 " of zone %" PRIu32
						" that cannot be", b.chunk, z->idx));
	if (s)
		chunk_put(plan, s, m, z, b.chunk, b.hdr.type, flags, b.hdr.size_idx, "no such block has them");
}

void obj_heap_repair_run_data(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_zone *z = zone_at(m, f->at);
	struct obj_block b = { .len = 0 };
	struct obj_zone_map map;

	(void)by;
	if (z == NULL || !obj_zone_open(m->obj->heap, z, &map))
		return;
	/* the finding's place is a header inside the run, or the run's own */
	uint64_t first = obj_chunk_hdr_at(z, 0);
	uint32_t chunk = f->at >= first ? (uint32_t)((f->at - first) / OBJ_CHUNK_HDR_LEN) : 0;
	bool found = false;
	while (!found && obj_block_next(&map, &b))
		found = b.type == OBJ_CHUNK_RUN && b.wrong == 0 && chunk >= b.chunk && chunk - b.chunk < b.len;
	obj_zone_close(&map);
	if (!found)
		return;
	const char *why = "the run's own header says how long it is";
	struct step *s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "makes the run-data headers of the run at chunk "
								      "%" PRIu32 " of zone %" PRIu32, b.chunk, z->idx));
	for (uint32_t i = 1; s && i < b.len; i++)
		if (!chunk_put(plan, s, m, z, b.chunk + i, OBJ_CHUNK_RUN_DATA, 0, i, why))
			return;
}

bool obj_heap_block_at(const struct model *m, uint64_t at, struct obj_zone_map *map, struct obj_block *b)
{
	const struct obj_zone *z = zone_at(m, at);

	*b = (struct obj_block){ .len = 0 };
	if (z == NULL || !obj_zone_open(m->obj->heap, z, map))
		return false;
	while (obj_block_next(map, b))
		if (at >= b->at && at - b->at < (uint64_t)b->len * OBJ_CHUNK_LEN && b->wrong == 0)
			return true;
	obj_zone_close(map); /* its own header first: it says how the rest is to be read */
	return false;
}

bool obj_heap_run_at(const struct model *m, uint64_t at, struct obj_zone_map *map, struct obj_block *b, struct obj_run *r)
{
	if (!obj_heap_block_at(m, at, map, b))
		return false;
	if (b->type == OBJ_CHUNK_RUN) {
		(void)obj_run_read(map, b, r);
		return true;
	}
	obj_zone_close(map);
	return false;
}

/* The same, where its zone need not stay open. */
static bool run_at(const struct model *m, uint64_t at, struct obj_block *b, struct obj_run *r)
{
	struct obj_zone_map map;
	bool found = obj_heap_run_at(m, at, &map, b, r);

	if (found)
		obj_zone_close(&map);
	return found;
}

void obj_heap_repair_padding(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	uint8_t bytes[8], lost[8];
	struct obj_block b;
	struct obj_run r;

	(void)by;
	if (!run_at(m, f->at, &b, &r) || r.nbits == 0 || f->at < r.bitmap_at || (f->at - r.bitmap_at) % 8 ||
	    (f->at - r.bitmap_at) / 8 >= r.words || !image_read(m->obj->image, f->at, sizeof(bytes), bytes, lost))
		return;
	uint64_t pad = obj_run_padding(&r, (f->at - r.bitmap_at) / 8);
	for (int i = 0; i < 8; i++)
		bytes[i] |= (uint8_t)(pad >> 8 * i);
	struct step *s = plan_step(plan, f, REPAIR_SAFE, "sets the bits that stand for no unit");
	if (s)
		plan_put(plan, s, m->obj->image, f->at, bytes, sizeof(bytes), "the allocator would hand out space outside of the run");
}

void obj_heap_repair_alignment(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[8];
	struct obj_block b;
	struct obj_run r;

	(void)by;
	if (!run_at(m, f->at, &b, &r) || (b.flags & OBJ_CHUNK_ALIGNED))
		return;
	struct step *s = plan_step(plan, f, REPAIR_SAFE, "zeroes the alignment of a run that is not aligned");
	if (s)
		plan_put(plan, s, m->obj->image, b.at + 8, zeros, sizeof(zeros),
			 "libraries of majors 5 and 6 take one unit off the run for it");
}

/* A huge object's size is told twice: by its own header, and by the chunks it has. */
void obj_heap_repair_huge(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_zone *z = zone_at(m, f->at);
	struct obj_block b = { .len = 0 };
	struct obj_zone_map map;
	bool found = false;

	(void)by;
	if (z == NULL || !obj_zone_open(m->obj->heap, z, &map))
		return;
	while (!found && obj_block_next(&map, &b))
		found = b.type == OBJ_CHUNK_USED && b.wrong == 0 && f->at >= b.at && f->at - b.at < OBJ_CHUNK_LEN;
	obj_zone_close(&map);
	uint32_t hdr_len = found ? obj_object_hdr_len(b.flags) : 0;
	if (hdr_len == 0)
		return;
	uint64_t size = (uint64_t)b.len * OBJ_CHUNK_LEN, at = b.at + (hdr_len == 64 ? 8 : 0);
	uint8_t bytes[8], lost[8];
	/* a compact header keeps its flags in the upper 16 bits of the same word */
	uint32_t width = hdr_len == 64 ? 8 : 6;

	if (!image_read(m->obj->image, at, sizeof(bytes), bytes, lost))
		return;
	span_put_le(bytes, width, size);
	struct step *s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "sets the object's size to %" PRIu64
								      ", that of its chunks", size));
	if (s)
		plan_put(plan, s, m->obj->image, at, bytes, sizeof(bytes), "its chunk header says how long it is");
}
