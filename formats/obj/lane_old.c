#include "formats/obj/lane_old.h"

#include "formats/obj/descr.h"

const struct name_of obj_tx_old_states[] = {
	{ 0, "none, or working" },
	{ 1, "committed" },
	{ 0, NULL },
};

#define SELF obj_redo_old
static const struct field redo_fields[] = { OBJ_REDO_OLD(ROW_LE) };
#undef SELF
const struct layout obj_redo_old_layout =
	LAYOUT(obj_redo_old, "PMDK 1.0 to 1.4 src/libpmemobj/redo.h, struct redo_log", OBJ_OLD_ENTRY_LEN, redo_fields);

#define SELF obj_list_old
static const struct field list_fields[] = { OBJ_LIST_OLD(ROW_LE) };
#undef SELF
const struct layout obj_list_old_layout =
	LAYOUT(obj_list_old, "PMDK 1.0 to 1.4 src/libpmemobj/list.h, struct lane_list_layout", 8, list_fields);

#define SELF obj_tx_old
static const struct field tx_fields[] = { OBJ_TX_OLD(ROW_NAMED) };
#undef SELF
const struct layout obj_tx_old_layout =
	LAYOUT(obj_tx_old, "PMDK 1.0 to 1.4 src/libpmemobj/tx.h, struct lane_tx_layout", 8, tx_fields);

#define SELF obj_vector_old
static const struct field vector_fields[] = { OBJ_VECTOR_OLD(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_vector_old_layout =
	LAYOUT(obj_vector_old, "PMDK 1.1 to 1.4 src/libpmemobj/pvector.h, struct pvector", 224, vector_fields);

#define SELF obj_head_old
static const struct field head_fields[] = { OBJ_HEAD_OLD(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_head_old_layout =
	LAYOUT(obj_head_old, "PMDK 1.0 src/libpmemobj/list.h, struct list_head", 80, head_fields);

const char *obj_lane_old_undo_name(enum obj_undo_old u)
{
	static const char *const names[] = { "alloc", "free", "set", "set_cache" };

	return names[u];
}

bool obj_lane_old_redo(struct image *im, const struct obj_redo_log_old *r, uint32_t i, struct obj_redo_old *out)
{
	uint64_t at = r->at + (uint64_t)i * OBJ_OLD_ENTRY_LEN;

	return i < r->nr && obj_ulog_word(im, at, &out->offset) && obj_ulog_word(im, at + 8, &out->value);
}

void obj_lane_old_walk_start(struct obj_undo_walk_old *w, struct image *im, uint32_t major, uint64_t at,
			     uint64_t *budget)
{
	*w = (struct obj_undo_walk_old){ .image = im, .major = major, .at = at, .budget = budget, .power = 1 };
	if (major == 1) {
		w->value_at = at + 8;
		if (!obj_ulog_word(im, at + 8, &w->first))
			w->stop = OBJ_ULOG_LOST;
		w->next = w->first;
		return;
	}
	for (; w->arrays_nr < OBJ_OLD_ARRAYS; w->arrays_nr++) {
		uint64_t array;

		if (!obj_ulog_word(im, at + 8 * w->arrays_nr, &array)) {
			w->stop = OBJ_ULOG_LOST;
			return;
		}
		if (array == 0)
			break;
		w->arrays[w->arrays_nr] = array;
	}
}

static bool list_next(struct obj_undo_walk_old *w, uint64_t *value)
{
	uint64_t at = w->next;

	if (at == 0 || (w->nr && at == w->first)) {
		w->stop = OBJ_ULOG_END;
		return false;
	}
	if (at < OBJ_OLD_LINK_BACK || at > w->image->size)
		w->stop = OBJ_ULOG_BAD_NEXT;
	else if (at == w->turtle)
		w->stop = OBJ_ULOG_LOOP;
	else if (!obj_ulog_spend(w->budget, OBJ_OLD_LINK_BACK))
		w->stop = OBJ_ULOG_LIMIT;
	else if (!obj_ulog_word(w->image, at - OBJ_OLD_LINK_BACK + 8, &w->next))
		w->stop = OBJ_ULOG_LOST;
	if (w->stop != OBJ_ULOG_GOING)
		return false;
	if (w->lap++ == w->power || w->turtle == 0) {
		w->turtle = at;
		w->power *= 2;
		w->lap = 0;
	}
	w->nr++;
	*value = at;
	return true;
}

bool obj_lane_old_walk_next(struct obj_undo_walk_old *w, uint64_t *value)
{
	if (w->stop != OBJ_ULOG_GOING)
		return false;
	if (w->major == 1)
		return list_next(w, value);
	if (w->idx == (uint64_t)OBJ_OLD_EMBEDDED << w->array) {
		w->array++;
		w->idx = 0;
	}
	if (w->array >= w->arrays_nr) {
		w->stop = OBJ_ULOG_END;
		return false;
	}
	w->value_at = w->arrays[w->array] + 8 * w->idx;
	if (w->value_at > w->image->size || w->image->size - w->value_at < 8)
		w->stop = OBJ_ULOG_BAD_NEXT;
	else if (!obj_ulog_spend(w->budget, 8))
		w->stop = OBJ_ULOG_LIMIT;
	else if (!obj_ulog_word(w->image, w->value_at, value))
		w->stop = OBJ_ULOG_LOST;
	else if (*value == 0 && w->array == w->arrays_nr - 1)
		w->stop = OBJ_ULOG_END;
	if (w->stop != OBJ_ULOG_GOING)
		return false;
	w->idx++;
	w->nr++;
	return true;
}

bool obj_lane_old_v3_records(const struct obj_pool *p)
{
	return p->major == 4 && p->words && (p->words->conversion_flags & 1);
}

bool obj_lane_old_range(struct image *im, uint64_t object, uint64_t usable, struct obj_range_old *out)
{
	*out = (struct obj_range_old){ .at = object, .data_at = object + OBJ_OLD_RANGE_HEAD };
	if (!obj_ulog_word(im, object, &out->offset) || !obj_ulog_word(im, object + 8, &out->size))
		return false;
	out->fits = usable >= OBJ_OLD_RANGE_HEAD && out->size <= usable - OBJ_OLD_RANGE_HEAD;
	return true;
}

bool obj_lane_old_cache_next(struct image *im, uint32_t major, bool v3_records, uint64_t cache, uint64_t usable,
			     uint64_t *off, struct obj_range_old *out)
{
	uint64_t room = major < 4 && usable > OBJ_OLD_SLOT_LEN * OBJ_OLD_SLOTS ? OBJ_OLD_SLOT_LEN * OBJ_OLD_SLOTS : usable;
	uint64_t pad = major < 4 || v3_records ? OBJ_OLD_SLOT_LEN - OBJ_OLD_RANGE_HEAD : 8;

	if (*off > room || room - *off < OBJ_OLD_RANGE_HEAD || !obj_lane_old_range(im, cache + *off, room - *off, out) ||
	    out->offset == 0 || out->size == 0)
		return false;
	if (major < 4 && out->size > pad)
		out->fits = false;
	if (!out->fits)
		*off = UINT64_MAX; /* no way to tell where the next one is */
	else
		*off += major < 4 ? (uint64_t)OBJ_OLD_SLOT_LEN : OBJ_OLD_RANGE_HEAD + (out->size + pad - 1) / pad * pad;
	return true;
}

static uint32_t alloc_entries(uint32_t major)
{
	/* PMDK 1.3 used 10 of major 4's; the others are zero there */
	return major == 1 ? 4 : major < 4 ? 10 : OBJ_OLD_REDO_MAX;
}

static void redo_look(struct span lane, uint64_t off, uint32_t nr, struct obj_redo_log_old *r)
{
	*r = (struct obj_redo_log_old){ .at = lane.at + off, .nr = nr };
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t v;

		if (!span_le64(lane, off + (uint64_t)i * OBJ_OLD_ENTRY_LEN, &v)) {
			r->lost = true;
			continue;
		}
		r->residue = r->residue || v;
		if ((v & OBJ_OLD_FINISH) && r->finish_nr++ == 0)
			r->finish = i;
	}
}

static uint64_t undo_off(uint32_t major, int u)
{
	return OBJ_OLD_TX_OFF + 8 + (uint64_t)u * (major == 1 ? obj_head_old_layout.size : obj_vector_old_layout.size);
}

static void undo_look(const struct obj_lanes *l, struct span lane, int u, struct obj_undo_list_old *out, uint64_t *budget)
{
	uint32_t major = l->pool->major;
	uint64_t off = undo_off(major, u), value, array = 0;
	struct obj_undo_walk_old w;

	*out = (struct obj_undo_list_old){ .at = lane.at + off };
	obj_lane_old_walk_start(&w, l->pool->image, major, out->at, budget);
	out->arrays = w.arrays_nr;
	if (major > 1) {
		out->bad_start = w.arrays_nr && w.arrays[0] != out->at + OBJ_OLD_EMBEDDED_OFF;
		for (uint32_t k = w.arrays_nr; k < OBJ_OLD_ARRAYS; k++)
			out->gap = out->gap || (span_le64(lane, off + 8 * k, &array) && array);
	}
	while (obj_lane_old_walk_next(&w, &value))
		;
	out->values = w.nr;
	out->stop = w.stop;
}

/* The first cache stays, zeroed, when a transaction has committed: it alone is no work under way. */
bool obj_lane_old_tx_busy(const struct obj_lanes *l, const struct obj_lane *lane)
{
	const struct obj_lane_old *o = lane->old;
	struct obj_undo_walk_old w;
	uint64_t cache, offset;

	if (o->state || o->undo[OBJ_UNDO_ALLOC].values || o->undo[OBJ_UNDO_FREE].values ||
	    o->undo[OBJ_UNDO_SET].values || o->undo[OBJ_UNDO_CACHE].values > 1)
		return true;
	obj_lane_old_walk_start(&w, l->pool->image, l->pool->major, o->undo[OBJ_UNDO_CACHE].at, NULL);
	return obj_lane_old_walk_next(&w, &cache) && (!obj_ulog_word(l->pool->image, cache, &offset) || offset);
}

void obj_lane_old_nodes(struct arena *a, struct obj_lanes *l, struct obj_lane *lane)
{
	struct image *im = l->pool->image;
	struct obj_lane_old *o = lane->old;

	o->alloc.node = node_array(a, lane->node, "allocator", &obj_redo_old_layout, im, o->alloc.at, o->alloc.nr,
				   OBJ_OLD_ENTRY_LEN);
	o->list_node = node_decode(a, lane->node, "list", &obj_list_old_layout, im, lane->at + OBJ_OLD_LIST_OFF);
	o->list.node = node_array(a, o->list_node, "redo", &obj_redo_old_layout, im, o->list.at, o->list.nr,
				  OBJ_OLD_ENTRY_LEN);
	o->tx_node = node_decode(a, lane->node, "transaction", &obj_tx_old_layout, im, lane->at + OBJ_OLD_TX_OFF);
	for (int u = 0; u < OBJ_UNDOS; u++) {
		struct node *n = node_decode(a, o->tx_node, obj_lane_old_undo_name((enum obj_undo_old)u),
					     l->pool->major == 1 ? &obj_head_old_layout : &obj_vector_old_layout, im,
					     o->undo[u].at);
		o->undo[u].node = n;
		if (n)
			node_fact_uint(a, n, "values", KIND_UINT, o->undo[u].values);
	}
}

void obj_lane_old_look(const struct obj_lanes *l, struct span bytes, struct obj_lane *lane, uint64_t *budget)
{
	struct obj_lane_old *o = lane->old;

	redo_look(bytes, 0, alloc_entries(l->pool->major), &o->alloc);
	redo_look(bytes, OBJ_OLD_LIST_OFF + 8, OBJ_OLD_REDO_MAX, &o->list);
	o->list_lost = !span_le64(bytes, OBJ_OLD_LIST_OFF, &o->obj_offset);
	o->tx_lost = !span_le64(bytes, OBJ_OLD_TX_OFF, &o->state);
	for (int u = 0; u < OBJ_UNDOS; u++)
		undo_look(l, bytes, u, &o->undo[u], budget);
	lane->busy = span_lost(bytes) || o->alloc.finish_nr || o->list.finish_nr || o->obj_offset || obj_lane_old_tx_busy(l, lane);
	for (int u = 0; u < OBJ_UNDOS; u++)
		lane->busy = lane->busy || o->undo[u].stop != OBJ_ULOG_END || o->undo[u].gap || o->undo[u].bad_start;
}

bool obj_lane_old_pending(const struct obj_lanes *l, uint64_t at)
{
	for (uint32_t i = 0; i < l->lane_nr; i++) {
		const struct obj_redo_log_old *logs[] = { &l->lane[i].old->alloc, &l->lane[i].old->list };

		for (int k = 0; k < 2; k++) {
			struct obj_redo_old e;

			for (uint32_t j = 0; logs[k]->finish_nr == 1 && j <= logs[k]->finish; j++)
				if (obj_lane_old_redo(l->pool->image, logs[k], j, &e) && e.offset / 8 == at / 8)
					return true;
		}
	}
	return false;
}
