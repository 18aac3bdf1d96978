/* What lies at an offset, against the library's own list of objects. */
#include "formats/obj/find.h"
#include "tests/formats/obj/lab.h"

static enum obj_place_kind kind_at(struct obj_finder *f, uint64_t at)
{
	struct obj_place p;

	obj_finder_at(f, at, &p);
	return p.kind;
}

Test(obj_find, every_object_from_any_byte_of_it)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_finder *f = obj_finder_open(l.heap);
	unsigned long long at, len, type;
	int used;
	struct obj_place p;

	for (const char *s = l.said; sscanf(s, "%llu %llu %llu\n%n", &at, &len, &type, &used) == 3; s += used) {
		uint64_t offs[] = { 0, 1, len / 2, len - 1 };

		for (size_t i = 0; i < 4; i++) {
			obj_finder_at(f, at + offs[i], &p);
			cr_assert_eq(p.kind, OBJ_PLACE_OBJECT);
			cr_assert_eq(p.object.at, at);
			cr_assert_eq(p.object.len, len);
			cr_assert_eq(p.object.type_num, type);
			cr_assert_eq(p.off, offs[i]);
		}
		obj_finder_at(f, at + len, &p);
		cr_assert(p.kind != OBJ_PLACE_OBJECT || p.object.at != at);
	}
	obj_finder_close(f);
	lab_close(&l);
}

Test(obj_find, the_structures_around_them)
{
	struct lab l = lab_make("obj_mixed", "");
	struct obj_finder *f = obj_finder_open(l.heap);
	const struct obj_zone *z = &l.heap->zones[0];
	struct obj_block b = { 0 };
	struct obj_zone_map m;

	cr_assert_eq(kind_at(f, 0), OBJ_PLACE_BEFORE);
	cr_assert_eq(kind_at(f, l.heap->at + 5), OBJ_PLACE_HEAP_HDR);
	cr_assert_eq(kind_at(f, z->at + 63), OBJ_PLACE_ZONE_HDR);
	cr_assert_eq(kind_at(f, z->at + 64), OBJ_PLACE_CHUNK_HDR);
	cr_assert_eq(kind_at(f, l.len), OBJ_PLACE_BEHIND);
	cr_assert_eq(kind_at(f, UINT64_MAX), OBJ_PLACE_BEHIND);
	cr_assert(obj_zone_open(l.heap, z, &m));
	while (obj_block_next(&m, &b)) {
		if (b.type == OBJ_CHUNK_FREE)
			cr_assert_eq(kind_at(f, b.at + b.len * UINT64_C(262144) - 1), OBJ_PLACE_FREE);
		if (b.type != OBJ_CHUNK_RUN)
			continue;
		cr_assert_eq(kind_at(f, b.at), OBJ_PLACE_RUN_HDR);
		cr_assert_eq(kind_at(f, b.at + 16), OBJ_PLACE_BITMAP);
	}
	obj_zone_close(&m);
	obj_finder_close(f);
	lab_close(&l);
}
