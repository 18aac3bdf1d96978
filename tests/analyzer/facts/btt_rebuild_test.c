/* What each damage could be rebuilt from. */
#include "analyzer/facts/btt_rebuild.h"
#include "tests/analyzer/facts/btt_lab.h"

static const struct finding *found(const struct findings *fs, const char *id)
{
	for (const struct finding *f = fs->first; f; f = f->next)
		if (strcmp(f->by->id, id) == 0)
			return f;
	cr_assert_fail("%s was not found", id);
	return NULL;
}

static const struct alternative *way(const struct finding *f, const char *id)
{
	for (const struct alternative *a = f->alternatives; a; a = a->next)
		if (strcmp(a->id, id) == 0)
			return a;
	return NULL;
}

/* A lane that was used and whose write the map shows. */
static uint32_t used_lane(const struct btt_arena *ar, struct btt_lane *lane)
{
	for (uint32_t i = 0; i < ar->lanes; i++)
		if (btt_flog_lane(ar->flog, i, ar->padding, lane) && lane->previous >= 0)
			return i;
	cr_assert_fail("no lane was used twice");
	return 0;
}

TestSuite(btt_rebuild, .timeout = 60);

Test(btt_rebuild, an_info_block_from_its_copy_and_then_from_the_descriptor)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);
	uint64_t second = ar->at + ar->len / 4096 * 4096 - 4096;

	b.bytes[DATA_AT] ^= 1;
	const struct finding *f = found(judged(&b), "btt.info.primary");
	cr_assert(way(f, "copy") && f->repair == REPAIR_SAFE && way(f, "copy")->loses == NULL);
	b.bytes[second] ^= 1;
	f = found(judged(&b), "btt.info.primary");
	cr_assert(way(f, "copy") == NULL && way(f, "geometry") && f->repair == REPAIR_ASK);
	closed(&b);
}

Test(btt_rebuild, the_block_size_by_the_lanes_alone)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);
	enum btt_rounding rounding;
	uint32_t lanes;

	cr_assert_eq(btt_rebuild_lbasize(b.m.btt, ar, b.arena, &rounding, &lanes), BLOCK);
	cr_assert(lanes > 200 && lanes < 256);
	memset(b.bytes + ar->flog_at, 0, 256 * 64);
	ar = decode(&b);
	cr_assert_eq(btt_rebuild_lbasize(b.m.btt, ar, b.arena, &rounding, &lanes), 0);
	closed(&b);
}

Test(btt_rebuild, a_lane_by_the_block_that_is_left)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);
	struct btt_lane lane;
	uint32_t i = used_lane(ar, &lane), free_block = btt_map_block(lane.ent[lane.current].old_map);
	char want[32];

	put32(&b, ar->flog_at + (uint64_t)i * 64 + (uint64_t)lane.current * 16 + 4, 0xffffffff); /* old_map */
	const struct finding *f = found(judged(&b), "btt.flog.range");
	snprintf(want, sizeof(want), "block %u,", free_block);
	cr_assert(way(f, "free-block") && strstr(way(f, "free-block")->witness, want));
	closed(&b);
}

Test(btt_rebuild, equal_numbers_by_the_chain)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);
	struct btt_lane lane;
	uint32_t i = used_lane(ar, &lane);
	uint64_t at = ar->flog_at + (uint64_t)i * 64;

	put32(&b, at + 12, get32(&b, at + 28));
	const struct finding *f = found(judged(&b), "btt.flog.sequence");
	cr_assert(f->alternatives == way(f, "chain") && way(f, "chain")->loses == NULL);
	closed(&b);
}

Test(btt_rebuild, a_map_word_by_the_lane_that_wrote_it)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);

	for (uint32_t i = 0; i < ar->writes_nr; i++) {
		const struct btt_write *w = &ar->writes[i];
		uint64_t at = ar->map_at + (uint64_t)w->lba * 4;
		char want[32];

		if (!w->last || get32(&b, at) != w->new_map)
			continue;
		snprintf(want, sizeof(want), "block %u again", btt_map_block(w->new_map));
		put32(&b, at, 0xffffffff);
		const struct finding *f = found(judged(&b), "btt.map.range");
		cr_assert(way(f, "flog") && strstr(way(f, "flog")->does, want));
		cr_assert(way(f, "unowned") && way(f, "error"));
		closed(&b);
		return;
	}
	cr_assert_fail("the map shows no lane's last write");
}

Test(btt_rebuild, an_unwritten_word_is_its_own_witness)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);

	put32(&b, ar->map_at + 5000 * 4, 0xffffffff);
	const struct finding *f = found(judged(&b), "btt.map.range");
	cr_assert(way(f, "identity") && way(f, "flog") == NULL);
	closed(&b);
}
