/* The heap as decoded, against what the library itself finds in the same pool. */
#include "formats/obj/object.h"
#include "tests/formats/obj/lab.h"

struct told {
	FILE *out;
	uint64_t internal, wrong, nr;
};

static bool tell(void *ctx, const struct obj_object *o)
{
	struct told *t = ctx;

	t->nr++;
	t->wrong += o->wrong != 0;
	if (o->flags & OBJ_OBJECT_INTERNAL)
		t->internal++;
	else
		fprintf(t->out, "%llu %llu %llu\n", (unsigned long long)o->at, (unsigned long long)o->len,
			(unsigned long long)o->type_num);
	return true;
}

static char *listed(const struct lab *l, struct told *t)
{
	char *text;
	size_t room;

	*t = (struct told){ .out = open_memstream(&text, &room) };
	cr_assert(obj_heap_objects(l->heap, tell, t));
	fclose(t->out);
	return text;
}

/* Units of every usual size below and above those whose headers are read together. */
Test(obj_heap, finds_objects_of_units_of_all_sizes)
{
	static const char *const bytes[] = { "100 1 1700", "100 1 1950", "100 1 2300", "100 1 3700", "100 1 4400", "100 1 9000" };

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		struct lab l = lab_make("obj_many", bytes[i]);
		struct told t;

		free(listed(&l, &t));
		cr_assert_eq(t.nr - t.internal, 100, "%s", bytes[i]);
		cr_assert_eq(t.wrong, 0, "%s", bytes[i]);
		lab_close(&l);
	}
}

/* The first block of a kind; its zone's map stays open in *m. */
static struct obj_block first_block(const struct lab *l, struct obj_zone_map *m, enum obj_chunk_type type,
				    uint32_t min_len)
{
	struct obj_block b = { 0 };

	cr_assert(obj_zone_open(l->heap, &l->heap->zones[0], m));
	while (obj_block_next(m, &b) && (b.type != type || b.len < min_len))
		;
	cr_assert(b.type == type && b.len >= min_len, "no such block");
	return b;
}

Test(obj_heap, lists_what_the_library_lists)
{
	struct lab l = lab_make("obj_mixed", "");
	struct told t;
	char *text = listed(&l, &t);

	cr_assert(l.heap->hdr_good);
	cr_assert_eq(l.heap->hdr_sum, UINT64_C(0x4bf97ca8f7542425));
	cr_assert_eq(l.heap->zones[0].state, OBJ_ZONE_USED);
	cr_assert_eq(l.heap->zones[0].chunks, l.heap->zones[0].expected);
	cr_assert_str_eq(text, l.said);
	cr_assert_eq(t.wrong, 0);
	cr_assert_eq(t.internal, 1, "the root object");
	free(text);
	lab_close(&l);
}

Test(obj_heap, walks_on_behind_any_single_wrong_header)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_zone_map m;
	struct obj_block b = { 0 }, blocks[600];
	uint32_t nr = 0;
	static const struct { uint32_t off; uint64_t value; size_t width; } edits[] = {
		{ 0, 0, 2 }, { 0, 6, 2 }, { 0, 1, 2 }, { 0, 5, 2 }, { 4, 0, 4 }, { 4, 0xffffffff, 4 }, { 0, 0, 8 },
	};

	cr_assert(obj_zone_open(l.heap, &l.heap->zones[0], &m));
	while (obj_block_next(&m, &b)) {
		cr_assert_eq(b.wrong, 0);
		blocks[nr++] = b;
	}
	cr_assert_eq(b.chunk + b.len, l.heap->zones[0].chunks);
	obj_zone_close(&m);
	cr_assert_gt(nr, 12);
	for (uint32_t i = 0; i < nr; i++)
		for (size_t e = 0; e < sizeof(edits) / sizeof(edits[0]); e++) {
			uint64_t at = blocks[i].hdr_at, was = lab_get(&l, at, 8);
			uint32_t seen = 0, wrong = 0, same = 0;

			lab_put(&l, at + edits[e].off, edits[e].value, edits[e].width);
			lab_decode(&l);
			cr_assert(obj_zone_open(l.heap, &l.heap->zones[0], &m));
			for (b = (struct obj_block){ 0 }; obj_block_next(&m, &b); seen++) {
				wrong += b.wrong != 0;
				same += seen < nr && b.chunk == blocks[seen].chunk && b.len == blocks[seen].len;
			}
			obj_zone_close(&m);
			cr_assert_eq(wrong, 1, "block %u edit %zu: %u wrong", i, e, wrong);
			cr_assert_eq(same, nr, "block %u edit %zu: %u of %u blocks the same, %u seen", i, e, same,
				     nr, seen);
			lab_put(&l, at, was, 8);
		}
	lab_close(&l);
}

Test(obj_heap, finds_a_zone_whose_magic_was_wiped)
{
	struct lab l = lab_make("obj_mixed", "");
	struct told t;
	char *before = listed(&l, &t), *after;

	lab_put(&l, l.heap->zones[0].at, 0, 4);
	lab_decode(&l);
	cr_assert_eq(l.heap->zones[0].state, OBJ_ZONE_HIDDEN);
	after = listed(&l, &t);
	cr_assert_str_eq(before, after);
	lab_put(&l, l.heap->zones[0].at, 0, 8);
	lab_decode(&l);
	cr_assert_eq(l.heap->zones[0].state, OBJ_ZONE_HIDDEN);
	lab_put(&l, obj_chunk_hdr_at(&l.heap->zones[0], 0), 0, 8);
	lab_decode(&l);
	cr_assert_eq(l.heap->zones[0].state, OBJ_ZONE_VIRGIN);
	free(before);
	free(after);
	lab_close(&l);
}

Test(obj_heap, objects_go_on_behind_a_wrong_header)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_zone_map m;
	struct obj_block b = first_block(&l, &m, OBJ_CHUNK_RUN, 1);
	struct obj_scan *scan = obj_scan_open();
	struct told t, u;
	struct obj_run r;
	uint64_t word;
	uint8_t lost;

	cr_assert(obj_run_read(&m, &b, &r));
	cr_assert(obj_run_words(&m, &r, 0, 1, &word, &lost));
	cr_assert_neq(word, 0);
	free(listed(&l, &t));
	lab_put(&l, obj_run_unit_at(&r, (uint64_t)__builtin_ctzll(word)), 0, 8);
	free(listed(&l, &u));
	cr_assert_eq(u.nr, t.nr);
	cr_assert_eq(u.wrong, 1);
	obj_scan_close(scan);
	obj_zone_close(&m);
	lab_close(&l);
}
