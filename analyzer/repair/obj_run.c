#include "analyzer/repair/obj_run.h"

#include "analyzer/facts/obj_units.h"
#include "analyzer/repair/obj_chunks.h"
#include "analyzer/repair/obj_heap.h"
#include "formats/obj/obj.h"

#include <inttypes.h>
#include <string.h>

enum { WORDS_MAX = 1024 + 64 }; /* of a bitmap that is made anew: the units that the library can address */

struct count {
	uint64_t nr, wrong, first_wrong; /* the place of the first */
};

static bool count(void *ctx, const struct obj_object *o)
{
	struct count *c = ctx;

	if (o->wrong && c->wrong++ == 0)
		c->first_wrong = o->block_at;
	c->nr++;
	return true;
}

/* Do all objects that begin in this word, by its bits, have headers that make sense? */
static bool word_holds(struct obj_scan *scan, const struct obj_zone_map *m, const struct obj_run *r, uint64_t idx, uint64_t word)
{
	struct count c = { 0 };

	if (obj_run_padding(r, idx) & ~word)
		return false;
	return r->hdr_len == 0 || (obj_run_objects(scan, m, r, idx, 1, &word, count, &c) && c.wrong == 0);
}

/* The word by headers alone. keep: units whose own header cannot be read stay in use, up to the next that makes sense. */
static uint64_t word_told(const struct obj_zone_map *m, const struct obj_run *r, uint64_t idx, bool keep)
{
	uint64_t word = obj_run_padding(r, idx);
	bool unread = false;

	if (r->hdr_len == 0)
		return keep ? UINT64_MAX : word;
	for (uint32_t pos = 0; pos < 64 && idx * 64 + pos < r->nbits;) {
		struct obj_object o;
		bool read = obj_run_header_at(m, r, idx * 64 + pos, &o);
		bool blank = read && o.stored_size == 0 && o.type_num == 0 && o.flags == 0;
		uint32_t nr = o.units ? o.units : 1;

		unread = o.units || blank ? false : unread || !read;
		if (o.units || (keep && unread))
			word |= (nr == 64 ? UINT64_MAX : (UINT64_C(1) << nr) - 1) << pos;
		pos += nr;
	}
	return word;
}

struct bitmap {
	uint8_t bytes[WORDS_MAX * 8];
	uint64_t words; /* that are made anew */
};

/* all: what is stored is not believed where it makes sense, either. False: it is too long, or cannot be read. */
static bool bitmap_make(struct obj_scan *scan, const struct obj_zone_map *m, const struct obj_run *r, bool all, bool keep,
			struct bitmap *out)
{
	out->words = 0;
	if (r->words > WORDS_MAX)
		return false;
	for (uint64_t i = 0; i < r->words; i++) {
		uint64_t word;
		uint8_t lost;

		if (!obj_run_words(m, r, i, 1, &word, &lost))
			return false;
		if (lost || all || !word_holds(scan, m, r, i, word)) {
			word = word_told(m, r, i, keep);
			out->words++;
		}
		span_put_le(out->bytes + i * 8, 8, word);
	}
	return true;
}

static bool bitmap_put(struct plan *plan, struct step *s, const struct model *m, const struct obj_run *r, const struct bitmap *b)
{
	return plan_put(plan, s, m->obj->image, r->bitmap_at, b->bytes, (size_t)r->words * 8,
			"by the headers of the objects, where the bitmap does not hold");
}

/* Two ways: what cannot be told is kept, or is given up. */
static void bitmap_steps(const struct finding *f, const struct model *m, const struct obj_zone_map *map, const struct obj_run *r,
			 struct plan *plan)
{
	struct bitmap *b = ARENA_NEW(plan->arena, struct bitmap);
	struct obj_scan *scan = obj_scan_open();

	for (int keep = 1; b && scan && keep >= 0; keep--) {
		if (!bitmap_make(scan, map, r, false, keep, b))
			break;
		struct step *s = plan_step(plan, f, REPAIR_ADVANCED,
					   arena_printf(plan->arena, "makes %" PRIu64 " words of the bitmap of the run at chunk %" PRIu32 " of zone %"
							PRIu32 " by the headers of objects; units that nothing tells of %s",
							b->words, r->block.chunk, map->zone->idx,
							keep ? "stay in use where their headers cannot be read" : "become free"));
		if (s == NULL)
			break;
		s->loses = keep ? "which objects had been freed: those whose headers are still there are back"
				: "objects whose headers cannot be read; and which had been freed: those whose headers are still there are back";
		if (!bitmap_put(plan, s, m, r, b))
			break;
	}
	obj_scan_close(scan);
}

/* The run becomes one block that holds all of its bytes: nothing is given up, and nothing in it can be freed by itself. */
static void block_step(const struct finding *f, const struct model *m, const struct obj_zone_map *map, const struct obj_block *b,
		       struct plan *plan)
{
	struct step *s = plan_step(plan, f, REPAIR_ADVANCED,
				   arena_printf(plan->arena, "makes the run at chunk %" PRIu32 " of zone %" PRIu32 " one block of %" PRIu32
						" chunks without a header, in which all of its objects stay where they are",
						b->chunk, map->zone->idx, b->len));
	struct obj_chunk_hdr hdr = { OBJ_CHUNK_USED, OBJ_CHUNK_NO_HDR, b->len }, footer = { OBJ_CHUNK_FOOTER, 0, b->len };
	const char *why = "its unit cannot be told, and its objects may be referred to";

	if (s == NULL)
		return;
	s->loses = "the run's objects as such: they can be read through their pointers, and must not be freed one by one";
	if (obj_chunks_put(plan, s, m, map->zone, b->chunk, hdr, why) && b->len > 1)
		obj_chunks_put(plan, s, m, map->zone, b->chunk + b->len - 1, footer, why);
}

/* The run's header, and its bitmap where that does not hold with it. */
static bool unit_step(const struct finding *f, const struct model *m, const struct obj_zone_map *map, const struct obj_block *b,
		      const struct obj_unit *u, size_t nr, struct plan *plan)
{
	bool sure = u->bitmap && u->odd == 0 && (nr == 1 || u->right > 0);
	const char *why = arena_printf(plan->arena, "%s%s%s%" PRIu64 " headers of objects lie by it", u->sibling ? "other runs have it, " : "",
				       u->bitmap ? "the bitmap fits it, " : "", nr > 1 ? "others fit, too, " : "", u->right);
	struct bitmap *bits = ARENA_NEW(plan->arena, struct bitmap);
	struct obj_scan *scan = obj_scan_open();
	uint8_t bytes[OBJ_RUN_HDR_LEN];
	struct obj_run r;
	bool made = bits && scan && obj_run_as(b, u->unit, u->alignment, &r) && bitmap_make(scan, map, &r, !u->bitmap, true, bits);

	obj_scan_close(scan);
	struct step *s = made ? plan_step(plan, f, sure && bits->words == 0 ? REPAIR_ASK : REPAIR_ADVANCED,
					  arena_printf(plan->arena, "sets the run's unit to %" PRIu64 "%s: %s", u->unit,
						       bits->words ? ", and makes its bitmap by the headers of objects" : "", why)) : NULL;
	if (s == NULL)
		return made;
	s->loses = bits->words ? "which objects had been freed: those whose headers are still there are back" : NULL;
	span_put_le(bytes, 8, u->unit);
	span_put_le(bytes + 8, 8, u->alignment);
	return !plan_put(plan, s, m->obj->image, b->at, bytes, sizeof(bytes), why) || bits->words == 0 ||
	       bitmap_put(plan, s, m, &r, bits);
}

static void unit_steps(const struct finding *f, const struct model *m, const struct obj_zone_map *map, const struct obj_block *b,
		       struct plan *plan)
{
	struct obj_unit units[OBJ_UNITS_KEPT];
	size_t nr = obj_units(map, b, units);

	for (size_t i = 0; i < nr; i++)
		if (!unit_step(f, m, map, b, &units[i], nr, plan))
			break;
	block_step(f, m, map, b, plan);
}

void obj_run_repair_unit(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct obj_zone_map map;
	struct obj_block b;
	struct obj_run r;

	(void)by;
	if (!obj_heap_run_at(m, f->at, &map, &b, &r))
		return;
	unit_steps(f, m, &map, &b, plan);
	obj_zone_close(&map);
}

/* Is it in a file that is not here? Nothing is made anew for what may be found. */
static bool elsewhere(const struct model *m, uint64_t at)
{
	return image_origin(m->obj->image, at).source == NULL;
}

void obj_run_repair_unread(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct obj_zone_map map;
	struct obj_block b;
	struct obj_run r;
	uint64_t word;
	uint8_t lost = 0;

	(void)by;
	if (!obj_heap_run_at(m, f->at, &map, &b, &r))
		return;
	if (r.nbits == 0) {
		if (!elsewhere(m, b.at))
			unit_steps(f, m, &map, &b, plan);
	} else {
		/* all words of a run are made in one step: that of the first that is lost */
		for (uint64_t i = 0; i < r.words && lost == 0; i++)
			if (obj_run_words(&map, &r, i, 1, &word, &lost) && lost && f->at <= r.bitmap_at + i * 8 &&
			    !elsewhere(m, r.bitmap_at + i * 8))
				bitmap_steps(f, m, &map, &r, plan);
	}
	obj_zone_close(&map);
}

struct wanted {
	uint64_t at;
	struct obj_object object;
	bool found;
};

static bool want(void *ctx, const struct obj_object *o)
{
	struct wanted *w = ctx;

	w->found = o->block_at == w->at;
	if (w->found)
		w->object = *o;
	return !w->found;
}

/* The size by the bits that are set and by where the next header makes sense; type and flags as far as they can be had. */
static void header_step(const struct finding *f, const struct model *m, const struct obj_object *o, struct plan *plan)
{
	bool unread = o->wrong & OBJ_OBJECT_LOST;
	uint64_t type = unread ? 0 : o->type_num;
	bool internal = o->at == m->obj->root_at || (!unread && o->flags == OBJ_OBJECT_INTERNAL);
	uint64_t flags = internal ? (uint64_t)OBJ_OBJECT_INTERNAL << 48 : 0;
	const char *why = o->units ? "by the bitmap and the next header" : "by its chunk header";
	uint8_t bytes[64] = { 0 };
	struct step *s = o->hdr_len ? plan_step(plan, f, REPAIR_ADVANCED,
						arena_printf(plan->arena, "makes the header of the object at 0x%" PRIx64 ": %" PRIu64 " bytes, %s",
							     o->at, o->block_len, why)) : NULL;

	if (s == NULL)
		return;
	s->loses = unread ? "its type number, which becomes 0; and where two objects lay side by side they are one"
			  : "what else its header may tell: the object's first bytes may have been overwritten, too";
	if (o->hdr_len == 16) {
		span_put_le(bytes, 8, o->block_len | flags);
		span_put_le(bytes + 8, 8, type);
	} else {
		span_put_le(bytes + 8, 8, o->block_len);
		span_put_le(bytes + 48, 8, m->obj->major < 4 ? flags & UINT64_C(1) << 63 : flags);
		span_put_le(bytes + 56, 8, type);
	}
	plan_put(plan, s, m->obj->image, o->block_at, bytes, o->hdr_len, why);
}

void obj_run_repair_object(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct obj_scan *scan = obj_scan_open();
	struct wanted w = { .at = f->at };
	struct count c = { 0 };
	struct obj_zone_map map;
	struct obj_block b;
	struct obj_run r;

	(void)by;
	if (scan && obj_heap_run_at(m, f->at, &map, &b, &r)) {
		(void)obj_block_objects(scan, &map, &b, count, &c);
		(void)obj_block_objects(scan, &map, &b, want, &w);
		/* one header is wrong, or the bitmap is; then the first that does not hold with it stands for all */
		if (w.found && c.wrong == 1)
			header_step(f, m, &w.object, plan);
		if (c.wrong && c.first_wrong == f->at)
			bitmap_steps(f, m, &map, &r, plan);
		obj_zone_close(&map);
	}
	obj_scan_close(scan);
}

/* The object whose header begins at f's place. */
static bool object_find(const struct finding *f, const struct model *m, struct obj_object *out)
{
	struct obj_scan *scan = obj_scan_open();
	struct wanted w = { .at = f->at };
	struct obj_zone_map map;
	struct obj_block b;

	if (scan && obj_heap_block_at(m, f->at, &map, &b)) {
		(void)obj_block_objects(scan, &map, &b, want, &w);
		obj_zone_close(&map);
	}
	obj_scan_close(scan);
	*out = w.object;
	return w.found;
}

void obj_run_repair_header(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct obj_object o;

	(void)by;
	if (object_find(f, m, &o))
		header_step(f, m, &o, plan);
}

void obj_run_repair_flags(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct obj_object o;
	uint8_t bytes[2] = { 0 };

	(void)by;
	if (!object_find(f, m, &o) || o.hdr_len == 0)
		return;
	bool root = o.at == m->obj->root_at;
	struct step *s = plan_step(plan, f, REPAIR_ASK,
				   arena_printf(plan->arena, "sets the flags of the object at 0x%" PRIx64 " to 0x%s, as %s", o.at,
						root ? "8000" : "0000", root ? "the root has them" : "every object of the application has them"));
	bytes[1] = root ? OBJ_OBJECT_INTERNAL >> 8 : 0;
	if (s == NULL)
		return;
	s->loses = "nothing that is right; but its type number stands in the same header, and may be as wrong";
	plan_put(plan, s, m->obj->image, o.block_at + (o.hdr_len == 16 ? 6 : 54), bytes, sizeof(bytes),
		 "nothing sets such flags");
}
