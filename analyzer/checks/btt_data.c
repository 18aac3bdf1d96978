/* Blocks of a BTT's disk whose bytes a capture could not get, told by the map's owner of the media block. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "formats/btt/arena.h"
#include "formats/btt/map.h"

#include <inttypes.h>

enum { WORDS = 1 << 16, TOLD = 64 };

/* Media blocks [first, end) of which some byte is lost; ascending, apart from each other. */
struct lost {
	struct lost_blocks { uint32_t first, end; } *all;
	size_t nr, room;
};

static bool lost_add(struct arena *a, struct lost *l, uint32_t first, uint32_t end)
{
	if (l->nr && first <= l->all[l->nr - 1].end) {
		l->all[l->nr - 1].end = end > l->all[l->nr - 1].end ? end : l->all[l->nr - 1].end;
		return true;
	}
	if (l->nr == l->room) {
		struct lost_blocks *more = arena_array(a, l->room * 2 + 16, sizeof(*more));

		if (more == NULL)
			return false;
		for (size_t i = 0; i < l->nr; i++)
			more[i] = l->all[i];
		l->all = more;
		l->room = l->room * 2 + 16;
	}
	l->all[l->nr++] = (struct lost_blocks){ first, end };
	return true;
}

/* What is known to be lost of the arena's data area, without reading it. */
static bool lost_find(struct arena *a, const struct btt *b, const struct btt_arena *ar, struct lost *out)
{
	uint64_t end = ar->data_at + (uint64_t)ar->internal_nlba * ar->internal_lbasize;

	for (uint64_t at = ar->data_at; at < end;) {
		struct extent e = image_extent(b->image, at);
		uint64_t to = e.at + e.len < end ? e.at + e.len : end;

		if (e.kind == EXTENT_LOST && !lost_add(a, out, (uint32_t)((at - ar->data_at) / ar->internal_lbasize),
						       (uint32_t)((to - 1 - ar->data_at) / ar->internal_lbasize + 1)))
			return false;
		if (to <= at)
			return false;
		at = to;
	}
	return true;
}

static bool is_lost(const struct lost *l, uint32_t block)
{
	size_t lo = 0, hi = l->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->all[mid].end > block)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < l->nr && l->all[lo].first <= block;
}

static void tell(const struct check *self, const struct btt_arena *ar, uint32_t lba, uint32_t block, struct findings *out)
{
	findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED, .node = ar->map_node,
					    .at = ar->map_at + (uint64_t)lba * BTT_MAP_WORD, .len = BTT_MAP_WORD,
					    .idx = lba, .numbered = true, .repair = REPAIR_NONE,
					    .detail = arena_printf(out->arena, "block %" PRIu64 " of the disk lies in media block %" PRIu32
									       ", bytes of which could not be read",
								   ar->first_lba + lba, block) });
}

static bool words_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, const struct lost *l,
			struct findings *out)
{
	uint32_t *words = arena_array(out->arena, WORDS, sizeof(*words));
	uint8_t *flags = arena_array(out->arena, WORDS, BTT_MAP_WORD);
	uint64_t told = 0;

	for (uint32_t first = 0; words && flags && first < ar->external_nlba;) {
		uint32_t nr = ar->external_nlba - first < WORDS ? ar->external_nlba - first : WORDS;
		bool any;

		if (!btt_map_load(b, ar, first, nr, words, flags, &any))
			return false;
		/* a word in another state than this has no data, or says itself that it cannot be had */
		for (uint32_t i = 0; i < nr; i++)
			if (btt_map_state(words[i]) == BTT_MAP_NORMAL && !(any && btt_map_lost(flags, i)) &&
			    is_lost(l, btt_map_block(words[i])) && told++ < TOLD)
				tell(self, ar, first + i, btt_map_block(words[i]), out);
		first += nr;
	}
	if (told > TOLD)
		findings_more(out, self, told - TOLD);
	return words && flags;
}

static bool anything_lost(const struct model *m)
{
	for (const struct source *s = m->intake ? m->intake->sources.first : NULL; s; s = s->next)
		if (s->unread.nr)
			return true;
	return false;
}

static void unread_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct btt *b = m->btt;

	for (uint32_t k = 0; b && b->written && anything_lost(m) && k < b->nr; k++) {
		const struct btt_arena *ar = &b->arenas[k];
		struct lost l = { NULL, 0, 0 };

		if (ar->map_node == NULL || ar->internal_nlba == 0)
			continue; /* the checks of the info blocks speak */
		if (!lost_find(out->arena, b, ar, &l) || (l.nr && !words_judge(self, b, ar, &l, out)))
			findings_unchecked(out, self, ar->node, "which blocks could not be read was not found out: memory, or reading "
								"the map, failed");
	}
}

static const struct check checks[] = {
	{ .id = "btt.blocks.unread", .covers = "BB-09 BT-24", .severity = WARNING,
	  .says = "blocks of the disk could not be read",
	  .means = "Their bytes are not in the capture; the map does not mark them, so a driver that is given this copy returns whatever "
		   "fills them.",
	  .remedy = "Capture these bytes again. In a copy that is to be used, mark the blocks as unreadable.",
	  .source = "Linux drivers/nvdimm/btt.c btt_read_pg; UEFI 2.10 section 6", .verify = unread_verify },
};

const struct check_table btt_data_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
