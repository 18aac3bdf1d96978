/* Lists of a real program: sound ones raise nothing, a wrong link is found from either side. */
#include "analyzer/facts/obj_lists.h"
#include "formats/obj/heap.h"
#include "tests/formats/obj/lab.h"

/* obj_ops: where the root's two heads and an element's links lie */
enum { HEAD_ONE = 8 + 4 * 16 + 160 * 16, HEAD_TWO = HEAD_ONE + 80, LINKS = 8, NEXT = LINKS + 8, PREV = LINKS + 24 };

static const struct obj_lists *lists_of(struct lab *l)
{
	lab_decode(l);
	const struct obj_refs *r = obj_refs(l->arena, l->pool, NULL, 0, 100);
	cr_assert(r && r->complete);
	const struct obj_lists *lists = obj_lists(l->arena, l->pool, r, 100);
	cr_assert(lists && lists->complete);
	return lists;
}

static uint64_t first_of(struct lab *l, uint64_t head)
{
	return lab_get(l, lab_get(l, 0x1800, 8) + head + 8, 8);
}

Test(obj_lists, are_found_and_sound_as_the_library_left_them)
{
	struct lab l = lab_make("obj_ops", "make list_move");
	const struct obj_lists *lists = lists_of(&l);

	cr_assert_eq(lists->lists, 2);
	cr_assert_eq(lists->elements, 5);
	cr_assert_eq(lists->nr, 0);
	lab_close(&l);
}

/* One link of the second element made to lead to another element. */
static void one_wrong(uint64_t link, uint64_t to_nth, bool prev)
{
	struct lab l = lab_make("obj_ops", "make list_move");
	uint64_t element = lab_get(&l, first_of(&l, HEAD_ONE) + NEXT, 8), to = first_of(&l, HEAD_ONE);

	for (uint64_t i = 0; i < to_nth; i++)
		to = lab_get(&l, to + NEXT, 8);
	cr_assert_neq(lab_get(&l, element + link, 8), to);
	lab_put(&l, element + link, to, 8);
	const struct obj_lists *lists = lists_of(&l);
	cr_assert_eq(lists->lists, 2);
	cr_assert_eq(lists->nr, 1);
	cr_assert_eq(lists->kept[0].prev, prev);
	lab_close(&l);
}

Test(obj_lists, have_a_link_back_that_leads_elsewhere)
{
	one_wrong(PREV, 3, true);
}

/* Followed forward the third is never met; from the fourth, the link back leads to it and not to the second. */
Test(obj_lists, have_a_link_on_that_leaves_one_out)
{
	one_wrong(NEXT, 3, true);
}

/* The circle from the first on never comes back; the other way it does. */
Test(obj_lists, have_a_link_on_that_turns_round)
{
	one_wrong(NEXT, 1, false);
}

Test(obj_lists, have_a_link_on_that_is_gone)
{
	struct lab l = lab_make("obj_ops", "make list_move");
	uint64_t element = lab_get(&l, first_of(&l, HEAD_ONE) + NEXT, 8);
	uint64_t next = lab_get(&l, element + NEXT, 8);

	lab_put(&l, element + NEXT, 0, 8);
	const struct obj_lists *lists = lists_of(&l);
	cr_assert_eq(lists->nr, 1);
	cr_assert_eq(lists->kept[0].element, element);
	cr_assert_eq(lists->kept[0].at, element + LINKS);
	cr_assert_eq(lists->kept[0].expected, next);
	cr_assert_eq(lists->kept[0].actual, 0);
	lab_close(&l);
}

/* A list that ends somewhere, as programs make them in transactions, is none of these. */
Test(obj_lists, are_not_what_has_two_ends)
{
	struct lab l = lab_make("obj_ops", "make list_move");
	uint64_t first = first_of(&l, HEAD_ONE), last = lab_get(&l, first + PREV, 8);

	lab_put(&l, first + PREV, 0, 8);
	lab_put(&l, last + NEXT, 0, 8);
	const struct obj_lists *lists = lists_of(&l);
	cr_assert_eq(lists->lists, 1);
	cr_assert_eq(lists->nr, 0);
	lab_close(&l);
}
