#include "analyzer/facts/obj_units.h"

enum {
	SIBLINGS_MAX = 64, /* shapes of other runs that are tried */
	WALK_MAX = 65536,  /* units that the library can address in a run */
	TELLING = 32,      /* bits of padding that could hardly be set by chance */
};

/* Units of runs that libpmemobj makes, 1.5 to 2.1, by its own table. */
static const uint32_t usual_units[] = {
	128, 192, 320, 448, 704, 832, 1088, 1216, 1472, 1728, 1856, 1984, 2368, 3776, 4480, 5376, 5504, 6208, 6720, 7488, 7744,
	9216, 9664, 10176, 11072, 12032, 11968, 12480, 14272, 16704, 17472, 23040, 24384, 26048, 27776, 29120, 31296, 39936,
	46592, 51776, 54464, 66560, 80640, 107520, 113344, 135296, 149760, 167744, 209664, 220736, 246720, 262080, 349440,
};

struct trial {
	const struct obj_zone_map *map;
	struct obj_scan *scan;
	struct obj_unit *now; /* that objects are counted for */
	struct obj_unit *best;
	size_t nr;
};

/* Are all bits set that stand for no unit, and enough of them to tell? */
static bool bitmap_fits(const struct trial *t, const struct obj_run *r)
{
	uint64_t padding = 0, word;
	uint8_t lost;

	for (uint64_t w = r->nbits / 64; w < r->words; w++) {
		uint64_t mask = obj_run_padding(r, w);

		if (mask && (!obj_run_words(t->map, r, w, 1, &word, &lost) || lost || (word & mask) != mask))
			return false;
		padding += (uint64_t)__builtin_popcountll(mask);
	}
	return padding >= TELLING;
}

static bool object_count(void *ctx, const struct obj_object *o)
{
	struct trial *t = ctx;

	if (o->wrong)
		t->now->odd++;
	else
		t->now->right++;
	return true;
}

static void count_by_bits(struct trial *t, const struct obj_run *r)
{
	uint64_t words[OBJ_RUN_STEP];
	uint8_t lost[OBJ_RUN_STEP];

	for (uint64_t at = 0; at < r->used_words; at += OBJ_RUN_STEP) {
		uint32_t nr = r->used_words - at < OBJ_RUN_STEP ? (uint32_t)(r->used_words - at) : OBJ_RUN_STEP;

		if (!obj_run_words(t->map, r, at, nr, words, lost))
			return;
		for (uint32_t i = 0; i < nr; i++)
			if (lost[i])
				words[i] = 0;
		(void)obj_run_objects(t->scan, t->map, r, at, nr, words, object_count, t);
	}
}

/* Without a bitmap: from one header that makes sense to the next. */
static void count_by_headers(struct trial *t, const struct obj_run *r)
{
	struct obj_object o;

	for (uint64_t unit = 0; unit < r->nbits && unit < WALK_MAX; unit += o.units ? o.units : 1) {
		bool read = obj_run_header_at(t->map, r, unit, &o);

		t->now->right += o.units != 0;
		t->now->odd += read && o.units == 0 && (o.stored_size || o.type_num || o.flags);
	}
}

/* Objects that can be there count; where objects have no header, what other runs are like does. */
static bool better(const struct obj_unit *a, const struct obj_unit *b)
{
	if (a->bitmap != b->bitmap)
		return a->bitmap;
	bool clean = a->bitmap && a->odd == 0, other = b->bitmap && b->odd == 0;
	if (clean != other)
		return clean;
	if (a->right != b->right)
		return a->right > b->right;
	return a->sibling != b->sibling ? a->sibling : a->odd < b->odd;
}

static void try_unit(struct trial *t, const struct obj_block *b, uint64_t unit, uint64_t alignment, bool sibling)
{
	struct obj_unit u = { .unit = unit, .alignment = alignment, .sibling = sibling };
	struct obj_run r;

	for (size_t i = 0; i < t->nr; i++)
		if (t->best[i].unit == unit && t->best[i].alignment == alignment)
			return;
	if (!obj_run_as(b, unit, alignment, &r))
		return;
	t->now = &u;
	u.bitmap = bitmap_fits(t, &r);
	if (r.hdr_len && u.bitmap)
		count_by_bits(t, &r);
	else if (r.hdr_len)
		count_by_headers(t, &r);
	/* without headers the bitmap is all there is; with them more must be right than odd */
	if (r.hdr_len == 0 ? !u.bitmap && !sibling : u.right <= u.odd && !(u.bitmap && u.odd == 0))
		return;
	size_t at = t->nr < OBJ_UNITS_KEPT ? t->nr : OBJ_UNITS_KEPT;
	while (at && better(&u, &t->best[at - 1]))
		at--;
	if (at == OBJ_UNITS_KEPT)
		return;
	t->nr += t->nr < OBJ_UNITS_KEPT;
	for (size_t i = t->nr - 1; i > at; i--)
		t->best[i] = t->best[i - 1];
	t->best[at] = u;
}

static void try_siblings(struct trial *t, const struct obj_block *b)
{
	const struct obj_heap *h = t->map->heap;
	uint64_t tried[SIBLINGS_MAX][2];
	size_t nr = 0;

	for (uint32_t i = 0; i < h->zones_nr; i++) {
		struct obj_block c = { .len = 0 };
		struct obj_zone_map its;
		struct obj_run r;

		if (h->zones[i].chunks == 0 || !obj_zone_open(h, &h->zones[i], &its))
			continue;
		while (nr < SIBLINGS_MAX && obj_block_next(&its, &c)) {
			bool known = c.type != OBJ_CHUNK_RUN || c.wrong || c.flags != b->flags || c.len != b->len || c.at == b->at ||
				     !obj_run_read(&its, &c, &r) || !r.aligned_good || !obj_run_plausible(&its, &c);

			for (size_t k = 0; k < nr && !known; k++)
				known = tried[k][0] == r.hdr.block_size && tried[k][1] == r.alignment;
			if (known)
				continue;
			tried[nr][0] = r.hdr.block_size;
			tried[nr++][1] = r.alignment;
			try_unit(t, b, r.hdr.block_size, r.alignment, true);
		}
		obj_zone_close(&its);
	}
}

size_t obj_units(const struct obj_zone_map *m, const struct obj_block *b, struct obj_unit best[OBJ_UNITS_KEPT])
{
	struct trial t = { .map = m, .scan = obj_scan_open(), .best = best };
	uint64_t most = (uint64_t)(b->len < 2 ? b->len : 2) * OBJ_CHUNK_LEN;

	if (t.scan == NULL)
		return 0;
	try_siblings(&t, b);
	for (size_t i = 0; i < sizeof(usual_units) / sizeof(usual_units[0]) && !(b->flags & OBJ_CHUNK_ALIGNED); i++)
		try_unit(&t, b, usual_units[i], 0, false);
	/* a class of the application's own: its objects' headers must tell */
	if (t.nr == 0 && obj_object_hdr_len(b->flags) && !(b->flags & OBJ_CHUNK_ALIGNED))
		for (uint64_t unit = 24; unit <= most; unit += 8)
			try_unit(&t, b, unit, 0, false);
	obj_scan_close(t.scan);
	return t.nr;
}
