#include "analyzer/facts/obj_tale.h"

#include "formats/obj/descr.h"

#include <inttypes.h>

struct activity *obj_tale_activity(struct obj_tale *t, enum activity_state state, const struct obj_lane *lane,
				   const char *stage)
{
	struct activity *a = ARENA_NEW(t->arena, struct activity);
	struct story *s = t->story;

	if (a == NULL)
		return NULL;
	a->state = state;
	a->actor = arena_printf(t->arena, "lane %" PRIu32, lane->idx);
	a->stage = stage;
	a->node = lane->node;
	s->nr[state]++;
	if (s->last)
		s->last->next = a;
	else
		s->first = a;
	s->last = a;
	return a;
}

static const char *lane_place(struct obj_tale *t, uint64_t at)
{
	const struct obj_pool *p = t->pool;
	uint64_t idx = (at - p->lanes_at) / OBJ_LANE_LEN, off = (at - p->lanes_at) % OBJ_LANE_LEN;

	if (p->lanes->old)
		return arena_printf(t->arena, "lane %" PRIu64 ", byte %" PRIu64, idx, off);
	enum obj_log_kind k = off < OBJ_LANE_EXTERNAL_OFF ? OBJ_LOG_INTERNAL :
			      off < OBJ_LANE_UNDO_OFF ? OBJ_LOG_EXTERNAL : OBJ_LOG_UNDO;
	off -= obj_lane_log_off(k);
	const char *what = off == OBJ_ULOG_NEXT_OFF ? "link to its extension" :
			   off == OBJ_ULOG_GEN_OFF ? "generation" :
			   off == OBJ_ULOG_HDR_LEN ? "first entry" : "bytes";
	return arena_printf(t->arena, "%s log of lane %" PRIu64 ": its %s", obj_lane_log_name(k), idx, what);
}

static const char *before_heap(struct obj_tale *t, uint64_t at)
{
	const struct obj_pool *p = t->pool;
	uint64_t words = p->words_node->at;

	if (at >= p->lanes_at && at - p->lanes_at < (uint64_t)p->lanes_nr * OBJ_LANE_LEN)
		return lane_place(t, at);
	if (at == words + OBJ_WORD_ROOT_OFFSET)
		return "the word that names the root object";
	if (at == words + OBJ_WORD_ROOT_SIZE)
		return "the word that holds the root object's size";
	return arena_printf(t->arena, "pool header or descriptor, at 0x%" PRIx64, at);
}

static const char *object_text(struct obj_tale *t, const struct obj_place *p, uint64_t at)
{
	const struct obj_object *o = &p->object;

	if (o->at == t->pool->root_at)
		return arena_printf(t->arena, "root object, byte %" PRIu64, at - o->at);
	if (o->flags & OBJ_OBJECT_INTERNAL)
		return arena_printf(t->arena, "the library's own object at 0x%" PRIx64 ", byte %" PRIu64, o->at, at - o->at);
	return arena_printf(t->arena, "object of type %" PRIu64 " at 0x%" PRIx64 ", byte %" PRIu64, o->type_num, o->at,
			    at - o->at);
}

const char *obj_tale_place(struct obj_tale *t, uint64_t at, bool *user_data)
{
	struct obj_place p;

	*user_data = false;
	if (at < t->pool->heap_at)
		return before_heap(t, at);
	obj_finder_at(t->finder, at, &p);
	switch (p.kind) {
	case OBJ_PLACE_OBJECT:
		*user_data = !(p.object.flags & OBJ_OBJECT_INTERNAL) || p.object.at == t->pool->root_at;
		return object_text(t, &p, at);
	case OBJ_PLACE_OBJECT_HDR:
		return arena_printf(t->arena, "header of the object at 0x%" PRIx64, p.object.at);
	case OBJ_PLACE_CHUNK_HDR:
		return arena_printf(t->arena, "header of chunk %" PRIu64 " of zone %" PRIu32,
				    (at - obj_chunk_hdr_at(&t->pool->heap->zones[p.zone], 0)) / OBJ_CHUNK_HDR_LEN, p.zone);
	case OBJ_PLACE_BITMAP:
		return arena_printf(t->arena, "bitmap of the run in chunk %" PRIu32 " of zone %" PRIu32, p.block.chunk, p.zone);
	case OBJ_PLACE_FREE:
		*user_data = true; /* what an object there may have held */
		return arena_printf(t->arena, "free space, at 0x%" PRIx64, at);
	default:
		*user_data = true;
		return arena_printf(t->arena, "%s, at 0x%" PRIx64, obj_place_name(p.kind), at);
	}
}

static struct change *change_add(struct obj_tale *t, struct activity *a, uint64_t at, uint64_t len)
{
	struct change *c;

	if (a == NULL || a->changes_nr++ >= CHANGES_KEPT ||
	    (a->state == ACTIVITY_PAST && t->past_kept++ >= OBJ_TALE_PAST_KEPT) ||
	    (c = ARENA_NEW(t->arena, struct change)) == NULL)
		return NULL;
	*c = (struct change){ .image = t->pool->image, .at = at, .len = len };
	c->shown = len < CHANGE_SHOWN ? (uint32_t)len : CHANGE_SHOWN;
	c->what = obj_tale_place(t, at, &c->user_data);
	if (a->last)
		a->last->next = c;
	else
		a->first = c;
	a->last = c;
	return c;
}

static const uint8_t *bytes(struct obj_tale *t, struct image *im, uint64_t at, uint32_t len)
{
	uint8_t *b, lost[CHANGE_SHOWN];

	if (im == NULL || (b = arena_alloc(t->arena, len)) == NULL || !image_read(im, at, len, b, lost) ||
	    span_lost((struct span){ b, lost, at, len }))
		return NULL;
	return b;
}

void obj_tale_change(struct obj_tale *t, struct activity *a, uint64_t at, uint64_t len, struct image *before,
		     uint64_t before_at, struct image *after, uint64_t after_at)
{
	struct change *c = change_add(t, a, at, len);

	if (c == NULL)
		return;
	c->before = bytes(t, before, before_at, c->shown);
	c->after = bytes(t, after, after_at, c->shown);
}

static const uint8_t *word_bytes(struct obj_tale *t, uint64_t v)
{
	uint8_t *b = arena_alloc(t->arena, 8);

	if (b)
		span_put_le(b, 8, v);
	return b;
}

void obj_tale_word(struct obj_tale *t, struct activity *a, uint64_t at, uint64_t before, uint64_t after)
{
	struct change *c = change_add(t, a, at, 8);

	if (c == NULL)
		return;
	c->before = word_bytes(t, before);
	c->after = word_bytes(t, after);
}

/* Is the word at `at` one that links an extension: a lane's own, or that of an extension? */
static bool is_link(struct obj_tale *t, uint64_t at)
{
	const struct obj_pool *p = t->pool;
	struct obj_place place;

	if (at >= p->lanes_at && at - p->lanes_at < (uint64_t)p->lanes_nr * OBJ_LANE_LEN) {
		uint64_t off = (at - p->lanes_at) % OBJ_LANE_LEN;

		for (int k = 0; k < OBJ_LOGS; k++)
			if (off == obj_lane_log_off((enum obj_log_kind)k) + OBJ_ULOG_NEXT_OFF)
				return true;
		return false;
	}
	if (at < p->heap_at)
		return false;
	obj_finder_at(t->finder, at, &place);
	return place.kind == OBJ_PLACE_OBJECT && (place.object.flags & OBJ_OBJECT_INTERNAL) &&
	       place.object.at != p->root_at && at % OBJ_ULOG_ALIGN == OBJ_ULOG_NEXT_OFF;
}

static void set_add(struct obj_tale *t, const struct obj_lane *lane, const struct obj_ulog_entry *e, struct obj_deed *d)
{
	uint64_t undo = lane->at + OBJ_LANE_UNDO_OFF, words = t->pool->words_node->at;
	struct obj_place place = { .kind = OBJ_PLACE_BEFORE };

	if (e->target >= t->pool->heap_at)
		obj_finder_at(t->finder, e->target, &place);
	if (place.kind == OBJ_PLACE_CHUNK_HDR) {
		bool used = (e->value & 0xffff) == OBJ_CHUNK_USED;

		d->allocs += used;
		d->frees += !used;
		return;
	}
	d->sets++;
	if (e->target == undo + OBJ_ULOG_GEN_OFF || (t->pool->major == 5 && e->target == undo + OBJ_ULOG_HDR_LEN))
		d->generation = true;
	else if (e->target == words + OBJ_WORD_ROOT_OFFSET || e->target == words + OBJ_WORD_ROOT_SIZE)
		d->root = true;
	else if (is_link(t, e->target))
		*(e->value ? &d->links : &d->unlinks) = true;
	/* the two words of a pointer, one behind the other */
	if (d->sets == 2 && e->target == d->oid_at + 8) {
		d->oid = true;
		d->oid_null = e->value == 0;
		d->oid_off = e->value;
	}
	if (d->sets == 1)
		d->oid_at = e->target;
}

void obj_tale_deed_add(struct obj_tale *t, const struct obj_lane *lane, const struct obj_ulog_entry *e,
		       struct obj_deed *d)
{
	if (e->op == OBJ_ULOG_SET)
		set_add(t, lane, e, d);
	else if (e->op == OBJ_ULOG_OR)
		d->allocs++;
	else if (e->op == OBJ_ULOG_AND)
		d->frees++;
}

const char *obj_tale_deed_name(const struct obj_deed *d, enum obj_log_kind kind)
{
	if (d->generation)
		return "transaction, commit";
	if (d->root)
		return d->frees ? "root object, growth" : "root object, creation";
	if (d->links)
		return "log, growth";
	if (d->unlinks)
		return "log, release";
	if (kind == OBJ_LOG_INTERNAL)
		return "allocator operation";
	if (d->sets == 1 && d->allocs == 1 && d->frees == 1)
		return "atomic reallocation";
	if (d->sets == 2 && d->oid && !d->oid_null && d->allocs == 1 && d->frees == 0)
		return "atomic allocation";
	if (d->sets == 2 && d->oid && d->oid_null && d->allocs == 0 && d->frees == 1)
		return "atomic free";
	if (d->sets >= 3 && d->allocs <= 1 && d->frees <= 1 && d->allocs + d->frees < 2 && !d->oid)
		return d->allocs ? "list, insertion of a new object" : d->frees ? "list, removal of an object" :
		       "list, move";
	return "several changes at once";
}

static const char *count(struct obj_tale *t, uint64_t n, const char *one, const char *many)
{
	return n == 1 ? arena_printf(t->arena, "1 %s", one) : arena_printf(t->arena, "%" PRIu64 " %s", n, many);
}

const char *obj_tale_deed_text(struct obj_tale *t, const struct obj_deed *d)
{
	const char *parts[3];
	size_t nr = 0;

	if (d->allocs)
		parts[nr++] = arena_printf(t->arena, "takes %s", count(t, d->allocs, "block", "blocks"));
	if (d->frees)
		parts[nr++] = arena_printf(t->arena, "gives %s back", count(t, d->frees, "block", "blocks"));
	if (d->sets)
		parts[nr++] = arena_printf(t->arena, "sets %s", count(t, d->sets, "word", "words"));
	if (nr == 3)
		return arena_printf(t->arena, "%s, %s, %s", parts[0], parts[1], parts[2]);
	return nr == 2 ? arena_printf(t->arena, "%s and %s", parts[0], parts[1]) : nr ? parts[0] : "changes nothing";
}
