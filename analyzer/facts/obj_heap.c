#include "analyzer/facts/obj_heap.h"

#include "analyzer/facts/obj_types.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	THREADS_MAX = 16,
	BATCH = 16,            /* blocks that a worker takes at a time */
	ALONE = 64,            /* runs up to this many are not worth a thread, unless every object is read */
	UNITS_ADDRESSED = 65536, /* the library keeps a unit's number in 16 bits */
};

struct worker {
	struct account *acc;
	pthread_t thread;
	bool started, failed;
	struct obj_scan *scan;
	struct obj_space space;
	struct obj_types types;
	struct obj_class *classes;
	uint32_t classes_nr;
	uint64_t classes_more;
	struct obj_internal *internal;
	uint32_t internal_nr, internal_room;
	uint32_t last_class;
	uint64_t last_words; /* of the bitmap of the run before */
	uint64_t nr[OBJ_FAULTS];
	struct obj_fault *kept[OBJ_FAULTS];
	uint32_t kept_nr[OBJ_FAULTS];
};

struct account {
	const struct obj_heap *heap;
	struct obj_account *out;
	bool deep;
	uint32_t keep;
	/* the zone that is being accounted for */
	struct obj_zone_map map;
	struct obj_block *blocks; /* its runs, and when every object is asked for its used blocks */
	uint32_t blocks_nr;
	_Atomic uint32_t next;
	uint8_t *fill;            /* of the zone, or NULL */
	uint32_t fills;           /* zones that have one */
	struct arena *arena;
	uint32_t *free_len;       /* free blocks of the heap by their length, up to OBJ_ZONE_CHUNKS + 2 */
	struct worker worker[THREADS_MAX];
	unsigned workers;
};

static void keep(struct worker *w, struct obj_fault f)
{
	w->nr[f.kind]++;
	if (w->kept_nr[f.kind] < w->acc->keep)
		w->kept[f.kind][w->kept_nr[f.kind]++] = f;
}

static struct obj_fault fault(const struct account *acc, const struct obj_block *b, enum obj_fault_kind kind,
			      uint64_t at, uint64_t len)
{
	return (struct obj_fault){ .kind = kind, .zone = acc->map.zone->idx, .chunk = b->chunk, .at = at, .len = len,
				   .type = b->type, .blocks = b->len };
}

/* ---- blocks, by their headers ---- */

static void header_wrong(struct worker *w, const struct obj_block *b, const struct obj_block *before)
{
	struct obj_fault f = fault(w->acc, b, OBJ_FAULT_BLOCK, b->hdr_at, OBJ_CHUNK_HDR_LEN);
	struct obj_chunk_hdr last;
	uint32_t end = b->chunk + b->len;

	f.wrong = b->wrong;
	f.witness = b->witness;
	f.actual = (uint64_t)b->hdr.type | (uint64_t)b->hdr.flags << 16 | (uint64_t)b->hdr.size_idx << 32;
	/*
	 * A free block is split by shortening it and then writing the rest's header. Where the second was
	 * not reached, there is nothing, or the footer of the whole still tells its length.
	 */
	bool whole = obj_zone_chunk(&w->acc->map, end - 1, &last) && last.type == OBJ_CHUNK_FOOTER &&
		     last.size_idx == before->len + b->len;
	if (before->len && before->type == OBJ_CHUNK_FREE && before->wrong == 0 &&
	    (b->wrong & OBJ_BLOCK_LOST) == 0 && b->type == OBJ_CHUNK_UNKNOWN && (f.actual == 0 || whole))
		f.kind = OBJ_FAULT_HOLE;
	keep(w, f);
}

static void flags_account(struct worker *w, const struct obj_block *b)
{
	uint16_t known = obj_chunk_flags_known(w->acc->heap->major);
	uint16_t both = OBJ_CHUNK_COMPACT | OBJ_CHUNK_NO_HDR, run = OBJ_CHUNK_ALIGNED | OBJ_CHUNK_FLEX;
	struct obj_fault f = fault(w->acc, b, OBJ_FAULT_FLAGS, b->hdr_at + 2, 2);

	f.actual = b->hdr.flags;
	f.expected = known;
	if ((b->hdr.flags & ~known) || (b->flags & both) == both || (b->type == OBJ_CHUNK_USED && b->flags & run))
		keep(w, f);
}

static void run_data_account(struct worker *w, const struct obj_block *b)
{
	struct obj_chunk_hdr h;

	for (uint32_t i = 1; i < b->len; i++) {
		struct obj_fault f = fault(w->acc, b, OBJ_FAULT_RUN_DATA, b->hdr_at + (uint64_t)i * OBJ_CHUNK_HDR_LEN,
					   OBJ_CHUNK_HDR_LEN);

		if (obj_zone_chunk(&w->acc->map, b->chunk + i, &h) && h.type == OBJ_CHUNK_RUN_DATA && h.size_idx == i)
			continue;
		f.expected = i;
		f.actual = h.size_idx;
		f.wrong = h.type;
		keep(w, f);
	}
}

static void footer_account(struct worker *w, const struct obj_block *b)
{
	uint32_t last = b->chunk + b->len - 1;
	struct obj_chunk_hdr h;

	if (b->len < 2 || !obj_zone_chunk(&w->acc->map, last, &h) ||
	    (h.type == OBJ_CHUNK_FOOTER && h.size_idx == b->len))
		return;
	struct obj_fault f = fault(w->acc, b, OBJ_FAULT_FOOTER, obj_chunk_hdr_at(w->acc->map.zone, last),
				   OBJ_CHUNK_HDR_LEN);
	f.expected = b->len;
	f.actual = h.type == OBJ_CHUNK_FOOTER ? h.size_idx : 0;
	keep(w, f);
}

static void free_account(struct worker *w, const struct obj_block *b, const struct obj_block *before)
{
	struct obj_space *s = &w->space;

	if (b->len > s->largest_free) {
		s->largest_free = b->len;
		s->largest_zone = w->acc->map.zone->idx;
		s->largest_chunk = b->chunk;
	}
	if (b->len <= OBJ_ZONE_CHUNKS + 2)
		w->acc->free_len[b->len]++;
	if (before->len && before->type == OBJ_CHUNK_FREE)
		keep(w, fault(w->acc, b, OBJ_FAULT_ADJACENT, b->hdr_at, OBJ_CHUNK_HDR_LEN));
}

/* Walks the zone's headers; what has to be read further goes into acc->blocks. */
static void zone_walk(struct worker *w)
{
	struct account *acc = w->acc;
	struct obj_block b = { 0 }, before = { 0 };

	acc->blocks_nr = 0;
	while (obj_block_next(&acc->map, &b)) {
		w->space.blocks[b.type]++;
		w->space.chunks[b.type] += b.len;
		if (b.wrong)
			header_wrong(w, &b, &before);
		if (b.type != OBJ_CHUNK_UNKNOWN)
			flags_account(w, &b);
		if (b.type == OBJ_CHUNK_RUN)
			run_data_account(w, &b);
		else if (b.type != OBJ_CHUNK_UNKNOWN)
			footer_account(w, &b);
		if (b.type == OBJ_CHUNK_FREE)
			free_account(w, &b, &before);
		if (b.type == OBJ_CHUNK_USED)
			w->space.allocated += (uint64_t)b.len * OBJ_CHUNK_LEN;
		if (b.type == OBJ_CHUNK_RUN || (acc->deep && b.type == OBJ_CHUNK_USED))
			acc->blocks[acc->blocks_nr++] = b;
		before = b;
	}
}

/* ---- runs and objects, by any worker ---- */

static bool same_class(const struct obj_class *c, const struct obj_run *r)
{
	return c->unit == r->hdr.block_size && c->alignment == r->alignment && c->chunks == r->block.len &&
	       c->flags == r->block.flags;
}

/* The class of a run, made when it is the first such run. NULL: there are too many. */
static struct obj_class *class_of(struct worker *w, const struct obj_run *r)
{
	if (w->last_class < w->classes_nr && same_class(&w->classes[w->last_class], r))
		return &w->classes[w->last_class];
	for (uint32_t i = 0; i < w->classes_nr; i++)
		if (same_class(&w->classes[i], r)) {
			w->last_class = i;
			return &w->classes[i];
		}
	if (w->classes_nr == OBJ_CLASSES_MAX)
		return NULL;
	struct obj_class *c = &w->classes[w->classes_nr++];
	*c = (struct obj_class){ .unit = r->hdr.block_size, .alignment = r->alignment, .chunks = r->block.len,
				 .flags = r->block.flags, .nbits = r->nbits };
	return c;
}

static void internal_account(struct worker *w, const struct obj_object *o)
{
	w->space.internal++;
	if (w->internal_nr == w->internal_room && w->internal_room < OBJ_INTERNAL_MAX) {
		uint32_t room = w->internal_room ? w->internal_room * 2 : 64;
		struct obj_internal *more = realloc(w->internal, room * sizeof(*more));

		if (more) {
			w->internal = more;
			w->internal_room = room;
		}
	}
	if (w->internal_nr < w->internal_room)
		w->internal[w->internal_nr++] = (struct obj_internal){ o->at, o->len, o->zone, o->chunk };
}

static bool object_account(void *ctx, const struct obj_object *o)
{
	struct worker *w = ctx;
	struct obj_fault f = { .zone = o->zone, .chunk = o->chunk, .unit = o->unit, .at = o->block_at,
			       .len = o->hdr_len, .wrong = o->wrong, .expected = o->block_len,
			       .actual = o->stored_size };

	w->space.objects++;
	w->space.object_bytes += o->block_len;
	if (o->wrong & OBJ_OBJECT_LOST) {
		f.kind = OBJ_FAULT_OBJECT_UNREAD;
		keep(w, f);
		return true;
	}
	if (o->flags & OBJ_OBJECT_INTERNAL)
		internal_account(w, o);
	else
		obj_types_add(&w->types, o->type_num, 1, o->block_len);
	if (o->wrong == 0)
		return true;
	if (o->wrong & (OBJ_OBJECT_SIZE | OBJ_OBJECT_BITS)) {
		f.kind = o->units ? OBJ_FAULT_OBJECT : OBJ_FAULT_HUGE;
		keep(w, f);
	}
	if (o->wrong & OBJ_OBJECT_FLAGS) {
		f.kind = OBJ_FAULT_OBJECT_FLAGS;
		f.actual = o->flags;
		keep(w, f);
	}
	return true;
}

/* What the run's header says. False: its bitmap cannot be found. */
static bool run_header_account(struct worker *w, const struct obj_run *r)
{
	struct obj_fault f = fault(w->acc, &r->block, OBJ_FAULT_UNIT, r->block.at, 8);

	if (r->lost) {
		f.kind = OBJ_FAULT_UNREAD;
		f.len = OBJ_RUN_HDR_LEN;
		keep(w, f);
		return false;
	}
	if (!r->unit_good) {
		f.actual = r->hdr.block_size;
		keep(w, f);
	}
	f.at += 8;
	f.actual = r->hdr.alignment;
	f.expected = r->hdr.block_size;
	if (!r->aligned_good) {
		f.kind = OBJ_FAULT_ALIGN;
		keep(w, f);
	} else if (!(r->block.flags & OBJ_CHUNK_ALIGNED) && r->hdr.alignment && w->acc->heap->major >= 5) {
		f.kind = OBJ_FAULT_WORD;
		keep(w, f);
	}
	f.actual = r->nbits;
	if (r->nbits > UNITS_ADDRESSED) {
		f.kind = OBJ_FAULT_WIDE;
		f.expected = UNITS_ADDRESSED;
		keep(w, f);
	}
	return r->unit_good;
}

static void run_account(struct worker *w, const struct obj_block *b)
{
	const struct obj_zone_map *m = &w->acc->map;
	uint64_t words[OBJ_RUN_STEP], used = 0;
	uint8_t lost[OBJ_RUN_STEP];
	struct obj_run r;

	(void)obj_run_read_along(m, b, w->last_words, &r);
	w->last_words = r.words;
	if (!run_header_account(w, &r))
		return;
	/* without its chunk header it is not known where a run's bitmap ends: only that is said, of its header */
	bool told = !(b->wrong & (OBJ_BLOCK_LOST | OBJ_BLOCK_TYPE)) || obj_run_plausible(m, b);
	for (uint64_t at = 0; at < r.words; at += OBJ_RUN_STEP) {
		uint32_t nr = r.words - at < OBJ_RUN_STEP ? (uint32_t)(r.words - at) : OBJ_RUN_STEP;
		struct obj_fault f = fault(w->acc, b, OBJ_FAULT_UNREAD, r.bitmap_at + at * 8, (uint64_t)nr * 8);

		if (!obj_run_words(m, &r, at, nr, words, lost)) {
			keep(w, f);
			break;
		}
		for (uint32_t i = 0; i < nr; i++) {
			uint64_t pad = obj_run_padding(&r, at + i);

			f.at = r.bitmap_at + (at + i) * 8;
			f.len = 8;
			f.unit = at + i;
			if (lost[i]) {
				f.kind = OBJ_FAULT_UNREAD;
				keep(w, f);
				words[i] = 0;
				continue;
			}
			used += (uint64_t)__builtin_popcountll(words[i] & ~pad);
			if (pad & ~words[i] && told) {
				f.kind = OBJ_FAULT_PADDING;
				f.expected = words[i] | pad;
				f.actual = words[i];
				keep(w, f);
			}
		}
		if (w->acc->deep)
			obj_run_objects(w->scan, m, &r, at, nr, words, object_account, w);
	}

	uint64_t unit = r.hdr.block_size, data = r.nbits * unit;
	struct obj_class *c = class_of(w, &r);
	struct obj_space *s = &w->space;

	s->run_meta += r.first_at - b->at;
	s->run_waste += b->len * (uint64_t)OBJ_CHUNK_LEN - (r.first_at - b->at) - data;
	s->units_used += used * unit;
	s->units_free += (r.nbits - used) * unit;
	s->allocated += used * unit;
	if (w->acc->fill && r.nbits)
		w->acc->fill[b->chunk] = (uint8_t)(1 + used * 254 / r.nbits);
	w->classes_more += c == NULL;
	if (c) {
		c->runs++;
		c->units += r.nbits;
		c->used += used;
	}
	if (used == 0) {
		s->empty_runs++;
		keep(w, fault(w->acc, b, OBJ_FAULT_EMPTY_RUN, b->hdr_at, OBJ_CHUNK_HDR_LEN));
	}
}

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct account *acc = w->acc;

	for (;;) {
		uint32_t first = atomic_fetch_add(&acc->next, BATCH);

		if (first >= acc->blocks_nr)
			return NULL;
		for (uint32_t i = first; i < acc->blocks_nr && i < first + BATCH; i++) {
			const struct obj_block *b = &acc->blocks[i];
			struct obj_object o;

			if (b->type == OBJ_CHUNK_RUN) {
				run_account(w, b);
				continue;
			}
			obj_object_huge(&acc->map, b, &o);
			object_account(w, &o);
		}
	}
}

/* ---- the heap ---- */

static void space_add(struct obj_space *to, const struct obj_space *s)
{
	for (int t = 0; t < OBJ_CHUNK_TYPES; t++) {
		to->blocks[t] += s->blocks[t];
		to->chunks[t] += s->chunks[t];
	}
	if (s->largest_free > to->largest_free) {
		to->largest_free = s->largest_free;
		to->largest_zone = s->largest_zone;
		to->largest_chunk = s->largest_chunk;
	}
	to->empty_runs += s->empty_runs;
	to->run_meta += s->run_meta;
	to->run_waste += s->run_waste;
	to->units_free += s->units_free;
	to->units_used += s->units_used;
	to->allocated += s->allocated;
	to->objects += s->objects;
	to->internal += s->internal;
	to->object_bytes += s->object_bytes;
}

static void zone_account(struct account *acc, const struct obj_zone *z)
{
	struct worker *first = &acc->worker[0];
	unsigned workers = acc->workers;

	if (!obj_zone_open(acc->heap, z, &acc->map)) {
		keep(first, (struct obj_fault){ .kind = OBJ_FAULT_UNREAD, .zone = z->idx, .at = obj_chunk_hdr_at(z, 0),
						.len = (uint64_t)z->chunks * OBJ_CHUNK_HDR_LEN });
		return;
	}
	acc->fill = acc->fills < OBJ_FILLS_MAX ? arena_alloc(acc->arena, acc->map.chunks) : NULL;
	acc->fills += acc->fill != NULL;
	acc->out->zones[z->idx].fill = acc->fill;
	zone_walk(first);
	acc->out->zones[z->idx].walked = acc->map.chunks;
	acc->out->zones[z->idx].whole = obj_zone_whole(&acc->map);
	if (acc->blocks_nr <= (acc->deep ? 1 : ALONE))
		workers = 1;
	acc->next = 0;
	for (unsigned i = 1; i < workers; i++)
		acc->worker[i].started = pthread_create(&acc->worker[i].thread, NULL, work, &acc->worker[i]) == 0;
	work(first);
	for (unsigned i = 1; i < workers; i++)
		if (acc->worker[i].started)
			pthread_join(acc->worker[i].thread, NULL);
	for (unsigned i = 0; i < acc->workers; i++) {
		acc->worker[i].started = false;
		space_add(&acc->out->zones[z->idx], &acc->worker[i].space);
		acc->worker[i].space = (struct obj_space){ 0 };
	}
	space_add(&acc->out->all, &acc->out->zones[z->idx]);
	obj_zone_close(&acc->map);
}

static int by_place(const void *p, const void *q)
{
	const struct obj_fault *a = p, *b = q;

	return a->at != b->at ? (a->at < b->at ? -1 : 1) : 0;
}

static int by_shape(const void *p, const void *q)
{
	const struct obj_class *a = p, *b = q;

	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	if (a->chunks != b->chunks)
		return a->chunks < b->chunks ? -1 : 1;
	if (a->flags != b->flags)
		return a->flags < b->flags ? -1 : 1;
	return a->alignment < b->alignment ? -1 : a->alignment > b->alignment;
}

/* The first places of each kind, whoever found them. */
static bool gather_faults(struct arena *a, struct account *acc)
{
	struct obj_account *out = acc->out;

	for (int k = 0; k < OBJ_FAULTS; k++) {
		uint32_t all = 0, n = 0;

		for (unsigned i = 0; i < acc->workers; i++) {
			out->nr[k] += acc->worker[i].nr[k];
			all += acc->worker[i].kept_nr[k];
		}
		if (all == 0)
			continue;
		struct obj_fault *f = malloc(all * sizeof(*f));
		if (f == NULL)
			return false;
		for (unsigned i = 0; i < acc->workers; i++) {
			memcpy(f + n, acc->worker[i].kept[k], acc->worker[i].kept_nr[k] * sizeof(*f));
			n += acc->worker[i].kept_nr[k];
		}
		qsort(f, n, sizeof(*f), by_place);
		n = n < acc->keep ? n : acc->keep;
		out->kept[k] = arena_array(a, n, sizeof(*f));
		if (out->kept[k])
			memcpy(out->kept[k], f, n * sizeof(*f));
		out->kept_nr[k] = out->kept[k] ? n : 0;
		free(f);
	}
	return true;
}

static bool gather_classes(struct arena *a, struct account *acc)
{
	struct obj_account *out = acc->out;
	struct worker *first = &acc->worker[0];

	for (unsigned i = 1; i < acc->workers; i++) {
		const struct worker *w = &acc->worker[i];

		first->classes_more += w->classes_more;
		for (uint32_t k = 0; k < w->classes_nr; k++) {
			const struct obj_class *c = &w->classes[k];
			uint32_t at = 0;

			while (at < first->classes_nr && by_shape(&first->classes[at], c))
				at++;
			if (at == OBJ_CLASSES_MAX) {
				first->classes_more += c->runs;
				continue;
			}
			if (at == first->classes_nr) {
				first->classes[first->classes_nr++] = *c;
				continue;
			}
			first->classes[at].runs += c->runs;
			first->classes[at].units += c->units;
			first->classes[at].used += c->used;
		}
	}
	qsort(first->classes, first->classes_nr, sizeof(*first->classes), by_shape);
	out->classes_more = first->classes_more;
	out->classes_nr = first->classes_nr;
	out->classes = arena_array(a, out->classes_nr, sizeof(*out->classes));
	if (out->classes == NULL)
		return false;
	memcpy(out->classes, first->classes, out->classes_nr * sizeof(*out->classes));
	for (uint32_t i = 0; i < out->classes_nr; i++)
		for (uint32_t len = out->classes[i].chunks; len <= OBJ_ZONE_CHUNKS + 2; len++)
			out->classes[i].more += (uint64_t)acc->free_len[len] * (len / out->classes[i].chunks) *
						out->classes[i].nbits;
	return true;
}

static bool gather_types(struct arena *a, struct account *acc)
{
	struct obj_types *all = &acc->worker[0].types;

	for (unsigned i = 1; i < acc->workers; i++)
		obj_types_join(all, &acc->worker[i].types);
	acc->out->types = obj_types_sorted(a, all);
	acc->out->types_nr = acc->out->types ? all->nr : 0;
	acc->out->types_more = all->more;
	return acc->out->types != NULL;
}

static int by_at(const void *p, const void *q)
{
	const struct obj_internal *a = p, *b = q;

	return a->at < b->at ? -1 : a->at > b->at;
}

static bool gather_internal(struct arena *a, struct account *acc)
{
	struct obj_account *out = acc->out;
	uint64_t all = 0;

	for (unsigned i = 0; i < acc->workers; i++)
		all += acc->worker[i].internal_nr;
	out->internal = arena_array(a, all, sizeof(*out->internal));
	for (unsigned i = 0; out->internal && i < acc->workers; i++) {
		if (acc->worker[i].internal_nr)
			memcpy(out->internal + out->internal_nr, acc->worker[i].internal,
			       acc->worker[i].internal_nr * sizeof(*out->internal));
		out->internal_nr += acc->worker[i].internal_nr;
	}
	if (out->internal)
		qsort(out->internal, out->internal_nr, sizeof(*out->internal), by_at);
	return out->internal != NULL;
}

static bool worker_open(struct worker *w, struct account *acc)
{
	w->acc = acc;
	w->classes = calloc(OBJ_CLASSES_MAX, sizeof(*w->classes));
	w->scan = acc->deep ? obj_scan_open() : NULL;
	for (int k = 0; k < OBJ_FAULTS; k++) {
		w->kept[k] = calloc(acc->keep ? acc->keep : 1, sizeof(struct obj_fault));
		if (w->kept[k] == NULL)
			return false;
	}
	return w->classes && (w->scan || !acc->deep);
}

static void worker_close(struct worker *w)
{
	free(w->classes);
	obj_scan_close(w->scan);
	obj_types_close(&w->types);
	free(w->internal);
	for (int k = 0; k < OBJ_FAULTS; k++)
		free(w->kept[k]);
}

struct obj_account *obj_account(struct arena *a, const struct obj_heap *h, bool deep, uint32_t keep_nr,
				unsigned max_threads)
{
	struct obj_account *out = ARENA_NEW(a, struct obj_account);
	struct account *acc = calloc(1, sizeof(*acc));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t most = 0;
	bool ok = out && acc;

	if (!ok)
		goto out;
	*out = (struct obj_account){ .deep = deep, .heap = h,
				     .zones = arena_array(a, h->zones_nr, sizeof(*out->zones)) };
	*acc = (struct account){ .heap = h, .out = out, .deep = deep, .keep = keep_nr, .arena = a };
	acc->workers = !h->image->parallel ? 1 : max_threads ? max_threads : cpus > 0 ? (unsigned)cpus : 1;
	if (acc->workers > THREADS_MAX)
		acc->workers = THREADS_MAX;
	for (uint32_t i = 0; i < h->zones_nr; i++)
		most = h->zones[i].chunks > most ? h->zones[i].chunks : most;
	acc->blocks = malloc(((size_t)most + 1) * sizeof(*acc->blocks));
	acc->free_len = calloc(OBJ_ZONE_CHUNKS + 3, sizeof(*acc->free_len));
	for (unsigned i = 0; i < acc->workers; i++)
		ok = worker_open(&acc->worker[i], acc) && ok;
	if (!ok || out->zones == NULL || acc->blocks == NULL || acc->free_len == NULL)
		goto out;
	for (uint32_t i = 0; i < h->zones_nr; i++)
		if (h->zones[i].chunks)
			zone_account(acc, &h->zones[i]);
	out->complete = gather_faults(a, acc) && gather_classes(a, acc) && (!deep || (gather_types(a, acc) && gather_internal(a, acc))) && !arena_failed(a);
out:
	for (unsigned i = 0; acc && i < acc->workers; i++)
		worker_close(&acc->worker[i]);
	if (acc) {
		free(acc->blocks);
		free(acc->free_len);
	}
	free(acc);
	return out;
}
