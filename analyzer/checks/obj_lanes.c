/*
 * Lanes of majors 5 and 6. What a crash leaves in them is no fault: the story tells it. A fault is what
 * no library writes, or what makes the next opening do harm.
 */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/obj_lanes.h"
#include "analyzer/repair/obj_recover.h"
#include "formats/obj/find.h"
#include "formats/obj/lane.h"

#include <inttypes.h>
#include <stdlib.h>

enum { RANGES_MAX = 1 << 16 }; /* before-images compared with one another */

static const struct obj_lanes *lanes_of(const struct model *m)
{
	return m->obj && !m->obj->lanes->old ? m->obj->lanes : NULL;
}

static struct finding at_field(const struct check *by, const struct obj_log *log, const char *field)
{
	return (struct finding){ .by = by, .verdict = CORRUPT, .node = log->node,
				 .field = layout_field(&obj_ulog_layout, field) };
}

static struct finding at_entry(const struct check *by, const struct obj_log *log, const struct obj_ulog_entry *e,
			       uint64_t idx)
{
	return (struct finding){ .by = by, .verdict = CORRUPT, .node = log->node, .at = e->at, .len = e->len,
				 .idx = idx, .numbered = true };
}

/* Every log of every lane that holds anything, one after the other. */
struct each {
	const struct obj_lanes *lanes;
	uint32_t i;
	int k;
	const struct obj_lane *lane;
};

static const struct obj_log *next_log(struct each *e)
{
	if (e->lanes == NULL)
		return NULL;
	for (; e->i < e->lanes->lane_nr; e->i++, e->k = 0) {
		e->lane = &e->lanes->lane[e->i];
		if (e->lane->node && e->k < OBJ_LOGS)
			return &e->lane->log[e->k++];
	}
	return NULL;
}

#define EACH_LOG(m) { .lanes = lanes_of(m) }

static void lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = m->obj ? m->obj->lanes : NULL;

	for (uint32_t i = 0; l && i < l->lane_nr; i++)
		for (int k = 0; !l->old && k < OBJ_LOGS; k++)
			if (l->lane[i].log[k].state == OBJ_LOG_LOST)
				findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED,
								    .node = l->lane[i].log[k].node });
	if (l && l->nr < OBJ_LANES_NR)
		findings_add(out, (struct finding){
					  .by = self, .verdict = UNVERIFIED, .node = l->node,
					  .detail = arena_printf(out->arena, "the pool ends behind lane %" PRIu32, l->nr) });
}

/* Does the library have something to do in it at its next open? */
static bool pending(const struct obj_lane *lane)
{
	bool any = lane->old && lane->busy;

	for (int k = 0; k < OBJ_LOGS; k++)
		any |= lane->old == NULL && lane->log[k].state == OBJ_LOG_PENDING;
	return any;
}

static void pending_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = m->obj ? m->obj->lanes : NULL;
	uint32_t nr = 0;

	for (uint32_t i = 0; l && i < l->lane_nr; i++)
		nr += pending(&l->lane[i]);
	if (nr)
		findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED, .node = l->node, .repair = REPAIR_ASK,
						    .detail = arena_printf(out->arena, "%" PRIu32 " of them", nr) });
}

static void zeroed_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lanes *l = lanes_of(m);

	if (l == NULL || l->zeroed_nr < 2)
		return;
	findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = l->array[OBJ_LOG_UNDO],
					    .detail = arena_printf(out->arena, "%" PRIu32 " of %" PRIu32 " lanes",
								   l->zeroed_nr, l->nr),
					    .repair = REPAIR_SAFE });
}

static void capacity_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		uint64_t room = obj_lane_log_len(log->kind), has = log->hdr.capacity;
		bool undo = log->kind == OBJ_LOG_UNDO;

		if (log->state == OBJ_LOG_LOST || (undo ? has == room : has <= room && has % OBJ_ULOG_ALIGN == 0))
			continue;
		struct finding f = at_field(self, log, "capacity");
		f.expected = arena_printf(out->arena, undo ? "%" PRIu64 : "0 to %" PRIu64 ", a multiple of 64", room);
		f.actual = arena_printf(out->arena, "%" PRIu64, has);
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

static void unused_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		const struct obj_ulog *h = &log->hdr;
		bool undo = log->kind == OBJ_LOG_UNDO, pad = false;

		for (size_t i = 0; i < sizeof(h->unused); i++)
			pad = pad || h->unused[i];
		const char *field = undo && h->checksum ? "checksum" : h->flags ? "flags" :
				    (!undo || m->obj->major < 6) && h->gen_num ? "gen_num" : pad ? "unused" : NULL;
		if (field == NULL)
			continue;
		struct finding f = at_field(self, log, field);
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

static void torn_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		if (log->state != OBJ_LOG_TORN)
			continue;
		struct finding f = at_field(self, log, "checksum");
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

/* Words that a redo log may change outside of the heap: of lanes, and of the root object. */
static bool redo_target_good(const struct obj_pool *p, const struct obj_ulog_entry *e)
{
	uint64_t lanes_end = p->lanes_at + (uint64_t)p->lanes_nr * OBJ_LANE_LEN;
	uint64_t root = p->words_node->at, t = e->target;

	if (t % 8)
		return false;
	return (t >= p->heap_at && t - p->heap_at < p->heap_len) || (t >= p->lanes_at && t < lanes_end) || t == root ||
	       t == root + 16;
}

static void redo_target_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		uint64_t budget = m->obj->size;
		struct obj_ulog_walk w;
		struct obj_ulog_entry e;

		if (log->kind == OBJ_LOG_UNDO || log->state != OBJ_LOG_PENDING)
			continue;
		obj_lane_walk(each.lanes, log, &w, &budget);
		while (obj_ulog_walk_next(&w, &e)) {
			if (redo_target_good(m->obj, &e))
				continue;
			struct finding f = at_entry(self, log, &e, w.entries - 1);
			f.actual = arena_printf(out->arena, "0x%" PRIx64, e.target);
			f.repair = REPAIR_ADVANCED;
			findings_add(out, f);
		}
	}
}

static void undo_range_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		uint64_t budget = m->obj->size, at = m->obj->heap_at, len = m->obj->heap_len;
		struct obj_ulog_walk w;
		struct obj_ulog_entry e;

		if (log->kind != OBJ_LOG_UNDO || log->state != OBJ_LOG_PENDING)
			continue;
		obj_lane_walk(each.lanes, log, &w, &budget);
		while (obj_ulog_walk_next(&w, &e)) {
			if (e.op == OBJ_ULOG_BUF_CPY && e.data_len && e.target >= at && e.target - at <= len &&
			    e.data_len <= len - (e.target - at))
				continue;
			struct finding f = at_entry(self, log, &e, w.entries - 1);
			f.actual = arena_printf(out->arena, "%" PRIu64 " bytes at 0x%" PRIx64, e.data_len, e.target);
			f.repair = REPAIR_ADVANCED;
			findings_add(out, f);
		}
	}
}

static void operation_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		if (log->state != OBJ_LOG_PENDING || (log->stop != OBJ_ULOG_BAD_OP && log->stop != OBJ_ULOG_BAD_SIZE))
			continue;
		findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = log->node, .at = log->stop_at,
						    .len = OBJ_ULOG_VAL_LEN, .repair = REPAIR_ADVANCED,
						    .detail = arena_printf(out->arena, "%s, at 0x%" PRIx64,
									   obj_ulog_stop_text(log->stop),
									   log->stop_at) });
	}
}

static void internal_chain_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		if (log->kind != OBJ_LOG_INTERNAL || log->hdr.next == 0)
			continue;
		struct finding f = at_field(self, log, "next");
		f.expected = "0";
		f.actual = arena_printf(out->arena, "0x%" PRIx64, log->hdr.next);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
}

static void chain_end_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL) {
		if (log->state == OBJ_LOG_LOST || log->chain_stop == OBJ_ULOG_END)
			continue;
		struct finding f = at_field(self, log, "next");
		f.verdict = log->chain_stop == OBJ_ULOG_LOST ? UNVERIFIED : CORRUPT;
		f.detail = arena_printf(out->arena, "behind extension %" PRIu64 ": %s", log->chain_nr,
					obj_ulog_stop_text(log->chain_stop));
		f.repair = f.verdict == CORRUPT ? REPAIR_ASK : REPAIR_NONE;
		findings_add(out, f);
	}
}

/* Is the word that makes the object allocated about to be written? */
static bool allocation_pending(const struct obj_pool *p, const struct obj_place *at)
{
	return obj_lanes_pending(p, at->bits_at ? at->bits_at : at->block.hdr_at);
}

/* Why an extension cannot lie where it does, or NULL. */
static const char *extension_wrong(const struct obj_pool *p, struct obj_finder *f, const struct obj_ulog_ext *ext)
{
	bool own = ext->hdr.flags & OBJ_ULOG_USER_OWNED;
	struct obj_place at;

	obj_finder_at(f, ext->at, &at);
	if (at.kind == OBJ_PLACE_FREE)
		return allocation_pending(p, &at) || obj_lanes_pending(p, ext->link_at) ? NULL : "it lies in free space";
	if (at.kind == OBJ_PLACE_UNKNOWN)
		return NULL; /* the chunk's own findings say so */
	if (at.kind != OBJ_PLACE_OBJECT)
		return "it lies in no object";
	if (!own && !(at.object.flags & OBJ_OBJECT_INTERNAL))
		return "it lies in an object that is the application's";
	if (at.off > at.object.len || at.object.len - at.off < OBJ_ULOG_HDR_LEN ||
	    ext->hdr.capacity > at.object.len - at.off - OBJ_ULOG_HDR_LEN)
		return "it is larger than the object that it lies in";
	return NULL;
}

static void extension_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;
	uint64_t budget = m->obj ? m->obj->size : 0;
	struct obj_finder *finder = each.lanes ? obj_finder_open(m->obj->heap) : NULL;

	/* lanes that are idle may keep an extension: they have no node of their own */
	for (uint32_t i = 0; finder && i < each.lanes->lane_nr; i++)
		for (int k = 0; k < OBJ_LOGS; k++) {
			struct obj_ulog_chain c;
			struct obj_ulog_ext ext;

			log = &each.lanes->lane[i].log[k];
			if (log->state == OBJ_LOG_LOST)
				continue;
			obj_ulog_chain_start(&c, m->obj->image, log->at, log->hdr.next, &budget);
			while (c.nr < log->chain_nr && obj_ulog_chain_next(&c, &ext)) {
				const char *why = extension_wrong(m->obj, finder, &ext);

				if (why == NULL)
					continue;
				findings_add(out, (struct finding){
					.by = self, .verdict = CORRUPT,
					.node = log->node ? log->node : each.lanes->array[k], .at = ext.at,
					.len = OBJ_ULOG_HDR_LEN, .idx = log->node ? c.nr - 1 : each.lanes->lane[i].idx,
					.numbered = true, .repair = log->state == OBJ_LOG_PENDING ? REPAIR_ADVANCED : REPAIR_ASK,
					.detail = arena_printf(out->arena, "extension %" PRIu64 " of the %s log of lane %" PRIu32
							       ", at 0x%" PRIx64 ": %s", c.nr - 1,
							       obj_lane_log_name(log->kind), each.lanes->lane[i].idx, ext.at,
							       why) });
			}
		}
	obj_finder_close(finder);
}

struct image_of {
	uint64_t at, end;
	uint32_t lane;
	const struct node *node;
	uint64_t entry_at, entry_len;
};

static int range_order(const void *p, const void *q)
{
	const struct image_of *a = p, *b = q;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->lane < b->lane ? -1 : a->lane > b->lane;
}

/* Fills r with the first max of the ranges that pending before-images go back to; returns how many there are. */
static uint64_t ranges_take(const struct model *m, struct image_of *r, uint64_t max)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;
	uint64_t nr = 0, budget = m->obj ? m->obj->size : 0;

	while ((log = next_log(&each)) != NULL) {
		struct obj_ulog_walk w;
		struct obj_ulog_entry e;

		if (log->kind != OBJ_LOG_UNDO || log->state != OBJ_LOG_PENDING)
			continue;
		obj_lane_walk(each.lanes, log, &w, &budget);
		while (obj_ulog_walk_next(&w, &e))
			if (nr++ < max)
				r[nr - 1] = (struct image_of){ e.target, e.target + e.data_len, each.lane->idx, log->node, e.at, e.len };
	}
	return nr;
}

static void overlap_verify(const struct check *self, const struct model *m, struct findings *out)
{
	uint64_t nr = ranges_take(m, NULL, 0), far = 0;

	if (nr < 2)
		return;
	if (nr > RANGES_MAX) {
		findings_unchecked(out, self, m->obj->lanes->node, "there are more than 65536 before-images to compare");
		return;
	}
	struct image_of *r = arena_array(out->arena, nr, sizeof(*r));
	if (r == NULL)
		return;
	nr = ranges_take(m, r, nr);
	qsort(r, nr, sizeof(*r), range_order);
	for (uint64_t i = 1; i < nr; i++) {
		if (r[i - 1].end > r[far].end)
			far = i - 1;
		if (r[i].at >= r[far].end || r[i].lane == r[far].lane)
			continue;
		findings_add(out, (struct finding){
			.by = self, .verdict = CONFLICT, .node = r[i].node, .at = r[i].entry_at, .len = r[i].entry_len,
			.detail = arena_printf(out->arena, "lanes %" PRIu32 " and %" PRIu32 ", at 0x%" PRIx64, r[far].lane,
					       r[i].lane, r[i].at) });
	}
}

static void user_owned_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL)
		if (log->kind == OBJ_LOG_UNDO && log->user_owned && log->state != OBJ_LOG_LOST) {
			struct finding f = at_field(self, log, "next");
			f.actual = arena_printf(out->arena, "0x%" PRIx64, log->hdr.next);
			f.repair = REPAIR_ASK;
			findings_add(out, f);
		}
}

static void chain_left_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;

	while ((log = next_log(&each)) != NULL)
		if (log->kind == OBJ_LOG_UNDO && log->state == OBJ_LOG_IDLE && log->chain_nr > 1 &&
		    log->chain_stop == OBJ_ULOG_END) {
			struct finding f = at_field(self, log, "next");
			f.detail = arena_printf(out->arena, "%" PRIu64 " extensions", log->chain_nr);
			f.repair = REPAIR_ASK;
			findings_add(out, f);
		}
}

/* May an operation that was cut off have changed this place? */
static bool target_known(const struct obj_pool *p, struct obj_finder *f, const struct obj_ulog_entry *e)
{
	struct obj_place at;

	if (e->target < p->heap_at || e->target - p->heap_at >= p->heap_len)
		return true; /* other checks look at these */
	obj_finder_at(f, e->target, &at);
	switch (at.kind) {
	case OBJ_PLACE_CHUNK_HDR:
	case OBJ_PLACE_BITMAP:
		return e->op <= OBJ_ULOG_OR;
	case OBJ_PLACE_OBJECT:
	case OBJ_PLACE_UNKNOWN:
		return true;
	case OBJ_PLACE_FREE:
	case OBJ_PLACE_OBJECT_HDR:
		return allocation_pending(p, &at);
	default:
		return false;
	}
}

static void target_verify(const struct check *self, const struct model *m, struct findings *out)
{
	struct each each = EACH_LOG(m);
	const struct obj_log *log;
	struct obj_finder *finder = each.lanes && each.lanes->busy_nr ? obj_finder_open(m->obj->heap) : NULL;
	uint64_t budget = m->obj ? m->obj->size : 0;

	while (finder && (log = next_log(&each)) != NULL) {
		struct obj_ulog_walk w;
		struct obj_ulog_entry e;

		if (log->state != OBJ_LOG_PENDING)
			continue;
		obj_lane_walk(each.lanes, log, &w, &budget);
		while (obj_ulog_walk_next(&w, &e)) {
			if (target_known(m->obj, finder, &e))
				continue;
			struct finding f = at_entry(self, log, &e, w.entries - 1);
			f.verdict = CONFLICT;
			f.actual = arena_printf(out->arena, "0x%" PRIx64, e.target);
			f.repair = REPAIR_ADVANCED;
			findings_add(out, f);
		}
	}
	obj_finder_close(finder);
}

#define SOURCE "PMDK src/libpmemobj/ulog.c, lane.c"

static const struct check checks[] = {
	{ .id = "obj.lane.lost", .covers = "L-1", .severity = WARNING,
	  .says = "a lane could not be read",
	  .means = "Whether an operation was under way in it is not known. If one was, what it changed is neither "
		   "finished nor taken back.",
	  .remedy = "Read these bytes again, or take them from another replica.", .source = SOURCE,
	  .verify = lost_verify },
	{ .id = "obj.lane.pending", .covers = "L-4", .severity = NOTE,
	  .says = "lanes hold operations that were under way",
	  .means = "The program, or the machine, ended in the middle of them. The library finishes or takes back each at its "
		   "next open: this is no damage.",
	  .remedy = "Open the pool as usual; or let repair do the same, to the byte, where no library shall.",
	  .source = "PMDK src/libpmemobj/lane.c lane_recover_and_section_boot", .verify = pending_verify,
	  .repair = obj_recover_repair },
	{ .id = "obj.lane.zeroed", .covers = "K-3", .severity = ERROR,
	  .says = "lanes are zero throughout, their capacities too",
	  .means = "A conversion to major 5 or 6 leaves them so (pmdk-convert). The first transaction that takes a "
		   "snapshot then overwrites the pool from its header on.",
	  .remedy = "Store the capacities 192, 640 and 2048 in every lane before the pool is opened.",
	  .source = "PMDK src/libpmemobj/ulog.c ulog_entry_buf_create; pmdk-convert", .verify = zeroed_verify,
	  .repair = obj_lanes_repair_zeroed },
	{ .id = "obj.lane.capacity", .covers = "L-1", .severity = ERROR,
	  .says = "a log's capacity is one that no library writes",
	  .means = "With a capacity of 0 in an undo log, the next snapshot overwrites the pool.",
	  .remedy = "Store the capacity that the format has for it.", .source = SOURCE, .verify = capacity_verify,
	  .repair = obj_lanes_repair_capacity },
	{ .id = "obj.lane.unused", .covers = "L-2", .severity = WARNING,
	  .says = "a log's header holds something in a word that is to be zero",
	  .means = "No library reads it; something wrote where it should not.", .remedy = "Zero it.", .source = SOURCE,
	  .verify = unused_verify,
	  .repair = obj_lanes_repair_zero },
	{ .id = "obj.redo.torn", .covers = "L-4", .severity = NOTE,
	  .says = "a redo log was cut off while it was being stored",
	  .means = "Its operation had not happened, and the library ignores it. This is no damage.",
	  .remedy = "None needed.", .source = SOURCE, .verify = torn_verify, .repair = obj_recover_repair_torn },
	{ .id = "obj.redo.target", .covers = "L-3", .severity = ERROR,
	  .says = "a stored redo log changes a word that no operation changes",
	  .means = "The library applies it at the next opening, without looking: it crashes, or spoils other data.",
	  .remedy = "Do not open the pool. The whole log is untrustworthy; taking it out loses its operation.",
	  .source = SOURCE, .verify = redo_target_verify,
	  .repair = obj_lanes_repair_drop },
	{ .id = "obj.undo.range", .covers = "L-5", .severity = ERROR,
	  .says = "a before-image belongs to no place in the heap",
	  .means = "The library puts it back at the next opening, without looking: it crashes, or spoils other data.",
	  .remedy = "Do not open the pool. Take the entry out, and check what the transaction had changed.",
	  .source = SOURCE, .verify = undo_range_verify,
	  .repair = obj_lanes_repair_drop },
	{ .id = "obj.log.operation", .covers = "L-9", .severity = ERROR,
	  .says = "a log holds an entry that cannot be",
	  .means = "The library hangs or crashes when it opens the pool, and when it checks it.",
	  .remedy = "End the log before this entry.", .source = SOURCE, .verify = operation_verify,
	  .repair = obj_lanes_repair_operation },
	{ .id = "obj.log.internal-chain", .covers = "L-7", .severity = ERROR,
	  .says = "the internal redo log of a lane is linked to an extension",
	  .means = "That log is never extended.", .remedy = "Zero the link.", .source = SOURCE,
	  .verify = internal_chain_verify,
	  .repair = obj_lanes_repair_next },
	{ .id = "obj.log.chain", .covers = "L-6", .severity = ERROR,
	  .says = "the links of a log's extensions lead nowhere",
	  .means = "The library follows them when it opens the pool, whether the log is in use or not: it crashes or "
		   "never comes back.",
	  .remedy = "Zero the first wrong link; what lay behind it stays allocated.", .source = SOURCE,
	  .verify = chain_end_verify,
	  .repair = obj_lanes_repair_next },
	/* L-8: an extension's generation is not used: nothing to be judged in it */
	{ .id = "obj.log.extension", .covers = "L-6 L-8", .severity = ERROR,
	  .says = "an extension of a log is not where one can be",
	  .means = "The library frees it at the next opening, which may free what belongs to others.",
	  .remedy = "Zero the link to it before the pool is opened.", .source = SOURCE, .verify = extension_verify,
	  .repair = obj_lanes_repair_extension },
	{ .id = "obj.undo.overlap", .covers = "L-11", .severity = WARNING,
	  .says = "before-images of several lanes belong to the same bytes",
	  .means = "They are put back lane by lane: what is there in the end is the last lane's, whoever wrote first. The "
		   "application changed them without a lock.",
	  .remedy = "Check these bytes after recovery.", .source = SOURCE, .verify = overlap_verify },
	{ .id = "obj.undo.user-buffer", .covers = "L-10 K-6", .severity = WARNING,
	  .says = "a buffer of the application's own is linked to an undo log",
	  .means = "Recovery of every library of major 6 frees that object: the application's pointer to it dangles "
		   "afterwards.",
	  .remedy = "Unlink the buffer after the before-images are put back, instead of opening the pool.",
	  .source = "PMDK src/libpmemobj/ulog.c ulog_free_next", .verify = user_owned_verify,
	  .repair = obj_recover_repair },
	{ .id = "obj.undo.chain-left", .covers = "K-9", .severity = NOTE,
	  .says = "a transaction is over and its log's extensions are still there",
	  .means = "The process ended between the two. PMDK 1.12.1 and later free them at the next opening, earlier "
		   "libraries of major 6 keep them for ever.",
	  .remedy = "None needed with a library of today.", .source = "PMDK 1.12.1 src/libpmemobj/memops.c",
	  .verify = chain_left_verify, .repair = obj_recover_repair },
	{ .id = "obj.log.target", .covers = "X-2", .severity = WARNING,
	  .says = "a pending log changes bytes that no object has and no operation changes",
	  .means = "The log and the heap disagree: one of them is damaged, or from another time.",
	  .remedy = "Compare with another capture before the pool is opened.", .source = SOURCE,
	  .verify = target_verify },
};

const struct check_table obj_lanes_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
