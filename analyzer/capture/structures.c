#include "analyzer/capture/structures.h"

#include "formats/blk/blk.h"
#include "formats/btt/arena.h"
#include "formats/image/window.h"
#include "formats/log/log.h"
#include "formats/ns/content.h"
#include "formats/ns/label.h"
#include "formats/ns/ns.h"
#include "formats/obj/descr.h"
#include "formats/obj/lane.h"
#include "formats/obj/obj.h"
#include "formats/obj/object.h"
#include "formats/obj/run.h"
#include "formats/obj/vos.h"
#include "formats/pool/set.h"

enum { PAGE = 4096, NS_HEAD_LEN = 2 * PAGE };

void structures_add(struct capture *c, struct image *image, uint64_t at, uint64_t len)
{
	while (len && at < image->size) {
		struct origin o = image_origin(image, at);
		struct capture_part *part = o.source ? capture_part_of(c, o.source) : NULL;
		uint64_t n = o.len < len ? o.len : len;

		if (n == 0)
			return;
		if (part && part->mask.bits)
			mask_set(&part->mask, o.at, n);
		at += n;
		len -= n;
	}
}

/* The same place in every replica: their structures are the same, or ought to be. */
static void everywhere(struct capture *c, const struct model *m, uint64_t at, uint64_t len)
{
	structures_add(c, m->logical, at, len);
	for (uint32_t r = 0; m->pool && r < m->pool->nr; r++)
		if (m->pool->replicas[r]->logical && m->pool->replicas[r]->logical != m->logical)
			structures_add(c, m->pool->replicas[r]->logical, at, len);
}

struct walk {
	struct capture *c;
	const struct model *m;
};

static bool object_add(void *ctx, const struct obj_object *o)
{
	struct walk *w = ctx;

	everywhere(w->c, w->m, o->block_at, o->hdr_len);
	return true;
}

static void zone_add(struct capture *c, const struct model *m, struct obj_scan *scan, const struct obj_zone *z)
{
	struct walk w = { c, m };
	struct obj_zone_map map;
	struct obj_block b = { .len = 0 };
	struct obj_run run;

	if (z->chunks == 0 || !obj_zone_open(m->obj->heap, z, &map))
		return;
	while (obj_block_next(&map, &b)) {
		if (b.type == OBJ_CHUNK_RUN) {
			bool known = obj_run_read(&map, &b, &run) && run.first_at > b.at;

			everywhere(c, m, b.at, known ? run.first_at - b.at : OBJ_RUN_HEAD_LEN);
		}
		if (b.type == OBJ_CHUNK_RUN || b.type == OBJ_CHUNK_USED)
			obj_block_objects(scan, &map, &b, object_add, &w);
	}
	obj_zone_close(&map);
}

static bool obj_add(struct capture *c, const struct model *m, struct problem *p)
{
	const struct obj_pool *o = m->obj;
	uint64_t lanes_end = o->lanes_at + (uint64_t)o->lanes_nr * OBJ_LANE_LEN;
	struct obj_scan *scan = obj_scan_open();

	if (scan == NULL) {
		problem_set(p, STATUS_NOMEM, "no memory to list the pool's structures");
		return false;
	}
	everywhere(c, m, 0, pool_set_descr_at(m->pool) * 2);
	everywhere(c, m, o->lanes_at, lanes_end - o->lanes_at);
	if (o->heap_at > lanes_end && o->heap_at - lanes_end < (1 << 16)) /* up to the next page */
		everywhere(c, m, lanes_end, o->heap_at - lanes_end);
	everywhere(c, m, o->heap_at, OBJ_HEAP_HDR_LEN);
	for (uint32_t i = 0; i < o->heap->zones_nr; i++) {
		everywhere(c, m, o->heap->zones[i].at, OBJ_ZONE_META);
		zone_add(c, m, scan, &o->heap->zones[i]);
	}
	obj_scan_close(scan);
	if (o->vos && o->vos->root) /* DAOS's own root, by which it is known */
		everywhere(c, m, o->root_at, obj_vos_root_layout.size);
	return structures_logs(c, m, p);
}

static void btt_copy_add(struct capture *c, const struct btt *b, const struct btt_copy *copy)
{
	if (copy->node)
		structures_add(c, b->image, copy->node->at, PAGE);
}

/* Map, flog and second info block lie one behind the other up to the arena's end. */
static void btt_add(struct capture *c, const struct btt *b)
{
	for (uint32_t i = 0; i < b->nr; i++) {
		const struct btt_arena *a = &b->arenas[i];
		uint64_t end = a->at + a->len;

		structures_add(c, b->image, a->at, PAGE);
		btt_copy_add(c, b, &a->primary);
		btt_copy_add(c, b, &a->backup);
		if (a->from != BTT_FROM_NONE && a->map_at > a->at && a->map_at < end)
			structures_add(c, b->image, a->map_at, end - a->map_at);
	}
}

/* By what a content is recognised: magic words of file systems, no more of them. */
static void recognised_add(struct capture *c, struct image *inside)
{
	uint64_t at;
	size_t len;

	if (inside == NULL || content_name(inside, c->arena) == NULL)
		return;
	for (size_t i = 0; content_place(i, &at, &len); i++)
		structures_add(c, inside, at, len);
}

/* A damaged pfn too: what it leads to tells whether it leads right. */
static void inside_add(struct capture *c, const struct ns *n)
{
	const struct pfn_sb *sb = n->pfn.sb;

	recognised_add(c, n->inside);
	if (sb && sb->dataoff < n->len)
		recognised_add(c, window_open(c->arena, n->image->label, n->image, n->at + sb->dataoff, n->len - sb->dataoff));
}

static void ns_add(struct capture *c, const struct ns_capture *ns)
{
	for (const struct ns *n = ns->first; n; n = n->next) {
		structures_add(c, n->image, n->at, n->btt || n->pfn.kind != PFN_NONE ? NS_HEAD_LEN : 0);
		if (n->btt)
			btt_add(c, n->btt);
		inside_add(c, n);
	}
	if (ns->labels)
		structures_add(c, ns->labels->image, ns->labels->at, ns->labels->len);
}

/* Headers, with the padding behind them, and the headers of files that turned out to be strangers. */
static void set_add(struct capture *c, const struct pool_set *s)
{
	for (uint32_t r = 0; r < s->nr; r++)
		for (uint32_t i = 0; i < s->replicas[r]->nr; i++) {
			const struct pool_part *p = s->replicas[r]->parts[i];

			if (p->item)
				structures_add(c, p->item->image, 0, p->data_off > PAGE ? p->data_off : PAGE);
		}
	for (const struct pool_stray *st = s->strays; st; st = st->next)
		if (st->hdr)
			structures_add(c, st->item->image, 0, PAGE);
}

bool structures_mark(struct capture *c, struct problem *p)
{
	const struct model *top = &c->result->model;

	for (const struct model *m = NULL; (m = model_next(top, m)) != NULL;) {
		if (m->pool)
			set_add(c, m->pool);
		if (m->obj && !obj_add(c, m, p))
			return false;
		if (m->log || m->blk)
			everywhere(c, m, 0, pool_set_descr_at(m->pool) * 2);
		if (m->btt)
			btt_add(c, m->btt);
		if (m->ns)
			ns_add(c, m->ns);
	}
	return true;
}
