#include "analyzer/repair/obj_descr.h"

#include "formats/base/checksum.h"
#include "formats/obj/descr.h"
#include "formats/obj/heap.h"
#include "formats/obj/obj.h"

#include <inttypes.h>
#include <string.h>

/* A printable name with nothing but zeros behind it: as it was made, as far as can be told. */
static bool name_kept(const struct obj_descr *d, size_t *len)
{
	size_t n = 0;

	while (n < sizeof(d->layout) && d->layout[n] >= 0x20 && d->layout[n] != 0x7f)
		n++;
	*len = n;
	for (size_t i = n; i < sizeof(d->layout); i++)
		if (d->layout[i])
			return false;
	return n < sizeof(d->layout);
}

static uint64_t sum_of(const struct obj_descr *d)
{
	uint8_t bytes[OBJ_DESCR_LEN];

	layout_encode(&obj_descr_layout, d, bytes);
	return checksum_fletcher64((struct span){ .p = bytes, .len = sizeof(bytes) }, OBJ_DESCR_SUM_OFF, CHECKSUM_NO_SKIP);
}

void obj_descr_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct obj_pool *p = m->obj;
	struct obj_descr d = { .checksum = 0 };
	size_t name_len = 0;

	(void)by;
	if (f->node != p->descr_node)
		return; /* the words behind it are told by the same check, and by nobody else */
	bool old_size = p->major < 4 || (p->major == 4 && p->descr && p->descr->heap_size_old);
	bool named = p->descr && name_kept(p->descr, &name_len);

	if (p->descr)
		memcpy(d.layout, p->descr->layout, named ? sizeof(d.layout) : name_len);
	d.lanes_offset = p->lanes_at;
	d.nlanes = OBJ_LANES_NR;
	d.heap_offset = p->heap_at;
	d.heap_size_old = old_size ? p->heap_len : 0;
	d.checksum = sum_of(&d);
	/* what was summed when the pool was made may be these very words */
	bool proved = p->descr && d.checksum == p->descr->checksum;
	struct step *s = plan_step(plan, f, proved || (named && f->repair == REPAIR_SAFE) ? REPAIR_SAFE
					    : p->descr ? REPAIR_ASK : REPAIR_ADVANCED,
				   proved ? "restores the descriptor's constants: its own checksum proves them"
				   : named ? "makes the descriptor anew from the constants of the format, with its name"
					   : "makes the descriptor anew from the constants of the format");
	if (s == NULL)
		return;
	if (!named)
		s->loses = p->descr ? "what stood behind the layout name's readable beginning" : "the layout name: an empty one is written";
	plan_put_struct(plan, s, f->node->image, f->node->at, &obj_descr_layout, &d, "constants of the format");
}

static void heap_size_steps(const struct finding *f, const struct obj_pool *p, struct plan *plan)
{
	uint64_t room = p->size > p->heap_at ? p->size - p->heap_at : 0, zones = obj_heap_by_zones(p->heap);

	if (room == 0)
		return;
	bool fits = obj_heap_zones_fill(p->heap, room);
	const char *why = fits ? "the files leave this room, and the zones need no more" : "the files leave this room";
	struct step *s = plan_step(plan, f, fits ? REPAIR_SAFE : REPAIR_ASK,
				   arena_printf(plan->arena, "sets %s to %" PRIu64 ": %s", f->field->name, room, why));
	if (s == NULL)
		return;
	if (zones > room)
		s->loses = "nothing that is still here; but zones say that the heap was longer, and its end is gone";
	plan_put_value(plan, s, f->node, f->field, room, why);
}

void obj_descr_repair_word(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	static const uint8_t zeros[1024];
	const struct obj_pool *p = m->obj;
	struct step *s;

	(void)by;
	if (f->field == NULL || f->node != p->words_node || f->field->width > sizeof(zeros))
		return;
	if (strcmp(f->field->name, "heap_size") == 0) {
		heap_size_steps(f, p, plan);
	} else if (strcmp(f->field->name, "run_id") == 0) {
		s = plan_step(plan, f, REPAIR_SAFE, "makes run_id even: the next one");
		if (s)
			plan_put_value(plan, s, f->node, f->field, p->words->run_id + 1,
				       "no lock bears this number, so all locks count as free");
	} else {
		s = plan_step(plan, f, REPAIR_SAFE, arena_printf(plan->arena, "zeroes %s", f->field->name));
		if (s)
			plan_put_bytes(plan, s, f->node, f->field, zeros, "it is zero in every pool");
	}
}
