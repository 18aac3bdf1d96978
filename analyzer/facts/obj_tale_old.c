/* The story of majors 1 to 4. */
#include "analyzer/facts/obj_tale.h"

#include <inttypes.h>

static void redo_tell(struct obj_tale *t, const struct obj_lane *lane, const struct obj_redo_log_old *r,
		      const char *stage)
{
	struct obj_redo_old e;
	struct activity *a;

	if (r->finish_nr == 0)
		return;
	a = obj_tale_activity(t, r->finish_nr == 1 ? ACTIVITY_FORWARD : ACTIVITY_UNSURE, lane, stage);
	if (a == NULL)
		return;
	a->says = arena_printf(t->arena, "An operation of %" PRIu32 " changes had been decided and not wholly carried out.",
			       r->finish + 1);
	a->outcome = r->finish_nr == 1 ? "it carries the stored changes out, whether they had been before or not"
				       : "it refuses to open the pool: the log has several last entries";
	for (uint32_t j = 0; j <= r->finish && obj_lane_old_redo(t->pool->image, r, j, &e); j++) {
		uint64_t at = e.offset & ~OBJ_OLD_FINISH;

		obj_tale_change(t, a, at, 8, t->pool->image, at, t->pool->image,
				r->at + (uint64_t)j * OBJ_OLD_ENTRY_LEN + 8);
	}
}

static void range_tell(struct obj_tale *t, struct activity *a, const struct obj_range_old *r)
{
	obj_tale_change(t, a, r->offset, r->size, r->fits ? t->pool->image : NULL, r->data_at, t->pool->image, r->offset);
}

static void ranges_tell(struct obj_tale *t, const struct obj_undo_list_old *u, bool cache, struct activity *a)
{
	const struct obj_pool *p = t->pool;
	struct obj_undo_walk_old w;
	struct obj_range_old r;
	struct obj_place place;
	uint64_t at;

	obj_lane_old_walk_start(&w, p->image, p->major, u->at, &t->budget);
	while (obj_lane_old_walk_next(&w, &at)) {
		uint64_t off = 0;

		obj_finder_at(t->finder, at, &place);
		if (place.kind != OBJ_PLACE_OBJECT || place.off)
			continue; /* told by the checks */
		if (!cache && obj_lane_old_range(p->image, at, place.object.len, &r))
			range_tell(t, a, &r);
		while (cache && obj_lane_old_cache_next(p->image, p->major, obj_lane_old_v3_records(p), at, place.object.len,
							&off, &r))
			range_tell(t, a, &r);
	}
}

static void tx_tell(struct obj_tale *t, const struct obj_lane *lane)
{
	const struct obj_lane_old *o = lane->old;
	bool done = o->state == 1;
	struct activity *a;

	if (!obj_lane_old_tx_busy(t->pool->lanes, lane))
		return;
	a = obj_tale_activity(t, o->tx_lost || o->state > 1 ? ACTIVITY_UNSURE : done ? ACTIVITY_FORWARD : ACTIVITY_BACK, lane,
			      done ? "transaction, commit" : "transaction, work");
	if (a == NULL)
		return;
	a->says = arena_printf(t->arena, "A transaction had allocated %" PRIu64 " and was to free %" PRIu64 " objects.%s",
			       o->undo[OBJ_UNDO_ALLOC].values, o->undo[OBJ_UNDO_FREE].values,
			       done ? " It is committed." : "");
	a->outcome = a->state == ACTIVITY_UNSURE ? "not known: its state could not be read, or does not exist" :
		     done ? "it keeps what the transaction wrote, and frees what was to be freed"
			  : "it puts the before-images back, and frees what was allocated";
	ranges_tell(t, &o->undo[OBJ_UNDO_SET], false, a);
	ranges_tell(t, &o->undo[OBJ_UNDO_CACHE], true, a);
}

void obj_tale_old(struct obj_tale *t)
{
	const struct obj_lanes *l = t->pool->lanes;

	for (uint32_t i = 0; i < l->lane_nr; i++) {
		const struct obj_lane *lane = &l->lane[i];

		if (!lane->busy)
			continue;
		redo_tell(t, lane, &lane->old->alloc, "allocator operation");
		redo_tell(t, lane, &lane->old->list, "list operation");
		if (lane->old->obj_offset && lane->old->list.finish_nr == 0) {
			struct activity *a = obj_tale_activity(t, ACTIVITY_BACK, lane, "list operation");

			if (a == NULL)
				return;
			a->says = arena_printf(t->arena, "The object at 0x%" PRIx64 " was new, or taken out, and belongs to no list.",
					       lane->old->obj_offset);
			a->outcome = "it frees the object";
		}
		tx_tell(t, lane);
	}
}
