/* References between the objects of a pmemobj heap; only when user data may be read. */
#include "analyzer/checks/obj_faults.h"
#include "analyzer/checks/tables.h"
#include "analyzer/facts/obj_refs.h"
#include "formats/obj/lane.h"

#include <inttypes.h>

enum { TYPES_TOLD = 8 };

static const struct obj_refs *refs(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->obj == NULL)
		return NULL;
	if (!out->deep) {
		findings_unchecked(out, self, m->obj->heap->node, "user data is searched for references with --deep only");
		return NULL;
	}
	if (model_left_out(m)) {
		findings_unchecked(out, self, m->obj->heap->node, "user data is searched for references, and this capture left it out");
		return NULL;
	}
	const struct obj_refs *r = facts_obj_refs(out->facts, m->obj);
	if (r && r->complete)
		return r;
	findings_unchecked(out, self, m->obj->heap->node, r ? r->why : "memory failed");
	return NULL;
}

static void each(const struct check *self, const struct model *m, struct findings *out, enum obj_ref_kind kind,
		 const char *where)
{
	const struct obj_refs *r = refs(self, m, out);

	for (uint32_t i = 0; r && i < r->kept_nr[kind]; i++) {
		const struct obj_ref *ref = &r->kept[kind][i];
		struct finding f = obj_faults_at(self, CONFLICT, m->obj->heap, ref->zone, ref->chunk, ref->at, 16);

		f.detail = arena_printf(out->arena, "object at 0x%" PRIx64 ", byte %" PRIu64 ": a pointer to 0x%" PRIx64 ", %s",
					ref->object_at, ref->at - ref->object_at, ref->target, where);
		findings_add(out, f);
	}
	if (r)
		findings_more(out, self, r->nr[kind] - r->kept_nr[kind]);
}

static void nowhere_verify(const struct check *self, const struct model *m, struct findings *out)
{
	each(self, m, out, OBJ_REF_NOWHERE, "where no object can ever have been");
}

/* What stale memory explains: one word for all. */
static void once(const struct check *self, const struct model *m, struct findings *out, enum obj_ref_kind kind,
		 const char *what)
{
	const struct obj_refs *r = refs(self, m, out);

	if (r == NULL || r->nr[kind] == 0 || r->kept_nr[kind] == 0)
		return;
	const struct obj_ref *ref = &r->kept[kind][0];
	struct finding f = obj_faults_at(self, UNVERIFIED, m->obj->heap, ref->zone, ref->chunk, ref->at, 16);
	f.detail = arena_printf(out->arena, "%" PRIu64 " pointers %s; one is in the object at 0x%" PRIx64 ", byte %" PRIu64
					    ", to 0x%" PRIx64, r->nr[kind], what, ref->object_at,
				ref->at - ref->object_at, ref->target);
	findings_add(out, f);
}

static void freed_verify(const struct check *self, const struct model *m, struct findings *out)
{
	once(self, m, out, OBJ_REF_FREED, "lead to memory that is free now");
}

static void inside_verify(const struct check *self, const struct model *m, struct findings *out)
{
	once(self, m, out, OBJ_REF_INSIDE, "lead into objects");
}

static void foreign_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_refs *r = refs(self, m, out);

	if (r == NULL || r->nr[OBJ_REF_FOREIGN] == 0 || r->kept_nr[OBJ_REF_FOREIGN] == 0)
		return;
	const struct obj_ref *ref = &r->kept[OBJ_REF_FOREIGN][0];
	struct finding f = obj_faults_at(self, CONFLICT, m->obj->heap, ref->zone, ref->chunk, ref->at, 16);
	bool most = r->pointers == 0;

	f.detail = arena_printf(out->arena,
				"at least %" PRIu64 " pointers have the id 0x%016" PRIx64 " and lead to objects here; %" PRIu64
				" have the pool's own%s", r->nr[OBJ_REF_FOREIGN], r->foreign_id, r->pointers,
				most ? ": was the set's uuid changed after the pool was filled?" : "");
	f.expected = arena_printf(out->arena, "0x%016" PRIx64, m->obj->uuid_lo);
	f.actual = arena_printf(out->arena, "0x%016" PRIx64, r->foreign_id);
	findings_add_as(out, most ? WARNING : NOTE, f);
}

static void lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_refs *r = refs(self, m, out);
	const char *types = "";

	if (r == NULL || r->lost_nr == 0)
		return;
	for (uint64_t i = 0; types && i < r->lost_types_nr && i < TYPES_TOLD; i++)
		types = arena_printf(out->arena, "%s%s%" PRIu64 " of type %" PRIu64, types, i ? ", " : ": ",
				     r->lost_types[i].objects, r->lost_types[i].type_num);
	const struct obj_lost *o = &r->lost[0];
	struct finding f = obj_faults_at(self, UNVERIFIED, m->obj->heap, o->zone, o->chunk, o->at, o->len);
	f.detail = arena_printf(out->arena,
				"%" PRIu64 " of %" PRIu64 " objects, %" PRIu64 " bytes%s%s; the first lies at 0x%" PRIx64,
				r->objects - r->reached, r->objects, r->bytes - r->reached_bytes, types ? types : "",
				r->lost_types_nr > TYPES_TOLD ? ", and more" : "", o->at);
	f.repair = REPAIR_NONE;
	findings_add(out, f);
}

static void lists_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_lists *l = refs(self, m, out) ? facts_obj_lists(out->facts, m->obj) : NULL;

	if (l == NULL)
		return;
	if (!l->complete)
		findings_unchecked(out, self, m->obj->heap->node, l->why);
	if (l->nr && m->obj->lanes->busy_nr) {
		findings_unchecked(out, self, m->obj->heap->node,
				   "an operation under way may be changing a list: lists are judged as they are after recovery");
		return;
	}
	for (uint32_t i = 0; i < l->kept_nr; i++) {
		const struct obj_list_fault *ft = &l->kept[i];
		struct finding f = obj_faults_at(self, CONFLICT, m->obj->heap, ft->zone, ft->chunk, ft->at, 16);

		f.detail = arena_printf(out->arena,
					"list at 0x%" PRIx64 ": the element at 0x%" PRIx64 " is %s that at 0x%" PRIx64
					", and its own link leads elsewhere", ft->head_at, ft->element,
					ft->prev ? "behind" : "before", ft->expected);
		f.expected = arena_printf(out->arena, "0x%" PRIx64, ft->expected);
		f.actual = arena_printf(out->arena, "0x%" PRIx64, ft->actual);
		findings_add(out, f);
	}
	findings_more(out, self, l->nr - l->kept_nr);
}

#define SOURCE "PMDK src/include/libpmemobj/base.h PMEMoid"

static const struct check checks[] = {
	{ .id = "obj.pointer.nowhere", .covers = "X-4", .severity = WARNING,
	  .says = "a pointer in an object leads to where no object can ever have been",
	  .means = "The application goes astray when it follows it; the object was overwritten, or the bytes are none.",
	  .remedy = "Look at the object's bytes.", .source = SOURCE, .verify = nowhere_verify },
	{ .id = "obj.pointer.freed", .covers = "X-4", .severity = NOTE,
	  .says = "pointers in objects lead to memory that is free",
	  .means = "Often these are stale bytes of reused memory; else the application uses what it has freed.",
	  .remedy = "Look at the object's bytes with the application's types at hand.",
	  .source = SOURCE, .verify = freed_verify },
	{ .id = "obj.pointer.inside", .covers = "X-4", .severity = NOTE,
	  .says = "pointers in objects lead into other objects",
	  .means = "The library cannot free what they lead to. Often these are stale bytes of reused memory.",
	  .remedy = "Look at the object's bytes with the application's types at hand.",
	  .source = SOURCE, .verify = inside_verify },
	{ .id = "obj.pointer.foreign", .covers = "X-4", .severity = WARNING,
	  .says = "pointers in objects have another pool's id and lead to objects of this one",
	  .means = "The library takes none of them for its own: the application finds nothing.",
	  .remedy = "Restore the set's uuid that the pool was filled under: its id is in the pointers.",
	  .source = SOURCE, .verify = foreign_verify },
	{ .id = "obj.list.link", .covers = "X-6", .severity = ERROR,
	  .says = "the links of a list's elements contradict each other",
	  .means = "The list looks different from its two ends; the library spoils its neighbours when it takes an element "
		   "out or puts one in.",
	  .remedy = "Compare with another capture or replica which of the two links is right, and set the other by it.",
	  .source = "PMDK src/libpmemobj/list.c", .verify = lists_verify },
	{ .id = "obj.object.unreachable", .covers = "X-5", .severity = NOTE,
	  .says = "objects are not referred to from the root object",
	  .means = "They are leaks, unless the application finds its objects by their type.",
	  .remedy = "Name the types that the application finds by type with --roots, and look again. Never free them unseen.",
	  .source = SOURCE, .verify = lost_verify },
};

const struct check_table obj_refs_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
