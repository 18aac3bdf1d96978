#include "analyzer/repair/obj_past.h"

#include "analyzer/facts/obj_past.h"

#include <inttypes.h>

void obj_past_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *p)
{
	const struct obj_lane *lane = obj_lane_find(m->obj->lanes, (uint32_t)f->idx);
	uint64_t budget = m->obj->size, at = m->obj->heap_at, len = m->obj->heap_len;
	struct obj_past past;
	struct span was;
	bool all = false;

	(void)by;
	if (lane == NULL || !obj_past(p->arena, m->obj, &lane->log[OBJ_LOG_UNDO], &budget, &past) || past.nr == 0)
		return;
	size_t nr = obj_past_last(&past, &all);
	struct step *s = all ? plan_step(p, f, REPAIR_ADVANCED, arena_printf(p->arena, "puts back what transaction number %" PRIu64
									     " of lane %" PRIu64 " changed", past.image[0].gen, f->idx))
			     : NULL;
	if (s == NULL)
		return;
	s->loses = "what that transaction stored, and what anybody stored there since; objects that it made or freed stay as they are";
	/* the oldest image of a byte comes last: it is what was there before the transaction */
	for (size_t i = nr; i-- > 0;) {
		const struct obj_ulog_entry *e = &past.image[i].e;

		if (e->target < at || e->target - at > len || e->data_len > len - (e->target - at) ||
		    !image_span(m->obj->image, p->arena, e->data_at, e->data_len, &was) || was.lost ||
		    !plan_put(p, s, m->obj->image, e->target, was.p, was.len, "its undo log has this as what was there before")) {
			s->rejected = "a before-image cannot be put back";
			return;
		}
	}
}
