#include "analyzer/repair/obj_root.h"

#include "analyzer/facts/obj_owned.h"
#include "formats/obj/descr.h"
#include "formats/obj/obj.h"
#include "formats/obj/zone.h"

#include <inttypes.h>

static bool word_put(struct plan *plan, struct step *s, const struct obj_pool *p, const char *name, uint64_t value,
		     const char *why)
{
	return plan_put_value(plan, s, p->words_node, layout_field(p->words_node->layout, name), value, why);
}

/* The object there is the root's, and only the size asked for it is wrong. */
static void size_step(const struct finding *f, const struct obj_pool *p, uint64_t len, struct plan *plan)
{
	const char *why = "its object holds that much";
	struct step *s = plan_step(plan, f, REPAIR_ASK, arena_printf(plan->arena, "sets root_size to %" PRIu64 ": %s", len, why));

	if (s == NULL)
		return;
	s->loses = "the size that the application asked for, which is no larger";
	word_put(plan, s, p, "root_size", len, why);
}

static void place_step(const struct finding *f, const struct obj_pool *p, const struct obj_internal *o, struct plan *plan)
{
	const char *why = "it is the one object of the library's own that no lane holds";
	/* its size stands in a word by itself: where it fits, two witnesses agree */
	bool sized = p->major >= 4 && p->words->root_size && p->words->root_size <= o->len && p->words->root_size > o->len / 2;
	struct step *s = plan_step(plan, f, sized ? REPAIR_SAFE : REPAIR_ASK,
				   arena_printf(plan->arena, "sets root_offset to 0x%" PRIx64 ", an object of %" PRIu64 " bytes: %s%s",
						o->at, o->len, why, sized ? ", and root_size fits it" : ""));

	if (s == NULL || !word_put(plan, s, p, "root_offset", o->at, why) || sized || p->major < 4)
		return;
	s->loses = "the size that the application asked for, which is no larger than what is written";
	word_put(plan, s, p, "root_size", o->len, "its object holds that much");
}

/* The root lies in a zone that seems never to have been used: the zone's header is gone. */
static bool zone_step(const struct finding *f, const struct obj_pool *p, struct plan *plan)
{
	for (uint32_t i = 0; i < p->heap->zones_nr; i++) {
		const struct obj_zone *z = &p->heap->zones[i];
		uint64_t first = obj_chunk_at(z, 0), end = obj_chunk_at(z, z->expected);

		if (z->state != OBJ_ZONE_VIRGIN || p->words->root_offset < first || p->words->root_offset >= end)
			continue;
		struct obj_zone_hdr hdr = { .magic = OBJ_ZONE_MAGIC, .size_idx = z->expected };
		struct step *s = plan_step(plan, f, REPAIR_ASK,
					   arena_printf(plan->arena, "makes the header of zone %" PRIu32 ", in which the root lies, for %"
							PRIu32 " chunks", i, z->expected));

		if (s)
			plan_put_struct(plan, s, p->image, z->at, &obj_zone_hdr_layout, &hdr,
					"the pool's root lies in this zone");
		return true;
	}
	return false;
}

void obj_root_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_pool *p = m->obj;
	struct obj_pool any = *p; /* whatever its words say */
	const struct obj_account *acc = obj_account(plan->arena, p->heap, true, 1, 0);
	const struct obj_owned *owned = acc && acc->complete ? obj_owned(plan->arena, p) : NULL;

	(void)by;
	if (owned == NULL || p->words == NULL || zone_step(f, p, plan))
		return;
	for (uint64_t i = 0; p->major >= 4 && i < acc->internal_nr; i++)
		if (acc->internal[i].at == p->words->root_offset && !obj_owned_has(owned, acc->internal[i].at, acc->internal[i].len)) {
			size_step(f, p, acc->internal[i].len, plan);
			return;
		}
	any.root_at = any.root_len = 0;
	const struct obj_internal *o = obj_owned_root(owned, acc, &any);
	if (o) {
		place_step(f, p, o, plan);
	} else if (acc->all.internal == 0 && owned->complete && acc->all.objects && acc->nr[OBJ_FAULT_BLOCK] == 0) {
		const char *why = "every object was looked at, and none of them is a root";
		struct step *s = plan_step(plan, f, REPAIR_ASK,
					   arena_printf(plan->arena, "zeroes the root's place and size: %s", why));

		if (s && word_put(plan, s, p, "root_offset", 0, why) && p->major >= 4)
			word_put(plan, s, p, "root_size", 0, why);
	}
}

void obj_root_repair_counter(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_account *acc = obj_account(plan->arena, m->obj->heap, false, 1, 0);

	(void)by;
	/* of a heap that is damaged the sum is not known yet */
	if (acc == NULL || !acc->complete || acc->nr[OBJ_FAULT_BLOCK] || acc->nr[OBJ_FAULT_UNREAD] || acc->nr[OBJ_FAULT_UNIT])
		return;
	struct step *s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "sets the counter of allocated bytes to %" PRIu64,
								      acc->all.allocated));
	if (s)
		word_put(plan, s, m->obj, "heap_curr_allocated", acc->all.allocated, "the sum over all allocated blocks");
}
