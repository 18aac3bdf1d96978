#include "analyzer/repair/salvage_obj.h"

#include "analyzer/facts/obj_uuid.h"
#include "analyzer/repair/header_lone.h"
#include "formats/image/overlay.h"
#include "formats/obj/descr.h"
#include "formats/obj/heap.h"
#include "formats/obj/lane.h"
#include "formats/pool/set.h"

#include <string.h>

enum { PAGE = 4096, SIZE_MAX_GROWTH = 64 };

/* The pool's space as one file of some length, by a source of its own; what is behind the end of below is lost. */
struct whole {
	struct image image;
	struct image *below;
	const struct source *source; /* set before it is read as evidence */
	bool solid; /* what is lost reads as zeros */
};

static struct whole *whole_of(const struct image *im)
{
	return (struct whole *)(uintptr_t)im; /* image is the first member */
}

static enum status whole_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost, struct problem *p)
{
	struct whole *w = whole_of(im);
	size_t there = at < w->below->size ? (w->below->size - at < len ? (size_t)(w->below->size - at) : len) : 0;

	memset(buf + there, 0, len - there);
	memset(lost + there, 1, len - there);
	if (there && !image_read(w->below, at, there, buf, lost))
		return problem_set(p, w->below->problem.status, "%s", w->below->problem.text);
	for (size_t i = 0; i < len; i++)
		if (lost[i])
			buf[i] = 0;
	if (w->solid)
		memset(lost, 0, len);
	return STATUS_OK;
}

static struct extent whole_extent(struct image *im, uint64_t at)
{
	const struct whole *w = whole_of(im);
	struct extent e = at < w->below->size ? image_extent(w->below, at)
					      : (struct extent){ at, im->size - at, EXTENT_LOST };

	if (w->solid && (e.kind == EXTENT_LOST || e.kind == EXTENT_LEFT_OUT))
		e.kind = EXTENT_HOLE;
	return e;
}

static struct origin whole_origin(const struct image *im, uint64_t at)
{
	return (struct origin){ whole_of(im)->source, at, im->size - at };
}

static void whole_close(struct image *im)
{
	(void)im; /* the arena's */
}

static struct whole *whole_open(struct arena *a, struct image *below, uint64_t size, bool solid)
{
	static const struct image_ops ops = { .read = whole_read, .extent = whole_extent, .origin = whole_origin,
					      .close = whole_close };
	struct whole *w = ARENA_NEW(a, struct whole);

	if (w == NULL)
		return NULL;
	*w = (struct whole){ { .ops = &ops, .size = size, .label = below->label, .parallel = below->parallel }, below, NULL, solid };
	return w;
}

/* As long as the pool was: a file may have been cut short. Its heap's own words say so, and its zones agree. */
static uint64_t size_of(const struct model *m)
{
	const struct obj_pool *p = m->obj;
	uint64_t size = p->size / PAGE * PAGE, said = p->words && p->major >= 4 ? p->words->heap_size : 0;

	if (said == 0 && p->descr && p->major <= 4)
		said = p->descr->heap_size_old;
	if (said % PAGE == 0 && said > size - p->heap_at && said / SIZE_MAX_GROWTH < size && obj_heap_zones_fill(p->heap, said))
		return p->heap_at + said;
	return size;
}

/* Another uuid for the pool, under which its persistent pointers stay right. */
static bool header_write(struct image *to, const struct model *m, const struct pool_part *part)
{
	uint8_t poolset[UUID_LEN], uuid[UUID_LEN], hdr[POOL_HDR_LEN];
	uint64_t lo = m->obj->uuid_lo, nr;

	if (!header_uuid(part, "salvage", poolset) || !header_uuid(part, "salvage part", uuid))
		return false;
	if (m->obj->has_uuid_lo || obj_uuid_told(m->obj, &lo, &nr))
		header_uuid_fold(poolset, lo);
	header_fresh(POOL_OBJ, m->obj->major, m->pool->voted, poolset, uuid, hdr);
	return overlay_write(to, 0, hdr, sizeof(hdr));
}

/* Zones whose headers could not be read: in use, for all that is known; what their chunks hold is found by their bytes. */
static bool zones_write(struct image *to, const struct obj_heap *h, uint64_t len)
{
	for (uint32_t i = 0; i < h->zones_nr; i++) {
		struct obj_zone_hdr hdr = { .magic = OBJ_ZONE_MAGIC, .size_idx = obj_zone_expected(len, i, h->zones_all) };
		uint8_t bytes[OBJ_ZONE_HDR_LEN];

		if (h->zones[i].state != OBJ_ZONE_LOST || h->zones[i].chunks)
			continue;
		layout_encode(&obj_zone_hdr_layout, &hdr, bytes);
		if (!overlay_write(to, h->zones[i].at, bytes, sizeof(bytes)))
			return false;
	}
	return true;
}

/* What logs were to do has been done or given up by now: all lanes as they are in a new pool. */
static void lane_fresh(const struct obj_pool *p, uint8_t lane[OBJ_LANE_LEN])
{
	memset(lane, 0, OBJ_LANE_LEN);
	for (int k = 0; k < OBJ_LOGS && p->major >= 5; k++) {
		struct obj_ulog h = { .capacity = obj_lane_log_len((enum obj_log_kind)k) };

		layout_encode(&obj_ulog_layout, &h, lane + obj_lane_log_off((enum obj_log_kind)k));
	}
}

static bool lanes_write(struct image *to, const struct obj_pool *p)
{
	uint8_t lane[OBJ_LANE_LEN];

	lane_fresh(p, lane);
	for (uint32_t i = 0; i < p->lanes_nr; i++)
		if (!overlay_write(to, p->lanes_at + (uint64_t)i * OBJ_LANE_LEN, lane, sizeof(lane)))
			return false;
	return true;
}

/* Is there anything in the lane that no library would have left there? */
static bool lane_wrong(const struct obj_lane *l)
{
	for (int k = 0; k < OBJ_LOGS && l->old == NULL; k++)
		if (l->log[k].state == OBJ_LOG_LOST || l->log[k].odd ||
		    (l->log[k].state == OBJ_LOG_PENDING && l->log[k].stop != OBJ_ULOG_END && l->log[k].stop != OBJ_ULOG_STALE))
			return true;
	return false;
}

/* Lanes in order are carried out by the repairs to come; the others say nothing that could be relied on. */
static bool lanes_sift(struct image *to, const struct obj_pool *p, uint32_t *dropped)
{
	uint8_t lane[OBJ_LANE_LEN];

	lane_fresh(p, lane);
	for (uint32_t i = 0; i < p->lanes->lane_nr; i++) {
		if (!lane_wrong(&p->lanes->lane[i]))
			continue;
		++*dropped;
		if (!overlay_write(to, p->lanes->lane[i].at, lane, sizeof(lane)))
			return false;
	}
	return true;
}

/* The one file that the new pool is, as evidence of its own. */
static bool evidence_make(const struct result *r, struct image *image, struct whole *whole, struct result *first, struct item *item)
{
	struct source *s;

	*first = (struct result){ .path = r->path, .arena = r->arena, .intake = { .arena = r->arena, .options = r->intake.options } };
	s = source_add(&first->intake.sources, r->arena, r->path, "source", "salvaged");
	if (s == NULL || source_layer(s, r->arena, "memory", NULL, image->size) == NULL)
		return false;
	s->size = image->size;
	whole->source = s;
	*item = (struct item){ .image = image, .source = s, .name = "pool", .path = r->path, .opened_as = r->path, .borrowed = true };
	first->intake.first = first->intake.last = item;
	first->intake.nr = 1;
	return true;
}

static const struct result *pass_is(const struct salvage_pass *pass)
{
	return pass->repair.analyzed ? &pass->repair.after : &pass->was;
}

static enum status no_memory(const struct result *r, struct problem *p)
{
	return problem_set(p, STATUS_NOMEM, "%s: no memory to salvage it", r->path);
}

/* All repairs there are, in rounds, of the pool as image shows it: nothing of it is left to be made worse. */
static enum status pass(const struct result *r, struct image *image, struct whole *whole, const struct analyze_options *o,
			struct salvage_pass *out, struct problem *p)
{
	struct repair_options ro = { .most = REPAIR_ADVANCED, .forced = true };
	struct result first;
	struct item item;

	if (!evidence_make(r, image, whole, &first, &item))
		return no_memory(r, p);
	enum status st = analyze_again(&first, &image, o, &out->was);
	out->open = true;
	if (st != STATUS_OK)
		return problem_set(p, st, "%s", out->was.problem.text);
	st = repair_plan(&out->was, o, &ro, &out->repair);
	if (st == STATUS_OK && pass_is(out)->model.obj == NULL)
		return problem_set(p, STATUS_UNSUPPORTED, "%s: too little of the pool is left", r->path);
	return st == STATUS_OK ? st : problem_set(p, st, "%s", out->repair.problem.text);
}

/*
 * First what is lost is known as such, and made from what there is beside it. Then it is zero, as it will be, and mended once
 * more; with empty lanes, for all that they held has been done.
 */
static enum status passes(const struct result *r, struct whole *whole, const struct analyze_options *o, struct salvage_obj *out,
			  struct problem *p)
{
	enum status st = pass(r, out->lost, whole, o, &out->pass[0], p);
	struct whole *solid;
	struct image *emptied;

	if (st != STATUS_OK)
		return st;
	solid = whole_open(r->arena, out->pass[0].repair.edited[0], out->lost->size, true);
	emptied = solid ? overlay_open(r->arena, &solid->image) : NULL;
	if (emptied == NULL || !lanes_write(emptied, pass_is(&out->pass[0])->model.obj))
		return no_memory(r, p);
	st = pass(r, emptied, solid, o, &out->pass[1], p);
	if (st == STATUS_OK) {
		out->image = out->pass[1].repair.edited[0];
		out->is = pass_is(&out->pass[1]);
	}
	return st;
}

enum status salvage_obj(const struct result *r, const struct result *after, const struct analyze_options *o,
			struct salvage_obj *out, struct problem *p)
{
	const struct model *m = &after->model;
	const struct pool_part *part = pool_set_part_here(m->pool);
	struct analyze_options deep = *o;
	struct whole *whole;

	*out = (struct salvage_obj){ .image = NULL };
	if (m->obj == NULL || part == NULL || pool_set_descr_at(m->pool) != POOL_HDR_LEN)
		return problem_set(p, STATUS_UNSUPPORTED, "%s: %s", r->path, m->obj && part ? "its header has 64 KiB" : "no part of it is here");
	uint64_t size = size_of(m);
	out->added = size > m->obj->image->size ? size - m->obj->image->size : 0;
	whole = whole_open(r->arena, m->obj->image, size, false);
	out->lost = whole ? overlay_open(r->arena, &whole->image) : NULL;
	if (out->lost == NULL || !header_write(out->lost, m, part) || !zones_write(out->lost, m->obj->heap, size - m->obj->heap_at) ||
	    !lanes_sift(out->lost, m->obj, &out->logs_dropped))
		return no_memory(r, p);
	/* every object's header is looked at, and nothing that only makes a picture */
	deep.deep = deep.no_map = deep.quick = true;
	deep.replica = 0;
	enum status st = passes(r, whole, &deep, out, p);
	if (st != STATUS_OK || r->model.obj == NULL)
		return st;
	out->fates = ARENA_NEW(r->arena, struct obj_fates);
	if (out->fates == NULL)
		return no_memory(r, p);
	obj_fates(r->model.obj, out->is->model.obj, out->lost, out->fates);
	return st;
}

void salvage_obj_close(struct salvage_obj *s)
{
	for (int i = 1; i >= 0; i--)
		if (s->pass[i].open) {
			repair_close(&s->pass[i].repair);
			analyze_close(&s->pass[i].was);
		}
}
