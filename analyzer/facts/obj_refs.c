#include "analyzer/facts/obj_refs.h"

#include "analyzer/facts/obj_owned.h"
#include "analyzer/facts/obj_types.h"
#include "formats/obj/descr.h"
#include "formats/obj/lane.h"
#include "formats/obj/vos.h"

#include <stdlib.h>
#include <string.h>

enum {
	STACK = 1 << 18,   /* objects to be searched that are kept in mind; the rest is found again by their bits */
	WINDOW = 1 << 16,  /* bytes of user data in memory */
	PAGE = 4096,
	FOREIGN = 8,       /* other ids that are counted */
	HEAD_LEN = 80,     /* of a list's head: a pointer and a lock */
};

/* A run, or a used block as a run of one unit. */
struct piece {
	uint64_t first_at, unit, nbits;
	uint64_t word;     /* of its first unit in the bit maps */
	uint32_t zone, chunk, hdr_len;
};

struct todo {
	uint32_t piece;
	uint64_t unit;
};

struct search {
	struct arena *arena;
	const struct obj_pool *pool;
	const struct obj_heap *heap;
	struct obj_refs *out;
	uint32_t keep;
	bool offsets;            /* bare offsets are pointers too: DAOS */
	struct piece *piece;
	uint32_t piece_nr, piece_room;
	uint32_t **of_chunk;     /* per zone, per chunk: its piece + 1 */
	/* a bit a unit: an object begins, is in use, was reached, was searched */
	uint64_t *start, *used, *reached, *searched;
	uint64_t words, room;
	struct todo *stack;
	size_t stack_nr;
	bool overflow;
	uint8_t *bytes, *lost;   /* the window */
	uint64_t window_at;
	size_t window_len;
	struct { uint64_t id, nr; } foreign[FOREIGN];
	const struct obj_type_range *types;
	size_t types_nr;
	struct obj_types lost_types;
};

static bool bit(const uint64_t *map, uint64_t word, uint64_t unit)
{
	return map[word + unit / 64] >> unit % 64 & 1;
}

static void set(uint64_t *map, uint64_t word, uint64_t unit)
{
	map[word + unit / 64] |= UINT64_C(1) << unit % 64;
}

static bool fail(struct search *s, const char *why)
{
	if (s->out->why == NULL)
		s->out->why = why;
	return false;
}

/* ---- where objects begin ---- */

static bool grow_words(struct search *s, uint64_t more)
{
	uint64_t **const maps[] = { &s->start, &s->used, &s->reached, &s->searched };
	uint64_t room = s->room ? s->room : 1 << 12;

	while (room < s->words + more)
		room *= 2;
	if (room != s->room)
		for (size_t i = 0; i < 4; i++) {
			uint64_t *map = room * 32 <= OBJ_REFS_MEMORY * 2 ? realloc(*maps[i], room * 8) : NULL;

			if (map == NULL)
				return fail(s, "the heap has more units than memory is set aside for");
			memset(map + s->room, 0, (room - s->room) * 8);
			*maps[i] = map;
		}
	s->room = room;
	s->words += more;
	return true;
}

static bool piece_add(struct search *s, const struct obj_block *b, struct piece p)
{
	if (s->piece_nr == s->piece_room) {
		uint32_t room = s->piece_room ? s->piece_room * 2 : 1024;
		struct piece *more = realloc(s->piece, room * sizeof(*more));

		if (more == NULL)
			return fail(s, "memory failed");
		s->piece = more;
		s->piece_room = room;
	}
	p.word = s->words;
	if (!grow_words(s, (p.nbits + 63) / 64))
		return false;
	s->piece[s->piece_nr++] = p;
	for (uint32_t c = b->chunk; c < b->chunk + b->len; c++)
		s->of_chunk[p.zone][c] = s->piece_nr;
	return true;
}

static bool object_note(void *ctx, const struct obj_object *o)
{
	struct search *s = ctx;
	const struct piece *p = &s->piece[s->piece_nr - 1];
	bool root = false;

	set(s->start, p->word, o->unit);
	for (uint32_t i = 0; i < (o->units ? o->units : 1); i++)
		set(s->used, p->word, o->unit + i);
	for (size_t i = 0; i < s->types_nr; i++)
		root = root || (s->types[i].first <= o->type_num && o->type_num <= s->types[i].last &&
				!(o->flags & OBJ_OBJECT_INTERNAL));
	if (root)
		set(s->reached, p->word, o->unit);
	s->overflow = s->overflow || root;
	return true;
}

static bool zone_note(struct search *s, struct obj_scan *scan, const struct obj_zone *z)
{
	struct obj_block b = { 0 };
	struct obj_zone_map m;
	bool ok = true;

	s->of_chunk[z->idx] = calloc((size_t)z->chunks + 1, sizeof(**s->of_chunk));
	if (s->of_chunk[z->idx] == NULL || !obj_zone_open(s->heap, z, &m))
		return fail(s, "a zone could not be read");
	while (ok && obj_block_next(&m, &b)) {
		struct piece p = { .zone = z->idx, .chunk = b.chunk, .hdr_len = obj_object_hdr_len(b.flags) };
		struct obj_run r;

		if (b.type == OBJ_CHUNK_RUN && obj_run_read(&m, &b, &r)) {
			p.first_at = r.first_at;
			p.unit = r.hdr.block_size;
			p.nbits = r.nbits;
		} else if (b.type == OBJ_CHUNK_USED) {
			p.first_at = b.at;
			p.unit = (uint64_t)b.len * OBJ_CHUNK_LEN;
			p.nbits = 1;
		} else {
			continue;
		}
		ok = piece_add(s, &b, p) && obj_block_objects(scan, &m, &b, object_note, s);
	}
	obj_zone_close(&m);
	return ok;
}

/* ---- what an offset leads to ---- */

/* True when it is the start of an object's user data. Else *kind. */
static bool resolve(const struct search *s, uint64_t off, uint32_t *piece, uint64_t *unit, enum obj_ref_kind *kind)
{
	const struct obj_heap *h = s->heap;

	*kind = OBJ_REF_NOWHERE;
	if (off < h->at + OBJ_HEAP_HDR_LEN || off - h->at >= h->len || off % 8)
		return false;
	uint64_t rel = off - h->at - OBJ_HEAP_HDR_LEN, zone = rel / OBJ_ZONE_STRIDE, in = rel % OBJ_ZONE_STRIDE;
	if (zone >= h->zones_nr || in < OBJ_ZONE_META)
		return false;
	uint64_t chunk = (in - OBJ_ZONE_META) / OBJ_CHUNK_LEN;
	if (h->zones[zone].state == OBJ_ZONE_VIRGIN || chunk >= h->zones[zone].chunks)
		return false;
	*kind = OBJ_REF_FREED;
	uint32_t k = s->of_chunk[zone] ? s->of_chunk[zone][chunk] : 0;
	if (k == 0)
		return false;
	const struct piece *p = &s->piece[k - 1];
	if (off < p->first_at + p->hdr_len) /* in a run's bitmap, as it is now */
		return false;
	uint64_t d = off - p->hdr_len - p->first_at;
	*unit = d / p->unit;
	*piece = k - 1;
	if (*unit >= p->nbits || !bit(s->used, p->word, *unit))
		return false;
	*kind = OBJ_REF_INSIDE;
	return d % p->unit == 0 && bit(s->start, p->word, *unit);
}

static void reach(struct search *s, uint32_t piece, uint64_t unit)
{
	const struct piece *p = &s->piece[piece];

	if (bit(s->reached, p->word, unit))
		return;
	set(s->reached, p->word, unit);
	if (s->stack_nr < STACK)
		s->stack[s->stack_nr++] = (struct todo){ piece, unit };
	else
		s->overflow = true;
}

/* ---- searching an object ---- */

static void odd(struct search *s, enum obj_ref_kind kind, struct obj_ref r)
{
	struct obj_refs *out = s->out;

	out->nr[kind]++;
	if (out->kept[kind] == NULL)
		out->kept[kind] = arena_array(s->arena, s->keep, sizeof(*out->kept[kind]));
	if (out->kept[kind] && out->kept_nr[kind] < s->keep)
		out->kept[kind][out->kept_nr[kind]++] = r;
}

/* Counts who uses another id most often (Misra and Gries). True: it is one of those counted. */
static void foreign(struct search *s, struct obj_ref r)
{
	size_t empty = FOREIGN;

	odd(s, OBJ_REF_FOREIGN, r);
	for (size_t i = 0; i < FOREIGN; i++) {
		if (s->foreign[i].nr && s->foreign[i].id == r.id) {
			s->foreign[i].nr++;
			return;
		}
		if (s->foreign[i].nr == 0)
			empty = i;
	}
	if (empty < FOREIGN) {
		s->foreign[empty].id = r.id;
		s->foreign[empty].nr = 1;
		return;
	}
	for (size_t i = 0; i < FOREIGN; i++)
		s->foreign[i].nr--;
}

/*
 * Could the pointer at off of w be the head of a list? Behind it is a lock, which begins with the number of a run of
 * this pool, or 0. end: of the object.
 */
static void head_look(struct search *s, struct span w, size_t off, uint64_t first, uint64_t end)
{
	struct obj_refs *out = s->out;
	uint64_t run;

	if (s->offsets || s->pool->words == NULL || end - (w.at + off) < HEAD_LEN || !span_le64(w, off + 16, &run) ||
	    run > s->pool->words->run_id)
		return;
	if (out->heads_nr++ < OBJ_HEADS_MAX && out->heads)
		out->heads[out->heads_kept++] = (struct obj_list_head){ w.at + off, first };
}

/*
 * The words of [at, at+len) of an object that goes on to end, which are in w; the last may be the first half of a
 * pointer.
 */
static void words_search(struct search *s, struct span w, const struct piece *p, uint64_t object_at, size_t len,
			 uint64_t end)
{
	uint64_t word, off, unit;
	enum obj_ref_kind kind;
	uint32_t piece;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		if (!span_le64(w, i, &word) || word == 0)
			continue;
		if (s->offsets && resolve(s, word & ~OBJ_VOS_OFFSET_FLAGS, &piece, &unit, &kind)) {
			s->out->pointers++;
			reach(s, piece, unit);
		}
		if (!span_le64(w, i + 8, &off) || off == 0)
			continue;
		bool own = s->pool->has_uuid_lo && word == s->pool->uuid_lo;
		/* ids are made of two random numbers: a small one is a counter or a size */
		if (!own && word >> 32 == 0)
			continue;
		bool valid = resolve(s, off, &piece, &unit, &kind);
		struct obj_ref r = { w.at + i, off, word, object_at, p->zone, p->chunk };
		if (own && valid) {
			s->out->pointers++;
			reach(s, piece, unit);
			head_look(s, w, i, off, end);
			i += 8;
		} else if (own) {
			odd(s, kind, r);
			i += 8;
		} else if (valid && !s->offsets) {
			foreign(s, r);
		}
	}
}

/* [at, at+len), at most WINDOW, through the window. */
static bool window(struct search *s, uint64_t at, size_t len, struct span *out)
{
	if (at < s->window_at || at + len > s->window_at + s->window_len) {
		const struct image *im = s->heap->image;
		uint64_t from = at / PAGE * PAGE, to = (at + len + PAGE - 1) / PAGE * PAGE;
		uint64_t end = im->unsettled ? s->heap->pool->size : im->size;

		s->window_len = 0;
		to = to < end ? to : end;
		if (at + len > to || !image_read(s->heap->image, from, (size_t)(to - from), s->bytes, s->lost))
			return false;
		s->window_at = from;
		s->window_len = (size_t)(to - from);
	}
	return span_cut((struct span){ s->bytes, s->lost, s->window_at, s->window_len }, at - s->window_at, len, out);
}

static uint64_t units_of(const struct search *s, const struct piece *p, uint64_t unit)
{
	uint64_t end = unit + 1;

	while (end < p->nbits && bit(s->used, p->word, end) && !bit(s->start, p->word, end))
		end++;
	return end - unit;
}

static void object_search(struct search *s, struct todo t)
{
	enum { STEP = WINDOW - 2 * PAGE };
	const struct piece *p = &s->piece[t.piece];
	uint64_t at = p->first_at + t.unit * p->unit + p->hdr_len;
	uint64_t len = units_of(s, p, t.unit) * p->unit - p->hdr_len;
	struct span w;

	if (bit(s->searched, p->word, t.unit))
		return;
	set(s->searched, p->word, t.unit);
	if (at == s->pool->root_at && s->pool->root_len && s->pool->root_len < len)
		len = s->pool->root_len; /* the one size that is known */
	for (uint64_t done = 0; done < len; done += STEP) {
		/* more than are searched: a pointer's second half, and the word behind it */
		uint64_t n = len - done < STEP ? len - done : STEP, more = len - done < n + 16 ? len - done : n + 16;

		if (window(s, at + done, (size_t)more, &w))
			words_search(s, w, p, at, (size_t)n, at + len);
	}
}

static void search_all(struct search *s)
{
	do {
		while (s->stack_nr)
			object_search(s, s->stack[--s->stack_nr]);
		if (!s->overflow)
			return;
		s->overflow = false;
		for (uint32_t k = 0; k < s->piece_nr; k++) {
			const struct piece *p = &s->piece[k];

			for (uint64_t i = 0; i < (p->nbits + 63) / 64; i++)
				for (uint64_t left = s->reached[p->word + i] & ~s->searched[p->word + i]; left;
				     left &= left - 1) {
					object_search(s, (struct todo){ k, i * 64 + (uint64_t)__builtin_ctzll(left) });
					while (s->stack_nr > STACK / 2)
						object_search(s, s->stack[--s->stack_nr]);
				}
		}
	} while (s->stack_nr || s->overflow);
}

/* ---- roots, and what is left ---- */

static void root(struct search *s, uint64_t off)
{
	enum obj_ref_kind kind;
	uint32_t piece;
	uint64_t unit;

	if (resolve(s, off, &piece, &unit, &kind))
		reach(s, piece, unit);
}

static bool roots(struct search *s)
{
	const struct obj_pool *p = s->pool;
	const struct obj_owned *owned = obj_owned(s->arena, p);
	uint64_t budget = p->size;

	if (owned == NULL)
		return fail(s, "memory failed");
	root(s, p->root_at);
	for (uint64_t i = 0; i < owned->nr; i++)
		root(s, owned->at[i]);
	for (uint32_t i = 0; p->major >= 5 && i < p->lanes->lane_nr; i++)
		for (int k = 0; k < OBJ_LOG_UNDO; k++) {
			const struct obj_log *log = &p->lanes->lane[i].log[k];
			struct obj_ulog_entry e;
			struct obj_ulog_walk w;

			if (log->state != OBJ_LOG_PENDING)
				continue;
			obj_lane_walk(p->lanes, log, &w, &budget);
			while (obj_ulog_walk_next(&w, &e))
				if (e.op == OBJ_ULOG_SET)
					root(s, e.value);
		}
	return true;
}

static bool object_count(void *ctx, const struct obj_object *o)
{
	struct search *s = ctx;
	struct obj_refs *out = s->out;
	const struct piece *p = &s->piece[s->of_chunk[o->zone][o->chunk] - 1];

	if (o->flags & OBJ_OBJECT_INTERNAL)
		return true;
	out->objects++;
	out->bytes += o->block_len;
	if (bit(s->reached, p->word, o->unit)) {
		out->reached++;
		out->reached_bytes += o->block_len;
		return true;
	}
	obj_types_add(&s->lost_types, o->type_num, 1, o->block_len);
	if (out->lost_nr < s->keep)
		out->lost[out->lost_nr++] = (struct obj_lost){ o->at, o->len, o->type_num, o->zone, o->chunk };
	return true;
}

/* Foreign pointers are those with the id that is seen most; the others are chance. */
static void foreign_settle(struct search *s)
{
	struct obj_refs *out = s->out;
	uint64_t most = 1;
	uint32_t kept = 0;

	for (size_t i = 0; i < FOREIGN; i++)
		if (s->foreign[i].nr > most) {
			most = s->foreign[i].nr;
			out->foreign_id = s->foreign[i].id;
		}
	out->nr[OBJ_REF_FOREIGN] = out->foreign_id ? most : 0;
	for (uint32_t i = 0; i < out->kept_nr[OBJ_REF_FOREIGN]; i++)
		if (out->kept[OBJ_REF_FOREIGN][i].id == out->foreign_id)
			out->kept[OBJ_REF_FOREIGN][kept++] = out->kept[OBJ_REF_FOREIGN][i];
	out->kept_nr[OBJ_REF_FOREIGN] = kept;
}

static void search_close(struct search *s)
{
	for (uint32_t i = 0; s->of_chunk && i < s->heap->zones_nr; i++)
		free(s->of_chunk[i]);
	free(s->of_chunk);
	free(s->piece);
	free(s->start);
	free(s->used);
	free(s->reached);
	free(s->searched);
	free(s->stack);
	free(s->bytes);
	free(s->lost);
	obj_types_close(&s->lost_types);
}

struct obj_refs *obj_refs(struct arena *a, const struct obj_pool *p, const struct obj_type_range *types, size_t types_nr,
			  uint32_t keep)
{
	struct obj_refs *out = ARENA_NEW(a, struct obj_refs);
	struct obj_scan *scan = obj_scan_open();
	struct search s = { .arena = a, .pool = p, .heap = p->heap, .out = out, .keep = keep, .types = types,
			    .types_nr = types_nr, .offsets = p->vos->named || p->vos->root };
	bool ok = out && scan;

	s.of_chunk = calloc(p->heap->zones_nr + 1, sizeof(*s.of_chunk));
	s.stack = malloc(STACK * sizeof(*s.stack));
	s.bytes = malloc(WINDOW);
	s.lost = malloc(WINDOW);
	if (ok)
		out->lost = arena_array(a, keep, sizeof(*out->lost));
	if (ok)
		out->heads = arena_array(a, OBJ_HEADS_MAX, sizeof(*out->heads));
	ok = ok && out->lost && s.of_chunk && s.stack && s.bytes && s.lost;
	for (uint32_t i = 0; ok && i < p->heap->zones_nr; i++)
		if (p->heap->zones[i].chunks)
			ok = zone_note(&s, scan, &p->heap->zones[i]);
	if (ok && roots(&s)) {
		search_all(&s);
		foreign_settle(&s);
		ok = obj_heap_objects(p->heap, object_count, &s);
		out->lost_types = obj_types_sorted(a, &s.lost_types);
		out->lost_types_nr = out->lost_types ? s.lost_types.nr : 0;
		out->complete = ok && !arena_failed(a);
	}
	if (out && !out->complete && out->why == NULL)
		out->why = "memory, or reading, failed";
	search_close(&s);
	obj_scan_close(scan);
	return out;
}
