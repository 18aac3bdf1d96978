#include "analyzer/facts/obj_types.h"

#include <stdlib.h>

enum {
	SLOTS_FIRST = 4096,
	PROBES_MAX = 128, /* evidence may choose numbers that meet in one slot */
};

/*
 * The slot of a number, its own or an empty one; NULL: there is none near. Numbers that follow one
 * another lie side by side: real types do.
 */
static struct obj_type *slot_of(struct obj_type *slot, uint64_t slots, uint64_t type_num)
{
	uint64_t at = type_num ^ (type_num >> 16) * UINT64_C(0x9E3779B97F4A7C15) >> 20;

	for (uint64_t i = 0; i < PROBES_MAX; i++) {
		struct obj_type *s = &slot[(at + i) & (slots - 1)];

		if (s->objects == 0 || s->type_num == type_num)
			return s;
	}
	return NULL;
}

static void put(struct obj_types *t, struct obj_type what)
{
	struct obj_type *s = t->slots ? slot_of(t->slot, t->slots, what.type_num) : NULL;

	if (s == NULL || (s->objects == 0 && t->nr == OBJ_TYPES_MAX)) {
		t->more += what.objects;
		return;
	}
	t->nr += s->objects == 0;
	s->type_num = what.type_num;
	s->objects += what.objects;
	s->bytes += what.bytes;
}

static void grow(struct obj_types *t)
{
	struct obj_types new = { .slots = t->slots ? t->slots * 4 : SLOTS_FIRST, .more = t->more };

	new.slot = calloc(new.slots, sizeof(*new.slot));
	if (new.slot == NULL) {
		t->failed = true;
		return;
	}
	for (uint64_t i = 0; i < t->slots; i++)
		if (t->slot[i].objects)
			put(&new, t->slot[i]);
	free(t->slot);
	*t = new;
}

void obj_types_add(struct obj_types *t, uint64_t type_num, uint64_t objects, uint64_t bytes)
{
	if (objects == 0)
		return;
	if (t->nr * 2 >= t->slots && t->nr < OBJ_TYPES_MAX && !t->failed)
		grow(t);
	put(t, (struct obj_type){ type_num, objects, bytes });
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
