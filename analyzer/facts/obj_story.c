#include "analyzer/facts/obj_story.h"

#include "analyzer/facts/obj_tale.h"
#include "formats/image/overlay.h"

#include <inttypes.h>

static void word_put(struct image *im, uint64_t at, uint64_t v)
{
	uint8_t b[8];

	span_put_le(b, 8, v);
	(void)overlay_write(im, at, b, 8); /* outside: told by the checks */
}

/* What the library makes of a log that is no whole one. NULL: nothing is wrong with it. */
static const char *trouble(struct obj_tale *t, const struct obj_log *log)
{
	if (log->state == OBJ_LOG_LOST)
		return "not known: the log could not be read";
	if (log->chain_stop == OBJ_ULOG_BAD_NEXT)
		return "it crashes: the log is linked to an extension outside of the pool";
	if (log->chain_stop == OBJ_ULOG_LOOP)
		return "it never comes back: the log's extensions link back to an earlier one";
	if (log->chain_stop == OBJ_ULOG_LOST)
		return "not known: an extension of the log could not be read";
	if (log->stop == OBJ_ULOG_BAD_OP)
		return "it hangs: the log holds an entry of an operation that does not exist";
	if (log->state == OBJ_LOG_PENDING && (log->stop == OBJ_ULOG_BAD_SIZE || log->stop == OBJ_ULOG_BAD_NEXT))
		return arena_printf(t->arena, "it crashes: %s", obj_ulog_stop_text(log->stop));
	return NULL;
}

/* Each entry's word before and after, in the order in which the library applies them. */
static void redo_changes(struct obj_tale *t, const struct obj_lane *lane, const struct obj_log *log,
			 struct activity *a, struct obj_deed *d)
{
	struct obj_ulog_entry e;
	struct obj_ulog_walk w;

	obj_lane_walk(t->pool->lanes, log, &w, &t->budget);
	while (obj_ulog_walk_next(&w, &e)) {
		uint64_t was = 0, is;

		if (e.op > OBJ_ULOG_OR)
			continue; /* no library stores these in a redo log */
		bool known = obj_ulog_word(t->so_far, e.target, &was);
		is = obj_ulog_apply(e.op, e.value, was);
		obj_tale_deed_add(t, lane, &e, d);
		if (known)
			obj_tale_word(t, a, e.target, was, is);
		else
			obj_tale_change(t, a, e.target, 8, NULL, 0, NULL, 0);
		word_put(t->so_far, e.target, is);
	}
}

static void undo_changes(struct obj_tale *t, const struct obj_log *log, struct activity *a)
{
	struct obj_ulog_entry e;
	struct obj_ulog_walk w;

	obj_lane_walk(t->pool->lanes, log, &w, &t->budget);
	while (obj_ulog_walk_next(&w, &e))
		obj_tale_change(t, a, e.target, e.data_len, t->pool->image, e.data_at, t->pool->image, e.target);
}

static bool redo_tell(struct obj_tale *t, const struct obj_lane *lane, const struct obj_log *log)
{
	const char *wrong = trouble(t, log);
	struct obj_deed d = { 0 };

	if (log->state != OBJ_LOG_PENDING && wrong == NULL)
		return false;
	struct activity *a = obj_tale_activity(t, wrong ? ACTIVITY_UNSURE : ACTIVITY_FORWARD, lane, NULL);
	if (a == NULL)
		return false;
	redo_changes(t, lane, log, a, &d);
	a->stage = wrong && log->state != OBJ_LOG_PENDING ? "damaged log" : obj_tale_deed_name(&d, log->kind);
	if (log->state == OBJ_LOG_PENDING)
		a->says = arena_printf(t->arena, "An operation had been decided and not wholly carried out: it %s.",
				       obj_tale_deed_text(t, &d));
	else
		a->says = arena_printf(t->arena, "The %s log of this lane is damaged.", obj_lane_log_name(log->kind));
	a->outcome = wrong ? wrong : "it carries the stored changes out, whether they had been before or not";
	return d.generation;
}

static void torn_tell(struct obj_tale *t, const struct obj_lane *lane, const struct obj_log *log)
{
	struct activity *a;

	/* with before-images in the lane, it was the commit of their transaction */
	bool commit = log->kind == OBJ_LOG_EXTERNAL && lane->log[OBJ_LOG_UNDO].state == OBJ_LOG_PENDING;
	a = obj_tale_activity(t, ACTIVITY_TORN, lane, commit ? "transaction, commit" : "operation, being stored");
	if (a == NULL)
		return;
	a->says = commit ? "The commit of its transaction was being stored when it was cut off. It is not decided: "
			   "the transaction does not count."
			 : "An operation was being stored when it was cut off. Nothing of it had been carried out.";
	a->outcome = "it ignores what was stored";
}

static uint64_t unchanged(struct obj_tale *t, const struct obj_log *log)
{
	uint8_t old[CHANGE_SHOWN], now[CHANGE_SHOWN], lost[CHANGE_SHOWN];
	struct obj_ulog_entry e;
	struct obj_ulog_walk w;
	uint64_t same = 0;

	obj_lane_walk(t->pool->lanes, log, &w, &t->budget);
	while (obj_ulog_walk_next(&w, &e)) {
		bool equal = true;

		for (uint64_t off = 0; equal && off < e.data_len; off += CHANGE_SHOWN) {
			size_t n = e.data_len - off < CHANGE_SHOWN ? (size_t)(e.data_len - off) : CHANGE_SHOWN;

			equal = image_read(t->pool->image, e.data_at + off, n, old, lost) &&
				image_read(t->pool->image, e.target + off, n, now, lost);
			for (size_t i = 0; equal && i < n; i++)
				equal = old[i] == now[i];
		}
		same += equal;
	}
	return same;
}

static void undo_tell(struct obj_tale *t, const struct obj_lane *lane, bool committed)
{
	const struct obj_log *log = &lane->log[OBJ_LOG_UNDO];
	const char *wrong = trouble(t, log);
	bool images = log->state == OBJ_LOG_PENDING;
	struct activity *a;

	if (wrong) {
		a = obj_tale_activity(t, ACTIVITY_UNSURE, lane, images ? "transaction, work" : "damaged log");
		if (a == NULL)
			return;
		a->says = "The undo log of this lane is damaged.";
		a->outcome = wrong;
		undo_changes(t, log, a);
	} else if (images) {
		a = obj_tale_activity(t, committed ? ACTIVITY_FORWARD : ACTIVITY_BACK, lane,
				      committed ? "transaction, commit" : "transaction, work");
		if (a == NULL)
			return;
		uint64_t same = unchanged(t, log);
		a->says = arena_printf(t->arena, "A transaction had kept %" PRIu64 " before-image%s of %" PRIu64 " bytes; "
				       "%" PRIu64 " of them %s equal to what is there now.%s", log->entries,
				       log->entries == 1 ? "" : "s", log->bytes, same, same == 1 ? "is" : "are",
				       committed ? " It is committed: its decision is stored." : "");
		a->outcome = committed ? "it keeps what the transaction wrote" :
			     log->user_owned ? "it puts the before-images back, and frees the application's own log buffer" :
					       "it puts the before-images back";
		undo_changes(t, log, a);
	} else if (log->chain_nr > 1 || log->user_owned) {
		a = obj_tale_activity(t, ACTIVITY_FORWARD, lane, "transaction, end");
		if (a == NULL)
			return;
		a->says = arena_printf(t->arena, "A transaction was over, and the %" PRIu64 " extensions of its log were about "
				       "to be freed.", log->chain_nr);
		a->outcome = log->user_owned ? "it frees them, the application's own buffer too" : "it frees them";
	}
}

static void lane_tell(struct obj_tale *t, const struct obj_lane *lane)
{
	bool committed = false;

	for (int k = OBJ_LOG_INTERNAL; k <= OBJ_LOG_EXTERNAL; k++) {
		const struct obj_log *log = &lane->log[k];

		if (log->state == OBJ_LOG_TORN)
			torn_tell(t, lane, log);
		else if (redo_tell(t, lane, log))
			committed = true;
	}
	undo_tell(t, lane, committed);
}

static const char *summary(struct obj_tale *t)
{
	const struct story *s = t->story;
	const char *parts[4], *text = NULL;
	size_t nr = 0;

	if (s->nr[ACTIVITY_FORWARD])
		parts[nr++] = arena_printf(t->arena, "%" PRIu64 " to be finished", s->nr[ACTIVITY_FORWARD]);
	if (s->nr[ACTIVITY_BACK])
		parts[nr++] = arena_printf(t->arena, "%" PRIu64 " to be taken back", s->nr[ACTIVITY_BACK]);
	if (s->nr[ACTIVITY_TORN])
		parts[nr++] = arena_printf(t->arena, "%" PRIu64 " cut off before it counted", s->nr[ACTIVITY_TORN]);
	if (s->nr[ACTIVITY_UNSURE])
		parts[nr++] = arena_printf(t->arena, "%" PRIu64 " damaged", s->nr[ACTIVITY_UNSURE]);
	for (size_t i = 0; i < nr; i++)
		text = text ? arena_printf(t->arena, "%s, %s", text, parts[i]) : parts[i];
	uint64_t busy = s->actors - s->idle;
	return text ? arena_printf(t->arena, "%" PRIu64 " of %" PRIu64 " lanes %s inside of an operation: %s.", busy, s->actors,
				   busy == 1 ? "was" : "were", text)
		    : NULL;
}

struct story *obj_story(struct arena *a, const struct model *m, bool past)
{
	struct obj_tale t = { .arena = a, .pool = m->obj };

	if (m->obj == NULL)
		return NULL;
	const struct obj_lanes *l = m->obj->lanes;
	t.story = ARENA_NEW(a, struct story);
	t.so_far = overlay_open(a, m->obj->image);
	t.finder = obj_finder_open(m->obj->heap);
	t.budget = 4 * m->obj->size; /* a log is read for its changes, and again to compare */
	if (t.story && t.so_far && t.finder) {
		t.story->actors = l->nr;
		t.story->idle = l->nr - l->busy_nr;
		for (uint32_t i = 0; !l->old && i < l->lane_nr; i++)
			if (l->lane[i].busy)
				lane_tell(&t, &l->lane[i]);
		if (l->old)
			obj_tale_old(&t);
		else if (past)
			obj_tale_past(&t);
		t.story->summary = summary(&t);
	}
	obj_finder_close(t.finder);
	return t.story && !arena_failed(a) ? t.story : NULL;
}
