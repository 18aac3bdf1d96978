#include "formats/btt/flog.h"

#include "formats/btt/geom.h"
#include "formats/btt/map.h"

#define SELF btt_flog_entry
static const struct field btt_flog_entry_fields[] = { BTT_FLOG_ENTRY(ROW_LE) };
#undef SELF
const struct layout btt_flog_entry_layout = LAYOUT(
	btt_flog_entry, "Linux drivers/nvdimm/btt.h, struct log_entry", BTT_SLOT_LEN, btt_flog_entry_fields);

const char *btt_flog_padding_name(enum btt_padding p)
{
	static const char *const names[] = {
		"contradictory",
		"entries 0 and 1 (assumed: no lane was used yet)",
		"entries 0 and 1 (PMDK, UEFI, Linux from 4.15 on)",
		"entries 0 and 2 (Linux before 4.15)",
	};

	return names[p];
}

int btt_flog_newer(uint32_t seq0, uint32_t seq1)
{
	if (seq0 > 3 || seq1 > 3 || seq0 == seq1)
		return -1;
	if (seq0 == 0 || seq1 == 0)
		return seq0 == 0;
	return seq1 == seq0 % 3 + 1;
}

bool btt_flog_unused(const struct btt_flog_entry *e)
{
	return (e->lba | e->old_map | e->new_map | e->seq) == 0;
}

/* False: outside or lost. */
static bool entries(struct span flog, uint32_t idx, struct btt_flog_entry ent[BTT_SLOTS])
{
	struct span s;

	if (!span_cut(flog, (uint64_t)idx * BTT_LANE_LEN, BTT_LANE_LEN, &s))
		return false;
	for (int i = 0; i < BTT_SLOTS; i++)
		if (!layout_decode(&btt_flog_entry_layout, s, (uint64_t)i * BTT_SLOT_LEN, &ent[i]))
			return false;
	return true;
}

/*
 * The kernel's rule: the first lane with two entries in use tells which two; no later lane may use
 * another one. Damaged lanes must not decide for all, so each candidate is counted.
 */
enum btt_padding btt_flog_padding(struct span flog, uint32_t lanes)
{
	uint32_t used[BTT_SLOTS] = { 0 };

	for (uint32_t i = 0; i < lanes; i++) {
		struct btt_flog_entry ent[BTT_SLOTS];

		if (!entries(flog, i, ent))
			continue;
		for (int k = 1; k < BTT_SLOTS; k++)
			used[k] += !btt_flog_unused(&ent[k]);
	}
	if (used[1] + used[2] + used[3] == 0)
		return BTT_PADDING_ASSUMED;
	if (used[1] > used[2] && used[1] > used[3])
		return BTT_PADDING_NEW;
	if (used[2] > used[1] && used[2] > used[3])
		return BTT_PADDING_OLD;
	return BTT_PADDING_UNKNOWN;
}

static bool chained(const struct btt_flog_entry *newer, const struct btt_flog_entry *older)
{
	return btt_map_block(newer->new_map) == btt_map_block(older->old_map);
}

static void choose(struct btt_lane *l, int a, int b)
{
	const struct btt_flog_entry *x = &l->ent[a], *y = &l->ent[b];
	int newer = btt_flog_newer(x->seq, y->seq);

	if (newer >= 0) {
		l->current = newer == 0 ? a : b;
		l->previous = newer == 0 ? b : a;
		l->how = BTT_CURRENT_SEQ;
		/* a used lane has two numbers; one alone is legal only as the lane's beginning */
		if (l->ent[l->previous].seq == 0) {
			if (l->current != a || x->seq != 1)
				l->how = BTT_CURRENT_DAMAGED_PAIR;
			l->previous = -1;
		}
		return;
	}
	bool x_good = x->seq >= 1 && x->seq <= 3, y_good = y->seq >= 1 && y->seq <= 3;
	if (x_good != y_good) {
		l->current = x_good ? a : b;
		l->how = BTT_CURRENT_DAMAGED_PAIR;
	} else if (!btt_flog_unused(x) && !btt_flog_unused(y) && chained(x, y) != chained(y, x)) {
		l->current = chained(x, y) ? a : b;
		l->previous = chained(x, y) ? b : a;
		l->how = BTT_CURRENT_CHAIN;
	}
}

bool btt_flog_lane(struct span flog, uint32_t idx, enum btt_padding scheme, struct btt_lane *out)
{
	int second = scheme == BTT_PADDING_OLD ? 2 : 1;

	*out = (struct btt_lane){ .current = -1, .previous = -1 };
	if (!entries(flog, idx, out->ent))
		return false;
	for (int k = 1; k < BTT_SLOTS; k++)
		if (k != second && !btt_flog_unused(&out->ent[k]))
			out->stray = true;
	choose(out, 0, second);
	const struct btt_flog_entry *e = &out->ent[0];
	out->initial = btt_flog_unused(&out->ent[second]) && e->seq == 1 && e->lba == idx &&
		       btt_map_block(e->old_map) == btt_map_block(e->new_map);
	return true;
}
