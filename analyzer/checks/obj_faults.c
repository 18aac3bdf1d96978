#include "analyzer/checks/obj_faults.h"

#include "formats/obj/heap.h"

#include <inttypes.h>

const struct obj_account *obj_faults_account(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->obj == NULL)
		return NULL;
	const struct obj_account *acc = facts_obj_heap(out->facts, m->obj->heap, out->deep);
	if (acc && acc->complete)
		return acc;
	findings_unchecked(out, self, m->obj->heap->node, "the heap could not be accounted for: memory failed");
	return NULL;
}

const struct obj_account *obj_faults_objects(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->obj && !out->deep) {
		findings_unchecked(out, self, m->obj->heap->node, "every object is looked at with --deep only");
		return NULL;
	}
	return obj_faults_account(self, m, out);
}

struct finding obj_faults_at(const struct check *by, enum verdict v, const struct obj_heap *h, uint32_t zone,
			     uint32_t chunk, uint64_t at, uint64_t len)
{
	return (struct finding){ .by = by, .verdict = v, .node = h->zones[zone].chunk_node, .at = at, .len = len,
				 .idx = chunk, .numbered = true };
}

void obj_faults_each(const struct check *self, const struct obj_account *acc, enum obj_fault_kind kind,
		     struct findings *out, void (*tell)(const struct obj_fault *, struct arena *, struct finding *))
{
	for (uint32_t i = 0; i < acc->kept_nr[kind]; i++) {
		const struct obj_fault *ft = &acc->kept[kind][i];
		struct finding f = obj_faults_at(self, CORRUPT, acc->heap, ft->zone, ft->chunk, ft->at, ft->len);

		tell(ft, out->arena, &f);
		findings_add(out, f);
	}
	findings_more(out, self, acc->nr[kind] - acc->kept_nr[kind]);
}

void obj_faults_once(const struct check *self, const struct obj_account *acc, enum obj_fault_kind kind,
		     enum remedy_class repair, struct findings *out, const char *what)
{
	if (acc->nr[kind] == 0)
		return;
	const struct obj_fault *ft = acc->kept_nr[kind] ? &acc->kept[kind][0] : NULL;
	struct finding f = { .by = self, .verdict = CONFLICT, .node = acc->heap->node };

	if (ft)
		f = obj_faults_at(self, CONFLICT, acc->heap, ft->zone, ft->chunk, ft->at, ft->len);
	f.repair = repair;
	f.detail = arena_printf(out->arena, "%" PRIu64 " %s; this is the first", acc->nr[kind], what);
	findings_add(out, f);
}
