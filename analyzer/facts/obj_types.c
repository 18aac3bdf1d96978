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

static void put_slot(struct obj_types *t, struct obj_type what)
{
	struct obj_type *s = t->slots ? slot_of(t->slot, t->slots, what.type_num) : NULL;

	if (s == NULL || (s->objects == 0 && t->nr == OBJ_TYPES_MAX)) {
		t->more += what.objects;
		return;
	}
	t->nr += s->objects == 0;
	t->slots_nr += s->objects == 0;
	s->type_num = what.type_num;
	s->objects += what.objects;
	s->bytes += what.bytes;
}

static void grow(struct obj_types *t)
{
	struct obj_type *old = t->slot, *new;
	uint64_t old_slots = t->slots, slots = old_slots ? old_slots * 4 : SLOTS_FIRST;

	new = calloc(slots, sizeof(*new));
	if (new == NULL) {
		t->failed = true;
		return;
	}
	t->slot = new;
	t->slots = slots;
	t->nr -= t->slots_nr;
	t->slots_nr = 0;
	for (uint64_t i = 0; i < old_slots; i++)
		if (old[i].objects)
			put_slot(t, old[i]);
	free(old);
}

static bool small(uint64_t type_num)
{
	return type_num < (uint64_t)OBJ_TYPES_PAGES * OBJ_TYPES_PAGE;
}

static void put_small(struct obj_types *t, struct obj_type what)
{
	struct obj_type_count **page = &t->page[what.type_num / OBJ_TYPES_PAGE];

	if (*page == NULL)
		*page = calloc(OBJ_TYPES_PAGE, sizeof(**page));
	struct obj_type_count *c = *page ? &(*page)[what.type_num % OBJ_TYPES_PAGE] : NULL;
	if (c == NULL || (c->objects == 0 && t->nr == OBJ_TYPES_MAX)) {
		t->more += what.objects;
		return;
	}
	t->nr += c->objects == 0;
	c->objects += what.objects;
	c->bytes += what.bytes;
}

void obj_types_add(struct obj_types *t, uint64_t type_num, uint64_t objects, uint64_t bytes)
{
	const struct obj_type what = { type_num, objects, bytes };

	if (objects == 0)
		return;
	if (small(type_num)) {
		put_small(t, what);
		return;
	}
	if (t->slots_nr * 2 >= t->slots && t->nr < OBJ_TYPES_MAX && !t->failed)
		grow(t);
	put_slot(t, what);
}

void obj_types_join(struct obj_types *t, const struct obj_types *from)
{
	for (uint64_t i = 0; i < OBJ_TYPES_PAGES; i++)
		for (uint64_t k = 0; from->page[i] && k < OBJ_TYPES_PAGE; k++)
			obj_types_add(t, i * OBJ_TYPES_PAGE + k, from->page[i][k].objects, from->page[i][k].bytes);
	for (uint64_t i = 0; i < from->slots; i++)
		obj_types_add(t, from->slot[i].type_num, from->slot[i].objects, from->slot[i].bytes);
	t->more += from->more;
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

	for (uint64_t i = 0; out && i < OBJ_TYPES_PAGES; i++)
		for (uint64_t k = 0; t->page[i] && k < OBJ_TYPES_PAGE; k++)
			if (t->page[i][k].objects)
				out[nr++] = (struct obj_type){ i * OBJ_TYPES_PAGE + k, t->page[i][k].objects,
							       t->page[i][k].bytes };
	const uint64_t first = nr; /* small numbers are in order already, and before all others */
	for (uint64_t i = 0; out && i < t->slots; i++)
		if (t->slot[i].objects)
			out[nr++] = t->slot[i];
	if (nr > first)
		qsort(out + first, nr - first, sizeof(*out), by_number);
	return out;
}

void obj_types_close(struct obj_types *t)
{
	for (size_t i = 0; i < OBJ_TYPES_PAGES; i++)
		free(t->page[i]);
	free(t->slot);
	*t = (struct obj_types){ 0 };
}
