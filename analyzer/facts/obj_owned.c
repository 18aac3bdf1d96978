#include "analyzer/facts/obj_owned.h"

#include "formats/obj/lane.h"
#include "formats/obj/lane_old.h"

#include <stdlib.h>
#include <string.h>

enum { OWNED_MAX = 1 << 22 }; /* objects that lanes may hold; more is a lie of the evidence */

struct list {
	uint64_t *at;
	size_t nr, room;
	bool failed;
};

static void add(struct list *l, uint64_t at)
{
	if (l->nr == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		uint64_t *more = room <= OWNED_MAX ? realloc(l->at, room * sizeof(*more)) : NULL;

		if (more == NULL) {
			l->failed = true;
			return;
		}
		l->at = more;
		l->room = room;
	}
	l->at[l->nr++] = at;
}

static void logs_add(struct list *l, const struct obj_pool *p, const struct obj_lane *lane, uint64_t *budget)
{
	for (int k = 0; k < OBJ_LOGS; k++) {
		const struct obj_log *log = &lane->log[k];
		struct obj_ulog_chain c;
		struct obj_ulog_ext e;

		if (log->state == OBJ_LOG_LOST)
			l->failed = true;
		obj_ulog_chain_start(&c, p->image, log->at, log->hdr.next, budget);
		while (!l->failed && obj_ulog_chain_next(&c, &e))
			add(l, e.link);
		if (c.stop != OBJ_ULOG_END)
			l->failed = true;
	}
}

static void lists_add(struct list *l, const struct obj_pool *p, const struct obj_lane_old *lane, uint64_t *budget)
{
	for (int u = 0; u < OBJ_UNDOS; u++) {
		struct obj_undo_walk_old w;
		uint64_t value;

		obj_lane_old_walk_start(&w, p->image, p->major, lane->undo[u].at, budget);
		for (uint32_t i = 1; i < w.arrays_nr; i++) /* array 0 lies in the lane */
			add(l, w.arrays[i]);
		while (!l->failed && obj_lane_old_walk_next(&w, &value))
			add(l, value);
		if (w.stop != OBJ_ULOG_END)
			l->failed = true;
	}
}

static int ascending(const void *p, const void *q)
{
	uint64_t a = *(const uint64_t *)p, b = *(const uint64_t *)q;

	return a < b ? -1 : a > b;
}

struct obj_owned *obj_owned(struct arena *a, const struct obj_pool *p)
{
	struct obj_owned *o = ARENA_NEW(a, struct obj_owned);
	uint64_t budget = p->size;
	struct list l = { 0 };

	for (uint32_t i = 0; i < p->lanes->lane_nr; i++) {
		const struct obj_lane *lane = &p->lanes->lane[i];

		if (lane->old)
			lists_add(&l, p, lane->old, &budget);
		else
			logs_add(&l, p, lane, &budget);
	}
	uint64_t *at = arena_array(a, l.nr, sizeof(*at));
	if (o && at) {
		*o = (struct obj_owned){ .at = at, .nr = l.nr, .complete = !l.failed && p->lanes->lost_nr == 0 };
		if (l.nr) {
			memcpy(at, l.at, l.nr * sizeof(*at));
			qsort(at, l.nr, sizeof(*at), ascending);
		}
	}
	free(l.at);
	return at ? o : NULL;
}

bool obj_owned_has(const struct obj_owned *o, uint64_t at, uint64_t len)
{
	uint64_t lo = 0, hi = o->nr;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (o->at[mid] < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < o->nr && o->at[lo] - at < len;
}

const struct obj_internal *obj_owned_root(const struct obj_owned *o, const struct obj_account *acc,
					  const struct obj_pool *p)
{
	const struct obj_internal *found = NULL;

	for (uint64_t i = 0; i < acc->internal_nr; i++) {
		const struct obj_internal *in = &acc->internal[i];

		if (in->at == p->root_at)
			return NULL;
		if (in->len < p->root_len || obj_owned_has(o, in->at, in->len))
			continue;
		if (found)
			return NULL;
		found = in;
	}
	return o->complete && acc->internal_nr == acc->all.internal ? found : NULL;
}
