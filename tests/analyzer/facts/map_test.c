#include "analyzer/facts/map_draw.h"

#include <criterion/criterion.h>

static struct map *map_new(void)
{
	struct arena *a = arena_open((size_t)64 << 20);
	struct map *m = ARENA_NEW(a, struct map);

	m->arena = a;
	return m;
}

Test(map, many_units_fold_to_slices_and_no_byte_is_lost)
{
	struct map *m = map_new();
	uint32_t used = map_class(m, "used", "", MAP_DATA), idle = map_class(m, "free", "", MAP_FREE);
	struct map_band *b = map_band(m, (struct map_band){ .group = "g", .title = "t", .shape = MAP_GRID,
							    .unit = "chunk", .unit_len = 10, .at = 7, .len = 100001 });
	uint64_t held[2] = { 0, 0 }, in_use = 0;

	cr_assert_neq(b->slice, 0);
	cr_assert_leq(b->nr, MAP_TILES);
	cr_assert_null(map_put(b, (struct map_tile){ .at = 7, .len = 60000, .used = 30000, .class = used }));
	cr_assert_null(map_put(b, (struct map_tile){ .at = 60007, .len = 40001, .class = idle }));
	for (uint32_t i = 0; i < b->nr; i++) {
		held[0] += b->tiles[i].held[used];
		held[1] += b->tiles[i].held[idle];
		in_use += b->tiles[i].used;
		cr_assert_eq(b->tiles[i].class, b->tiles[i].at < 60000 ? used : idle);
	}
	cr_assert_eq(held[0], 60000);
	cr_assert_eq(held[1], 40001);
	cr_assert(in_use > 29000 && in_use <= 30000);
	arena_close(m->arena);
}

Test(map, few_of_a_rare_class_are_seen_among_many)
{
	struct map *m = map_new();
	uint32_t used = map_class(m, "used", "", MAP_DATA), idle = map_class(m, "free", "", MAP_FREE), shown = 0;
	struct map_band *b = map_band(m, (struct map_band){ .group = "g", .title = "t", .shape = MAP_GRID, .unit = "block",
							    .unit_len = 1, .len = 1 << 20, .has_rare = true, .rare = idle });

	map_put(b, (struct map_tile){ .at = 5000, .len = 1, .class = idle });
	map_put(b, (struct map_tile){ .at = 0, .len = 5000, .class = used });
	map_put(b, (struct map_tile){ .at = 5001, .len = (1 << 20) - 5001, .class = used });
	map_put(b, (struct map_tile){ .at = 900000, .len = 1, .class = idle });
	for (uint32_t i = 0; i < b->nr; i++)
		shown += b->tiles[i].class == idle;
	cr_assert_eq(shown, 2);
	arena_close(m->arena);
}

Test(map, what_lies_outside_of_a_band_is_cut)
{
	struct map *m = map_new();
	struct map_band *b = map_band(m, (struct map_band){ .group = "g", .title = "t", .at = 100, .len = 50, .max = 2 });

	cr_assert_null(map_put(b, (struct map_tile){ .at = 99, .len = 4 }));
	cr_assert_null(map_put(b, (struct map_tile){ .at = 150, .len = 4 }));
	cr_assert_eq(map_put(b, (struct map_tile){ .at = 149, .len = UINT64_MAX, .used = 9 })->len, 1);
	cr_assert_eq(b->tiles[0].used, 1);
	cr_assert_not_null(map_put(b, (struct map_tile){ .at = 100, .len = 1 }));
	cr_assert_null(map_put(b, (struct map_tile){ .at = 101, .len = 1 }));
	cr_assert_eq(b->left, 1);
	cr_assert_null(map_band(m, (struct map_band){ .at = UINT64_MAX, .len = 2 }));
	cr_assert_null(map_put(NULL, (struct map_tile){ .len = 1 }));
	arena_close(m->arena);
}

Test(map, bands_without_a_place_are_counted)
{
	struct map *m = map_new();

	for (int i = 0; i < MAP_BANDS + 3; i++)
		map_band(m, (struct map_band){ .group = "g", .title = "t", .len = 1, .max = 1 });
	cr_assert_eq(m->nr, MAP_BANDS);
	cr_assert_eq(m->left, 3);
	for (int i = 0; i < MAP_CLASSES + 3; i++)
		map_class(m, arena_printf(m->arena, "class %d", i), "", MAP_DATA);
	cr_assert_eq(m->classes_nr, MAP_CLASSES);
	cr_assert_eq(map_class(m, "class 3", "", MAP_DATA), 3);
	arena_close(m->arena);
}
