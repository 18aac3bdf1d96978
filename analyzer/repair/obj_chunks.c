#include "analyzer/repair/obj_chunks.h"

#include "formats/obj/obj.h"
#include "formats/obj/object.h"
#include "formats/obj/run.h"
#include "formats/pool/set.h"

#include <inttypes.h>

enum { RUN_LEN_MAX = 64 }; /* chunks */

bool obj_chunks_put(struct plan *plan, struct step *s, const struct model *m, const struct obj_zone *z, uint32_t chunk,
		    struct obj_chunk_hdr hdr, const char *why)
{
	return plan_put_struct(plan, s, m->obj->image, obj_chunk_hdr_at(z, chunk), &obj_chunk_hdr_layout, &hdr, why);
}

struct objects {
	uint64_t nr, wrong;
};

static bool object_count(void *ctx, const struct obj_object *o)
{
	struct objects *n = ctx;

	n->nr++;
	n->wrong += o->wrong != 0;
	return n->wrong == 0;
}

/* The bytes are a run with these flags, and the header of every object in it holds. */
static bool is_run(struct obj_scan *scan, const struct obj_zone_map *map, const struct obj_block *b, uint64_t *objects)
{
	struct objects n = { 0 };

	if ((b->flags & ~obj_chunk_flags_known(map->heap->major)) || !obj_run_plausible(map, b) ||
	    !obj_block_objects(scan, map, b, object_count, &n))
		return false;
	*objects = n.nr;
	return true;
}

/*
 * A run that begins at b, within `room` chunks. Bits behind its last unit are set, so a longer run would have objects
 * there: where they have headers the longest whose headers hold is it; where they have none, the shortest.
 */
static bool as_run(struct obj_scan *scan, const struct obj_zone_map *map, struct obj_block *b, uint32_t room, uint64_t *objects)
{
	const uint16_t usual = obj_run_flags_usual(map->heap->major), flex = usual & OBJ_CHUNK_FLEX;
	const uint16_t headed[] = { usual, flex, (uint16_t)(usual | OBJ_CHUNK_ALIGNED), (uint16_t)(flex | OBJ_CHUNK_ALIGNED) };
	uint32_t most = room < RUN_LEN_MAX ? room : RUN_LEN_MAX;

	b->type = OBJ_CHUNK_RUN;
	for (size_t i = 0; i < sizeof(headed) / sizeof(headed[0]); i++)
		for (b->flags = headed[i], b->len = most; b->len; b->len--)
			if (is_run(scan, map, b, objects))
				return true;
	for (b->len = 1; b->len <= most; b->len++)
		for (int aligned = 0; aligned < 2; aligned++) {
			b->flags = (uint16_t)(flex | OBJ_CHUNK_NO_HDR | (aligned ? OBJ_CHUNK_ALIGNED : 0));
			if (is_run(scan, map, b, objects))
				return true;
		}
	return false;
}

/* A huge object that begins at b; what was allocated inside of it after it was freed shows that it is stale. */
static bool as_huge(struct obj_scan *scan, const struct obj_zone_map *map, struct obj_block *b, uint32_t room)
{
	static const uint16_t tried[] = { OBJ_CHUNK_COMPACT, 0 };
	struct obj_object o;

	b->type = OBJ_CHUNK_USED;
	for (size_t i = 0; i < 2; i++) {
		b->flags = tried[i];
		b->len = 1;
		if (b->flags & ~obj_chunk_flags_known(map->heap->major))
			continue;
		obj_object_huge(map, b, &o);
		uint64_t len = o.stored_size / OBJ_CHUNK_LEN;
		if (o.stored_size == 0 || o.stored_size % OBJ_CHUNK_LEN || len > room || (o.flags & ~OBJ_OBJECT_INTERNAL))
			continue;
		bool stale = false;
		for (uint32_t k = 1; k < len && !stale; k++) {
			struct obj_block in = { .chunk = b->chunk + k, .at = obj_chunk_at(map->zone, b->chunk + k) };
			uint64_t objects = 0;

			stale = as_run(scan, map, &in, room - k, &objects) && objects;
		}
		b->len = (uint32_t)len;
		if (!stale)
			return true;
	}
	return false;
}

static bool block_put(struct plan *plan, struct step *s, const struct model *m, const struct obj_zone *z,
		      const struct obj_block *b, const char *why)
{
	struct obj_chunk_hdr first = { (uint16_t)b->type, b->flags, b->len };

	if (!obj_chunks_put(plan, s, m, z, b->chunk, first, why))
		return false;
	for (uint32_t i = 1; b->type == OBJ_CHUNK_RUN && i < b->len; i++)
		if (!obj_chunks_put(plan, s, m, z, b->chunk + i, (struct obj_chunk_hdr){ OBJ_CHUNK_RUN_DATA, 0, i }, why))
			return false;
	return b->type == OBJ_CHUNK_RUN || b->len < 2 ||
	       obj_chunks_put(plan, s, m, z, b->chunk + b->len - 1, (struct obj_chunk_hdr){ OBJ_CHUNK_FOOTER, 0, b->len }, why);
}

struct told {
	uint32_t runs, huge;
};

/* Walks the chunks of b; with a step, puts the header of each block. */
static bool walk(struct obj_scan *scan, struct plan *plan, struct step *s, const struct model *m,
		 const struct obj_zone_map *map, const struct obj_block *b, struct told *told)
{
	struct obj_block none = { .type = OBJ_CHUNK_FREE };
	uint32_t end = b->chunk + b->len;

	for (uint32_t c = b->chunk; c <= end;) {
		struct obj_block at = { .chunk = c, .len = 0 };
		uint64_t objects;

		if (c < end)
			at.at = obj_chunk_at(map->zone, c);
		bool run = c < end && as_run(scan, map, &at, end - c, &objects);
		bool huge = c < end && !run && as_huge(scan, map, &at, end - c);
		if (c < end && !run && !huge) {
			none.chunk = none.len ? none.chunk : c;
			none.len++;
			c++;
			continue;
		}
		if (s && none.len && !block_put(plan, s, m, map->zone, &none, "nothing in it tells of a block"))
			return false;
		none.len = 0;
		if (c == end)
			break;
		if (s && !block_put(plan, s, m, map->zone, &at, run ? "a run by its unit, bitmap and objects"
								  : "a huge object by its own header"))
			return false;
		told->runs += run;
		told->huge += huge;
		c += at.len;
	}
	return true;
}

bool obj_chunks_rebuild(struct plan *plan, const struct finding *f, const struct model *m, const struct obj_zone_map *map,
			const struct obj_block *b)
{
	struct obj_scan *scan = obj_scan_open();
	struct told told = { 0 }, again = { 0 };
	bool any = scan && walk(scan, plan, NULL, m, map, b, &told) && told.runs + told.huge;
	struct step *s = any ? plan_step(plan, f, REPAIR_ASK,
					 arena_printf(plan->arena, "makes the headers of %" PRIu32 " chunks from chunk %" PRIu32
						      " of zone %" PRIu32 " as their bytes tell: %" PRIu32 " runs, %" PRIu32
						      " huge objects, the rest free", b->len, b->chunk, map->zone->idx, told.runs,
						      told.huge)) : NULL;

	if (s) {
		s->loses = "a huge object without a header of its own, if there was one; and what had been freed may be back";
		(void)walk(scan, plan, s, m, map, b, &again);
	}
	obj_scan_close(scan);
	return any;
}

/* In every replica, so that they go on being alike. */
static bool footer_put(struct plan *plan, struct step *s, const struct model *m, const struct obj_zone *z, const struct obj_block *b)
{
	const struct obj_chunk_hdr footer = { OBJ_CHUNK_FOOTER, 0, b->len };
	const uint32_t last = b->chunk + b->len - 1;
	const char *why = "its block's header says how long it is";
	const struct pool_set *set = m->pool;

	if (!obj_chunks_put(plan, s, m, z, last, footer, why))
		return false;
	for (uint32_t i = 0; set && i < set->nr; i++)
		if (set->replicas[i]->logical && set->replicas[i]->logical != m->obj->image &&
		    !plan_put_struct(plan, s, set->replicas[i]->logical, obj_chunk_hdr_at(z, last), &obj_chunk_hdr_layout, &footer, why))
			return false;
	return true;
}

/* Legal on media, dangerous with libraries up to 2.1.2: all of them at once, and after all that is wrong. */
void obj_chunks_repair_footers(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_heap *h = m->obj->heap;

	(void)by;
	if (plan->findings->nr[ERROR])
		return;
	struct step *s = plan_step(plan, f, f->repair, "writes the footer of every free and huge block, which libraries up to 2.1.2 "
						       "go by when they merge blocks");
	for (uint32_t i = 0; s && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];
		struct obj_block b = { .len = 0 };
		struct obj_zone_map map;

		if (z->chunks == 0 || !obj_zone_open(h, z, &map))
			continue;
		while (obj_block_next(&map, &b))
			if (b.wrong == 0 && b.len > 1 && (b.type == OBJ_CHUNK_FREE || b.type == OBJ_CHUNK_USED) &&
			    !footer_put(plan, s, m, z, &b))
				break;
		obj_zone_close(&map);
	}
}
