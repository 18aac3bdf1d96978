/* The flog of a BTT: each lane alone, and beside the map. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/facts/btt_rebuild.h"
#include "analyzer/repair/btt.h"
#include "formats/btt/map.h"
#include "formats/btt/readers.h"
#include "formats/btt/writes.h"

#include <inttypes.h>

enum { LANE_FLAGS = 0xc0000000u };

static struct finding at_lane(const struct check *by, enum verdict v, const struct btt_arena *ar, uint32_t lane)
{
	return (struct finding){ .by = by, .verdict = v, .node = ar->flog_node,
				 .at = ar->flog_at + (uint64_t)lane * BTT_LANE_LEN, .len = BTT_LANE_LEN,
				 .idx = lane, .numbered = true };
}

/* Runs judge over every lane that can be read; the others are told as unread. */
static void lanes(const struct check *self, const struct model *m, struct findings *out,
		  void (*judge)(const struct check *, const struct btt *, const struct btt_arena *,
				uint32_t, const struct btt_lane *, struct findings *))
{
	const struct btt *b = m->btt;

	for (uint32_t k = 0; b && b->written && k < b->nr; k++) {
		const struct btt_arena *ar = &b->arenas[k];

		if (ar->lanes == 0 || ar->flog_node == NULL) {
			findings_unchecked(out, self, ar->node, "no info block tells where the flog is");
			continue;
		}
		for (uint32_t i = 0; i < ar->lanes; i++) {
			struct btt_lane lane;

			if (btt_flog_lane(ar->flog, i, ar->padding, &lane))
				judge(self, b, ar, i, &lane, out);
			else
				findings_unchecked(out, self, ar->flog_node, "a lane could not be read");
		}
	}
}

static void rebuild(struct findings *out, struct finding *f, const struct btt *b, const struct btt_arena *ar, uint32_t i)
{
	btt_rebuild_lane(out, f, b, ar, i, facts_btt_blocks(out->facts, b, ar->idx));
}

static void lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (uint32_t k = 0; m->btt && m->btt->written && k < m->btt->nr; k++) {
		const struct btt_arena *ar = &m->btt->arenas[k];

		for (uint32_t i = 0; ar->flog_node && i < ar->lanes; i++) {
			struct btt_lane lane;

			if (btt_flog_lane(ar->flog, i, ar->padding, &lane))
				continue;
			struct finding f = at_lane(self, UNVERIFIED, ar, i);
			rebuild(out, &f, m->btt, ar, i);
			findings_add(out, f);
		}
	}
}

static void padding_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (uint32_t k = 0; m->btt && m->btt->written && k < m->btt->nr; k++) {
		const struct btt_arena *ar = &m->btt->arenas[k];

		if (ar->flog_node == NULL || ar->padding != BTT_PADDING_UNKNOWN)
			continue;
		struct finding f = { .by = self, .verdict = CONFLICT, .node = ar->flog_node,
				     .detail = "as many lanes use entries 0 and 1 as use others" };
		btt_rebuild_flog(out, &f, ar, facts_btt_blocks(out->facts, m->btt, k));
		findings_add(out, f);
	}
}

static void stray_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, uint32_t i,
			const struct btt_lane *lane, struct findings *out)
{
	struct finding f = at_lane(self, CORRUPT, ar, i);

	(void)b;
	if (!lane->stray || ar->padding == BTT_PADDING_UNKNOWN)
		return;
	f.detail = arena_printf(out->arena, "lane %" PRIu32 " has bytes in an entry that the others leave zero (%s)",
				i, btt_flog_padding_name(ar->padding));
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void sequence_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, uint32_t i,
			   const struct btt_lane *lane, struct findings *out)
{
	struct finding f = at_lane(self, CORRUPT, ar, i);
	int second = ar->padding == BTT_PADDING_OLD ? 2 : 1;

	if (lane->how == BTT_CURRENT_SEQ)
		return;
	f.actual = arena_printf(out->arena, "%" PRIu32 " and %" PRIu32, lane->ent[0].seq, lane->ent[second].seq);
	f.expected = "two numbers of the cycle 1, 2, 3, one after the other";
	rebuild(out, &f, b, ar, i);
	if (lane->how == BTT_CURRENT_CHAIN)
		f.detail = arena_printf(out->arena, "lane %" PRIu32 "'s numbers do not tell which entry is newer; "
						    "its blocks do: entry %d", i, lane->current);
	else if (lane->how == BTT_CURRENT_DAMAGED_PAIR)
		f.detail = arena_printf(out->arena, "one of lane %" PRIu32 "'s numbers is wiped or out of range; "
						    "entry %d is left", i, lane->current);
	else
		f.detail = arena_printf(out->arena, "nothing tells which entry of lane %" PRIu32 " is newer", i);
	findings_add(out, f);
}

static void range_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, uint32_t i,
			const struct btt_lane *lane, struct findings *out)
{
	const int both[] = { lane->current, lane->previous };

	for (int k = 0; k < 2; k++) {
		if (both[k] < 0)
			continue;
		const struct btt_flog_entry *e = &lane->ent[both[k]];
		struct finding f = at_lane(self, CORRUPT, ar, i);
		const char *what = NULL;
		uint32_t is = 0, below = 0;

		if (e->lba >= ar->external_nlba) {
			what = "lba";
			is = e->lba;
			below = ar->external_nlba;
		} else if (btt_map_block(e->old_map) >= ar->internal_nlba) {
			what = "old_map";
			is = btt_map_block(e->old_map);
			below = ar->internal_nlba;
		} else if (btt_map_block(e->new_map) >= ar->internal_nlba) {
			what = "new_map";
			is = btt_map_block(e->new_map);
			below = ar->internal_nlba;
		}
		if (what == NULL)
			continue;
		f.detail = arena_printf(out->arena, "%s of the %s entry of lane %" PRIu32 " is out of range", what,
					k == 0 ? "current" : "previous", i);
		f.expected = arena_printf(out->arena, "below %" PRIu32, below);
		f.actual = arena_printf(out->arena, "%" PRIu32, is);
		rebuild(out, &f, b, ar, i);
		findings_add(out, f);
	}
}

static void chain_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, uint32_t i,
			const struct btt_lane *lane, struct findings *out)
{
	struct finding f = at_lane(self, CONFLICT, ar, i);
	int torn;

	if (lane->how != BTT_CURRENT_SEQ || btt_writes_torn(b, ar, lane, &torn))
		return;
	if (lane->previous < 0) {
		if (btt_flog_unused(&lane->ent[torn]))
			return;
		f.at += (uint64_t)torn * BTT_SLOT_LEN;
		f.len = BTT_SLOT_LEN;
		f.detail = arena_printf(out->arena, "entry %d of lane %" PRIu32 " has no number, and its bytes are not those "
						    "of a write that was cut off", torn, i);
		findings_add(out, f);
		return;
	}
	uint32_t wrote = btt_map_block(lane->ent[lane->current].new_map);
	uint32_t freed = btt_map_block(lane->ent[lane->previous].old_map);
	if (wrote == freed)
		return;
	f.detail = arena_printf(out->arena,
				"lane %" PRIu32 " wrote into block %" PRIu32 ", and the block it had freed before is %" PRIu32,
				i, wrote, freed);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void half_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, uint32_t i,
		       const struct btt_lane *lane, struct findings *out)
{
	struct finding f = at_lane(self, CONFLICT, ar, i);
	int torn;

	if (!btt_writes_torn(b, ar, lane, &torn))
		return;
	f.at += (uint64_t)torn * BTT_SLOT_LEN;
	f.len = BTT_SLOT_LEN;
	f.detail = arena_printf(out->arena,
				"lane %" PRIu32 " was about to commit a write of block %" PRIu32 "; the block keeps what it held",
				i, lane->ent[torn].lba);
	findings_add(out, f);
}

static void initial_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, uint32_t i,
			  const struct btt_lane *lane, struct findings *out)
{
	struct finding f = at_lane(self, CORRUPT, ar, i);
	int second = ar->padding == BTT_PADDING_OLD ? 2 : 1;

	(void)b;
	/* used lanes have two entries; one entry alone is what the layout wrote */
	if (lane->how != BTT_CURRENT_SEQ || lane->current != 0 || lane->ent[second].seq != 0)
		return;
	const struct btt_flog_entry *e = &lane->ent[0];
	uint32_t want = ar->external_nlba + i;
	if (e->lba == i && btt_map_block(e->old_map) == want && btt_map_block(e->new_map) == want)
		return;
	f.expected = arena_printf(out->arena, "lba %" PRIu32 ", block %" PRIu32, i, want);
	f.actual = arena_printf(out->arena, "lba %" PRIu32 ", blocks %" PRIu32 " and %" PRIu32, e->lba,
				btt_map_block(e->old_map), btt_map_block(e->new_map));
	f.repair = REPAIR_NONE;
	findings_add(out, f);
}

/* Lanes in use by the flag bits their writer leaves. */
static void writers_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (uint32_t k = 0; m->btt && m->btt->written && k < m->btt->nr; k++) {
		const struct btt_arena *ar = &m->btt->arenas[k];
		uint32_t flagged = 0, plain = 0;

		for (uint32_t i = 0; ar->flog_node && i < ar->lanes; i++) {
			struct btt_lane lane;

			if (!btt_flog_lane(ar->flog, i, ar->padding, &lane) || lane.current < 0)
				continue;
			if (lane.ent[lane.current].new_map & LANE_FLAGS)
				flagged++;
			else
				plain++;
		}
		if (flagged && plain)
			findings_add(out, (struct finding){
						  .by = self, .verdict = CONFLICT, .node = ar->flog_node,
						  .detail = arena_printf(out->arena,
									 "%" PRIu32 " lanes bear libpmemblk's marks, %" PRIu32
									 " the kernel's",
									 flagged, plain) });
	}
}

static void behind_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (uint32_t k = 0; m->btt && m->btt->written && k < m->btt->nr; k++) {
		const struct btt_arena *ar = &m->btt->arenas[k];

		for (uint32_t i = 0; ar->flog_node && i < ar->pending_nr; i++) {
			const struct btt_pending *p = &ar->pending[i];
			struct finding f = at_lane(self, CONFLICT, ar, p->lane);

			f.detail = arena_printf(out->arena,
						"lane %" PRIu32 " finished writing block %" PRIu32
						" into media block %" PRIu32 "; the map still names %" PRIu32,
						p->lane, p->lba, p->new_block, p->old_block);
			f.expected = arena_printf(out->arena, "0x%08" PRIx32, p->word);
			f.repair = REPAIR_ASK;
			findings_add(out, f);
		}
	}
}

static void shown_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar, uint32_t i,
			const struct btt_lane *lane, struct findings *out)
{
	uint32_t word;
	uint8_t lost;

	if (lane->current < 0)
		return;
	const struct btt_flog_entry *e = &lane->ent[lane->current];
	uint32_t old = btt_map_block(e->old_map), new = btt_map_block(e->new_map);
	if (old == new || e->lba >= ar->external_nlba || !btt_map_read(b, ar, e->lba, 1, &word, &lost) || lost)
		return;
	uint32_t held = btt_map_owned(word, e->lba);
	/* another lane may have written the same block since; it may have been overwritten in turn */
	if (held == new || held == old || btt_writes_left(ar, e->lba, new))
		return;
	struct finding f = at_lane(self, CONFLICT, ar, i);
	f.detail = arena_printf(out->arena,
				"lane %" PRIu32 " last wrote block %" PRIu32 " into media block %" PRIu32
				", the map names %" PRIu32 ", and no other lane tells of a write since",
				i, e->lba, new, held);
	f.repair = REPAIR_NONE;
	findings_add(out, f);
}

static const char *taken_text(struct arena *a, int entry)
{
	return entry < 0 ? "finds its entries contradictory" : arena_printf(a, "takes entry %d", entry);
}

/* What the programs make of a flog is told once an arena: the first lane on which they differ, and how. */
static void readings_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (uint32_t k = 0; m->btt && m->btt->written && k < m->btt->nr; k++) {
		const struct btt_arena *ar = &m->btt->arenas[k];
		enum btt_reader own = btt_reader_of(m->btt);
		uint32_t nr = 0, first = 0;
		int first_takes[BTT_READERS] = { 0 };
		bool wrong = false;

		for (uint32_t i = 0; ar->flog_node && i < ar->lanes; i++) {
			struct btt_lane lane;
			int takes[BTT_READERS];

			if (!btt_flog_lane(ar->flog, i, ar->padding, &lane))
				continue;
			for (int r = 0; r < BTT_READERS; r++)
				takes[r] = btt_reader_current((enum btt_reader)r, ar->padding, &lane);
			if (takes[BTT_READER_PMDK] == takes[BTT_READER_KERNEL] &&
			    takes[BTT_READER_PMDK] == takes[BTT_READER_UEFI])
				continue;
			wrong |= takes[own] != lane.current;
			if (nr++ == 0) {
				first = i;
				for (int r = 0; r < BTT_READERS; r++)
					first_takes[r] = takes[r];
			}
		}
		if (nr == 0)
			continue;
		struct finding f = at_lane(self, CONFLICT, ar, first);
		f.detail = arena_printf(out->arena, "%" PRIu32 " lane%s; of lane %" PRIu32 ", %s %s, %s %s, %s %s", nr,
					nr == 1 ? "" : "s", first, btt_reader_name(BTT_READER_PMDK),
					taken_text(out->arena, first_takes[BTT_READER_PMDK]),
					btt_reader_name(BTT_READER_KERNEL),
					taken_text(out->arena, first_takes[BTT_READER_KERNEL]),
					btt_reader_name(BTT_READER_UEFI),
					taken_text(out->arena, first_takes[BTT_READER_UEFI]));
		findings_add_as(out, wrong ? WARNING : NOTE, f);
	}
}

#define OVER_LANES(name)                                                                                 \
	static void name##_verify(const struct check *self, const struct model *m, struct findings *out) \
	{                                                                                                \
		lanes(self, m, out, name##_judge);                                                       \
	}
OVER_LANES(stray)
OVER_LANES(sequence)
OVER_LANES(range)
OVER_LANES(chain)
OVER_LANES(half)
OVER_LANES(initial)
OVER_LANES(shown)

#define SOURCE "Linux drivers/nvdimm/btt.c btt_freelist_init; PMDK src/libpmemblk/btt.c read_flog_pair"

static const struct check checks[] = {
	{ .id = "btt.flog.padding", .covers = "BT-15", .severity = ERROR,
	  .says = "the flog does not tell which two of a lane's four entries are in use",
	  .means = "The kernel refuses to attach such a BTT.",
	  .remedy = "Decide lane by lane by the chain rule and the free blocks.", .source = SOURCE,
	  .verify = padding_verify },
	{ .id = "btt.flog.stray", .covers = "BT-15 BT-16", .severity = ERROR,
	  .says = "a lane has bytes where the other lanes have none",
	  .means = "The kernel refuses to attach such a BTT; an old and a new kernel may both have written it.",
	  .remedy = "Compare the lane's entries with the map before clearing any.", .source = SOURCE,
	  .verify = stray_verify,
	  .repair = btt_repair_entries },
	{ .id = "btt.flog.unread", .covers = "BT-24", .severity = ERROR,
	  .says = "a lane of the flog could not be read",
	  .means = "Its free block and its last write are not known from here.",
	  .remedy = "The one block without an owner is the lane's.", .source = SOURCE, .verify = lost_verify,
	  .repair = btt_repair_lane },
	{ .id = "btt.flog.sequence", .covers = "BT-16", .severity = ERROR,
	  .says = "a lane's sequence numbers are not those of a lane",
	  .means = "The kernel refuses the BTT, or takes the wrong entry; libpmemblk makes the arena read-only.",
	  .remedy = "Write the lane anew from the entry that the chain rule or the map supports.",
	  .source = SOURCE, .verify = sequence_verify,
	  .repair = btt_repair_lane },
	{ .id = "btt.flog.range", .covers = "BT-16", .severity = ERROR,
	  .says = "a lane names a block that does not exist",
	  .means = "libpmemblk refuses to open the pool; the kernel would write outside the data area.",
	  .remedy = "The one block without an owner is the lane's.", .source = SOURCE, .verify = range_verify,
	  .repair = btt_repair_lane },
	{ .id = "btt.flog.chain", .after = "btt.flog.range", .covers = "BT-17", .severity = WARNING,
	  .says = "a lane's two entries do not follow from each other",
	  .means = "A lane always writes into the block it freed last; one of the entries is damaged or from "
		   "another time.",
	  .remedy = "Compare both with the map.", .source = SOURCE, .verify = chain_verify,
	  .repair = btt_repair_entries },
	{ .id = "btt.flog.half-logged", .covers = "BT-16 BT-17", .severity = NOTE,
	  .says = "a log entry was written by half",
	  .means = "The write was cut off before its commit. This is no damage: the entry does not count, and "
		   "the block keeps what it held.",
	  .remedy = "None needed. The bytes that were about to be written are in the lane's free block.",
	  .source = SOURCE, .verify = half_verify },
	{ .id = "btt.flog.readings", .covers = "BT-16", .severity = NOTE,
	  .says = "programs do not read the flog alike",
	  .means = "Where they differ, one of them takes an old write for the last one: it brings back an old "
		   "free block, and the next write through that lane overwrites somebody's data.",
	  .remedy = "Let only the program open it that wrote it.", .source = SOURCE, .verify = readings_verify },
	{ .id = "btt.flog.map-behind", .covers = "BT-19", .severity = NOTE,
	  .says = "the flog holds a finished write that the map does not show",
	  .means = "The write was cut off after its commit. This is no damage: the driver finishes it at its "
		   "next start.",
	  .remedy = "None needed.", .source = SOURCE, .verify = behind_verify,
	  .repair = btt_repair_behind },
	{ .id = "btt.flog.not-shown", .covers = "BT-20", .severity = NOTE,
	  .says = "the map does not show a lane's last write",
	  .means = "Either a lane that was used again since overwrote the block, or the map word was changed "
		   "outside the protocol.",
	  .remedy = "None needed unless other findings name the same block.", .source = SOURCE,
	  .verify = shown_verify },
	{ .id = "btt.flog.initial", .covers = "BT-21", .severity = NOTE,
	  .says = "a lane that was never used does not hold what the layout writes",
	  .means = "The flog was rewritten by a tool, or comes from another BTT.",
	  .remedy = "None needed when every block has one owner.", .source = SOURCE, .verify = initial_verify },
	{ .id = "btt.flog.writers", .covers = "BT-22", .severity = NOTE,
	  .says = "two implementations have written this flog",
	  .means = "Both libpmemblk and a kernel have had the container open.", .remedy = "None needed.",
	  .source = SOURCE, .verify = writers_verify },
};

const struct check_table btt_flog_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
