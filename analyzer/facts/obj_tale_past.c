/*
 * What is over and can still be proved. An undo entry's checksum tells for which generation it was
 * made, so the before-images of the last transactions can be told apart from chance; a used redo log
 * keeps the entries of the last operation behind its zeroed header.
 */
#include "analyzer/facts/obj_tale.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PLACES_MAX = 1024 }; /* in a lane and the one extension that is kept */

struct image_of {
	uint64_t gen;
	struct obj_ulog_entry e;
};

/* Undo entries begin at multiples of 64 behind the header. */
static size_t images_take(struct obj_tale *t, uint64_t at, uint64_t room, uint64_t gen, struct image_of *found, size_t nr)
{
	for (uint64_t off = 0; off < room && nr < PLACES_MAX;) {
		struct obj_ulog_entry e;
		uint64_t sum, g;

		if (obj_ulog_entry_read(t->pool->image, at + off, &e) && e.op == OBJ_ULOG_BUF_CPY && e.data_len &&
		    e.data_len < room && e.len <= room - off && e.len <= t->budget &&
		    obj_ulog_entry_sum(t->pool->image, &e, &sum) && obj_ulog_generation(sum, e.checksum, &g) && g < gen) {
			found[nr++] = (struct image_of){ g, e };
			t->budget -= e.len;
			off += e.len;
		} else {
			off += OBJ_ULOG_ALIGN;
		}
	}
	return nr;
}

/* The last transaction first, in it as the entries lie. */
static int newer_first(const void *p, const void *q)
{
	const struct image_of *a = p, *b = q;

	if (a->gen != b->gen)
		return a->gen > b->gen ? -1 : 1;
	return a->e.at < b->e.at ? -1 : a->e.at > b->e.at;
}

static void undo_past(struct obj_tale *t, const struct obj_lane *lane, struct image_of *found)
{
	const struct obj_log *log = &lane->log[OBJ_LOG_UNDO];
	struct activity *a = NULL;
	struct obj_ulog ext;
	size_t nr;

	/* generations at or past this one are under way, not past */
	if (log->state == OBJ_LOG_LOST || log->hdr.gen_num == 0)
		return;
	nr = images_take(t, log->at + OBJ_ULOG_HDR_LEN, OBJ_LANE_UNDO_LEN, log->hdr.gen_num, found, 0);
	uint64_t at = (log->hdr.next + OBJ_ULOG_ALIGN - 1) / OBJ_ULOG_ALIGN * OBJ_ULOG_ALIGN;
	if (log->hdr.next && obj_ulog_read(t->pool->image, at, &ext))
		nr = images_take(t, at + OBJ_ULOG_HDR_LEN, ext.capacity < 65536 ? ext.capacity : 65536, log->hdr.gen_num,
				 found, nr);
	qsort(found, nr, sizeof(*found), newer_first);
	for (size_t i = 0; i < nr; i++) {
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
	struct image_of *found = arena_array(t->arena, PLACES_MAX, sizeof(*found));

	for (uint32_t i = 0; found && i < l->lane_nr; i++) {
		/* major 5 zeroes what it used */
		if (t->pool->major >= 6)
			undo_past(t, &l->lane[i], found);
		redo_past(t, &l->lane[i], &l->lane[i].log[OBJ_LOG_EXTERNAL]);
		redo_past(t, &l->lane[i], &l->lane[i].log[OBJ_LOG_INTERNAL]);
	}
}
