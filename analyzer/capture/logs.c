/*
 * Undo logs hold user bytes: what was there before a transaction changed it. Left out they would leave
 * every log that was ever used without a verdict, for the checksum of an entry is over these bytes. So
 * they are written anew as zeros, under a checksum that holds when the old one did.
 */
#include "analyzer/capture/structures.h"

#include "formats/base/checksum.h"
#include "formats/image/overlay.h"
#include "formats/obj/find.h"
#include "formats/obj/lane.h"
#include "formats/obj/lane_old.h"
#include "formats/obj/obj.h"
#include "formats/pool/set.h"

#include <string.h>

enum { SUM_OFF = 8, GEN_MAJOR = 6, STEP = 4096 };

struct logs {
	struct capture *c;
	const struct model *m;
	struct image *was, *anew; /* the logical space, and over it what we write; nothing else writes there */
	uint64_t budget;
	bool ok;
};

static void put(struct logs *l, uint64_t at, const void *bytes, size_t len)
{
	l->ok = l->ok && overlay_write(l->anew, at, bytes, len);
}

/* Zeros, but for what could not be read: that stays lost. */
static void blank(struct logs *l, uint64_t at, uint64_t len)
{
	static const uint8_t zeros[STEP];
	uint8_t buf[STEP], lost[STEP];

	for (uint64_t done = 0; done < len && l->ok;) {
		size_t n = len - done < STEP ? (size_t)(len - done) : STEP;

		if (!image_read(l->was, at + done, n, buf, lost))
			return; /* outside of the pool */
		for (size_t i = 0; i < n;) {
			size_t end = i;

			while (end < n && lost[end] == lost[i])
				end++;
			if (!lost[i])
				put(l, at + done + i, zeros, end - i);
			i = end;
		}
		done += n;
	}
}

static void mark(struct logs *l, uint64_t at, uint64_t len)
{
	const struct pool_set *s = l->m->pool;

	structures_add(l->c, l->was, at, len);
	for (uint32_t r = 0; s && r < s->nr; r++)
		if (s->replicas[r]->logical)
			structures_add(l->c, s->replicas[r]->logical, at, len);
}

/* The entry's head as it was, zeros behind, and the checksum of that. */
static void before_image(struct logs *l, const struct obj_ulog_walk *w, const struct obj_ulog_entry *e)
{
	uint8_t head[OBJ_ULOG_BUF_HEAD], lost[OBJ_ULOG_BUF_HEAD], le[8];
	uint64_t sum;

	if (!image_read(l->was, e->at, sizeof(head), head, lost))
		return;
	blank(l, e->at, e->len);
	put(l, e->at, head, sizeof(head));
	if (!l->ok || !obj_ulog_entry_sum(l->anew, e, &sum))
		return;
	span_put_le(le, 8, w->gen);
	if (w->major >= GEN_MAJOR)
		sum = checksum_fletcher64_more(sum, (struct span){ le, NULL, 0, 8 });
	span_put_le(le, 8, sum);
	put(l, e->at + SUM_OFF, le, 8);
}

static void log_add(struct logs *l, const struct obj_lanes *lanes, const struct obj_log *log)
{
	bool undo = log->kind == OBJ_LOG_UNDO;
	struct obj_ulog_chain chain;
	struct obj_ulog_entry e;
	struct obj_ulog_ext ext;
	struct obj_ulog_walk w;

	if (undo)
		blank(l, log->at + OBJ_ULOG_HDR_LEN, obj_lane_log_len(log->kind));
	if (log->state == OBJ_LOG_LOST)
		return;
	obj_ulog_chain_start(&chain, l->was, log->at, log->hdr.next, &l->budget);
	while (obj_ulog_chain_next(&chain, &ext)) {
		mark(l, ext.at, OBJ_ULOG_HDR_LEN + OBJ_ULOG_BUF_HEAD);
		if (undo)
			blank(l, ext.at + OBJ_ULOG_HDR_LEN, OBJ_ULOG_BUF_HEAD);
	}
	obj_lane_walk(lanes, log, &w, &l->budget);
	while (l->ok && obj_ulog_walk_next(&w, &e)) {
		mark(l, e.at, e.len);
		if (!undo)
			continue;
		if (e.op == OBJ_ULOG_BUF_CPY || e.op == OBJ_ULOG_BUF_SET) {
			before_image(l, &w, &e);
		} else {
			uint8_t val[OBJ_ULOG_VAL_LEN], lost[OBJ_ULOG_VAL_LEN];

			if (image_read(l->was, e.at, sizeof(val), val, lost))
				put(l, e.at, val, sizeof(val));
		}
	}
	if (undo && (w.stop == OBJ_ULOG_BAD_OP || w.stop == OBJ_ULOG_BAD_SIZE)) { /* a finding: its head stays */
		uint8_t head[OBJ_ULOG_BUF_HEAD], lost[OBJ_ULOG_BUF_HEAD];
		size_t len = w.stop == OBJ_ULOG_BAD_OP ? sizeof(uint64_t) : sizeof(head);

		mark(l, w.stop_at, len);
		if (image_read(l->was, w.stop_at, len, head, lost) && memchr(lost, 1, len) == NULL)
			put(l, w.stop_at, head, len);
	}
	/* a log ends at what follows its last entry: a zero word, or an entry that does not count */
	if (w.ulog && (w.stop == OBJ_ULOG_END || w.stop == OBJ_ULOG_STALE)) {
		mark(l, w.stop_at, OBJ_ULOG_BUF_HEAD);
		if (undo)
			blank(l, w.stop_at, OBJ_ULOG_BUF_HEAD);
	}
}

/* Lanes that hold nothing may still have something behind the word that says so. */
static void idle_add(struct logs *l, const struct obj_lanes *lanes)
{
	const uint32_t off = obj_lane_log_off(OBJ_LOG_UNDO) + OBJ_ULOG_HDR_LEN, len = obj_lane_log_len(OBJ_LOG_UNDO);
	uint8_t buf[OBJ_LANE_LEN], lost[OBJ_LANE_LEN];

	for (uint32_t i = 0; i < lanes->nr && l->ok; i++) {
		uint64_t at = l->m->obj->lanes_at + (uint64_t)i * OBJ_LANE_LEN + off;

		if (obj_lane_find(lanes, i) == NULL && image_read(l->was, at, len, buf, lost) &&
		    (buf[0] || memcmp(buf, buf + 1, len - 1) != 0))
			blank(l, at, len);
	}
}

/* In a replica that the content was not decoded from the same bytes take the place of its own. */
static void replica_add(struct logs *l, const struct obj_lanes *lanes, struct image *other)
{
	const uint32_t off = obj_lane_log_off(OBJ_LOG_UNDO) + OBJ_ULOG_HDR_LEN, len = obj_lane_log_len(OBJ_LOG_UNDO);
	uint8_t ours[OBJ_LANE_LEN], theirs[OBJ_LANE_LEN], lost[OBJ_LANE_LEN];

	for (uint32_t i = 0; i < lanes->nr && l->ok; i++) {
		uint64_t at = l->m->obj->lanes_at + (uint64_t)i * OBJ_LANE_LEN + off;

		if (image_read(l->anew, at, len, ours, lost) && image_read(other, at, len, theirs, lost) &&
		    memcmp(ours, theirs, len) != 0)
			l->ok = capture_rewrite(l->c, other, at, ours, len);
	}
}

static void write_back(struct logs *l)
{
	uint8_t buf[STEP], lost[STEP];

	for (struct extent e = overlay_next(l->anew, 0); e.len && l->ok; e = overlay_next(l->anew, e.at + e.len)) {
		e.len = e.len < STEP ? e.len : STEP;
		l->ok = image_read(l->anew, e.at, (size_t)e.len, buf, lost) &&
			capture_rewrite(l->c, l->was, e.at, buf, (size_t)e.len);
		for (uint32_t r = 0; l->m->pool && l->ok && r < l->m->pool->nr; r++) {
			struct image *other = l->m->pool->replicas[r]->logical;

			if (other && other != l->was && e.at >= l->m->obj->heap_at) /* extensions */
				l->ok = capture_rewrite(l->c, other, e.at, buf, (size_t)e.len);
		}
	}
}

/* Majors 1 to 4 keep before-images in heap objects: of these the heads are taken, and where the lists of them lie. */
static void old_list_add(struct logs *l, struct obj_finder *find, const struct obj_undo_list_old *list, enum obj_undo_old kind)
{
	bool v3 = obj_lane_old_v3_records(l->m->obj);
	struct obj_undo_walk_old w;
	struct obj_range_old r;
	struct obj_place place;
	uint64_t value, off = 0;

	obj_lane_old_walk_start(&w, l->was, l->m->obj->major, list->at, &l->budget);
	while (obj_lane_old_walk_next(&w, &value)) {
		mark(l, w.value_at, sizeof(value));
		obj_finder_at(find, value, &place);
		if (kind == OBJ_UNDO_SET && obj_lane_old_range(l->was, value, place.object.len, &r))
			mark(l, r.at, r.data_at - r.at);
		off = 0;
		while (kind == OBJ_UNDO_CACHE && place.kind == OBJ_PLACE_OBJECT &&
		       obj_lane_old_cache_next(l->was, l->m->obj->major, v3, value, place.object.len, &off, &r))
			mark(l, r.at, r.data_at - r.at);
		if (kind == OBJ_UNDO_CACHE && off < place.object.len) /* the record that ends them */
			mark(l, value + off, 2 * sizeof(uint64_t));
	}
}

static bool old_lanes_add(struct logs *l, const struct obj_lanes *lanes)
{
	struct obj_finder *find = obj_finder_open(l->m->obj->heap);

	for (uint32_t i = 0; find && i < lanes->lane_nr; i++)
		for (int k = 0; k < OBJ_UNDOS; k++)
			old_list_add(l, find, &lanes->lane[i].old->undo[k], (enum obj_undo_old)k);
	bool ok = find != NULL;
	obj_finder_close(find);
	return ok;
}

bool structures_logs(struct capture *c, const struct model *m, struct problem *p)
{
	const struct obj_lanes *lanes = m->obj->lanes;
	struct logs l = { c, m, m->logical, overlay_open(c->arena, m->logical), m->obj->size, true };

	if (lanes->old)
		l.ok = old_lanes_add(&l, lanes);
	l.ok = l.ok && l.anew != NULL;
	for (uint32_t i = 0; i < lanes->lane_nr && l.ok && !lanes->old; i++)
		for (int k = 0; k < OBJ_LOGS; k++)
			log_add(&l, lanes, &lanes->lane[i].log[k]);
	if (l.ok && !lanes->old)
		idle_add(&l, lanes);
	for (uint32_t r = 0; m->pool && r < m->pool->nr && l.ok && !lanes->old; r++)
		if (m->pool->replicas[r]->logical && m->pool->replicas[r]->logical != m->logical)
			replica_add(&l, lanes, m->pool->replicas[r]->logical);
	if (l.ok && overlay_changed(l.anew)) {
		json_array_append_new(c->anew, json_string("undo logs: before-images and what earlier logs left are zeros, "
							   "under checksums made anew"));
		write_back(&l);
	}
	if (!l.ok)
		problem_set(p, STATUS_NOMEM, "no memory to write the undo logs without user bytes");
	return l.ok;
}
