#include "analyzer/facts/map_draw.h"

#include "analyzer/facts/btt_owners.h"
#include "formats/btt/arena.h"
#include "formats/btt/map.h"
#include "formats/btt/writes.h"

#include <stdlib.h>

enum {
	WORDS_AT_ONCE = 1 << 16,
	WORD_LEN = 4, /* bytes of a map word */
};
#define WORDS_DRAWN ((uint64_t)1 << 26) /* a larger map would have to be read once more for its picture */

static uint32_t state_class(struct map *m, enum btt_map_state state, bool lost)
{
	if (lost)
		return map_class(m, "unreadable", "Bytes that could not be read.", MAP_LOST);
	switch (state) {
	case BTT_MAP_INITIAL:
		return map_class(m, "never written", "A block that was never written: it has its first place.",
				 MAP_UNUSED);
	case BTT_MAP_ERROR:
		return map_class(m, "error", "A block whose reading fails until it is written again.", MAP_ODD);
	case BTT_MAP_ZERO:
		return map_class(m, "zero", "A block that reads as zeros.", MAP_FREE);
	case BTT_MAP_NORMAL:
		break;
	}
	return map_class(m, "written", "A block that holds data.", MAP_DATA);
}

/* The same, asked once for each thing that a word can say: maps have hundreds of millions of words. */
static uint32_t word_class(struct map *m, uint32_t known[5], uint32_t word, bool lost)
{
	uint32_t *class = &known[lost ? 4 : btt_map_state(word)];

	if (*class == UINT32_MAX)
		*class = state_class(m, btt_map_state(word), lost);
	return *class;
}

/* Units [first, after), all of one class. */
static void units_put(struct map_band *band, uint64_t first, uint64_t after, uint32_t class)
{
	if (band && first < after)
		map_put(band, (struct map_tile){ .at = band->at + first * band->unit_len, .len = (after - first) * band->unit_len,
						 .used = MAP_USED_UNKNOWN, .class = class });
}

/* Words that say the same are put as one. */
static const struct map_band *words_band(struct map *m, const struct btt *b, const struct btt_arena *ar)
{
	uint32_t *words = arena_array(m->arena, WORDS_AT_ONCE, sizeof(*words));
	uint8_t *lost = arena_alloc(m->arena, WORDS_AT_ONCE);
	struct map_band *band = map_band(m, (struct map_band){
		.group = "Blocks by the map", .title = arena_printf(m->arena, "arena %u", ar->idx),
		.says = ar->external_nlba > WORDS_DRAWN ? "The map's first part; the rest is too long to be drawn."
						       : "What the map says of every block of the disk inside.",
		.shape = MAP_GRID, .unit = "block", .unit_len = WORD_LEN, .image = b->image, .at = ar->map_at,
		.len = WORD_LEN * (ar->external_nlba > WORDS_DRAWN ? WORDS_DRAWN : ar->external_nlba),
		.node = ar->map_node,
	});

	uint32_t known[] = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };

	if (band == NULL || words == NULL || lost == NULL)
		return NULL;
	for (uint64_t at = 0; at < band->len; at += (uint64_t)WORDS_AT_ONCE * WORD_LEN) {
		uint64_t first = at / WORD_LEN, left = (band->len - at) / WORD_LEN;
		uint32_t nr = left < WORDS_AT_ONCE ? (uint32_t)left : WORDS_AT_ONCE;

		if (!btt_map_read(b, ar, (uint32_t)first, nr, words, lost))
			return band;
		for (uint32_t i = 0, start = 0; i < nr; i++) {
			uint32_t class = word_class(m, known, words[i], lost[i]);

			if (band->slice && i + 1 < nr &&
			    class == word_class(m, known, words[i + 1], lost[i + 1]))
				continue;
			map_put(band, (struct map_tile){
				.at = band->at + WORD_LEN * (first + start), .len = (uint64_t)WORD_LEN * (i + 1 - start),
				.used = MAP_USED_UNKNOWN, .class = class,
			});
			start = i + 1;
		}
	}
	return band;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Which media blocks the log keeps free; all others are the map's to name. */
static const struct map_band *blocks_band(struct map *m, const struct btt *b, const struct btt_arena *ar)
{
	uint32_t mapped = map_class(m, "mapped", "A block of the data area that the map has to name.", MAP_DATA);
	uint32_t idle = map_class(m, "free", "A block that a lane of the flog holds: its next write goes there.", MAP_FREE);
	uint32_t *held = arena_array(m->arena, ar->lanes, sizeof(*held)), nr = 0;
	uint64_t unit = ar->internal_lbasize, from = 0;
	struct map_band *band = held == NULL || unit == 0 ? NULL : map_band(m, (struct map_band){
		.group = "Blocks on the media", .title = arena_printf(m->arena, "data area of arena %u", ar->idx),
		.says = "Where the blocks lie. The free ones are where the next writes go.", .shape = MAP_GRID,
		.unit = "block", .unit_len = unit, .image = b->image, .at = ar->data_at, .len = unit * ar->internal_nlba,
		.has_rare = true, .rare = idle,
	});

	for (uint32_t i = 0; band && i < ar->lanes; i++)
		nr += btt_owners_lane(ar, i, &held[nr]);
	if (nr)
		qsort(held, nr, sizeof(*held), by_number);
	for (uint32_t i = 0; i < nr; i++) {
		if (i && held[i] == held[i - 1])
			continue; /* two lanes hold it: a finding says so */
		units_put(band, from, held[i], mapped);
		units_put(band, held[i], (uint64_t)held[i] + 1, idle);
		from = (uint64_t)held[i] + 1;
	}
	units_put(band, from, ar->internal_nlba, mapped);
	return band;
}

static uint32_t lane_class(struct map *m, const struct btt_arena *ar, uint32_t idx)
{
	struct btt_lane lane;

	if (!btt_flog_lane(ar->flog, idx, ar->padding, &lane))
		return map_class(m, "unreadable", "Bytes that could not be read.", MAP_LOST);
	if (lane.current < 0)
		return map_class(m, "undecided", "A lane whose two entries do not tell which is newer.", MAP_ODD);
	for (uint32_t i = 0; i < ar->pending_nr; i++)
		if (ar->pending[i].lane == idx)
			return map_class(m, "unfinished", "A lane whose last write the map does not show yet.", MAP_MIXED);
	if (lane.initial)
		return map_class(m, "never used", "A lane that never wrote.", MAP_UNUSED);
	return map_class(m, "at rest", "A lane whose last write is in the map, or was overtaken.", MAP_META);
}

static const struct map_band *lanes_band(struct map *m, const struct btt *b, const struct btt_arena *ar)
{
	struct map_band *band = map_band(m, (struct map_band){
		.group = "Lanes of the flog", .title = arena_printf(m->arena, "flog of arena %u", ar->idx),
		.says = "Each lane logs its last write and holds one free block.", .shape = MAP_GRID, .unit = "lane",
		.unit_len = BTT_LANE_LEN, .image = b->image, .at = ar->flog_at, .len = (uint64_t)BTT_LANE_LEN * ar->lanes,
		.node = ar->flog_node,
	});

	for (uint32_t i = 0; band && i < ar->lanes; i++)
		units_put(band, i, (uint64_t)i + 1, lane_class(m, ar, i));
	return band;
}

/* Tiles that can be looked into. */
struct doors {
	struct map_tile *data, *flog;
};

static struct doors arena_band(struct map *m, const struct btt *b, const struct btt_arena *ar)
{
	struct doors doors = { NULL, NULL };
	uint32_t meta = map_class(m, "structure", "Bookkeeping of the format: headers, tables, logs.", MAP_META);
	uint32_t data = map_class(m, "content", "Bytes of the pool's address space.", MAP_DATA);
	struct map_band *band = map_band(m, (struct map_band){
		.group = "BTT arenas", .title = arena_printf(m->arena, "arena %u", ar->idx), .shape = MAP_LINE,
		.image = b->image, .node = ar->node, .at = ar->at, .len = ar->len,
		.says = "Two info blocks, the data blocks, the map that finds them, and the log of the last writes.",
	});
	const struct btt_copy *copies[] = { &ar->primary, &ar->backup };

	for (int i = 0; i < 2; i++)
		if (copies[i]->node)
			map_put(band, (struct map_tile){
				copies[i]->node->at, copies[i]->node->len, MAP_USED_UNKNOWN, meta,
				.label = i ? "info block, backup" : "info block", .node = copies[i]->node });
	if (ar->from == BTT_FROM_NONE)
		return doors;
	doors.data = map_put(band, (struct map_tile){
		ar->data_at, (uint64_t)ar->internal_lbasize * ar->internal_nlba, MAP_USED_UNKNOWN, data,
		.label = "data blocks" });
	map_put(band, (struct map_tile){
		ar->map_at, (uint64_t)WORD_LEN * ar->external_nlba, MAP_USED_UNKNOWN, meta,
		.label = "map", .node = ar->map_node, .inside = words_band(m, b, ar) });
	doors.flog = map_put(band, (struct map_tile){
		ar->flog_at, ar->flog.len, MAP_USED_UNKNOWN, meta, .label = "flog", .node = ar->flog_node });
	return doors;
}

void map_btt(struct map *m, const struct model *in)
{
	const struct btt *b = in->btt;
	struct doors *doors = b ? arena_array(m->arena, b->nr, sizeof(*doors)) : NULL;

	/* where bands have no place for all, arenas and their maps come first */
	for (uint32_t i = 0; doors && i < b->nr; i++)
		doors[i] = arena_band(m, b, &b->arenas[i]);
	for (uint32_t i = 0; doors && i < b->nr; i++) {
		if (doors[i].data)
			doors[i].data->inside = blocks_band(m, b, &b->arenas[i]);
		if (doors[i].flog)
			doors[i].flog->inside = lanes_band(m, b, &b->arenas[i]);
	}
}
