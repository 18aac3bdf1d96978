#include "analyzer/extract/objects.h"

#include "formats/image/window.h"
#include "formats/obj/find.h"
#include "formats/obj/obj.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 1 << 18, LINE = 256 };

static const struct obj_pool *pool_of(const struct model *m)
{
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;)
		if (at->obj)
			return at->obj;
	return NULL;
}

struct nth {
	uint64_t type_num, nr;
	struct obj_object object;
	bool found;
};

static bool count_down(void *ctx, const struct obj_object *o)
{
	struct nth *n = ctx;

	if (o->type_num != n->type_num || o->flags & OBJ_OBJECT_INTERNAL || n->nr-- != 0)
		return true;
	n->object = *o;
	n->found = true;
	return false;
}

/* A number that fills all of text up to end. */
static bool number(const char *text, char end, uint64_t *out, const char **rest)
{
	char *stop;

	*out = strtoull(text, &stop, 0);
	*rest = stop;
	return stop != text && *stop == end && *text >= '0' && *text <= '9';
}

static bool object_at(const struct obj_pool *p, uint64_t at, struct obj_object *out)
{
	struct obj_finder *f = obj_finder_open(p->heap);
	struct obj_place place = { .kind = OBJ_PLACE_UNKNOWN };

	if (f)
		obj_finder_at(f, at, &place);
	obj_finder_close(f);
	*out = place.object;
	return place.kind == OBJ_PLACE_OBJECT || place.kind == OBJ_PLACE_OBJECT_HDR;
}

bool extract_object(struct arena *a, const struct model *m, const char *place, struct extract_content *out,
		    const char **why)
{
	const struct obj_pool *p = pool_of(m);
	struct nth nth = { 0 };
	const char *rest;
	uint64_t at;

	*why = p ? NULL : "there is no pmemobj pool here";
	if (p == NULL)
		return false;
	if (strcmp(place, "root") == 0) {
		*why = "no object lies where the pool's words say that the root is";
		nth.found = p->root_at && object_at(p, p->root_at, &nth.object);
		if (p->root_len && p->root_len < nth.object.len)
			nth.object.len = p->root_len;
	} else if (number(place, '\0', &at, &rest)) {
		*why = "no object lies at this offset of the pool";
		nth.found = object_at(p, at, &nth.object);
	} else if (number(place, '#', &nth.type_num, &rest) && number(rest + 1, '\0', &nth.nr, &rest)) {
		*why = "there are not so many objects of this type";
		obj_heap_objects(p->heap, count_down, &nth);
	} else {
		*why = "an object is named by 'root', by its offset in the pool, or as TYPE#N";
	}
	if (!nth.found)
		return false;
	*out = (struct extract_content){
		.what = arena_printf(a, "the object at 0x%" PRIx64 " of type %" PRIu64, nth.object.at, nth.object.type_num),
		.node = p->heap->zones[nth.object.zone].chunk_node,
		.image = window_open(a, "the object's user data", p->image, nth.object.at, nth.object.len),
	};
	if (nth.object.wrong)
		out->note = "its header is damaged: how long it is, and its type, may be wrong";
	*why = "its bytes lie behind the end of the evidence";
	return out->image != NULL;
}

struct all {
	const struct extract_writer *w;
	struct extract_lost *lost;
	struct extract_sums *sums;
	bool (*index)(void *ctx, const char *text);
	void *ctx;
	struct image *image;
	struct problem *p;
	enum status status;
	uint64_t to, total;
	uint8_t *bytes, *flags;
};

static bool stop(struct all *s, enum status st, const char *what)
{
	s->status = problem_set(s->p, st, "%s: %s", s->image->label, what);
	return false;
}

/* What is outside of the evidence is as lost as what could not be read. */
static bool piece(struct all *s, uint64_t at, size_t len)
{
	if (!image_read(s->image, at, len, s->bytes, s->flags)) {
		if (s->image->problem.status != STATUS_OK)
			return stop(s, s->image->problem.status, s->image->problem.text);
		memset(s->flags, 1, len);
		memset(s->bytes, 0, len);
	}
	if (!extract_lost_find(s->flags, len, s->to, s->lost, s->sums))
		return stop(s, STATUS_NOMEM, "no memory to list what could not be read");
	if (!s->w->bytes(s->w->ctx, s->to, s->bytes, len))
		return stop(s, STATUS_IO, "could not be written");
	s->sums->written += len;
	s->to += len;
	return true;
}

static bool object_out(void *ctx, const struct obj_object *o)
{
	struct all *s = ctx;
	char line[LINE];

	snprintf(line, sizeof(line), "%" PRIu64 "\t%" PRIu64 "\t0x%" PRIx64 "\t%" PRIu64 "\t0x%x\t%" PRIu64 "\t%s\n", s->to,
		 o->len, o->at, o->type_num, o->flags, o->block_len,
		 o->wrong & OBJ_OBJECT_LOST ? "unread" : o->wrong ? "damaged" : "");
	if (s->index && !s->index(s->ctx, line))
		return stop(s, STATUS_IO, "the index could not be written");
	for (uint64_t done = 0; done < o->len; done += STEP)
		if (!piece(s, o->at + done, (size_t)(o->len - done < STEP ? o->len - done : STEP)))
			return false;
	if (s->w->progress && !s->w->progress(s->w->ctx, o->at, s->total))
		return stop(s, STATUS_INTERRUPTED, "stopped");
	return true;
}

enum status extract_objects(const struct model *m, const struct extract_writer *w, struct extract_lost *lost,
			    struct extract_sums *sums, bool (*index)(void *ctx, const char *text), void *ctx, uint64_t *len,
			    struct problem *p)
{
	const struct obj_pool *pool = pool_of(m);
	struct all s = { .w = w, .lost = lost, .sums = sums, .index = index, .ctx = ctx, .p = p };

	*len = 0;
	if (pool == NULL)
		return problem_set(p, STATUS_UNSUPPORTED, "there is no pmemobj pool here");
	s.image = pool->image;
	s.total = pool->size;
	s.bytes = malloc(STEP);
	s.flags = malloc(STEP);
	if (s.bytes == NULL || s.flags == NULL)
		stop(&s, STATUS_NOMEM, "no memory to read it");
	else if (index && !index(ctx, "# place\tbytes\tpool offset\ttype\tflags\tblock bytes\tdamage\n"))
		stop(&s, STATUS_IO, "the index could not be written");
	else if (!obj_heap_objects(pool->heap, object_out, &s) && s.status == STATUS_OK)
		stop(&s, STATUS_IO, "not every zone could be read");
	free(s.bytes);
	free(s.flags);
	*len = s.to;
	return s.status;
}
