#include "analyzer/facts/obj_tell.h"

#include "formats/obj/obj.h"

enum { CLASSES_TOLD = 256, TYPES_TOLD = 64 };

static uint64_t chunk_bytes(uint64_t chunks)
{
	return chunks * OBJ_CHUNK_LEN;
}

static void space_tell(struct arena *a, struct node *n, const struct obj_space *s)
{
	static const struct { enum obj_chunk_type type; const char *blocks, *bytes; } rows[] = {
		{ OBJ_CHUNK_FREE, "free blocks", "free bytes" },
		{ OBJ_CHUNK_USED, "huge objects", "bytes in huge objects" },
		{ OBJ_CHUNK_RUN, "runs", "bytes in runs" },
		{ OBJ_CHUNK_UNKNOWN, "blocks of unknown use", "bytes of unknown use" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == OBJ_CHUNK_UNKNOWN && s->blocks[rows[i].type] == 0)
			continue;
		node_fact_uint(a, n, rows[i].blocks, KIND_UINT, s->blocks[rows[i].type]);
		node_fact_uint(a, n, rows[i].bytes, KIND_SIZE, chunk_bytes(s->chunks[rows[i].type]));
	}
	node_fact_uint(a, n, "runs without objects", KIND_UINT, s->empty_runs);
	node_fact_uint(a, n, "used in runs", KIND_SIZE, s->units_used);
	node_fact_uint(a, n, "free in runs", KIND_SIZE, s->units_free);
	node_fact_uint(a, n, "headers and bitmaps of runs", KIND_SIZE, s->run_meta);
	node_fact_uint(a, n, "covered by no unit", KIND_SIZE, s->run_waste);
	node_fact_uint(a, n, "largest free block", KIND_SIZE, chunk_bytes(s->largest_free));
	node_fact_uint(a, n, "allocated bytes", KIND_SIZE, s->allocated);
}

static void class_tell(struct arena *a, struct node *n, const struct obj_class *c)
{
	uint32_t hdr = obj_object_hdr_len(c->flags);

	node_fact_uint(a, n, "unit", KIND_SIZE, c->unit);
	if (c->alignment)
		node_fact_uint(a, n, "alignment", KIND_SIZE, c->alignment);
	node_fact_text(a, n, "object headers", hdr == 64 ? "64 bytes" : hdr ? "16 bytes" : "none");
	node_fact_uint(a, n, "chunks in a run", KIND_UINT, c->chunks);
	node_fact_uint(a, n, "units in a run", KIND_UINT, c->nbits);
	node_fact_uint(a, n, "runs", KIND_UINT, c->runs);
	node_fact_uint(a, n, "units in use", KIND_UINT, c->used);
	node_fact_uint(a, n, "units free", KIND_UINT, c->units - c->used);
	node_fact_uint(a, n, "units more, from free blocks", KIND_UINT, c->more);
}

static void types_tell(struct arena *a, struct node *heap, const struct obj_account *acc)
{
	struct node *types = node_group(a, heap, "types");

	if (types == NULL)
		return;
	node_fact_uint(a, types, "types", KIND_UINT, acc->types_nr);
	node_fact_uint(a, types, "objects", KIND_UINT, acc->all.objects - acc->all.internal);
	node_fact_uint(a, types, "the library's own objects, and the root", KIND_UINT, acc->all.internal);
	if (acc->types_more)
		node_fact_uint(a, types, "objects of types that are not told apart", KIND_UINT, acc->types_more);
	for (uint64_t i = 0; i < acc->types_nr && i < TYPES_TOLD; i++) {
		struct node *t = node_group_idx(a, types, "type", acc->types[i].type_num);

		node_fact_uint(a, t, "objects", KIND_UINT, acc->types[i].objects);
		node_fact_uint(a, t, "bytes", KIND_SIZE, acc->types[i].bytes);
	}
	if (acc->types_nr > TYPES_TOLD)
		types->note = "the first 64 types by number; the others are only counted";
}

static void refs_tell(struct arena *a, struct node *heap, const struct obj_refs *r)
{
	struct node *n = node_group(a, heap, "references");

	node_fact_uint(a, n, "pointers to objects", KIND_UINT, r->pointers);
	node_fact_uint(a, n, "objects reached from the root", KIND_UINT, r->reached);
	node_fact_uint(a, n, "bytes reached", KIND_SIZE, r->reached_bytes);
	node_fact_uint(a, n, "objects not reached", KIND_UINT, r->objects - r->reached);
	node_fact_uint(a, n, "bytes not reached", KIND_SIZE, r->bytes - r->reached_bytes);
	node_fact_uint(a, n, "pointers to free memory", KIND_UINT, r->nr[OBJ_REF_FREED]);
	node_fact_uint(a, n, "pointers into objects", KIND_UINT, r->nr[OBJ_REF_INSIDE]);
	node_fact_uint(a, n, "pointers to nowhere", KIND_UINT, r->nr[OBJ_REF_NOWHERE]);
	node_fact_uint(a, n, "pointers with a foreign id", KIND_UINT, r->nr[OBJ_REF_FOREIGN]);
}

void obj_tell(struct arena *a, const struct model *m, const struct facts *f)
{
	const struct obj_account *acc = m->obj ? f->obj_account : NULL;
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;

	if (acc == NULL || !acc->complete || acc->heap != h)
		return;
	space_tell(a, h->node, &acc->all);
	for (uint32_t i = 0; i < h->zones_nr; i++)
		if (h->zones[i].chunks)
			space_tell(a, h->zones[i].node, &acc->zones[i]);
	struct node *classes = node_group(a, h->node, "classes");
	if (classes && acc->classes_nr > CLASSES_TOLD)
		classes->note = "the first 256 shapes of runs; there are more";
	for (uint32_t i = 0; classes && i < acc->classes_nr && i < CLASSES_TOLD; i++)
		class_tell(a, node_group_idx(a, classes, "class", i), &acc->classes[i]);
	if (acc->deep)
		types_tell(a, h->node, acc);
	if (f->obj_refs && f->obj_refs->complete)
		refs_tell(a, h->node, f->obj_refs);
}
