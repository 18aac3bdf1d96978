/* What is over and can still be proved: before-images, and the entries of a used redo log behind its zeroed header. */
#include "analyzer/facts/obj_past.h"
#include "analyzer/facts/obj_tale.h"

#include <inttypes.h>

static void undo_past(struct obj_tale *t, const struct obj_lane *lane)
{
	const struct obj_log *log = &lane->log[OBJ_LOG_UNDO];
	struct activity *a = NULL;
	struct obj_past past;

	if (!obj_past(t->arena, t->pool, log, &t->budget, &past))
		return;
	const struct obj_past_image *found = past.image;
	for (size_t i = 0; i < past.nr; i++) {
		if (i == 0 || found[i].gen != found[i - 1].gen) {
			uint64_t back = log->hdr.gen_num - found[i].gen;

			a = obj_tale_activity(t, ACTIVITY_PAST, lane, "transaction, over");
			if (a)
				a->says = arena_printf(t->arena, back == 1 ? "What was there before the last transaction of this "
						       "lane that took snapshots (number %" PRIu64 "). Its log proves it."
						       : "What was there before transaction number %" PRIu64 " of this lane. "
						       "Later ones overwrote the beginning of its log.", found[i].gen);
		}
		obj_tale_change(t, a, found[i].e.target, found[i].e.data_len, t->pool->image, found[i].e.data_at,
				t->pool->image, found[i].e.target);
	}
}

/* A used log's header is zero but for the link. */
static void redo_past(struct obj_tale *t, const struct obj_lane *lane, const struct obj_log *log)
{
	struct obj_deed d = { 0 };
	struct obj_ulog_entry e;
	struct activity *a;

	if (log->state != OBJ_LOG_IDLE || !log->residue || log->hdr.capacity || log->hdr.checksum)
		return;
	a = obj_tale_activity(t, ACTIVITY_PAST, lane, NULL);
	for (uint64_t off = 0; a && off + OBJ_ULOG_VAL_LEN <= obj_lane_log_len(log->kind); off += OBJ_ULOG_VAL_LEN) {
		if (!obj_ulog_entry_read(t->pool->image, log->at + OBJ_ULOG_HDR_LEN + off, &e) || e.len == 0 ||
		    e.op > OBJ_ULOG_OR)
			break;
		obj_tale_deed_add(t, lane, &e, &d);
		obj_tale_change(t, a, e.target, 8, NULL, 0, t->pool->image, e.target);
	}
	if (a == NULL)
		return;
	a->stage = obj_tale_deed_name(&d, log->kind);
	a->says = arena_printf(t->arena, "The last operation that this lane's %s log carried out: it %s. What was there before "
			       "is not kept.", obj_lane_log_name(log->kind), obj_tale_deed_text(t, &d));
}

void obj_tale_past(struct obj_tale *t)
{
	const struct obj_lanes *l = t->pool->lanes;

	for (uint32_t i = 0; i < l->lane_nr; i++) {
		undo_past(t, &l->lane[i]);
		redo_past(t, &l->lane[i], &l->lane[i].log[OBJ_LOG_EXTERNAL]);
		redo_past(t, &l->lane[i], &l->lane[i].log[OBJ_LOG_INTERNAL]);
	}
}
