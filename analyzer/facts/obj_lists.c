#include "analyzer/facts/obj_lists.h"

#include "formats/obj/find.h"

#include <stdlib.h>

enum {
	LINKS_FAR = 4096, /* bytes of an element in which its links are looked for */
	SEEN = 1 << 20,   /* elements kept in mind, so that a list with many pointers into it is walked once */
};

enum way { NEXT, PREV };

struct links {
	uint64_t id[2], to[2]; /* by way */
};

struct lists {
	const struct obj_pool *pool;
	struct obj_finder *finder;
	struct obj_lists *out;
	uint32_t keep;
	uint64_t steps;   /* that may still be taken */
	uint64_t *seen;   /* open hash of elements */
	uint64_t seen_nr;
	/* the list that is being looked at */
	uint64_t head_at, off; /* off: of the links in each element */
};

/* The links of the element at `at`. False: there is no object that begins here and could hold them. */
static bool links_read(struct lists *l, uint64_t at, uint64_t off, struct links *out, struct obj_place *place)
{
	uint8_t bytes[OBJ_LIST_LINKS_LEN], lost[OBJ_LIST_LINKS_LEN];
	struct span s = { bytes, lost, at + off, sizeof(bytes) };

	if (l->steps == 0)
		return false;
	l->steps--;
	obj_finder_at(l->finder, at, place);
	if (place->kind != OBJ_PLACE_OBJECT || place->off || place->object.len < off + OBJ_LIST_LINKS_LEN ||
	    !image_read(l->pool->image, at + off, sizeof(bytes), bytes, lost))
		return false;
	return span_le64(s, 0, &out->id[NEXT]) && span_le64(s, 8, &out->to[NEXT]) && span_le64(s, 16, &out->id[PREV]) &&
	       span_le64(s, 24, &out->to[PREV]);
}

static bool leads(const struct lists *l, const struct links *k, enum way way)
{
	return k->to[way] && k->id[way] == l->pool->uuid_lo;
}

static bool leads_to(const struct lists *l, const struct links *k, enum way way, uint64_t to)
{
	return leads(l, k, way) && k->to[way] == to;
}

/* How many of the two neighbours that the links at off lead to lead back. */
static int answered(struct lists *l, uint64_t element, uint64_t off, const struct links *k)
{
	struct obj_place place;
	struct links other;
	int nr = 0;

	for (int way = NEXT; way <= PREV; way++)
		nr += links_read(l, k->to[way], off, &other, &place) && leads_to(l, &other, way == NEXT ? PREV : NEXT, element);
	return nr;
}

/* Where in the element its links lie. False: it has none. */
static bool links_find(struct lists *l, uint64_t element)
{
	uint8_t bytes[LINKS_FAR], lost[LINKS_FAR];
	struct obj_place place;
	int best = 0;

	obj_finder_at(l->finder, element, &place);
	if (place.kind != OBJ_PLACE_OBJECT || place.off)
		return false;
	size_t len = place.object.len < LINKS_FAR ? (size_t)place.object.len : LINKS_FAR;
	if (!image_read(l->pool->image, element, len, bytes, lost))
		return false;
	struct span s = { bytes, lost, element, len };
	for (size_t off = 0; off + OBJ_LIST_LINKS_LEN <= len && best < 2; off += 8) {
		struct links k;

		if (!span_le64(s, off, &k.id[NEXT]) || k.id[NEXT] != l->pool->uuid_lo ||
		    !span_le64(s, off + 8, &k.to[NEXT]) || !span_le64(s, off + 16, &k.id[PREV]) ||
		    !span_le64(s, off + 24, &k.to[PREV]) || !leads(l, &k, NEXT) || !leads(l, &k, PREV))
			continue;
		int nr = answered(l, element, off, &k);
		if (nr > best) {
			best = nr;
			l->off = off;
		}
	}
	return best > 0;
}

/* True when the element was not seen before; when there is no more room, also then. */
static bool see(struct lists *l, uint64_t element)
{
	uint64_t i = element * UINT64_C(0x9e3779b97f4a7c15) >> 44;

	while (l->seen[i % SEEN] && l->seen[i % SEEN] != element)
		i++;
	if (l->seen[i % SEEN] == element)
		return false;
	if (l->seen_nr < SEEN / 2) {
		l->seen[i % SEEN] = element;
		l->seen_nr++;
	}
	return true;
}

struct walked {
	uint64_t steps, good;
};

/*
 * Follows the links of one way from the first element on. True when they come back to it. With tell, the links of the
 * other way that do not lead back are kept as faults, and the elements as seen.
 */
static bool walk(struct lists *l, uint64_t first, enum way way, bool tell, struct walked *w)
{
	enum way back = way == NEXT ? PREV : NEXT;
	uint64_t turtle = first, lap = 0, power = 1;
	struct obj_place place;
	struct links here, there;

	*w = (struct walked){ 0 };
	if (!links_read(l, first, l->off, &here, &place))
		return false;
	for (uint64_t at = first;;) {
		uint64_t to = here.to[way];

		if (!leads(l, &here, way) || !links_read(l, to, l->off, &there, &place))
			return false;
		bool good = leads_to(l, &there, back, at);
		w->steps++;
		w->good += good;
		if (tell)
			see(l, to);
		if (tell && !good && l->out->nr++ < l->keep)
			l->out->kept[l->out->kept_nr++] = (struct obj_list_fault){
				.at = to + l->off + (back == PREV ? 16 : 0), .prev = back == PREV, .element = to, .expected = at,
				.actual = there.to[back], .head_at = l->head_at, .zone = place.zone, .chunk = place.block.chunk };
		if (to == first)
			return true;
		if (to == turtle)
			return false;
		if (++lap == power) {
			turtle = to;
			power *= 2;
			lap = 0;
		}
		at = to;
		here = there;
	}
}

static void list_look(struct lists *l, const struct obj_list_head *head)
{
	struct walked w;

	l->head_at = head->at;
	if (!see(l, head->first) || !links_find(l, head->first))
		return;
	for (int way = NEXT; way <= PREV; way++)
		if (walk(l, head->first, (enum way)way, false, &w) && w.good * 2 >= w.steps) {
			walk(l, head->first, (enum way)way, true, &w);
			l->out->lists++;
			l->out->elements += w.steps;
			return;
		}
}

struct obj_lists *obj_lists(struct arena *a, const struct obj_pool *p, const struct obj_refs *refs, uint32_t keep)
{
	struct obj_lists *out = ARENA_NEW(a, struct obj_lists);
	struct lists l = { .pool = p, .out = out, .keep = keep };

	if (out == NULL)
		return NULL;
	/* a sound list is walked twice */
	l.steps = refs->objects * 4 + refs->heads_nr * 8 + 4096;
	l.finder = obj_finder_open(p->heap);
	l.seen = calloc(SEEN, sizeof(*l.seen));
	out->kept = arena_array(a, keep, sizeof(*out->kept));
	out->complete = l.finder && l.seen && out->kept;
	if (!out->complete)
		out->why = "memory failed";
	for (uint32_t i = 0; out->complete && i < refs->heads_kept; i++)
		list_look(&l, &refs->heads[i]);
	if (out->complete && (l.steps == 0 || refs->heads_kept < refs->heads_nr)) {
		out->complete = false;
		out->why = "there are more pointers that could be heads of lists than are looked at";
	}
	obj_finder_close(l.finder);
	free(l.seen);
	return out;
}
