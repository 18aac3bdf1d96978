#include "analyzer/facts/btt_rebuild.h"

#include "formats/btt/map.h"
#include "formats/btt/writes.h"

#include <inttypes.h>

enum { LANES_SURE = 3 }; /* lanes in their first form that cannot be there by chance */

uint32_t btt_rebuild_lanes(const struct btt *b, struct arena *a, uint64_t arena_at, const struct btt_geom *g)
{
	uint32_t external = g->external_nlba, nr = 0;
	struct span flog;

	if (!image_span(b->image, a, arena_at + g->flogoff, (uint64_t)g->nfree * BTT_LANE_LEN, &flog))
		return 0;
	for (uint32_t i = 0; i < g->nfree; i++) {
		struct btt_lane lane;

		if (!btt_flog_lane(flog, i, BTT_PADDING_NEW, &lane))
			continue;
		const struct btt_flog_entry *e = &lane.ent[0];
		nr += e->lba == i && e->seq == 1 && btt_map_block(e->old_map) == external + i &&
		      btt_map_block(e->new_map) == external + i;
	}
	return nr;
}

/* what ndctl offers, and what libpmemblk's users chose */
static const uint32_t sizes[] = { 512, 520, 528, 4096, 4104, 4160, 4224, 1024, 2048, 8192, 16384, 32768, 65536 };

bool btt_rebuild_usual(uint32_t lbasize)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] == lbasize)
			return true;
	return false;
}

uint32_t btt_rebuild_lbasize(const struct btt *b, const struct btt_arena *ar, struct arena *a,
			     enum btt_rounding *rounding, uint32_t *lanes)
{
	uint32_t best = 0;

	*lanes = 0;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int r = BTT_ROUND_PMDK; r <= BTT_ROUND_KERNEL; r++) {
			struct btt_geom g;

			if (!btt_geom(ar->len, btt_geom_internal(sizes[i], (enum btt_rounding)r), BTT_NFREE, &g))
				continue;
			uint32_t nr = btt_rebuild_lanes(b, a, ar->at, &g);
			if (nr > *lanes) {
				*lanes = nr;
				*rounding = (enum btt_rounding)r;
				best = sizes[i];
			}
		}
	return *lanes >= LANES_SURE ? best : 0;
}

void btt_rebuild_info(struct findings *fs, struct finding *f, const struct btt *b, const struct btt_arena *ar,
		      const struct btt_copy *c)
{
	const struct btt_copy *twin = c == &ar->primary ? &ar->backup : &ar->primary;
	uint32_t sibling = 0, lanes;
	enum btt_rounding rounding;

	while (sibling < b->nr && (sibling == ar->idx || b->arenas[sibling].info == NULL))
		sibling++;
	if (twin->good)
		findings_alternative(fs, f, (struct alternative){
			.id = "copy", .witness = c == &ar->primary ? "the backup info block" : "the first info block",
			.does = "copy it here", .repair = REPAIR_SAFE });
	if (sibling < b->nr)
		findings_alternative(fs, f, (struct alternative){
			.id = "sibling", .witness = arena_printf(fs->arena, "the info block of arena %" PRIu32, sibling),
			.does = "take identity and block size from it, and places from the length of this arena",
			.loses = "the ERROR flag of this arena, if it was set", .repair = REPAIR_ASK });
	if (twin->good || sibling < b->nr)
		return;
	if (b->bsize) {
		findings_alternative(fs, f, (struct alternative){
			.id = "geometry", .witness = arena_printf(fs->arena, "the block size that the %s tells, %" PRIu32,
							b->container == BTT_IN_POOL ? "pool's descriptor" : "label", b->bsize),
			.does = "compute the block from it and the length of the arena",
			.loses = "the BTT's uuid and the ERROR flag", .repair = REPAIR_ASK });
		return;
	}
	uint32_t lbasize = btt_rebuild_lbasize(b, ar, fs->arena, &rounding, &lanes);
	if (lbasize)
		findings_alternative(fs, f, (struct alternative){
			.id = "geometry",
			.witness = arena_printf(fs->arena, "%" PRIu32 " unused lanes that lie where blocks of %" PRIu32 " bytes put them",
						lanes, lbasize),
			.does = "compute the block from that size and the length of the arena",
			.loses = "the BTT's uuid and the ERROR flag", .repair = REPAIR_ASK });
}

/* The one block that nobody owns, when there is only one. */
static bool only_unowned(const struct btt_blocks *bl, uint32_t *block)
{
	if (bl == NULL || !bl->complete || bl->nr[BTT_FAULT_UNOWNED] != 1 || bl->kept_nr[BTT_FAULT_UNOWNED] != 1)
		return false;
	*block = bl->kept[BTT_FAULT_UNOWNED][0].block;
	return true;
}

static bool unowned(const struct btt_blocks *bl, uint32_t block)
{
	for (uint32_t i = 0; bl && i < bl->kept_nr[BTT_FAULT_UNOWNED]; i++)
		if (bl->kept[BTT_FAULT_UNOWNED][i].block == block)
			return true;
	return false;
}

void btt_rebuild_lane(struct findings *fs, struct finding *f, const struct btt *b, const struct btt_arena *ar,
		      uint32_t idx, const struct btt_blocks *bl)
{
	struct btt_lane lane;
	uint32_t word, block;
	uint8_t lost;
	int second = ar->padding == BTT_PADDING_OLD ? 2 : 1;

	if (btt_flog_lane(ar->flog, idx, ar->padding, &lane)) {
		const int both[] = { 0, second };

		if (lane.how == BTT_CURRENT_CHAIN)
			findings_alternative(fs, f, (struct alternative){
				.id = "chain", .witness = arena_printf(fs->arena, "entry %d, which wrote into the block that the other freed",
								       lane.current),
				.does = "number the entries anew, that one as the newer", .repair = REPAIR_ASK });
		for (int k = 0; k < 2; k++) {
			const struct btt_flog_entry *e = &lane.ent[both[k]];
			uint32_t old = btt_map_block(e->old_map);

			if (e->lba < ar->external_nlba && old != btt_map_block(e->new_map) && old < ar->internal_nlba &&
			    btt_map_read(b, ar, e->lba, 1, &word, &lost) && !lost &&
			    btt_map_owned(word, e->lba) == btt_map_block(e->new_map))
				findings_alternative(fs, f, (struct alternative){
					.id = both[k] ? "map-second" : "map-first",
					.witness = arena_printf(fs->arena, "the map, which shows the write of entry %d", both[k]),
					.does = arena_printf(fs->arena, "make that entry the current one, with block %" PRIu32 " free", old),
					.loses = "what the other entry remembers", .repair = REPAIR_ASK });
		}
	}
	if (only_unowned(bl, &block))
		findings_alternative(fs, f, (struct alternative){
			.id = "free-block", .witness = arena_printf(fs->arena, "media block %" PRIu32 ", the only one without an owner", block),
			.does = arena_printf(fs->arena, "lay the lane out anew with block %" PRIu32 " free", block),
			.loses = "the lane's last two writes are no longer remembered; one that was committed and not in the map is lost",
			.repair = REPAIR_ASK });
}

void btt_rebuild_flog(struct findings *fs, struct finding *f, const struct btt_arena *ar, const struct btt_blocks *bl)
{
	if (bl == NULL || !bl->complete)
		return;
	findings_alternative(fs, f, (struct alternative){
		.id = "map", .witness = "the map",
		.does = arena_printf(fs->arena, "lay the flog out anew, each of %" PRIu32 " lanes with a block that the map does not name",
				     ar->lanes),
		.loses = "what the lanes remember of their last writes; those committed and not in the map are lost",
		.repair = REPAIR_ADVANCED });
}

void btt_rebuild_word(struct findings *fs, struct finding *f, const struct btt_arena *ar, uint32_t lba,
		      const struct btt_blocks *bl)
{
	uint32_t nr, block;
	const struct btt_write *w = btt_writes_of(ar, lba, &nr);

	for (uint32_t i = 0; i < nr; i++)
		if (w[i].last && unowned(bl, btt_map_block(w[i].new_map)))
			findings_alternative(fs, f, (struct alternative){
				.id = "flog", .witness = arena_printf(fs->arena, "lane %" PRIu32 ", which last wrote this block", w[i].lane),
				.does = arena_printf(fs->arena, "map it to media block %" PRIu32 " again", btt_map_block(w[i].new_map)),
				.repair = REPAIR_ASK });
	if (only_unowned(bl, &block) && block != lba)
		findings_alternative(fs, f, (struct alternative){
			.id = "unowned", .witness = arena_printf(fs->arena, "media block %" PRIu32 ", the only one without an owner", block),
			.does = "map the block to it", .loses = "nothing, when no other word or lane is damaged", .repair = REPAIR_ASK });
	if (unowned(bl, lba))
		findings_alternative(fs, f, (struct alternative){
			.id = "identity", .witness = arena_printf(fs->arena, "media block %" PRIu32 ", which has its number and no owner", lba),
			.does = "mark the block as never written", .loses = "its content, if it was ever written",
			.repair = REPAIR_ADVANCED });
	findings_alternative(fs, f, (struct alternative){
		.id = "error", .witness = "nothing",
		.does = "mark the block as bad, so that reads fail instead of giving wrong data", .loses = "the content of the block",
		.repair = REPAIR_ADVANCED });
}

void btt_rebuild_owner(struct findings *fs, struct finding *f, const struct btt_arena *ar, const struct btt_fault *twice)
{
	const uint32_t owners[] = { twice->lba, twice->other };

	for (int k = 0; k < 2; k++) {
		const struct btt_write *w = owners[k] == BTT_OWNER_LANE ? NULL : btt_writes_into(ar, owners[k], twice->block);

		if (w)
			findings_alternative(fs, f, (struct alternative){
				.id = "flog", .witness = arena_printf(fs->arena, "lane %" PRIu32 ", which last wrote block %" PRIu32 " there",
								      w->lane, owners[k]),
				.does = arena_printf(fs->arena, "leave media block %" PRIu32 " to block %" PRIu32
							     ", and mark the other owner as bad", twice->block, owners[k]),
				.loses = "the content of the other block, which is overwritten already", .repair = REPAIR_ADVANCED });
	}
	if (twice->other == BTT_OWNER_LANE && twice->lba != BTT_OWNER_LANE)
		findings_alternative(fs, f, (struct alternative){
			.id = "map", .witness = "the map", .does = "give the lane another free block, of those without an owner",
			.loses = "what the lane remembers of its last writes", .repair = REPAIR_ASK });
}
