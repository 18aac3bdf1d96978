#include "analyzer/facts/obj_types.h"

#include <stdlib.h>

static struct obj_type *slot_of(struct obj_type *slot, uint64_t slots, uint64_t type_num)
{
	uint64_t h = type_num * UINT64_C(0x9E3779B97F4A7C15);

	for (uint64_t i = (h ^ h >> 32) & (slots - 1);; i = (i + 1) & (slots - 1))
		if (slot[i].objects == 0 || slot[i].type_num == type_num)
			return &slot[i];
}

static void grow(struct obj_types *t)
{
	uint64_t slots = t->slots ? t->slots * 2 : 256;
	struct obj_type *slot = calloc(slots, sizeof(*slot));

	if (slot == NULL) {
		t->failed = true;
		return;
	}
	for (uint64_t i = 0; i < t->slots; i++)
		if (t->slot[i].objects)
			*slot_of(slot, slots, t->slot[i].type_num) = t->slot[i];
	free(t->slot);
	t->slot = slot;
	t->slots = slots;
}

void obj_types_add(struct obj_types *t, uint64_t type_num, uint64_t objects, uint64_t bytes)
{
	if (objects == 0)
		return;
	if (t->nr * 2 >= t->slots && t->nr < OBJ_TYPES_MAX && !t->failed)
		grow(t);
	if (t->slots == 0) {
		t->more += objects;
		return;
	}
	struct obj_type *s = slot_of(t->slot, t->slots, type_num);
	if (s->objects == 0 && (t->nr == OBJ_TYPES_MAX || t->nr * 2 >= t->slots)) {
		t->more += objects;
		return;
	}
	t->nr += s->objects == 0;
	s->type_num = type_num;
	s->objects += objects;
	s->bytes += bytes;
}

static int by_number(const void *p, const void *q)
{
	const struct obj_type *a = p, *b = q;

	return a->type_num < b->type_num ? -1 : a->type_num > b->type_num;
}

struct obj_type *obj_types_sorted(struct arena *a, const struct obj_types *t)
{
	struct obj_type *out = arena_array(a, t->nr, sizeof(*out));
	uint64_t nr = 0;

	for (uint64_t i = 0; out && i < t->slots; i++)
		if (t->slot[i].objects)
			out[nr++] = t->slot[i];
	if (out)
		qsort(out, nr, sizeof(*out), by_number);
	return out;
}

void obj_types_close(struct obj_types *t)
{
	free(t->slot);
	*t = (struct obj_types){ 0 };
}
