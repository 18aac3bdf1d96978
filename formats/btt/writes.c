#include "formats/btt/writes.h"

#include "formats/btt/map.h"
#include "formats/btt/readers.h"

#include <stdlib.h>

static int write_order(const void *x, const void *y)
{
	const struct btt_write *a = x, *b = y;
	uint32_t into_a = btt_map_block(a->new_map), into_b = btt_map_block(b->new_map);

	if (a->lba != b->lba)
		return a->lba < b->lba ? -1 : 1;
	if (into_a != into_b)
		return into_a < into_b ? -1 : 1;
	if (a->last != b->last)
		return a->last ? -1 : 1;
	return a->lane < b->lane ? -1 : a->lane > b->lane;
}

static int pending_order(const void *x, const void *y)
{
	const struct btt_pending *a = x, *b = y;

	if (a->lba != b->lba)
		return a->lba < b->lba ? -1 : 1;
	return a->lane < b->lane ? -1 : a->lane > b->lane;
}

/* The first of the sorted writes that does not come before {lba, block}. */
static uint32_t search(const struct btt_arena *ar, uint32_t lba, uint32_t block)
{
	uint32_t lo = 0, hi = ar->writes_nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct btt_write *w = &ar->writes[mid];

		if (w->lba < lba || (w->lba == lba && btt_map_block(w->new_map) < block))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void lane_gather(struct btt_arena *ar, uint32_t i)
{
	struct btt_lane lane;

	if (!btt_flog_lane(ar->flog, i, ar->padding, &lane))
		return;
	const int both[] = { lane.current, lane.previous };
	for (int k = 0; k < 2; k++) {
		const struct btt_flog_entry *e = both[k] < 0 ? NULL : &lane.ent[both[k]];

		if (e && e->lba < ar->external_nlba && btt_map_block(e->old_map) != btt_map_block(e->new_map))
			ar->writes[ar->writes_nr++] = (struct btt_write){
				.lba = e->lba, .lane = i, .old_map = e->old_map, .new_map = e->new_map,
				.last = k == 0 };
	}
}

/* Lane by lane in their order, as the driver goes; words[i]: the map's for writes[i].lba meanwhile. */
static void pending_gather(const struct btt *b, struct btt_arena *ar, uint32_t *words, bool *known)
{
	enum btt_reader reader = btt_reader_of(b);

	for (uint32_t i = 0; i < ar->lanes; i++) {
		struct btt_lane lane;
		uint32_t now;
		uint8_t lost;

		if (!btt_flog_lane(ar->flog, i, ar->padding, &lane) || lane.current < 0)
			continue;
		const struct btt_flog_entry *e = &lane.ent[lane.current];
		uint32_t old = btt_map_block(e->old_map), new = btt_map_block(e->new_map);
		if (e->lba >= ar->external_nlba || old == new || new >= ar->internal_nlba)
			continue;
		uint32_t at = search(ar, e->lba, 0);
		if (!known[at]) {
			if (!btt_map_read(b, ar, e->lba, 1, &words[at], &lost) || lost)
				continue;
			known[at] = true;
		}
		if (!btt_reader_unfinished(reader, e, words[at], &now))
			continue;
		words[at] = now;
		ar->pending[ar->pending_nr++] = (struct btt_pending){ i, e->lba, old, new, now };
	}
}

void btt_writes_gather(struct arena *a, const struct btt *b, struct btt_arena *ar)
{
	ar->writes = arena_array(a, (size_t)ar->lanes * 2, sizeof(*ar->writes));
	if (ar->writes == NULL)
		return;
	for (uint32_t i = 0; i < ar->lanes; i++)
		lane_gather(ar, i);
	if (ar->writes_nr == 0)
		return;
	qsort(ar->writes, ar->writes_nr, sizeof(*ar->writes), write_order);

	uint32_t *words = arena_array(a, ar->writes_nr, sizeof(*words));
	bool *known = arena_array(a, ar->writes_nr, sizeof(*known));
	ar->pending = arena_array(a, ar->lanes, sizeof(*ar->pending));
	if (words && known && ar->pending)
		pending_gather(b, ar, words, known);
	if (ar->pending_nr)
		qsort(ar->pending, ar->pending_nr, sizeof(*ar->pending), pending_order);
}

const struct btt_write *btt_writes_of(const struct btt_arena *ar, uint32_t lba, uint32_t *nr)
{
	uint32_t first = search(ar, lba, 0), end = first;

	while (end < ar->writes_nr && ar->writes[end].lba == lba)
		end++;
	*nr = end - first;
	return *nr ? &ar->writes[first] : NULL;
}

const struct btt_write *btt_writes_into(const struct btt_arena *ar, uint32_t lba, uint32_t block)
{
	uint32_t i = search(ar, lba, block);

	if (i == ar->writes_nr)
		return NULL;
	const struct btt_write *w = &ar->writes[i];
	return w->lba == lba && btt_map_block(w->new_map) == block && w->last ? w : NULL;
}

bool btt_writes_left(const struct btt_arena *ar, uint32_t lba, uint32_t block)
{
	uint32_t nr;
	const struct btt_write *w = btt_writes_of(ar, lba, &nr);

	for (uint32_t i = 0; i < nr; i++)
		if (btt_map_block(w[i].old_map) == block)
			return true;
	return false;
}

const struct btt_pending *btt_writes_pending(const struct btt_arena *ar, uint32_t lba)
{
	uint32_t lo = 0, hi = ar->pending_nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (ar->pending[mid].lba <= lba)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* of several the last is what the map will hold */
	return lo && ar->pending[lo - 1].lba == lba ? &ar->pending[lo - 1] : NULL;
}

bool btt_writes_torn(const struct btt *b, const struct btt_arena *ar, const struct btt_lane *lane, int *ent)
{
	int second = ar->padding == BTT_PADDING_OLD ? 2 : 1;
	uint32_t word;
	uint8_t lost;

	*ent = lane->current == 0 ? second : 0;
	if (lane->current < 0 || lane->how != BTT_CURRENT_SEQ)
		return false;
	const struct btt_flog_entry *older = &lane->ent[*ent], *now = &lane->ent[lane->current];
	/* the number goes with new_map: an entry that never had the one never had the other */
	if (btt_flog_unused(older) || (lane->previous < 0 && older->new_map))
		return false;
	/* a whole older entry names the block that the current one wrote into */
	if (lane->previous >= 0 && btt_map_block(older->old_map) == btt_map_block(now->new_map))
		return false;
	return older->lba < ar->external_nlba && btt_map_read(b, ar, older->lba, 1, &word, &lost) && !lost &&
	       btt_map_owned(word, older->lba) == btt_map_block(older->old_map);
}
