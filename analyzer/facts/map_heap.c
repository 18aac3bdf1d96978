#include "analyzer/facts/map_draw.h"

#include "analyzer/facts/facts.h"
#include "formats/obj/obj.h"

enum { TILES_OF_HEAP = 4096 }; /* shared out among its zones */

static uint32_t block_class(struct map *m, const struct obj_block *b)
{
	if (b->wrong & OBJ_BLOCK_LOST)
		return map_class(m, "unreadable", "Bytes that could not be read.", MAP_LOST);
	if (b->wrong)
		return map_class(m, "contradictory", "What it says of itself cannot be.", MAP_ODD);
	switch (b->type) {
	case OBJ_CHUNK_FREE:
		return map_class(m, "free", "Nothing is allocated there.", MAP_FREE);
	case OBJ_CHUNK_USED:
		return map_class(m, "huge", "One large object.", MAP_DATA);
	case OBJ_CHUNK_RUN:
		return map_class(m, "run", "Small objects of one size.", MAP_MIXED);
	default:
		return map_class(m, "contradictory", "What it says of itself cannot be.", MAP_ODD);
	}
}

static uint64_t block_used(const struct obj_block *b, const uint8_t *fill)
{
	uint64_t len = (uint64_t)b->len * OBJ_CHUNK_LEN;

	if (b->wrong)
		return MAP_USED_UNKNOWN;
	if (b->type != OBJ_CHUNK_RUN)
		return b->type == OBJ_CHUNK_USED ? len : 0;
	return fill && fill[b->chunk] ? len * (fill[b->chunk] - 1U) / 254 : MAP_USED_UNKNOWN;
}

static const struct map_band *zone_band(struct map *m, const struct obj_heap *h, const struct obj_zone *z,
					const struct obj_account *acc, uint32_t max)
{
	const uint8_t *fill = acc && acc->heap == h ? acc->zones[z->idx].fill : NULL;
	struct obj_block b = { .len = 0 };
	struct obj_zone_map zone;
	struct map_band *band;

	if (z->chunks == 0 || !obj_zone_open(h, z, &zone))
		return NULL;
	band = map_band(m, (struct map_band){
		.group = "Heap", .title = arena_printf(m->arena, "zone %u", z->idx), .shape = MAP_GRID,
		.unit = "chunk", .unit_len = OBJ_CHUNK_LEN, .image = h->image, .node = z->chunk_node,
		.at = obj_chunk_at(z, 0), .len = (uint64_t)zone.chunks * OBJ_CHUNK_LEN, .max = max,
	});
	while (band && obj_block_next(&zone, &b))
		map_put(band, (struct map_tile){
			.at = b.at, .len = (uint64_t)b.len * OBJ_CHUNK_LEN, .class = block_class(m, &b),
			.used = block_used(&b, fill),
		});
	obj_zone_close(&zone);
	return band;
}

/* Zones that were never used have no picture of their own: they are one colour of the heap's. */
void map_heap(struct map *m, const struct model *in, const struct facts *facts)
{
	const struct obj_heap *h = in->obj ? in->obj->heap : NULL;
	uint32_t meta = map_class(m, "structure", "Bookkeeping of the format: headers, tables, logs.", MAP_META);
	uint32_t unused = map_class(m, "never used", "Nothing has been laid out there yet.", MAP_UNUSED);
	struct map_band *zones;

	if (h == NULL || h->zones_nr == 0)
		return;
	zones = map_band(m, (struct map_band){
		.group = "Heap", .title = "zones", .shape = MAP_LINE, .image = h->image, .node = h->node,
		.at = h->at, .len = h->len, .says = "At most 16 GiB each; a zone is laid out when it is first needed.",
	});
	map_put(zones, (struct map_tile){ h->at, OBJ_HEAP_HDR_LEN, MAP_USED_UNKNOWN, meta, .label = "heap header",
					  .node = h->hdr_node });
	for (uint32_t i = 0; i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];
		uint32_t max = TILES_OF_HEAP / (h->used_nr ? h->used_nr : 1);
		uint64_t end = h->at + h->len - z->at < OBJ_ZONE_STRIDE ? h->at + h->len : z->at + OBJ_ZONE_STRIDE;
		const struct map_band *inside = zone_band(m, h, z, facts ? facts->obj_account : NULL, max < 64 ? 64 : max);

		map_put(zones, (struct map_tile){
			.at = z->at, .len = end - z->at, .used = MAP_USED_UNKNOWN, .node = z->node, .inside = inside,
			.class = z->chunks ? map_class(m, "zone", "A zone in use.", MAP_DATA) : unused,
			.label = arena_printf(m->arena, "zone %u", z->idx),
		});
	}
}
