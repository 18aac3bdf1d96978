#include "formats/obj/object.h"

#include <stdlib.h>
#include <string.h>

/*
 * Headers of small units lie close together: the units of some words are read at once. From SPARSE
 * on each header is read alone, which takes less than the bytes between them would.
 */
enum { WINDOW = 1 << 17, SPARSE = WINDOW / 64 }; /* the units of a word fit the window */

struct obj_scan {
	uint8_t bytes[WINDOW], lost[WINDOW];
};

#define SELF obj_hdr_legacy
static const struct field obj_hdr_legacy_fields[] = { OBJ_HDR_LEGACY(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_hdr_legacy_layout =
	LAYOUT(obj_hdr_legacy, "PMDK src/libpmemobj/heap_layout.h, struct allocation_header_legacy", 64,
	       obj_hdr_legacy_fields);
#define SELF obj_hdr_compact
static const struct field obj_hdr_compact_fields[] = { OBJ_HDR_COMPACT(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_hdr_compact_layout =
	LAYOUT(obj_hdr_compact, "PMDK src/libpmemobj/heap_layout.h, struct allocation_header_compact", 16,
	       obj_hdr_compact_fields);

struct obj_scan *obj_scan_open(void)
{
	return malloc(sizeof(struct obj_scan));
}

void obj_scan_close(struct obj_scan *s)
{
	free(s);
}

/* Size, flags and type from the header at off of s. False: lost or outside. */
static bool header_read(const struct obj_heap *h, struct span s, uint64_t off, struct obj_object *o)
{
	uint64_t top;

	if (o->hdr_len == 16) {
		if (!span_le64(s, off, &o->stored_size) || !span_le64(s, off + 8, &o->type_num))
			return false;
		top = o->stored_size;
		o->stored_size &= (UINT64_C(1) << 48) - 1;
	} else {
		if (!span_le64(s, off + 8, &o->stored_size) || !span_le64(s, off + 48, &top) ||
		    !span_le64(s, off + 56, &o->type_num))
			return false;
		if (h->major < 4) /* one flag in the top bit, the root's size below */
			top &= UINT64_C(1) << 63;
	}
	o->flags = (uint16_t)(top >> 48);
	if (o->flags & ~OBJ_OBJECT_INTERNAL)
		o->wrong |= OBJ_OBJECT_FLAGS;
	return true;
}

/* The same, of a header that is read alone. */
static bool header_alone(const struct obj_heap *h, uint64_t at, struct obj_object *o)
{
	uint8_t bytes[64], lost[64];
	struct span s = { bytes, lost, at, o->hdr_len };

	return image_read(h->image, at, o->hdr_len, bytes, lost) && header_read(h, s, 0, o);
}

void obj_object_huge(const struct obj_zone_map *m, const struct obj_block *b, struct obj_object *out)
{
	*out = (struct obj_object){ .block_at = b->at, .block_len = (uint64_t)b->len * OBJ_CHUNK_LEN,
				    .zone = m->zone->idx, .chunk = b->chunk,
				    .hdr_len = obj_object_hdr_len(b->flags) };
	out->at = b->at + out->hdr_len;
	out->len = out->block_len - out->hdr_len;
	if (out->hdr_len == 0)
		return;
	if (!header_alone(m->heap, b->at, out))
		out->wrong = OBJ_OBJECT_LOST;
	else if (out->stored_size != out->block_len)
		out->wrong |= OBJ_OBJECT_SIZE;
}

/* The bytes that some objects of a run are read from. */
struct window {
	const struct obj_zone_map *m;
	const struct obj_run *r;
	struct span s;       /* empty: each header is read alone */
	uint64_t first_unit; /* that s begins with */
};

static bool unit_header(const struct window *w, uint64_t unit, struct obj_object *o)
{
	*o = (struct obj_object){ .zone = w->m->zone->idx, .chunk = w->r->block.chunk, .unit = unit,
				  .hdr_len = w->r->hdr_len };
	if (w->s.len)
		return header_read(w->m->heap, w->s, (unit - w->first_unit) * w->r->hdr.block_size, o);
	return header_alone(w->m->heap, obj_run_unit_at(w->r, unit), o);
}

/* Units by the header's size, if an object with `set` bits in a row can have it; else 0. */
static uint32_t units_of(const struct obj_run *r, const struct obj_object *o, uint32_t set)
{
	uint64_t unit = r->hdr.block_size;

	if (o->stored_size == unit && unit > r->hdr_len) /* nearly all: spares two divisions */
		return 1;
	if (o->stored_size <= r->hdr_len || o->stored_size % unit || o->stored_size / unit > set)
		return 0;
	return (uint32_t)(o->stored_size / unit);
}

bool obj_run_header_at(const struct obj_zone_map *m, const struct obj_run *r, uint64_t unit, struct obj_object *out)
{
	struct window w = { .m = m, .r = r };
	uint64_t room = 64 - unit % 64;

	room = room < r->nbits - unit ? room : r->nbits - unit;
	if (!unit_header(&w, unit, out))
		return false;
	out->units = out->wrong ? 0 : units_of(r, out, (uint32_t)room);
	out->block_at = obj_run_unit_at(r, unit);
	return true;
}

/* The object that begins at unit, with `set` bits in a row from there to the end of its word. */
static void object_at(const struct window *w, uint64_t unit, uint32_t set, struct obj_object *o)
{
	const struct obj_run *r = w->r;
	struct obj_object next;

	if (r->hdr_len == 0) {
		*o = (struct obj_object){ .zone = w->m->zone->idx, .chunk = r->block.chunk, .unit = unit,
					  .units = 1 };
	} else if (!unit_header(w, unit, o)) {
		o->wrong = OBJ_OBJECT_LOST;
	} else {
		o->units = units_of(r, o, set);
		if (o->units == 0 && o->stored_size > r->hdr_len && o->stored_size % r->hdr.block_size == 0)
			o->wrong |= OBJ_OBJECT_BITS;
		else if (o->units == 0)
			o->wrong |= OBJ_OBJECT_SIZE;
	}
	/* its bits are in use; the next object begins at the first header that makes sense */
	if (o->units == 0)
		for (o->units = 1; o->units < set; o->units++)
			if (unit_header(w, unit + o->units, &next) && next.wrong == 0 &&
			    units_of(r, &next, set - o->units))
				break;
	o->block_at = obj_run_unit_at(r, unit);
	o->block_len = o->units * r->hdr.block_size;
	o->at = o->block_at + r->hdr_len;
	o->len = o->block_len > r->hdr_len ? o->block_len - r->hdr_len : 0;
}

/* The objects of one word of the bitmap. */
static bool word_objects(const struct window *w, uint64_t idx, uint64_t word, obj_object_fn each, void *ctx)
{
	uint32_t pos = 0;

	word &= ~obj_run_padding(w->r, idx);
	while (pos < 64 && word >> pos) {
		pos += (uint32_t)__builtin_ctzll(word >> pos);
		uint64_t rest = ~(word >> pos);
		uint32_t set = rest ? (uint32_t)__builtin_ctzll(rest) : 64;
		struct obj_object o;

		object_at(w, idx * 64 + pos, set, &o);
		if (!each(ctx, &o))
			return false;
		pos += o.units;
	}
	return true;
}

bool obj_run_objects(struct obj_scan *scan, const struct obj_zone_map *m, const struct obj_run *r, uint64_t first,
		     uint32_t nr, const uint64_t *words, obj_object_fn each, void *ctx)
{
	uint64_t unit = r->hdr.block_size;
	bool together = r->hdr_len && unit < SPARSE;
	uint32_t step = together ? (uint32_t)(WINDOW / (unit * 64)) : 1;

	for (uint32_t i = 0, n; i < nr; i += n) {
		struct window w = { .m = m, .r = r, .first_unit = (first + i) * 64 };
		uint64_t any = 0;

		n = nr - i < step ? nr - i : step;
		for (uint32_t k = i; k < i + n; k++)
			any |= words[k] & ~obj_run_padding(r, first + k);
		if (any == 0)
			continue;
		uint64_t end = w.first_unit + (uint64_t)n * 64, at = obj_run_unit_at(r, w.first_unit);
		size_t len = (size_t)(((end < r->nbits ? end : r->nbits) - w.first_unit) * unit);
		if (together && image_read(m->heap->image, at, len, scan->bytes, scan->lost))
			w.s = (struct span){ scan->bytes, memchr(scan->lost, 1, len) ? scan->lost : NULL, at, len };
		for (uint32_t k = i; k < i + n; k++)
			if (!word_objects(&w, first + k, words[k], each, ctx))
				return false;
	}
	return true;
}

bool obj_block_objects(struct obj_scan *scan, const struct obj_zone_map *m, const struct obj_block *b,
		       obj_object_fn each, void *ctx)
{
	uint64_t words[OBJ_RUN_STEP];
	uint8_t lost[OBJ_RUN_STEP];
	struct obj_object o;
	struct obj_run r;

	if (b->type == OBJ_CHUNK_USED) {
		obj_object_huge(m, b, &o);
		return each(ctx, &o);
	}
	if (b->type != OBJ_CHUNK_RUN || !obj_run_read_along(m, b, OBJ_RUN_FIXED_WORDS, &r))
		return true;
	for (uint64_t at = 0; at < r.used_words; at += OBJ_RUN_STEP) {
		uint32_t nr = r.used_words - at < OBJ_RUN_STEP ? (uint32_t)(r.used_words - at) : OBJ_RUN_STEP;

		if (!obj_run_words(m, &r, at, nr, words, lost))
			return true; /* behind the end of a file cut short */
		for (uint32_t i = 0; i < nr; i++)
			if (lost[i])
				words[i] = 0; /* which units are in use there cannot be told */
		if (!obj_run_objects(scan, m, &r, at, nr, words, each, ctx))
			return false;
	}
	return true;
}

bool obj_heap_objects(const struct obj_heap *h, obj_object_fn each, void *ctx)
{
	struct obj_scan *scan = obj_scan_open();
	bool go = scan != NULL, read = true;

	for (uint32_t i = 0; go && i < h->zones_nr; i++) {
		struct obj_block b = { 0 };
		struct obj_zone_map m;

		if (h->zones[i].chunks == 0)
			continue;
		if (!obj_zone_open(h, &h->zones[i], &m)) {
			read = false;
			continue;
		}
		while (go && obj_block_next(&m, &b))
			go = obj_block_objects(scan, &m, &b, each, ctx);
		obj_zone_close(&m);
	}
	obj_scan_close(scan);
	return go && read;
}
