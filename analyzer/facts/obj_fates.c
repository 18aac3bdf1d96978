#include "analyzer/facts/obj_fates.h"

#include <stdlib.h>

enum { STEP = 32, ROOM = STEP * 64 }; /* words of a bitmap at a time; objects that may begin in them */

/* The objects of a heap, one after the other, by their place. */
struct walk {
	const struct obj_pool *pool;
	struct obj_scan *scan;
	struct obj_object *objects;
	size_t nr, next;
	uint32_t zone;   /* the one that is open, or to be opened */
	bool open, failed;
	struct obj_zone_map map;
	struct obj_block block;
	struct obj_run run;
	uint64_t word;   /* of the run's bitmap; used_words: all were looked at */
	bool blind;      /* something of the block could not be told */
	struct obj_fates *fates; /* where blind blocks are told; or NULL */
};

const char *obj_fate_name(enum obj_fate f)
{
	static const char *const names[] = { "kept", "hit", "other", "gone", "back" };

	return names[f];
}

static bool is_root(const struct obj_pool *p, const struct obj_object *o)
{
	return p->root_at && o->at == p->root_at;
}

static bool take(void *ctx, const struct obj_object *o)
{
	struct walk *w = ctx;

	if (!(o->flags & OBJ_OBJECT_INTERNAL) || is_root(w->pool, o))
		w->objects[w->nr++] = *o;
	return true;
}

static void chunks_blind(struct obj_fates *fs, uint64_t at, uint32_t chunks)
{
	uint64_t len = (uint64_t)chunks * OBJ_CHUNK_LEN;

	if (fs == NULL)
		return;
	if (fs->blind_nr < OBJ_FATES_TOLD)
		fs->blind[fs->blind_nr] = (struct obj_blind){ at, len };
	fs->blind_nr++;
	fs->blind_bytes += len;
}

/* Told once for each block. */
static void blind(struct walk *w)
{
	if (!w->blind)
		chunks_blind(w->fates, w->block.at, w->block.len);
	w->blind = true;
}

static void run_step(struct walk *w)
{
	uint64_t words[STEP], left = w->run.used_words - w->word;
	uint32_t nr = left < STEP ? (uint32_t)left : STEP;
	uint8_t lost[STEP];

	if (!obj_run_words(&w->map, &w->run, w->word, nr, words, lost)) {
		w->word = w->run.used_words; /* behind the end of a file cut short */
		blind(w);
		return;
	}
	for (uint32_t i = 0; i < nr; i++)
		if (lost[i]) {
			words[i] = 0;
			blind(w);
		}
	(void)obj_run_objects(w->scan, &w->map, &w->run, w->word, nr, words, take, w);
	w->word += nr;
}

/* False: there are no more blocks. */
static bool block_step(struct walk *w)
{
	const struct obj_heap *h = w->pool->heap;

	while (w->zone < h->zones_nr) {
		if (!w->open && h->zones[w->zone].chunks) {
			w->block = (struct obj_block){ .len = 0 };
			w->open = obj_zone_open(h, &h->zones[w->zone], &w->map);
			w->failed |= !w->open;
		} else if (!w->open && h->zones[w->zone].state == OBJ_ZONE_LOST) {
			chunks_blind(w->fates, obj_chunk_at(&h->zones[w->zone], 0), h->zones[w->zone].expected);
		}
		if (w->open && obj_block_next(&w->map, &w->block)) {
			w->run.used_words = w->word = 0;
			w->blind = false;
			if (w->block.type == OBJ_CHUNK_UNKNOWN ||
			    (w->block.type == OBJ_CHUNK_RUN && !obj_run_read_along(&w->map, &w->block, OBJ_RUN_FIXED_WORDS, &w->run)))
				blind(w);
			if (w->block.type != OBJ_CHUNK_RUN)
				(void)obj_block_objects(w->scan, &w->map, &w->block, take, w);
			return true;
		}
		if (w->open)
			obj_zone_close(&w->map);
		w->open = false;
		w->zone++;
	}
	return false;
}

/* The next object, or NULL. */
static const struct obj_object *peek(struct walk *w)
{
	while (w->next == w->nr) {
		w->next = w->nr = 0;
		if (w->word < w->run.used_words)
			run_step(w);
		else if (!block_step(w))
			return NULL;
	}
	return &w->objects[w->next];
}

static bool walk_open(struct walk *w, const struct obj_pool *p, struct obj_fates *fates)
{
	*w = (struct walk){ .pool = p, .fates = fates, .scan = obj_scan_open(), .objects = malloc(ROOM * sizeof(*w->objects)) };
	return w->scan && w->objects;
}

static void walk_close(struct walk *w)
{
	if (w->open)
		obj_zone_close(&w->map);
	obj_scan_close(w->scan);
	free(w->objects);
}

static uint64_t lost_in(struct image *im, uint64_t at, uint64_t len)
{
	uint64_t lost = 0;

	for (uint64_t end = at + len; at < end && at < im->size;) {
		struct extent e = image_extent(im, at);
		uint64_t n = e.len < end - at ? e.len : end - at;

		if (n == 0)
			break;
		lost += e.kind == EXTENT_LOST || e.kind == EXTENT_LEFT_OUT ? n : 0;
		at += n;
	}
	return lost;
}

static void count(struct obj_fates *out, enum obj_fate fate, const struct obj_object *o, uint64_t lost, bool root)
{
	if (fate != OBJ_FATE_KEPT && out->nr[fate] < OBJ_FATES_TOLD)
		out->told[fate][out->nr[fate]] = (struct obj_fate_row){ o->at, o->len, o->type_num, lost, root };
	out->nr[fate]++;
	out->bytes[fate] += o->len;
}

void obj_fates(const struct obj_pool *was, const struct obj_pool *is, struct image *lost, struct obj_fates *out)
{
	struct walk a, b;
	bool open = walk_open(&a, was, out);

	*out = (struct obj_fates){ .complete = false };
	open = walk_open(&b, is, NULL) && open;
	for (const struct obj_object *o, *n; open;) {
		o = peek(&a);
		n = peek(&b);
		if (o == NULL && n == NULL)
			break;
		bool old = o && (n == NULL || o->at <= n->at), new = n && (o == NULL || n->at <= o->at);
		out->before += old;
		out->after += new;
		if (new) {
			uint64_t missing = lost_in(lost, n->block_at, n->block_len);
			bool same = old && o->len == n->len && o->type_num == n->type_num;

			count(out, missing ? OBJ_FATE_HIT : !old ? OBJ_FATE_BACK : same ? OBJ_FATE_KEPT : OBJ_FATE_OTHER, n, missing,
			      is_root(is, n));
		} else {
			count(out, OBJ_FATE_GONE, o, lost_in(lost, o->block_at, o->block_len), is_root(was, o));
		}
		a.next += old;
		b.next += new;
	}
	out->complete = open && !a.failed && !b.failed;
	walk_close(&a);
	walk_close(&b);
}
