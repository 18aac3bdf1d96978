#include "formats/obj/lane.h"

#include "formats/obj/lane_old.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 64 /* lanes read at once */, NODES_KEPT = 64 /* entries, and extensions, of one log */ };

static const struct {
	const char *name;
	uint32_t off, len;
} logs[OBJ_LOGS] = {
	[OBJ_LOG_INTERNAL] = { "internal", OBJ_LANE_INTERNAL_OFF, OBJ_LANE_INTERNAL_LEN },
	[OBJ_LOG_EXTERNAL] = { "external", OBJ_LANE_EXTERNAL_OFF, OBJ_LANE_EXTERNAL_LEN },
	[OBJ_LOG_UNDO] = { "undo", OBJ_LANE_UNDO_OFF, OBJ_LANE_UNDO_LEN },
};

const char *obj_lane_log_name(enum obj_log_kind k)
{
	return logs[k].name;
}

uint32_t obj_lane_log_off(enum obj_log_kind k)
{
	return logs[k].off;
}

uint32_t obj_lane_log_len(enum obj_log_kind k)
{
	return logs[k].len;
}

/* As made and never used: most lanes of most pools are, and cost no more than this look. */
static bool pristine(struct span lane)
{
	for (int k = 0; k < OBJ_LOGS; k++)
		for (uint64_t off = 0; off <= OBJ_ULOG_HDR_LEN; off += 8) {
			uint64_t v, want = off == 16 ? logs[k].len : 0;

			if (!span_le64(lane, logs[k].off + off, &v) || v != want)
				return false;
		}
	return true;
}

static bool odd(const struct obj_log *log, uint32_t major)
{
	const struct obj_ulog *h = &log->hdr;
	bool redo = log->kind != OBJ_LOG_UNDO;

	for (size_t i = 0; i < sizeof(h->unused); i++)
		if (h->unused[i])
			return true;
	if (h->flags || ((redo || major < 6) && h->gen_num))
		return true;
	if (!redo)
		return h->checksum != 0 || h->capacity != OBJ_LANE_UNDO_LEN;
	return h->capacity > logs[log->kind].len || h->capacity % OBJ_ULOG_ALIGN ||
	       (log->kind == OBJ_LOG_INTERNAL && h->next);
}

void obj_lane_walk(const struct obj_lanes *l, const struct obj_log *log, struct obj_ulog_walk *w, uint64_t *budget)
{
	obj_ulog_walk_start(w, l->pool->image, l->pool->major, log->at, &log->hdr, budget);
}

static void chain_look(const struct obj_lanes *l, struct obj_log *log, uint64_t *budget)
{
	struct obj_ulog_chain c;
	struct obj_ulog_ext ext;

	obj_ulog_chain_start(&c, l->pool->image, log->at, log->hdr.next, budget);
	while (obj_ulog_chain_next(&c, &ext))
		log->user_owned = log->user_owned || (ext.hdr.flags & OBJ_ULOG_USER_OWNED);
	log->chain_nr = c.nr;
	log->chain_stop = c.stop;
}

static void redo_state(const struct obj_lanes *l, struct obj_log *log, uint64_t *budget)
{
	struct obj_ulog_redo r = obj_ulog_redo_look(l->pool->image, l->pool->major, log->at, &log->hdr, budget);

	log->base_bytes = r.base_bytes;
	log->stop = r.stop;
	log->stop_at = r.stop_at;
	/* the library counts the entries before it looks at the checksum, and never gets through some */
	if (r.stored || r.stop == OBJ_ULOG_BAD_OP)
		log->state = OBJ_LOG_PENDING;
	else if (log->hdr.checksum)
		log->state = OBJ_LOG_TORN;
}

static void log_state(const struct obj_lanes *l, struct obj_log *log, uint64_t *budget)
{
	struct obj_ulog_walk w;
	struct obj_ulog_entry e;

	chain_look(l, log, budget);
	if (log->kind != OBJ_LOG_UNDO) {
		redo_state(l, log, budget);
		if (log->state != OBJ_LOG_PENDING)
			return;
	}
	obj_lane_walk(l, log, &w, budget);
	while (obj_ulog_walk_next(&w, &e))
		log->bytes += e.data_len;
	log->entries = w.entries;
	log->base_bytes = log->kind == OBJ_LOG_UNDO ? w.base_bytes : log->base_bytes;
	log->stop = w.stop;
	log->stop_at = w.stop_at;
	if (log->kind == OBJ_LOG_UNDO && (w.entries || w.stop == OBJ_ULOG_BAD_OP || w.stop == OBJ_ULOG_BAD_SIZE))
		log->state = OBJ_LOG_PENDING;
}

static void entry_nodes(struct arena *a, const struct obj_lanes *l, struct obj_log *log)
{
	struct obj_ulog_walk w;
	struct obj_ulog_entry e;
	uint64_t budget = l->pool->size;

	obj_lane_walk(l, log, &w, &budget);
	while (w.entries < NODES_KEPT && obj_ulog_walk_next(&w, &e)) {
		bool val = e.op <= OBJ_ULOG_OR;
		struct node *n = node_decode(a, log->node, "entry", val ? &obj_ulog_val_layout : &obj_ulog_buf_layout,
					     l->pool->image, e.at);
		if (n == NULL)
			return;
		n->numbered = true;
		n->idx = w.entries - 1;
		n->len = e.len;
		node_fact_text(a, n, "operation", e.op == OBJ_ULOG_SET ? "set" : e.op == OBJ_ULOG_AND ? "and" :
				e.op == OBJ_ULOG_OR ? "or" : e.op == OBJ_ULOG_BUF_CPY ? "copy" : "fill");
		node_fact_uint(a, n, "target", KIND_OFF, e.target);
		if (e.ulog)
			node_fact_uint(a, n, "extension", KIND_UINT, e.ulog - 1);
	}
	if (log->entries > NODES_KEPT)
		log->node->note = "the first 64 entries are shown";
}

static void chain_nodes(struct arena *a, const struct obj_lanes *l, struct obj_log *log)
{
	uint64_t budget = l->pool->size;
	struct obj_ulog_chain c;
	struct obj_ulog_ext ext;

	obj_ulog_chain_start(&c, l->pool->image, log->at, log->hdr.next, &budget);
	while (c.nr < NODES_KEPT && obj_ulog_chain_next(&c, &ext)) {
		struct node *n = node_decode(a, log->node, "extension", &obj_ulog_layout, l->pool->image, ext.at);

		if (n == NULL)
			return;
		n->numbered = true;
		n->idx = c.nr - 1;
	}
}

static const char *state_text(const struct obj_log *log)
{
	switch (log->state) {
	case OBJ_LOG_PENDING:
		return log->kind == OBJ_LOG_UNDO ? "holds before-images" : "stored, to be applied";
	case OBJ_LOG_TORN:
		return "torn: ignored";
	case OBJ_LOG_LOST:
		return "lost";
	default:
		return "idle";
	}
}

static void log_nodes(struct arena *a, struct obj_lanes *l, struct obj_lane *lane)
{
	for (int k = 0; k < OBJ_LOGS; k++) {
		struct obj_log *log = &lane->log[k];

		log->node = node_decode(a, lane->node, logs[k].name, &obj_ulog_layout, l->pool->image, log->at);
		if (log->node == NULL)
			return;
		node_fact_text(a, log->node, "state", state_text(log));
		if (log->chain_nr)
			node_fact_uint(a, log->node, "extensions", KIND_UINT, log->chain_nr);
		if (log->state == OBJ_LOG_PENDING) {
			node_fact_uint(a, log->node, "entries", KIND_UINT, log->entries);
			node_fact_uint(a, log->node, "bytes", KIND_SIZE, log->bytes);
			entry_nodes(a, l, log);
		}
		chain_nodes(a, l, log);
	}
}

static void lane_nodes(struct arena *a, struct obj_lanes *l, struct obj_lane *lane)
{
	lane->node = node_group_idx(a, l->node, "lane", lane->idx);
	if (lane->node == NULL)
		return;
	lane->node->image = l->pool->image;
	lane->node->at = lane->at;
	lane->node->len = OBJ_LANE_LEN;
	if (l->old)
		obj_lane_old_nodes(a, l, lane);
	else
		log_nodes(a, l, lane);
}

static void logs_look(struct obj_lanes *l, struct obj_lane *lane, struct span bytes, uint64_t *budget)
{
	for (int k = 0; k < OBJ_LOGS; k++) {
		struct obj_log *log = &lane->log[k];
		uint64_t first = 0;

		*log = (struct obj_log){ .kind = (enum obj_log_kind)k, .at = lane->at + logs[k].off };
		if (!layout_decode(&obj_ulog_layout, bytes, logs[k].off, &log->hdr)) {
			log->state = OBJ_LOG_LOST;
			lane->busy = true;
			continue;
		}
		log->odd = odd(log, l->pool->major);
		log_state(l, log, budget);
		(void)span_le64(bytes, logs[k].off + OBJ_ULOG_HDR_LEN, &first);
		log->residue = log->state == OBJ_LOG_IDLE && first;
		/* one kept extension is what a committed transaction leaves */
		lane->busy = lane->busy || log->state != OBJ_LOG_IDLE || log->chain_stop != OBJ_ULOG_END ||
			     (k == OBJ_LOG_UNDO && (log->chain_nr > 1 || log->user_owned));
	}
}

/* False: no memory. */
static bool lane_look(struct arena *a, struct obj_lanes *l, struct obj_lane *lane, struct span bytes, uint64_t *budget)
{
	if (!l->old) {
		logs_look(l, lane, bytes, budget);
		return true;
	}
	lane->old = ARENA_NEW(a, struct obj_lane_old);
	if (lane->old)
		obj_lane_old_look(l, bytes, lane, budget);
	return lane->old != NULL;
}

static bool zeroed(const struct obj_lanes *l, const struct obj_lane *lane)
{
	if (l->old)
		return false;
	for (int k = 0; k < OBJ_LOGS; k++)
		if (lane->log[k].state != OBJ_LOG_IDLE || lane->log[k].hdr.capacity || lane->log[k].hdr.next ||
		    lane->log[k].hdr.gen_num)
			return false;
	return true;
}

static bool lanes_read(struct arena *a, struct obj_lanes *l, struct obj_lane *kept)
{
	const struct obj_pool *p = l->pool;
	uint64_t budget = p->size;
	/* too large for the stack, and gone with the return: not the arena's */
	uint8_t *buf = malloc(2 * (size_t)BATCH * OBJ_LANE_LEN);

	if (buf == NULL)
		return false;
	for (uint32_t i = 0; i < l->nr; i += BATCH) {
		uint32_t nr = l->nr - i < BATCH ? l->nr - i : BATCH;
		size_t len = (size_t)nr * OBJ_LANE_LEN;
		uint64_t at = p->lanes_at + (uint64_t)i * OBJ_LANE_LEN;
		uint8_t *lost = buf + (size_t)BATCH * OBJ_LANE_LEN;

		if (!image_read(p->image, at, len, buf, lost))
			memset(lost, 1, len);
		bool any = memchr(lost, 1, len) != NULL;
		struct span all = { buf, any ? lost : NULL, at, len }, bytes;
		for (uint32_t j = 0; j < nr; j++) {
			struct obj_lane *lane = &kept[l->lane_nr];

			if (!span_cut(all, (uint64_t)j * OBJ_LANE_LEN, OBJ_LANE_LEN, &bytes) ||
			    (l->old ? span_zero(bytes) : pristine(bytes)))
				continue;
			*lane = (struct obj_lane){ .idx = i + j, .at = bytes.at };
			if (!lane_look(a, l, lane, bytes, &budget))
				goto out;
			l->lane_nr++;
			l->lost_nr += span_lost(bytes);
			l->zeroed_nr += zeroed(l, lane);
			l->busy_nr += lane->busy;
		}
	}
	l->lane = arena_array(a, l->lane_nr, sizeof(*l->lane));
	if (l->lane)
		memcpy(l->lane, kept, l->lane_nr * sizeof(*l->lane));
out:
	free(buf);
	return l->lane != NULL;
}

static bool lanes_decode(struct arena *a, struct obj_lanes *l)
{
	struct obj_lane *kept = calloc(l->nr ? l->nr : 1, sizeof(*kept));
	bool done = kept && lanes_read(a, l, kept);

	free(kept);
	for (int k = 0; done && !l->old && k < OBJ_LOGS; k++)
		l->array[k] = node_array(a, l->node, logs[k].name, &obj_ulog_layout, l->pool->image,
					 l->pool->lanes_at + logs[k].off, l->nr, OBJ_LANE_LEN);
	for (uint32_t i = 0; done && i < l->lane_nr; i++) {
		struct obj_lane *lane = &l->lane[i];
		/* a pool whose lanes were all zeroed is told once, on the arrays */
		bool told = l->zeroed_nr > 1 && zeroed(l, lane);

		if (lane->busy || (!told && (lane->log[0].odd || lane->log[1].odd || lane->log[2].odd)))
			lane_nodes(a, l, lane);
	}
	return done;
}

struct obj_lanes *obj_lane_decode(struct arena *a, struct node *parent, struct obj_pool *pool)
{
	struct obj_lanes *l = ARENA_NEW(a, struct obj_lanes);

	if (l == NULL)
		return NULL;
	l->pool = pool;
	l->nr = pool->lanes_nr;
	l->old = pool->major >= 1 && pool->major <= 4;
	l->node = node_group(a, parent, "lanes");
	if (l->node == NULL || !lanes_decode(a, l))
		return NULL;
	l->node->image = pool->image;
	l->node->at = pool->lanes_at;
	l->node->len = (uint64_t)l->nr * OBJ_LANE_LEN;
	node_fact_uint(a, l->node, "lanes", KIND_UINT, l->nr);
	node_fact_uint(a, l->node, "busy", KIND_UINT, l->busy_nr);
	if (l->lost_nr)
		node_fact_uint(a, l->node, "not wholly readable", KIND_UINT, l->lost_nr);
	return arena_failed(a) ? NULL : l;
}

const struct obj_lane *obj_lane_find(const struct obj_lanes *l, uint32_t idx)
{
	uint32_t lo = 0, hi = l->lane_nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (l->lane[mid].idx == idx)
			return &l->lane[mid];
		if (l->lane[mid].idx < idx)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool log_changes(const struct obj_lanes *l, const struct obj_log *log, uint64_t at)
{
	uint64_t budget = l->pool->size;
	struct obj_ulog_walk w;
	struct obj_ulog_entry e;

	obj_lane_walk(l, log, &w, &budget);
	while (obj_ulog_walk_next(&w, &e))
		if (e.target / 8 == at / 8)
			return true;
	return false;
}

bool obj_lanes_pending(const struct obj_pool *p, uint64_t at)
{
	const struct obj_lanes *l = p->lanes;

	if (l->old)
		return obj_lane_old_pending(l, at);
	for (uint32_t i = 0; i < l->lane_nr; i++)
		for (int k = 0; k < OBJ_LOG_UNDO; k++)
			if (l->lane[i].log[k].state == OBJ_LOG_PENDING && log_changes(l, &l->lane[i].log[k], at))
				return true;
	return false;
}

enum obj_log_state obj_lane_walked(struct image *im, uint64_t lane_at)
{
	uint8_t bytes[OBJ_ULOG_HDR_LEN + 8], lost[sizeof(bytes)];
	struct span log = { bytes, lost, lane_at + OBJ_LANE_INTERNAL_OFF, sizeof(bytes) };
	uint64_t capacity, entry;

	if (!image_read(im, log.at, sizeof(bytes), bytes, lost) || !span_le64(log, 16, &capacity) ||
	    !span_le64(log, OBJ_ULOG_HDR_LEN, &entry))
		return OBJ_LOG_LOST;
	return capacity && entry ? OBJ_LOG_PENDING : OBJ_LOG_IDLE;
}
