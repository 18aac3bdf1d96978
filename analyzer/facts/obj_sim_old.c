/* Lanes of majors 1 to 4. */
#include "analyzer/facts/obj_sim.h"

#include <inttypes.h>

enum { KEPT_CACHE_LEN = OBJ_OLD_SLOT_LEN * OBJ_OLD_SLOTS };

static void redo_one(struct obj_sim *s, const struct obj_lane *lane, const struct obj_redo_log_old *r)
{
	struct obj_redo_old e;

	if (r->finish_nr > 1) {
		obj_sim_refuse(s, "it refuses to open the pool: %s has %" PRIu32 " last entries",
			       node_path(s->arena, r->node), r->finish_nr);
		return;
	}
	if (r->finish_nr == 0)
		return;
	for (uint32_t j = 0; j <= r->finish; j++)
		if (!obj_lane_old_redo(s->after, r, j, &e) ||
		    !obj_sim_put(s, r->node, e.offset & ~OBJ_OLD_FINISH, e.value))
			return;
	if (!obj_sim_put(s, r->node, r->at + (uint64_t)r->finish * OBJ_OLD_ENTRY_LEN, 0))
		return;
	obj_sim_step(s, r->node, "lane %" PRIu32 ": carries out %" PRIu32 " stored changes", lane->idx, r->finish + 1);
	s->out->needed = true;
}

void obj_sim_old_redo(struct obj_sim *s, bool list)
{
	const struct obj_lanes *l = s->pool->lanes;

	for (uint32_t i = 0; i < l->lane_nr && !s->stopped; i++) {
		const struct obj_lane *lane = &l->lane[i];
		uint64_t at = lane->at + OBJ_OLD_LIST_OFF, object;

		redo_one(s, lane, list ? &lane->old->list : &lane->old->alloc);
		if (!list || s->stopped || !obj_sim_get(s, at, &object) || object == 0)
			continue;
		obj_sim_step(s, lane->old->list_node, "lane %" PRIu32 ": frees the object at 0x%" PRIx64, lane->idx, object);
		obj_sim_free(s, at);
		s->out->needed = true;
	}
}

/* The values of an undo list, in memory. NULL: none, or no memory. */
static uint64_t *values(struct obj_sim *s, const struct obj_undo_list_old *u, uint64_t **places, uint64_t *nr)
{
	struct obj_undo_walk_old w;
	uint64_t value, n = 0;

	*nr = 0;
	*places = NULL;
	obj_lane_old_walk_start(&w, s->after, s->pool->major, u->at, &s->budget);
	while (obj_lane_old_walk_next(&w, &value))
		n++;
	uint64_t *v = n ? arena_array(s->arena, n, sizeof(*v)) : NULL;
	*places = n ? arena_array(s->arena, n, sizeof(*v)) : NULL;
	if (v == NULL || *places == NULL)
		return NULL;
	obj_lane_old_walk_start(&w, s->after, s->pool->major, u->at, NULL);
	for (; *nr < n && obj_lane_old_walk_next(&w, &value); (*nr)++) {
		v[*nr] = value;
		(*places)[*nr] = w.value_at;
	}
	return v;
}

static bool range_back(struct obj_sim *s, const struct node *n, const struct obj_range_old *r)
{
	return r->fits && obj_sim_copy(s, n, r->data_at, r->offset, r->size);
}

static uint64_t ranges_back(struct obj_sim *s, const struct obj_lane *lane)
{
	const struct obj_undo_list_old *set = &lane->old->undo[OBJ_UNDO_SET], *cache = &lane->old->undo[OBJ_UNDO_CACHE];
	uint64_t *places, nr, usable, done = 0;
	uint64_t *v = values(s, set, &places, &nr);
	bool v3 = obj_lane_old_v3_records(s->pool);
	struct obj_range_old r;

	for (uint64_t i = 0; v && i < nr && !s->stopped; i++)
		done += obj_sim_object(s, v[i], &usable) && obj_lane_old_range(s->after, v[i], usable, &r) &&
			range_back(s, set->node, &r);
	v = values(s, cache, &places, &nr);
	for (uint64_t i = 0; v && i < nr && !s->stopped; i++) {
		uint64_t off = 0;

		if (!obj_sim_object(s, v[i], &usable))
			continue;
		while (!s->stopped && obj_lane_old_cache_next(s->after, s->pool->major, v3, v[i], usable, &off, &r))
			done += range_back(s, cache->node, &r);
	}
	return done;
}

/* What becomes of the objects that an undo list names. */
enum fate { FORGET, FREE_ALL, FREE_ALLOCATED, KEEP_ONE };

/* Values go from the last backwards, and with the first value of a further array the array itself. */
static uint64_t list_empty(struct obj_sim *s, const struct obj_undo_list_old *u, enum fate fate)
{
	bool lists = s->pool->major == 1;
	uint64_t *places, nr, usable, freed = 0;
	uint64_t *v = values(s, u, &places, &nr);

	for (uint64_t i = nr; v && i-- > 0 && !s->stopped;) {
		bool kept = fate == KEEP_ONE && i == (lists ? nr - 1 : 0);
		bool frees = fate != FORGET && !kept && v[i] != OBJ_OLD_REMOVED &&
			     (fate != FREE_ALLOCATED || obj_sim_object(s, v[i], &usable));

		if (kept) {
			obj_sim_fill(s, u->node, v[i], 0, KEPT_CACHE_LEN);
		} else if (frees) {
			freed += obj_sim_free(s, places[i]);
		} else {
			obj_sim_put(s, u->node, places[i], 0);
		}
		for (uint32_t k = 1; !lists && k < u->arrays; k++) {
			uint64_t array;

			if (obj_sim_get(s, u->at + 8 * k, &array) && array && array == places[i])
				obj_sim_free(s, u->at + 8 * k);
		}
	}
	return freed;
}

static void tx_one(struct obj_sim *s, const struct obj_lane *lane)
{
	const struct obj_undo_list_old *u = lane->old->undo;
	uint32_t major = s->pool->major;
	uint64_t state, ranges, freed;

	if (lane->old->tx_lost || !obj_sim_get(s, lane->at + OBJ_OLD_TX_OFF, &state))
		return;
	if (state == 1) {
		list_empty(s, &u[OBJ_UNDO_CACHE], major == 4 ? FREE_ALL : KEEP_ONE);
		list_empty(s, &u[OBJ_UNDO_SET], FREE_ALL);
		list_empty(s, &u[OBJ_UNDO_ALLOC], FORGET);
		freed = list_empty(s, &u[OBJ_UNDO_FREE], FREE_ALL);
		obj_sim_put(s, lane->old->tx_node, lane->at + OBJ_OLD_TX_OFF, 0);
		obj_sim_step(s, lane->old->tx_node, "lane %" PRIu32 ": finishes its committed transaction: frees %" PRIu64
			     " objects", lane->idx, freed);
	} else {
		ranges = ranges_back(s, lane);
		list_empty(s, &u[OBJ_UNDO_CACHE], FREE_ALL);
		list_empty(s, &u[OBJ_UNDO_SET], FREE_ALL);
		freed = list_empty(s, &u[OBJ_UNDO_ALLOC], major == 4 ? FREE_ALLOCATED : FREE_ALL);
		list_empty(s, &u[OBJ_UNDO_FREE], FORGET);
		obj_sim_step(s, lane->old->tx_node, "lane %" PRIu32 ": takes back its transaction: %" PRIu64
			     " ranges are put back, %" PRIu64 " new objects freed", lane->idx, ranges, freed);
	}
	s->out->needed = true;
}

void obj_sim_old_tx(struct obj_sim *s)
{
	const struct obj_lanes *l = s->pool->lanes;

	for (uint32_t i = 0; i < l->lane_nr && !s->stopped; i++)
		if (obj_lane_old_tx_busy(l, &l->lane[i]))
			tx_one(s, &l->lane[i]);
}
