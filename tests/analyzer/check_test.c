#include "analyzer/check.h"

#include <criterion/criterion.h>

Test(check, places_not_looked_at_are_kept_to_a_bound_and_counted)
{
	struct arena *a = arena_open(1 << 20);
	struct findings *fs = findings_open(a, 3);
	struct node nodes[20];
	const struct check *by = &check_tables[0]->checks[0];
	uint32_t listed = 0;

	for (int i = 0; i < 20; i++) {
		findings_unchecked(fs, by, &nodes[i], "it is missing");
		if (i < 3) /* said once for one place and reason */
			findings_unchecked(fs, by, &nodes[i], "it is missing");
	}
	for (const struct unchecked *u = fs->unchecked; u; u = u->next)
		listed++;
	cr_assert_eq(fs->unchecked_nr, 20);
	cr_assert_eq(listed, 4);
	cr_assert(fs->unchecked->node == &nodes[0] && fs->last_unchecked->node == NULL);
	arena_close(a);
}

Test(check, what_explains_a_fault_silences_it_at_its_structure)
{
	struct arena *a = arena_open(1 << 20);
	struct findings *fs = findings_open(a, 3);
	struct node nodes[2];
	const struct check *second = check_find("pool.hdr.checksum"), *first = check_find(second->after);

	findings_add(fs, (struct finding){ .by = first, .node = &nodes[0] });
	findings_add(fs, (struct finding){ .by = second, .node = &nodes[0] });
	findings_add(fs, (struct finding){ .by = second, .node = &nodes[1] });
	cr_assert(fs->first->by == first && fs->first->next->by == second && fs->first->next->next == NULL);
	cr_assert_eq(fs->last->node, &nodes[1]);
	cr_assert_eq(fs->nr[first->severity], first->severity == second->severity ? 2 : 1);
	arena_close(a);
}
