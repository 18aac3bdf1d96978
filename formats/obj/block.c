#include "formats/obj/block.h"

struct making {
	struct arena *arena;
	const struct obj_zone_map *map;
	struct node *chunk;
	uint64_t objects;
};

static bool object_node(void *ctx, const struct obj_object *o)
{
	struct making *mk = ctx;
	struct image *im = mk->map->heap->image;
	struct arena *a = mk->arena;
	struct node *n;

	if (mk->objects++ >= OBJ_BLOCK_OBJECTS)
		return true;
	if (o->hdr_len)
		n = node_decode(a, mk->chunk, "object",
				o->hdr_len == 64 ? &obj_hdr_legacy_layout : &obj_hdr_compact_layout, im, o->block_at);
	else
		n = node_place(a, mk->chunk, "object", im, o->block_at, o->block_len);
	if (n == NULL)
		return false;
	n->numbered = true;
	n->idx = o->unit;
	if (o->wrong)
		n->note = "its header does not hold: its length is told from the bitmap and the next header";
	node_fact_uint(a, n, "user data at", KIND_OFF, o->at);
	node_fact_uint(a, n, "usable bytes", KIND_SIZE, o->len);
	node_fact_uint(a, n, "type", KIND_UINT, o->type_num);
	if (o->units)
		node_fact_uint(a, n, "units", KIND_UINT, o->units);
	if (o->flags)
		node_fact_text(a, n, "kind", "the library's own, or the root");
	node_place(a, n, "data", im, o->at, o->len);
	return true;
}

static void run_nodes(struct making *mk, const struct obj_block *b)
{
	struct image *im = mk->map->heap->image;
	struct node *n = node_decode(mk->arena, mk->chunk, "run", &obj_run_hdr_layout, im, b->at);
	struct obj_run r;

	if (n == NULL || !obj_run_read(mk->map, b, &r))
		return;
	node_fact_uint(mk->arena, n, "units", KIND_UINT, r.nbits);
	node_fact_uint(mk->arena, n, "first unit at", KIND_OFF, r.first_at);
	node_place(mk->arena, mk->chunk, "bitmap", im, r.bitmap_at, r.words * 8);
}

static void block_nodes(struct making *mk, const struct obj_block *b)
{
	struct obj_scan *scan = obj_scan_open();

	node_fact_text(mk->arena, mk->chunk, "block", obj_chunk_type_name(b->type));
	node_fact_uint(mk->arena, mk->chunk, "chunks", KIND_UINT, b->len);
	node_fact_uint(mk->arena, mk->chunk, "data at", KIND_OFF, b->at);
	if (b->wrong)
		node_fact_text(mk->arena, mk->chunk, "read by", obj_block_witness_text(b->witness));
	if (b->type == OBJ_CHUNK_RUN)
		run_nodes(mk, b);
	if (scan)
		obj_block_objects(scan, mk->map, b, object_node, mk);
	obj_scan_close(scan);
	node_fact_uint(mk->arena, mk->chunk, "objects", KIND_UINT, mk->objects);
	if (mk->objects > OBJ_BLOCK_OBJECTS)
		mk->chunk->note = "the first 4096 objects; the others are only counted";
}

struct node *obj_block_node(struct arena *a, const struct node *array, uint64_t i)
{
	const struct obj_heap *h = array->element_ctx;
	const struct obj_zone *z = &h->zones[array->parent->idx];
	struct making mk = { .arena = a };
	struct obj_block b = { 0 };
	struct obj_zone_map m;

	if (i >= array->count || !obj_zone_open(h, z, &m))
		return NULL;
	mk.map = &m;
	mk.chunk = node_decode(a, NULL, "chunk", &obj_chunk_hdr_layout, h->image, obj_chunk_hdr_at(z, (uint32_t)i));
	if (mk.chunk) {
		mk.chunk->numbered = true;
		mk.chunk->idx = i;
		mk.chunk->parent = array->parent;
		while (obj_block_next(&m, &b) && b.chunk + b.len <= i)
			;
		if (b.chunk == i && b.len)
			block_nodes(&mk, &b);
		else if (b.chunk < i && i < b.chunk + b.len)
			node_fact_uint(a, mk.chunk, "inside the block of chunk", KIND_UINT, b.chunk);
	}
	obj_zone_close(&m);
	return mk.chunk;
}
