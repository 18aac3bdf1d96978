/* Interrupted writes, on a pool that pmempool makes and the library itself then opens. */
#include "analyzer/facts/btt_recovery.h"
#include "analyzer/facts/btt_story.h"
#include "tests/analyzer/facts/btt_lab.h"

/* A lane's last write is taken out of the map again, as if the power had failed before step 5. */
static uint32_t interrupt(struct bench *b)
{
	const struct btt_arena *ar = decode(b);

	for (uint32_t i = 0; i < ar->lanes; i++) {
		struct btt_lane lane;

		cr_assert(btt_flog_lane(ar->flog, i, ar->padding, &lane));
		const struct btt_flog_entry *e = &lane.ent[lane.current];
		uint64_t word = ar->map_at + (uint64_t)e->lba * 4;
		if (e->old_map == e->new_map || get32(b, word) != e->new_map)
			continue;
		put32(b, word, e->old_map);
		return i;
	}
	cr_assert_fail("no lane was used");
	return 0;
}

TestSuite(btt_recovery, .timeout = 60);

Test(btt_recovery, a_pool_at_rest_needs_none)
{
	struct bench b = opened();

	decode(&b);
	struct recovery *rec = btt_recovery(b.arena, &b.m);
	struct story *s = btt_story(b.arena, &b.m);
	cr_assert(rec && !rec->needed && rec->refused == NULL && rec->after == NULL);
	cr_assert(s && s->summary == NULL && s->actors == 256 && s->idle == 256);
	cr_assert(s->nr[ACTIVITY_PAST] > 0 && s->nr[ACTIVITY_FORWARD] == 0);
	closed(&b);
}

Test(btt_recovery, finishes_a_committed_write_as_the_library_does)
{
	struct bench b = opened();
	uint32_t lane = interrupt(&b);
	const struct btt_arena *ar = decode(&b);
	struct recovery *rec = btt_recovery(b.arena, &b.m);
	struct story *s = btt_story(b.arena, &b.m);
	cr_assert(rec->needed && rec->refused == NULL && rec->steps_nr == 1 && rec->changed > 0);
	cr_assert(rec->findings->nr[ERROR] == 0 && rec->findings->nr[WARNING] == 0);
	cr_assert(s->nr[ACTIVITY_FORWARD] == 1 && s->summary);
	cr_assert(s->first->first && s->first->changes_nr == 2);

	/* the library, on the same bytes */
	uint8_t *ours = malloc(b.len), *lost = malloc(b.len);
	cr_assert(image_read(rec->after, 0, b.len, ours, lost));
	store(&b);
	run("$PEERS/blk_read", b.path, " >/dev/null");
	uint64_t map = ar->map_at, map_len = (uint64_t)ar->external_nlba * 4, flog = ar->flog_at;
	load(&b);
	cr_assert_eq(memcmp(ours + map, b.bytes + map, map_len), 0);
	cr_assert_eq(memcmp(ours + flog, b.bytes + flog, 256 * 64), 0);
	cr_assert(lane < 256);
	free(ours);
	free(lost);
	closed(&b);
}

Test(btt_recovery, half_an_entry_is_a_lost_write_and_no_damage)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);
	struct btt_lane lane;
	uint32_t i = 0;

	for (;; i++) {
		cr_assert(btt_flog_lane(ar->flog, i, ar->padding, &lane) && i < ar->lanes);
		if (lane.previous >= 0)
			break;
	}
	/* the first eight bytes of the older entry: block 5000, which was never written */
	uint64_t at = ar->flog_at + (uint64_t)i * 64 + (uint64_t)lane.previous * 16;
	put32(&b, at, 5000);
	put32(&b, at + 4, 0xc0000000 | 5000);
	struct findings *fs = judged(&b);
	cr_assert(findings_hit(fs, "btt.flog.half-logged", NULL));
	cr_assert_not(findings_hit(fs, "btt.flog.chain", NULL));
	cr_assert(fs->nr[ERROR] == 0 && fs->nr[WARNING] == 0);
	cr_assert_eq(btt_story(b.arena, &b.m)->nr[ACTIVITY_TORN], 1);
	cr_assert_not(btt_recovery(b.arena, &b.m)->needed);
	closed(&b);
}

Test(btt_recovery, a_lost_first_info_block_is_refused_whatever_the_backup_says)
{
	struct bench b = opened();

	b.bytes[DATA_AT + 3] ^= 1;
	decode(&b);
	struct recovery *rec = btt_recovery(b.arena, &b.m);
	cr_assert(rec->refused && strstr(rec->refused, "new BTT"));
	closed(&b);
}

Test(btt_recovery, numbers_that_contradict_are_damage)
{
	struct bench b = opened();
	const struct btt_arena *ar = decode(&b);
	uint64_t lane0 = ar->flog_at;

	put32(&b, lane0 + 12, get32(&b, lane0 + 28)); /* equal sequence numbers */
	decode(&b);
	cr_assert_eq(btt_story(b.arena, &b.m)->nr[ACTIVITY_UNSURE], 0, "the chain rule decides");
	struct recovery *rec = btt_recovery(b.arena, &b.m);
	cr_assert(rec->refused == NULL && rec->steps_nr == 1 && !rec->needed);
	cr_assert(strstr(rec->first->says, "reading only"));
	closed(&b);
}
