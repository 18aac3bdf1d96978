/* The checks of heap, chunks, runs and objects: nothing on a real pool, and each fault by its name. */
#include "analyzer/check.h"
#include "formats/obj/object.h"
#include "formats/obj/vos.h"
#include "tests/formats/obj/lab.h"

static struct findings *judged(struct lab *l, bool deep)
{
	struct model m = { 0 };

	lab_decode(l);
	m = (struct model){ .arena = l->arena, .root = l->root, .format = "pmemobj", .logical = l->image,
			    .obj = l->pool };
	struct findings *fs = findings_open(l->arena, 100);
	fs->deep = deep;
	checks_run(&m, fs, NULL, NULL);
	return fs;
}

static uint64_t loud(const struct findings *fs)
{
	for (const struct finding *f = fs->first; f; f = f->next)
		if (f->severity != NOTE)
			fprintf(stderr, "%s: %s: %s\n", f->by->id, node_path(fs->arena, f->node),
				f->detail ? f->detail : f->by->says);
	return fs->nr[WARNING] + fs->nr[ERROR];
}

/* What one edit makes the checks say: id alone, apart from notes. */
static void says(struct lab *l, uint64_t at, uint64_t value, size_t width, const char *id)
{
	uint64_t was = lab_get(l, at, width);

	lab_put(l, at, value, width);
	struct findings *fs = judged(l, true);
	cr_assert(findings_hit(fs, id, NULL), "%s was not found", id);
	for (const struct finding *f = fs->first; f; f = f->next)
		cr_assert(f->severity == NOTE || strcmp(f->by->id, id) == 0, "%s: also %s: %s", id, f->by->id,
			  f->detail ? f->detail : f->by->says);
	lab_put(l, at, was, width);
}

/* The first block of a type and a length of at least min_len chunks. */
static struct obj_block block(struct lab *l, struct obj_zone_map *m, enum obj_chunk_type type, uint32_t min_len,
			      uint16_t flags)
{
	struct obj_block b = { 0 };

	lab_decode(l);
	cr_assert(obj_zone_open(l->heap, &l->heap->zones[0], m));
	while (obj_block_next(m, &b) && (b.type != type || b.len < min_len || (b.flags & flags) != flags))
		;
	cr_assert(b.type == type && b.len >= min_len, "no such block");
	return b;
}

Test(obj_heap_checks, find_nothing_in_a_pool_as_the_library_left_it)
{
	struct lab l = lab_make("obj_mixed", "");

	cr_assert_eq(loud(judged(&l, false)), 0);
	cr_assert_eq(loud(judged(&l, true)), 0);
	lab_close(&l);
}

Test(obj_heap_checks, name_what_is_wrong_with_the_header)
{
	struct lab l = lab_make("obj_mixed", "");
	uint64_t at = l.heap->at;

	says(&l, at, 'X', 1, "obj.heap.signature");
	says(&l, at + 1016, 1, 8, "obj.heap.checksum");
	says(&l, at + 100, 1, 8, "obj.heap.checksum");
	lab_close(&l);
}

Test(obj_heap_checks, name_constants_behind_a_good_checksum)
{
	struct lab l = lab_make("obj_mixed", "");
	static const uint64_t words[] = { 16, 24, 40, 48 };

	for (size_t i = 0; i < 4; i++) {
		uint64_t at = l.heap->at + words[i], was = lab_get(&l, at, 8), sum = lab_get(&l, l.heap->at + 1016, 8);

		lab_put(&l, at, was + 7, 8);
		lab_decode(&l);
		lab_put(&l, l.heap->at + 1016, l.heap->hdr_sum, 8);
		struct findings *fs = judged(&l, false);
		cr_assert_eq(fs->nr[ERROR], 1);
		cr_assert(findings_hit(fs, "obj.heap.constants", NULL));
		lab_put(&l, at, was, 8);
		lab_put(&l, l.heap->at + 1016, sum, 8);
		lab_decode(&l);
	}
	lab_close(&l);
}

Test(obj_heap_checks, name_what_is_wrong_with_a_zone)
{
	struct lab l = lab_make("obj_mixed", "");
	uint64_t at = l.heap->zones[0].at;
	uint32_t size = l.heap->zones[0].expected;

	says(&l, at, 0, 4, "obj.zone.hidden");
	says(&l, at, 0x12345678, 4, "obj.zone.magic");
	says(&l, at + 4, 0, 4, "obj.zone.size");
	says(&l, at + 4, size - 1, 4, "obj.zone.size");
	says(&l, at + 4, size + 1, 4, "obj.zone.size");
	says(&l, at + 4, 0xffffffff, 4, "obj.zone.size");
	lab_close(&l);
}

Test(obj_heap_checks, name_what_is_wrong_with_a_chunk)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_zone_map m;
	static const enum obj_chunk_type types[] = { OBJ_CHUNK_USED, OBJ_CHUNK_RUN };

	for (size_t i = 0; i < 2; i++) {
		struct obj_block b = block(&l, &m, types[i], 2, 0);
		uint64_t at = b.hdr_at;

		obj_zone_close(&m);
		says(&l, at, 0, 2, "obj.chunk.header");
		says(&l, at, 6, 2, "obj.chunk.header");
		says(&l, at, OBJ_CHUNK_FOOTER, 2, "obj.chunk.header");
		says(&l, at, OBJ_CHUNK_RUN_DATA, 2, "obj.chunk.header");
		says(&l, at + 4, 0, 4, "obj.chunk.header");
		says(&l, at + 4, 0xffffffff, 4, "obj.chunk.header");
		says(&l, at + 2, b.hdr.flags | 0x10, 2, "obj.chunk.flags");
	}
	struct obj_block b = block(&l, &m, OBJ_CHUNK_RUN, 2, 0);
	obj_zone_close(&m);
	says(&l, b.hdr_at + 8, 0, 8, "obj.chunk.run-data");
	says(&l, b.hdr_at + 12, 9, 4, "obj.chunk.run-data");
	lab_close(&l);
}

Test(obj_heap_checks, tell_a_split_that_was_cut_short)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_zone_map m;
	struct obj_block b = block(&l, &m, OBJ_CHUNK_FREE, 4, 0);

	obj_zone_close(&m);
	lab_put(&l, b.hdr_at + 16, 0, 8); /* what lay inside the free block */
	says(&l, b.hdr_at + 4, 2, 4, "obj.chunk.hole");
	lab_close(&l);
}

Test(obj_heap_checks, name_what_is_wrong_with_a_run)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_zone_map m;
	struct obj_block b = block(&l, &m, OBJ_CHUNK_RUN, 1, OBJ_CHUNK_FLEX);
	struct obj_run r;

	cr_assert(obj_run_read(&m, &b, &r));
	uint64_t last = r.bitmap_at + (r.words - 1) * 8;
	obj_zone_close(&m);
	says(&l, b.at, 0, 8, "obj.run.unit");
	says(&l, b.at, 0xdeadbeefdeadbeef, 8, "obj.run.unit");
	says(&l, b.at + 8, 4096, 8, "obj.run.unflagged-alignment");
	says(&l, last, 0, 8, "obj.run.padding");
	b = block(&l, &m, OBJ_CHUNK_RUN, 1, OBJ_CHUNK_ALIGNED);
	obj_zone_close(&m);
	says(&l, b.at + 8, 3, 8, "obj.run.alignment");
	lab_close(&l);
}

Test(obj_heap_checks, name_what_is_wrong_with_an_object)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_zone_map m;
	struct obj_block b = block(&l, &m, OBJ_CHUNK_RUN, 1, OBJ_CHUNK_COMPACT);
	struct obj_run r;
	uint64_t word;
	uint8_t lost;

	cr_assert(obj_run_read(&m, &b, &r) && obj_run_words(&m, &r, 0, 1, &word, &lost) && word);
	uint64_t at = obj_run_unit_at(&r, (uint64_t)__builtin_ctzll(word)), size = lab_get(&l, at, 8);
	obj_zone_close(&m);
	says(&l, at, 0, 8, "obj.object.size");
	says(&l, at, size + 1, 8, "obj.object.size");
	says(&l, at, size + 60 * r.hdr.block_size, 8, "obj.object.size");
	says(&l, at, size | UINT64_C(1) << 50, 8, "obj.object.flags");
	b = block(&l, &m, OBJ_CHUNK_USED, 1, 0);
	obj_zone_close(&m);
	says(&l, b.at, 0, 8, "obj.object.huge-size");
	says(&l, b.at, 4096, 8, "obj.object.huge-size");
	lab_close(&l);
}

Test(obj_heap_checks, name_what_is_wrong_with_the_root)
{
	struct lab l = lab_make("obj_mixed", "");
	uint64_t at = 0x1800, root = lab_get(&l, at, 8);
	struct obj_zone_map m;
	struct obj_block b = block(&l, &m, OBJ_CHUNK_FREE, 1, 0);

	obj_zone_close(&m);
	cr_assert(root);
	says(&l, at, 0, 8, "obj.root.words");
	says(&l, at + 16, 0, 8, "obj.root.words");
	says(&l, at, 0xdeadbeef, 8, "obj.root.object");
	says(&l, at, 0x2000, 8, "obj.root.object");
	says(&l, at, root + 16, 8, "obj.root.object");
	says(&l, at, b.at + 16, 8, "obj.root.object");
	says(&l, at + 16, 1 << 20, 8, "obj.root.object");
	says(&l, root - 16 + 6, 0, 2, "obj.root.object"); /* not flagged as internal */
	lab_close(&l);
}

Test(obj_heap_checks, tell_an_internal_object_that_belongs_to_nobody)
{
	struct lab l = lab_make("obj_mixed", "");
	unsigned long long at, len, type;

	cr_assert_eq(sscanf(l.said, "%llu %llu %llu", &at, &len, &type), 3);
	says(&l, at - 16 + 6, 0x8000, 2, "obj.object.orphan");
	lab_close(&l);
}

Test(obj_heap_checks, compare_the_counter_of_allocated_bytes)
{
	struct lab l = lab_make("obj_mixed", "stats");
	uint64_t at = 0x1828, sum = lab_get(&l, at, 8);

	cr_assert(sum, "the library kept it");
	cr_assert_not(findings_hit(judged(&l, false), "obj.stats.sum", NULL), "and to the byte");
	lab_put(&l, at, sum - 128, 8);
	struct findings *fs = judged(&l, false);
	cr_assert(findings_hit(fs, "obj.stats.sum", NULL));
	cr_assert_eq(loud(fs), 0);
	lab_put(&l, at, sum, 8);
	says(&l, at, UINT64_MAX - 4096, 8, "obj.stats.underflow");
	lab_close(&l);
}

Test(obj_heap_checks, know_a_versioned_object_store)
{
	struct lab l = lab_make("obj_mixed", "");

	lab_put(&l, lab_get(&l, 0x1800, 8), 0x5ca1ab1e, 4);
	cr_assert(findings_hit(judged(&l, false), "obj.daos.vos", NULL));
	cr_assert_not_null(l.pool->vos->root);
	memcpy(l.bytes + 0x1000, "vos_pool_layout", 16);
	lab_decode(&l);
	lab_put(&l, 0x17f8, l.pool->descr_sum, 8);
	struct findings *fs = judged(&l, false);
	cr_assert(findings_hit(fs, "obj.daos.vos", NULL));
	cr_assert_eq(loud(fs), 0);
	lab_close(&l);
}
