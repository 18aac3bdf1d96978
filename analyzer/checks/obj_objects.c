/* The objects of a pmemobj heap, each by its own header. */
#include "analyzer/checks/obj_faults.h"
#include "analyzer/checks/tables.h"
#include "analyzer/facts/obj_owned.h"
#include "analyzer/repair/obj_heap.h"
#include "analyzer/repair/obj_run.h"

#include <inttypes.h>

static void each(const struct check *self, const struct model *m, struct findings *out, enum obj_fault_kind kind,
		 void (*tell)(const struct obj_fault *, struct arena *, struct finding *))
{
	const struct obj_account *acc = obj_faults_objects(self, m, out);

	if (acc)
		obj_faults_each(self, acc, kind, out, tell);
}

static void size_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->verdict = CONFLICT;
	f->detail = arena_printf(a, "object in unit %" PRIu64 ": %s", ft->unit,
				 ft->wrong & OBJ_OBJECT_BITS ? "the bitmap gives it less room than it says"
							     : "no object of this run can have such a size");
	f->expected = arena_printf(a, "%" PRIu64 ", by the bitmap and the next header", ft->expected);
	f->actual = arena_printf(a, "%" PRIu64, ft->actual);
	f->repair = REPAIR_ADVANCED;
}

static void size_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_OBJECT, size_tell);
}

static void huge_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->verdict = CONFLICT;
	f->expected = arena_printf(a, "%" PRIu64, ft->expected);
	f->actual = arena_printf(a, "%" PRIu64, ft->actual);
	f->repair = REPAIR_SAFE;
}

static void huge_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_HUGE, huge_tell);
}

static void flags_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	f->expected = "0x0000 or 0x8000";
	f->actual = arena_printf(a, "0x%04" PRIx64, ft->actual);
	f->repair = REPAIR_ASK;
}

static void flags_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_OBJECT_FLAGS, flags_tell);
}

static void unread_tell(const struct obj_fault *ft, struct arena *a, struct finding *f)
{
	(void)ft;
	(void)a;
	f->verdict = UNVERIFIED;
	f->repair = REPAIR_ADVANCED;
}

static void unread_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_FAULT_OBJECT_UNREAD, unread_tell);
}

/* An internal object that is neither the root nor held by a lane. */
static void orphan_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_objects(self, m, out);
	const struct obj_owned *owned = acc ? obj_owned(out->arena, m->obj) : NULL;

	if (owned == NULL)
		return;
	if (!owned->complete) {
		findings_unchecked(out, self, acc->heap->node, "lanes are damaged: what they hold is not fully known");
		return;
	}
	if (acc->internal_nr < acc->all.internal)
		findings_unchecked(out, self, acc->heap->node, "there are more internal objects than are kept in mind");
	const struct obj_internal *root = obj_owned_root(owned, acc, m->obj);
	for (uint64_t i = 0; i < acc->internal_nr; i++) {
		const struct obj_internal *o = &acc->internal[i];

		if (o->at == m->obj->root_at || o == root || obj_owned_has(owned, o->at, o->len))
			continue;
		struct finding f = obj_faults_at(self, CONFLICT, acc->heap, o->zone, o->chunk, o->at, o->len);
		f.detail = arena_printf(out->arena, "object at 0x%" PRIx64 " of %" PRIu64 " bytes", o->at, o->len);
		f.repair = REPAIR_ADVANCED;
		findings_add(out, f);
	}
}

#define SOURCE "PMDK src/libpmemobj/heap_layout.h struct allocation_header_compact, memblock.c"

static const struct check checks[] = {
	{ .id = "obj.object.size", .covers = "H-10", .severity = ERROR,
	  .says = "the header of an object tells a size that it cannot have",
	  .means = "Freeing it would free its neighbours; listing objects loops or goes astray from here.",
	  .remedy = "The bitmap decides what is in use; where the next object begins tells the size.",
	  .source = SOURCE, .verify = size_verify,
	  .repair = obj_run_repair_object },
	{ .id = "obj.object.huge-size", .covers = "H-11", .severity = ERROR,
	  .says = "the header of a huge object and its chunk header disagree about its size",
	  .means = "The library uses the chunk header; what the application is told of the object's size is wrong.",
	  .remedy = "Write the chunk header's size into the object's.", .source = SOURCE, .verify = huge_verify,
	  .repair = obj_heap_repair_huge },
	{ .id = "obj.object.flags", .covers = "H-12", .severity = WARNING,
	  .says = "the header of an object has flags that nothing sets",
	  .means = "The library ignores them; something wrote where it should not.",
	  .remedy = "Look at the object's first bytes: they may have been overwritten too.",
	  .source = SOURCE, .verify = flags_verify,
	  .repair = obj_run_repair_flags },
	{ .id = "obj.object.unread", .covers = "H-10 H-11", .severity = ERROR,
	  .says = "the header of an object could not be read",
	  .means = "Its size and type are not known, and which units of its run belong to it is a guess.",
	  .remedy = "Capture these bytes again. Where that cannot be, 'pmemscope repair --advanced' makes the header by the bitmap; "
		    "the type number is lost.", .source = SOURCE, .verify = unread_verify,
	  .repair = obj_run_repair_header },
	{ .id = "obj.object.orphan", .covers = "X-3", .severity = WARNING,
	  .says = "an object of the library's own belongs to no lane and is not the root",
	  .means = "Its space is lost to the pool. A root object whose place was forgotten looks the same.",
	  .remedy = "None needed to read the pool. Look at its bytes before it is given up.",
	  .source = "PMDK src/libpmemobj/ulog.c, lane.c", .verify = orphan_verify },
};

const struct check_table obj_object_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
