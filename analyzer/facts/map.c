#include "analyzer/facts/map.h"

#include "analyzer/facts/map_draw.h"

/* Where [at, at+len) of im lies in b's space: directly, or as bytes of the same file. */
static bool band_place(const struct map_band *b, struct image *im, uint64_t at, uint64_t *out)
{
	struct origin o, base;

	if (b->image == NULL || im == NULL)
		return false;
	*out = at;
	if (b->image == im)
		return true;
	if (at >= im->size || b->at >= b->image->size)
		return false;
	o = image_origin(im, at);
	base = image_origin(b->image, b->at);
	if (o.source == NULL || o.source != base.source || o.at < base.at)
		return false;
	*out = b->at + (o.at - base.at);
	return true;
}

static void map_mark(struct map *m, struct image *im, uint64_t at, uint64_t len, const struct finding *f)
{
	for (struct map_band *b = m->first; b; b = b->next) {
		uint64_t here;

		if (!band_place(b, im, at, &here))
			continue;
		for (uint32_t i = 0; i < b->nr; i++) {
			struct map_tile *t = &b->tiles[i];
			bool apart = here >= t->at ? here - t->at >= t->len : t->at - here >= (len ? len : 1);

			if (apart)
				continue;
			if (f == NULL) {
				t->changes++;
				continue;
			}
			t->findings++;
			if (t->worst == NULL || f->severity > t->worst->severity)
				t->worst = f;
		}
	}
}

struct map *map_make(struct arena *a, const struct model *top, const struct findings *fs, const struct story *story)
{
	struct map *m = ARENA_NEW(a, struct map);

	if (m == NULL)
		return NULL;
	m->arena = a;
	for (const struct model *in = top; in; in = model_next(top, in)) {
		map_pool(m, in);
		map_btt(m, in);
		map_heap(m, in, fs ? fs->facts : NULL);
	}
	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next) {
		uint64_t at = f->len ? f->at : f->node->at + (f->field ? f->field->off : 0);
		uint64_t len = f->len ? f->len : f->field ? f->field->width : f->node->len;

		map_mark(m, f->node->image, at, len, f);
	}
	for (const struct activity *act = story ? story->first : NULL; act; act = act->next)
		for (const struct change *c = act->first; c; c = c->next)
			map_mark(m, c->image, c->at, c->len, NULL);
	return m->nr && !arena_failed(a) ? m : NULL;
}
