/* Lanes of majors 1 to 4. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "formats/obj/find.h"
#include "formats/obj/lane_old.h"

#include <inttypes.h>

static const struct obj_lanes *lanes_of(const struct model *m)
{
	return m->obj && m->obj->lanes->old ? m->obj->lanes : NULL;
}

static bool target_good(const struct obj_pool *p, uint64_t t)
{
	uint64_t lanes_end = p->lanes_at + (uint64_t)p->lanes_nr * OBJ_LANE_LEN, root = p->words_node->at;

	return t % 8 == 0 && ((t >= p->heap_at && t - p->heap_at < p->heap_len) || (t >= p->lanes_at && t < lanes_end) ||
			      t == root || (p->major == 4 && t == root + 16));
}

static void redo_look(const struct check *self, const struct obj_pool *p, const struct obj_redo_log_old *r,
		      struct findings *out)
{
	struct obj_redo_old e;

	if (r->node == NULL || r->finish_nr == 0)
		return;
	if (r->finish_nr > 1) {
		findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = r->node,
						    .expected = "one last entry at most",
						    .actual = arena_printf(out->arena, "%" PRIu32, r->finish_nr),
						    .repair = REPAIR_ADVANCED });
		return;
	}
	for (uint32_t j = 0; j <= r->finish; j++) {
		if (!obj_lane_old_redo(p->image, r, j, &e) || target_good(p, e.offset & ~OBJ_OLD_FINISH))
			continue;
		findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = r->node,
						    .at = r->at + (uint64_t)j * OBJ_OLD_ENTRY_LEN, .len = OBJ_OLD_ENTRY_LEN,
						    .idx = j, .numbered = true, .repair = REPAIR_ADVANCED,
						    .actual = arena_printf(out->arena, "0x%" PRIx64,
									   e.offset & ~OBJ_OLD_FINISH) });
	}
}

static void redo_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = lanes_of(m);

	for (uint32_t i = 0; l && i < l->lane_nr; i++) {
		redo_look(self, m->obj, &l->lane[i].old->alloc, out);
		redo_look(self, m->obj, &l->lane[i].old->list, out);
	}
}

static void state_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = lanes_of(m);

	for (uint32_t i = 0; l && i < l->lane_nr; i++) {
		const struct obj_lane_old *o = l->lane[i].old;

		if (o->tx_lost || o->state <= 1)
			continue;
		findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = o->tx_node,
						    .field = layout_field(&obj_tx_old_layout, "state"),
						    .expected = "0 or 1", .repair = REPAIR_ASK,
						    .actual = arena_printf(out->arena, "%" PRIu64, o->state) });
	}
}

/* User data of an allocated object; internal: one of the library's own. */
static bool allocated(struct obj_finder *f, uint64_t at, bool internal, uint64_t *usable)
{
	struct obj_place p;

	*usable = 0;
	obj_finder_at(f, at, &p);
	if (p.kind == OBJ_PLACE_UNKNOWN)
		return true; /* the heap's own findings say so */
	*usable = p.kind == OBJ_PLACE_OBJECT ? p.object.len : 0;
	return p.kind == OBJ_PLACE_OBJECT && p.off == 0 && (!internal || (p.object.flags & OBJ_OBJECT_INTERNAL));
}

static void list_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = lanes_of(m);
	struct obj_finder *f = l && l->busy_nr ? obj_finder_open(m->obj->heap) : NULL;
	uint64_t usable;

	for (uint32_t i = 0; f && i < l->lane_nr; i++) {
		const struct obj_lane_old *o = l->lane[i].old;

		if (o->list_lost || o->obj_offset == 0 || allocated(f, o->obj_offset, false, &usable))
			continue;
		findings_add(out, (struct finding){ .by = self, .verdict = CONFLICT, .node = o->list_node,
						    .field = layout_field(&obj_list_old_layout, "obj_offset"),
						    .actual = arena_printf(out->arena, "0x%" PRIx64, o->obj_offset),
						    .repair = REPAIR_ASK });
	}
	obj_finder_close(f);
}

/* The arrays of a vector behind its first are objects of the library's own. */
static const char *vector_wrong(const struct obj_pool *p, struct obj_finder *f, const struct obj_undo_list_old *u)
{
	struct obj_undo_walk_old w;
	uint64_t usable;

	if (u->bad_start)
		return "its first array is not its own";
	if (u->gap)
		return "it has an array behind one that is missing";
	if (u->stop == OBJ_ULOG_BAD_NEXT || u->stop == OBJ_ULOG_LOOP || u->stop == OBJ_ULOG_LIMIT)
		return "it leads out of the pool, or in a circle";
	if (p->major == 1)
		return NULL;
	obj_lane_old_walk_start(&w, p->image, p->major, u->at, NULL);
	for (uint32_t k = 1; k < w.arrays_nr; k++)
		if (!allocated(f, w.arrays[k], true, &usable) ||
		    (usable && usable < (uint64_t)OBJ_OLD_EMBEDDED * 8 << k))
			return "one of its arrays is no object that could hold it";
	return NULL;
}

static void vector_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = lanes_of(m);
	struct obj_finder *f = l && l->busy_nr ? obj_finder_open(m->obj->heap) : NULL;

	for (uint32_t i = 0; f && i < l->lane_nr; i++)
		for (int k = 0; k < OBJ_UNDOS; k++) {
			const struct obj_undo_list_old *u = &l->lane[i].old->undo[k];
			const char *why = u->node ? vector_wrong(m->obj, f, u) : NULL;

			if (why)
				findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = u->node,
								    .detail = why, .repair = REPAIR_ADVANCED });
		}
	obj_finder_close(f);
}

static void value_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = lanes_of(m);
	struct obj_finder *f = l && l->busy_nr ? obj_finder_open(m->obj->heap) : NULL;
	uint64_t budget = m->obj ? m->obj->size : 0;

	for (uint32_t i = 0; f && i < l->lane_nr; i++)
		for (int k = 0; k < OBJ_UNDOS; k++) {
			const struct obj_undo_list_old *u = &l->lane[i].old->undo[k];
			struct obj_undo_walk_old w;
			uint64_t at, usable;

			if (u->node == NULL || (k == OBJ_UNDO_ALLOC && m->obj->major == 4))
				continue; /* major 4 notes an object before it is allocated */
			obj_lane_old_walk_start(&w, m->obj->image, m->obj->major, u->at, &budget);
			while (obj_lane_old_walk_next(&w, &at)) {
				if (at == OBJ_OLD_REMOVED || allocated(f, at, k >= OBJ_UNDO_SET, &usable))
					continue;
				findings_add(out, (struct finding){ .by = self, .verdict = CONFLICT, .node = u->node,
								    .at = w.value_at, .len = 8, .idx = w.nr - 1,
								    .numbered = true, .repair = REPAIR_ADVANCED,
								    .actual = arena_printf(out->arena, "0x%" PRIx64, at) });
			}
		}
	obj_finder_close(f);
}

static void range_tell(const struct check *self, const struct model *m, const struct node *n,
		       const struct obj_range_old *r, struct findings *out)
{
	uint64_t at = m->obj->heap_at, len = m->obj->heap_len;

	if (r->fits && r->offset >= at && r->offset - at <= len && r->size <= len - (r->offset - at))
		return;
	findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = n, .at = r->at,
					    .len = OBJ_OLD_RANGE_HEAD, .repair = REPAIR_ADVANCED,
					    .actual = arena_printf(out->arena, "%" PRIu64 " bytes at 0x%" PRIx64, r->size,
								   r->offset) });
}

static void range_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = lanes_of(m);
	struct obj_finder *f = l && l->busy_nr ? obj_finder_open(m->obj->heap) : NULL;
	uint64_t budget = m->obj ? m->obj->size : 0, at, usable, off;
	bool v3 = f && obj_lane_old_v3_records(m->obj);

	for (uint32_t i = 0; f && i < l->lane_nr; i++)
		for (int k = OBJ_UNDO_SET; k < OBJ_UNDOS; k++) {
			const struct obj_undo_list_old *u = &l->lane[i].old->undo[k];
			struct obj_undo_walk_old w;
			struct obj_range_old r;

			if (u->node == NULL || l->lane[i].old->state == 1)
				continue; /* committed: nobody reads them */
			obj_lane_old_walk_start(&w, m->obj->image, m->obj->major, u->at, &budget);
			while (obj_lane_old_walk_next(&w, &at)) {
				if (!allocated(f, at, true, &usable))
					continue; /* told by the values */
				off = 0;
				if (k == OBJ_UNDO_SET && obj_lane_old_range(m->obj->image, at, usable, &r))
					range_tell(self, m, u->node, &r, out);
				while (k == OBJ_UNDO_CACHE && obj_lane_old_cache_next(m->obj->image, m->obj->major, v3, at,
										      usable, &off, &r))
					range_tell(self, m, u->node, &r, out);
			}
		}
	obj_finder_close(f);
}

#define SOURCE "PMDK 1.0 to 1.4 src/libpmemobj/redo.c, list.c, tx.c, pvector.c"

static const struct check checks[] = {
	{ .id = "obj.old-redo.entries", .covers = "LO-1", .severity = ERROR,
	  .says = "a redo log has several last entries, or one that changes a word that no operation changes",
	  .means = "The library refuses to open the pool, or spoils other data when it does.",
	  .remedy = "Do not open the pool. Taking the log out loses its operation.", .source = SOURCE,
	  .verify = redo_verify },
	{ .id = "obj.old-tx.state", .covers = "LO-2", .severity = ERROR,
	  .says = "a transaction has a state that does not exist",
	  .means = "The library refuses to open the pool; whether the transaction is to be finished or taken back is "
		   "not known.",
	  .remedy = "Compare with another capture or replica, and choose.", .source = SOURCE, .verify = state_verify },
	{ .id = "obj.old-list.object", .covers = "LO-3", .severity = ERROR,
	  .says = "an object to be freed by a list operation is no allocated object",
	  .means = "The library frees what is there, which may belong to others.",
	  .remedy = "Zero the word before the pool is opened.", .source = SOURCE, .verify = list_verify },
	{ .id = "obj.old-undo.vector", .covers = "LO-4", .severity = ERROR,
	  .says = "a list of what a transaction did is broken",
	  .means = "The library crashes when it opens the pool, or takes back only a part.",
	  .remedy = "Do not open the pool. Take the list out, and check what the transaction had changed.",
	  .source = SOURCE, .verify = vector_verify },
	{ .id = "obj.old-undo.object", .covers = "LO-5", .severity = ERROR,
	  .says = "a list of what a transaction did names something that is no allocated object",
	  .means = "The library frees or reads what is there, which may belong to others.",
	  .remedy = "Take the value out before the pool is opened.", .source = SOURCE, .verify = value_verify },
	{ .id = "obj.old-undo.range", .covers = "LO-6", .severity = ERROR,
	  .says = "a before-image is longer than its record, or belongs to no place in the heap",
	  .means = "The library puts it back at the next opening, without looking: it crashes, or spoils other data.",
	  .remedy = "Do not open the pool. Take the record out, and check what the transaction had changed.",
	  .source = SOURCE, .verify = range_verify },
};

const struct check_table obj_lanes_old_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
