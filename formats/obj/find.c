#include "formats/obj/find.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT = 4 };

struct kept {
	const struct obj_zone *zone; /* NULL: empty */
	struct obj_zone_map map;
	uint32_t *first;             /* per chunk: its block's first chunk */
	uint64_t used;               /* when */
};

struct obj_finder {
	const struct obj_heap *heap;
	struct obj_scan *scan;
	struct kept kept[KEPT];
	uint64_t clock;
};

const char *obj_place_name(enum obj_place_kind k)
{
	static const char *const names[] = {
		"before the heap", "heap header", "zone header", "chunk header", "run header", "bitmap",
		"object header", "object", "free space", "unused space", "unknown", "behind the heap",
	};

	return names[k];
}

struct obj_finder *obj_finder_open(const struct obj_heap *h)
{
	struct obj_finder *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->heap = h;
	f->scan = obj_scan_open();
	if (f->scan == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

static void kept_drop(struct kept *k)
{
	obj_zone_close(&k->map);
	free(k->first);
	*k = (struct kept){ 0 };
}

void obj_finder_close(struct obj_finder *f)
{
	if (f == NULL)
		return;
	for (int i = 0; i < KEPT; i++)
		kept_drop(&f->kept[i]);
	obj_scan_close(f->scan);
	free(f);
}

/* The zone's headers, from what is kept or read now. NULL: they cannot be had. */
static struct kept *zone_of(struct obj_finder *f, const struct obj_zone *z)
{
	struct kept *k = &f->kept[0];
	struct obj_block b = { 0 };

	for (int i = 0; i < KEPT; i++) {
		if (f->kept[i].zone == z) {
			f->kept[i].used = ++f->clock;
			return &f->kept[i];
		}
		if (f->kept[i].used < k->used)
			k = &f->kept[i];
	}
	kept_drop(k);
	if (!obj_zone_open(f->heap, z, &k->map))
		return NULL;
	k->first = calloc((size_t)k->map.chunks + 1, sizeof(*k->first));
	if (k->first == NULL) {
		kept_drop(k);
		return NULL;
	}
	while (obj_block_next(&k->map, &b))
		for (uint32_t c = b.chunk; c < b.chunk + b.len; c++)
			k->first[c] = b.chunk;
	k->zone = z;
	k->used = ++f->clock;
	return k;
}

struct wanted {
	uint64_t unit;
	struct obj_object object;
	bool found;
};

static bool want(void *ctx, const struct obj_object *o)
{
	struct wanted *w = ctx;

	w->found = w->unit >= o->unit && w->unit < o->unit + o->units;
	if (w->found)
		w->object = *o;
	return !w->found;
}

static void in_object(const struct obj_object *o, uint64_t at, struct obj_place *out)
{
	out->object = *o;
	out->kind = at < o->at ? OBJ_PLACE_OBJECT_HDR : OBJ_PLACE_OBJECT;
	out->off = at < o->at ? at - o->block_at : at - o->at;
}

static void in_run(struct obj_finder *f, const struct obj_zone_map *m, uint64_t at, struct obj_place *out)
{
	struct obj_run r;
	uint64_t word;
	uint8_t lost;
	bool read = obj_run_read(m, &out->block, &r);

	out->off = at - out->block.at;
	out->kind = OBJ_PLACE_RUN_HDR;
	if (out->off < OBJ_RUN_HDR_LEN)
		return;
	out->kind = OBJ_PLACE_UNKNOWN;
	if (!read)
		return;
	out->off -= OBJ_RUN_HDR_LEN;
	out->kind = OBJ_PLACE_BITMAP;
	if (out->off < r.words * 8)
		return;
	out->kind = OBJ_PLACE_WASTE;
	struct wanted w = { .unit = at < r.first_at ? UINT64_MAX : (at - r.first_at) / r.hdr.block_size };
	if (w.unit >= r.nbits)
		return;
	out->kind = OBJ_PLACE_UNKNOWN;
	if (!obj_run_words(m, &r, w.unit / 64, 1, &word, &lost) || lost)
		return;
	out->kind = OBJ_PLACE_FREE;
	if ((word >> w.unit % 64 & 1) == 0)
		return;
	obj_run_objects(f->scan, m, &r, w.unit / 64, 1, &word, want, &w);
	if (!w.found)
		return;
	in_object(&w.object, at, out);
	out->bits_at = r.bitmap_at + w.unit / 64 * 8;
	out->bits = (w.object.units == 64 ? UINT64_MAX : (UINT64_C(1) << w.object.units) - 1) << w.object.unit % 64;
}

static void in_zone(struct obj_finder *f, const struct obj_zone *z, uint64_t at, struct obj_place *out)
{
	uint64_t off = at - z->at;
	struct kept *k;

	out->zone = z->idx;
	out->off = off;
	out->kind = OBJ_PLACE_ZONE_HDR;
	if (off < OBJ_ZONE_HDR_LEN)
		return;
	out->kind = OBJ_PLACE_CHUNK_HDR;
	out->off = (off - OBJ_ZONE_HDR_LEN) % OBJ_CHUNK_HDR_LEN;
	if (off < OBJ_ZONE_META)
		return;
	out->off = off - OBJ_ZONE_META;
	out->kind = z->state == OBJ_ZONE_VIRGIN ? OBJ_PLACE_WASTE : OBJ_PLACE_UNKNOWN;
	if (z->chunks == 0 || (k = zone_of(f, z)) == NULL)
		return;
	uint64_t chunk = out->off / OBJ_CHUNK_LEN;
	out->kind = OBJ_PLACE_WASTE;
	if (chunk >= k->map.chunks)
		return;
	out->block.chunk = k->first[chunk];
	if (!obj_block_next(&k->map, &out->block))
		return;
	out->off = at - out->block.at;
	if (out->block.type == OBJ_CHUNK_RUN) {
		in_run(f, &k->map, at, out);
	} else if (out->block.type == OBJ_CHUNK_USED) {
		struct obj_object o;

		obj_object_huge(&k->map, &out->block, &o);
		in_object(&o, at, out);
	} else {
		out->kind = out->block.type == OBJ_CHUNK_FREE ? OBJ_PLACE_FREE : OBJ_PLACE_UNKNOWN;
	}
}

void obj_finder_at(struct obj_finder *f, uint64_t at, struct obj_place *out)
{
	const struct obj_heap *h = f->heap;

	memset(out, 0, sizeof(*out));
	out->off = at;
	out->kind = OBJ_PLACE_BEFORE;
	if (at < h->at)
		return;
	out->off = at - h->at;
	out->kind = OBJ_PLACE_BEHIND;
	if (out->off >= h->len)
		return;
	out->kind = OBJ_PLACE_HEAP_HDR;
	if (out->off < OBJ_HEAP_HDR_LEN)
		return;
	uint64_t zone = (out->off - OBJ_HEAP_HDR_LEN) / OBJ_ZONE_STRIDE;
	out->kind = zone < h->zones_all ? OBJ_PLACE_UNKNOWN : OBJ_PLACE_WASTE;
	if (zone < h->zones_nr)
		in_zone(f, &h->zones[zone], at, out);
}
