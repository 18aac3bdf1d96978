/* Reachability in pools whose graph is known. */
#include "analyzer/facts/obj_refs.h"
#include "formats/obj/heap.h"
#include "tests/formats/obj/lab.h"

static const struct obj_refs *refs_of(struct lab *l, const struct obj_type_range *types, size_t nr)
{
	const struct obj_refs *r = obj_refs(l->arena, l->pool, types, nr, 100);

	cr_assert_not_null(r);
	cr_assert(r->complete, "%s", r->why);
	return r;
}

Test(obj_refs, finds_what_the_root_leads_to_and_what_nothing_does)
{
	struct lab l = lab_make("obj_graph", "");
	const struct obj_refs *r = refs_of(&l, NULL, 0);

	cr_assert_eq(r->objects, 2 * 1000 + 10 + 2);
	cr_assert_eq(r->objects - r->reached, 10);
	cr_assert_eq(r->pointers, 1 + 1 + 999 + 1000 + 1);
	cr_assert_eq(r->lost_nr, 10);
	cr_assert_eq(r->lost_types_nr, 1);
	cr_assert_eq(r->lost_types[0].type_num, 3);
	cr_assert_eq(r->lost_types[0].objects, 10);
	for (int k = 0; k < OBJ_REFS; k++)
		cr_assert_eq(r->nr[k], 0);
	lab_close(&l);
}

Test(obj_refs, takes_types_as_roots)
{
	struct lab l = lab_make("obj_graph", "");
	const struct obj_type_range types[] = { { 1, 1 }, { 3, 4 } };
	const struct obj_refs *r = refs_of(&l, types, 2);

	cr_assert_eq(r->reached, r->objects);
	cr_assert_eq(r->lost_nr, 0);
	lab_close(&l);
}

Test(obj_refs, tells_odd_pointers_apart)
{
	static const struct { const char *damage; enum obj_ref_kind kind; } cases[] = {
		{ "freed", OBJ_REF_FREED }, { "inside", OBJ_REF_INSIDE }, { "nowhere", OBJ_REF_NOWHERE },
	};

	for (size_t i = 0; i < 3; i++) {
		struct lab l = lab_make("obj_graph", cases[i].damage);
		const struct obj_refs *r = refs_of(&l, NULL, 0);

		for (int k = 0; k < OBJ_REFS; k++)
			cr_assert_eq(r->nr[k], k == (int)cases[i].kind, "%s: %d", cases[i].damage, k);
		cr_assert_eq(r->kept[cases[i].kind][0].at, r->kept[cases[i].kind][0].object_at + 32);
		lab_close(&l);
	}
}

Test(obj_refs, knows_pointers_of_a_pool_whose_uuid_was_changed)
{
	struct lab l = lab_make("obj_graph", "");
	uint64_t id = l.pool->uuid_lo;

	l.bytes[24] ^= 0x5a;
	lab_decode(&l);
	const struct obj_refs *r = refs_of(&l, NULL, 0);
	cr_assert_eq(r->pointers, 0);
	cr_assert_eq(r->foreign_id, id);
	cr_assert_eq(r->nr[OBJ_REF_FOREIGN], 2, "the root's two pointers; they are not followed");
	lab_close(&l);
}
