/* What a pmemobj pool says of its heap as a whole: its root object, its counter, who made it. */
#include "analyzer/checks/obj_faults.h"
#include "analyzer/checks/tables.h"
#include "analyzer/facts/obj_owned.h"
#include "analyzer/repair/obj_root.h"
#include "formats/obj/descr.h"
#include "formats/obj/find.h"
#include "formats/obj/lane.h"
#include "formats/obj/vos.h"

#include <inttypes.h>

/*
 * The pool, when its words can be judged: a pending redo log that writes the root's words makes them
 * what they are to be at the next open.
 */
static const struct obj_pool *settled(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = m->obj;

	if (p == NULL)
		return NULL;
	if (p->words == NULL) {
		findings_unchecked(out, self, p->words_node, "the words behind the descriptor could not be read");
		return NULL;
	}
	if (obj_lanes_pending(p, p->words_node->at + OBJ_WORD_ROOT_OFFSET) ||
	    obj_lanes_pending(p, p->words_node->at + OBJ_WORD_ROOT_SIZE)) {
		findings_unchecked(out, self, p->words_node, "a pending redo log is about to write the root's place");
		return NULL;
	}
	return p;
}

static struct finding at_word(const struct check *by, enum verdict v, const struct obj_pool *p, const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = p->words_node,
				 .field = layout_field(p->words_node->layout, field) };
}

/* What may be the root where the pool's words do not lead to it; told only when every object was looked at. */
static const char *candidate(const struct obj_pool *p, struct findings *out)
{
	const struct obj_account *acc = out->deep ? facts_obj_heap(out->facts, p->heap, true) : NULL;
	const struct obj_owned *owned = acc && acc->complete ? obj_owned(out->arena, p) : NULL;
	const struct obj_internal *o = owned ? obj_owned_root(owned, acc, p) : NULL;

	if (o == NULL)
		return "";
	const char *text = arena_printf(out->arena,
					"; one internal object belongs to nobody, at 0x%" PRIx64 ", of %" PRIu64
					" bytes: it is the root, or a leak", o->at, o->len);
	return text ? text : "";
}

static void words_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = settled(self, m, out);

	if (p == NULL || p->major < 4 || (p->words->root_offset == 0) == (p->words->root_size == 0))
		return;
	struct finding f = at_word(self, CONFLICT, p, p->words->root_offset ? "root_size" : "root_offset");
	f.detail = arena_printf(out->arena, "the root's place is 0x%" PRIx64 ", its size %" PRIu64 "%s",
				p->words->root_offset, p->words->root_size, candidate(p, out));
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

/* No root, and an object of the library's own that no lane holds: the words are gone, not the root. */
static void none_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = settled(self, m, out);

	/* an operation under way may have been about to make the root, or to free that object */
	if (p == NULL || p->major < 5 || p->lanes->busy_nr || p->words->root_offset || p->words->root_size)
		return;
	/* looked for whether asked to be deep or not: only a pool that has no root pays for it */
	const struct obj_account *acc = out->deep ? facts_obj_heap(out->facts, p->heap, true)
						  : obj_account(out->arena, p->heap, true, 1, 0);
	const struct obj_owned *owned = acc && acc->complete && acc->all.internal ? obj_owned(out->arena, p) : NULL;
	const struct obj_internal *o = owned ? obj_owned_root(owned, acc, p) : NULL;
	if (o == NULL)
		return;
	struct finding f = at_word(self, CONFLICT, p, "root_offset");
	f.detail = arena_printf(out->arena, "the object at 0x%" PRIx64 ", of %" PRIu64 " bytes; there are %" PRIu64 " objects in all", o->at,
				o->len, acc->all.objects);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

/* What lies where the root object ought to be. False: nothing can be said. */
static bool root_place(const struct check *self, const struct obj_pool *p, struct findings *out,
		       struct obj_place *place)
{
	struct obj_finder *f = obj_finder_open(p->heap);

	if (f == NULL) {
		findings_unchecked(out, self, p->words_node, "no memory to look for the root object");
		return false;
	}
	obj_finder_at(f, p->words->root_offset, place);
	obj_finder_close(f);
	return true;
}

static void root_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = settled(self, m, out);
	struct obj_place at;

	if (p == NULL || p->words->root_offset == 0 || !root_place(self, p, out, &at))
		return;
	const struct obj_object *o = &at.object;
	struct finding f = at_word(self, CORRUPT, p, "root_offset");
	bool object = at.kind == OBJ_PLACE_OBJECT && at.off == 0;
	f.expected = "user data of an allocated object that is flagged as internal, of type 0";
	f.repair = REPAIR_ASK;
	if (at.kind == OBJ_PLACE_UNKNOWN) {
		findings_unchecked(out, self, p->words_node, "the headers that describe the place of the root are damaged "
							     "or unread");
		return;
	}
	if (!object) {
		f.actual = arena_printf(out->arena, "0x%" PRIx64 ": %s", p->words->root_offset, obj_place_name(at.kind));
		f.detail = arena_printf(out->arena, "%s%s", at.kind == OBJ_PLACE_OBJECT ?
					"it points into an object, not to its start" : "there is no object there",
					candidate(p, out));
	} else if (o->hdr_len && o->wrong == 0 && (!(o->flags & OBJ_OBJECT_INTERNAL) || o->type_num)) {
		f.actual = arena_printf(out->arena, "an object of type %" PRIu64 ", flags 0x%04x", o->type_num, o->flags);
		f.detail = "the object there is the application's, or no root";
	} else if (o->hdr_len == 0) {
		f.detail = "the object there has no header, and a root object has one";
	} else if (p->root_len > o->len) {
		f = at_word(self, CONFLICT, p, p->major >= 4 ? "root_size" : "root_offset");
		f.expected = arena_printf(out->arena, "at most %" PRIu64 " bytes, as its object holds", o->len);
		f.actual = arena_printf(out->arena, "%" PRIu64, p->root_len);
		f.repair = REPAIR_ASK;
	} else {
		return;
	}
	findings_add(out, f);
}

/* Does the entry free the root: clear bits of it, or turn its chunks to free ones? */
static bool frees(const struct obj_place *root, const struct obj_ulog_entry *e)
{
	if (root->bits)
		return e->op == OBJ_ULOG_AND && e->target == root->bits_at && (root->bits & ~e->value);
	return e->op == OBJ_ULOG_SET && e->target == root->block.hdr_at && (uint16_t)e->value == OBJ_CHUNK_FREE;
}

static void freed_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_pool *p = settled(self, m, out);
	struct obj_place root;
	uint64_t budget = p ? p->size : 0;

	if (p == NULL || p->major < 5 || p->lanes->busy_nr == 0 || p->words->root_offset == 0 ||
	    !root_place(self, p, out, &root) || root.kind != OBJ_PLACE_OBJECT)
		return;
	for (uint32_t i = 0; i < p->lanes->lane_nr; i++)
		for (int k = 0; k < OBJ_LOG_UNDO; k++) {
			const struct obj_log *log = &p->lanes->lane[i].log[k];
			struct obj_ulog_entry e;
			struct obj_ulog_walk w;

			if (log->state != OBJ_LOG_PENDING)
				continue;
			obj_lane_walk(p->lanes, log, &w, &budget);
			while (obj_ulog_walk_next(&w, &e)) {
				if (!frees(&root, &e))
					continue;
				struct finding f = at_word(self, CONFLICT, p, "root_offset");
				f.at = e.at;
				f.len = e.len;
				f.detail = arena_printf(out->arena, "lane %" PRIu32 " is about to free it",
							p->lanes->lane[i].idx);
				findings_add(out, f);
			}
		}
}

/* The counter is kept only while an application has statistics on: another sum alone proves nothing. */
static void counter(const struct check *self, const struct model *m, struct findings *out, bool impossible)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);
	uint64_t stored = acc && m->obj->words && m->obj->major >= 4 ? m->obj->words->heap_curr_allocated : 0;

	if (stored == 0 || stored == acc->all.allocated || (stored > acc->heap->len) != impossible)
		return;
	struct finding f = at_word(self, CONFLICT, m->obj, "heap_curr_allocated");
	f.expected = arena_printf(out->arena, "%" PRIu64 ", the sum over all allocated blocks", acc->all.allocated);
	f.actual = arena_printf(out->arena, "%" PRIu64, stored);
	if (impossible)
		f.detail = arena_printf(out->arena, "the heap has %" PRIu64 " bytes: the counter fell below zero or was "
						    "overwritten", acc->heap->len);
	f.repair = REPAIR_SAFE;
	findings_add(out, f);
}

static void sum_verify(const struct check *self, const struct model *m, struct findings *out)
{
	counter(self, m, out, false);
}

static void underflow_verify(const struct check *self, const struct model *m, struct findings *out)
{
	counter(self, m, out, true);
}

static void vos_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_vos *v = m->obj ? m->obj->vos : NULL;

	if (v == NULL || (!v->named && v->root == NULL))
		return;
	struct finding f = { .by = self, .verdict = CONFLICT, .node = v->node ? v->node : m->obj->descr_node };
	f.detail = v->named && v->root
			   ? "the layout's name and the root object say so. Most of its objects have no header, so their type "
			     "is 0 and their size that of the unit; it keeps offsets instead of pointers, which count as "
			     "references here; and its counter of allocated bytes is used"
		   : v->named ? "the layout's name says so, and the root object does not begin with DAOS's magic number"
			      : "the root object begins with DAOS's magic number, and the layout has another name";
	findings_add_as(out, v->named && v->root ? NOTE : WARNING, f);
}

static const struct check checks[] = {
	{ .id = "obj.root.words", .covers = "P-9", .severity = ERROR,
	  .says = "the root object has a place and no size, or a size and no place",
	  .means = "The application does not find its data, or the library makes a new, empty root.",
	  .remedy = "Do not open the pool. Of the internal objects, the one that no lane holds is the root.",
	  .source = "PMDK src/libpmemobj/obj.c pmemobj_root_construct", .verify = words_verify,
	  .repair = obj_root_repair },
	{ .id = "obj.root.none", .covers = "P-9 X-3", .severity = WARNING,
	  .says = "the pool has no root object, but an object that looks like one",
	  .means = "No lane holds this object of the library's own: it is the root, whose place was overwritten with zeros, or a "
		   "leak. The application gets a new, empty root, and finds nothing.",
	  .remedy = "Do not open the pool before it is clear whether it had a root.",
	  .source = "PMDK src/libpmemobj/obj.c pmemobj_root_construct", .verify = none_verify,
	  .repair = obj_root_repair },
	{ .id = "obj.root.object", .covers = "P-9 X-8", .severity = ERROR,
	  .says = "what the pool calls its root object is none",
	  .means = "The library does not look, and gives the application whatever lies there.",
	  .remedy = "Do not open the pool. Of the internal objects, the one that no lane holds is the root.",
	  .source = "PMDK src/libpmemobj/obj.c pmemobj_root_construct", .verify = root_verify,
	  .repair = obj_root_repair },
	{ .id = "obj.root.freed", .covers = "X-8", .severity = ERROR,
	  .says = "a redo log is about to free the root object",
	  .means = "The next open frees it, and what is allocated after that overwrites it.",
	  .remedy = "Do not open the pool.", .source = "PMDK src/libpmemobj/palloc.c", .verify = freed_verify },
	{ .id = "obj.stats.sum", .covers = "P-10 X-9", .severity = NOTE,
	  .says = "the counter of allocated bytes is not the sum of what is allocated",
	  .means = "It is kept only while the application has statistics on, and is not safe against crashes. Where "
		   "they were on from the start, as in DAOS, accounting is wrong by the difference.",
	  .remedy = "None needed to read the pool. The sum can be stored.",
	  .source = "PMDK src/libpmemobj/stats.c", .verify = sum_verify,
	  .repair = obj_root_repair_counter },
	{ .id = "obj.stats.underflow", .covers = "K-10", .severity = WARNING,
	  .says = "the counter of allocated bytes is larger than the heap: a defect of PMDK as used by DAOS",
	  .means = "Who relies on it, as DAOS does, believes the pool to be full.",
	  .remedy = "Store the sum of what is allocated, or 0.",
	  .source = "PMDK src/libpmemobj/stats.c; DAOS-18882", .verify = underflow_verify,
	  .repair = obj_root_repair_counter },
	{ .id = "obj.daos.vos", .covers = "DAOS", .severity = NOTE,
	  .says = "the pool is a DAOS versioned object store",
	  .means = "Only the heap's and the lanes' rules are checked; what DAOS keeps in its objects is not.",
	  .remedy = "None needed.", .source = "DAOS src/vos/vos_layout.h", .verify = vos_verify },
};

const struct check_table obj_root_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
