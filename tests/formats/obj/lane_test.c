/* Logs as the reference's worked examples have them, and one field at a time made wrong. */
#include "formats/obj/lane.h"

#include "formats/base/checksum.h"
#include "formats/image/memory.h"
#include "formats/obj/lane_old.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { POOL = 8 << 20, LANES = 8192, HEAP = 0x302000, COUNTER = 0x3c14b0 };

struct lab {
	struct arena *arena;
	struct obj_pool pool;
	uint8_t *bytes;
};

static void put(struct lab *l, uint64_t at, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		l->bytes[at + (uint64_t)i] = (uint8_t)(v >> 8 * i);
}

static struct lab *lab_open(uint32_t major)
{
	struct lab *l = calloc(1, sizeof(*l));

	l->arena = arena_open((size_t)64 << 20);
	l->bytes = calloc(1, POOL);
	l->pool = (struct obj_pool){ .image = memory_open(l->arena, "pool", l->bytes, POOL, NULL), .size = POOL,
				     .major = major, .lanes_at = LANES, .lanes_nr = OBJ_LANES_NR, .heap_at = HEAP,
				     .heap_len = POOL - HEAP };
	for (uint32_t i = 0; major > 4 && i < OBJ_LANES_NR; i++)
		for (int k = 0; k < OBJ_LOGS; k++)
			put(l, LANES + i * OBJ_LANE_LEN + obj_lane_log_off((enum obj_log_kind)k) + 16,
			    obj_lane_log_len((enum obj_log_kind)k));
	return l;
}

static struct obj_lanes *lab_lanes(struct lab *l)
{
	l->pool.lanes = obj_lane_decode(l->arena, node_group(l->arena, NULL, ""), &l->pool);
	cr_assert_not_null(l->pool.lanes);
	return l->pool.lanes;
}

static void lab_close(struct lab *l)
{
	arena_close(l->arena);
	free(l->bytes);
	free(l);
}

/* The reference's example of an interrupted transaction: a counter of 7 is snapshotted. */
static void snapshot_put(struct lab *l, uint64_t sum)
{
	put(l, 0x2400, 0xc000000000000000 | COUNTER);
	put(l, 0x2408, sum);
	put(l, 0x2410, 8);
	put(l, 0x2418, 7);
}

/* The reference's commit: generation, a block freed, a block allocated. */
static void commit_put(struct lab *l)
{
	static const uint64_t words[] = { 0x23d8, 1, 0x20000000003c24b8, 0xfffffffffffffff8, 0x4000000000802508 - 0,
					  0xff };

	put(l, 0x2100, 0xa3e36fd360bc6ecf);
	put(l, 0x2110, 64);
	for (size_t i = 0; i < 6; i++)
		put(l, 0x2140 + 8 * i, words[i]);
}

Test(obj_lane, a_pool_never_used_has_idle_lanes_only)
{
	struct lab *l = lab_open(6);
	struct obj_lanes *lanes = lab_lanes(l);

	cr_assert_eq(lanes->nr, 1024);
	cr_assert_eq(lanes->lane_nr, 0);
	cr_assert_eq(lanes->array[OBJ_LOG_UNDO]->count, 1024);
	lab_close(l);
}

Test(obj_lane, a_snapshot_counts_only_with_its_generation)
{
	struct lab *l = lab_open(6);
	struct obj_ulog_entry e;
	struct obj_ulog_walk w;

	snapshot_put(l, 0xc4397524c03c14bf);
	const struct obj_lanes *lanes = lab_lanes(l);
	cr_assert_eq(lanes->busy_nr, 1);
	const struct obj_log *log = &obj_lane_find(lanes, 0)->log[OBJ_LOG_UNDO];
	cr_assert_eq(log->state, OBJ_LOG_PENDING);
	cr_assert(log->entries == 1 && log->bytes == 8 && log->base_bytes == 64 && log->stop == OBJ_ULOG_END);
	obj_lane_walk(lanes, log, &w, NULL);
	cr_assert(obj_ulog_walk_next(&w, &e));
	cr_assert(e.target == COUNTER && e.data_at == 0x2418 && e.len == 64);
	cr_assert_not(obj_ulog_walk_next(&w, &e));

	put(l, 0x23d8, 1); /* committed since */
	lanes = lab_lanes(l);
	log = &obj_lane_find(lanes, 0)->log[OBJ_LOG_UNDO];
	cr_assert_eq(log->state, OBJ_LOG_IDLE);
	cr_assert(log->residue && log->stop == OBJ_ULOG_STALE);
	uint64_t sum, gen;
	cr_assert(obj_ulog_entry_read(l->pool.image, 0x2400, &e));
	cr_assert(obj_ulog_entry_sum(l->pool.image, &e, &sum));
	cr_assert(obj_ulog_generation(sum, e.checksum, &gen));
	cr_assert_eq(gen, 0);
	cr_assert_not(obj_ulog_generation(sum, e.checksum + (1ULL << 32), &gen));
	lab_close(l);
}

Test(obj_lane, major_5_sums_without_a_generation)
{
	struct lab *l = lab_open(5);

	snapshot_put(l, 0xc4397524c03c14bf - 2 * 0xc03c14bfULL * (1ULL << 32));
	cr_assert_eq(lab_lanes(l)->busy_nr, 1);
	snapshot_put(l, 0xc4397524c03c14bf);
	cr_assert_eq(lab_lanes(l)->busy_nr, 0);
	lab_close(l);
}

Test(obj_lane, a_stored_redo_log_is_pending_and_a_torn_one_is_not)
{
	struct lab *l = lab_open(6);

	commit_put(l);
	const struct obj_lanes *lanes = lab_lanes(l);
	const struct obj_log *log = &obj_lane_find(lanes, 0)->log[OBJ_LOG_EXTERNAL];
	cr_assert_eq(log->state, OBJ_LOG_PENDING);
	cr_assert_eq(log->entries, 3);
	cr_assert(obj_lanes_pending(&l->pool, 0x3c24b8));
	cr_assert(obj_lanes_pending(&l->pool, 0x23d8));
	cr_assert_not(obj_lanes_pending(&l->pool, 0x3c24c0));
	put(l, 0x2158, 0);
	lanes = lab_lanes(l);
	cr_assert_eq(obj_lane_find(lanes, 0)->log[OBJ_LOG_EXTERNAL].state, OBJ_LOG_TORN);
	cr_assert_not(obj_lanes_pending(&l->pool, 0x3c24b8));
	lab_close(l);
}

Test(obj_lane, an_operation_that_does_not_exist_ends_the_log)
{
	static const uint64_t ops[] = { 3, 4, 7 };

	for (size_t i = 0; i < 3; i++) {
		struct lab *l = lab_open(6);

		put(l, 0x2140, ops[i] << 61 | 0x3c24b8);
		const struct obj_log *log = &obj_lane_find(lab_lanes(l), 0)->log[OBJ_LOG_EXTERNAL];
		cr_assert(log->state == OBJ_LOG_PENDING && log->stop == OBJ_ULOG_BAD_OP);
		lab_close(l);
	}
}

Test(obj_lane, extensions_that_loop_or_leave_the_pool_end_the_chain)
{
	struct lab *l = lab_open(6);
	uint64_t undo = LANES + OBJ_LANE_UNDO_OFF;

	for (uint64_t i = 0; i < 100; i++)
		put(l, 0x400000 + i * 4096 + 8, 0x400000 + (i + 1) % 100 * 4096);
	put(l, undo + 8, 0x400000 - 48);
	const struct obj_log *log = &obj_lane_find(lab_lanes(l), 0)->log[OBJ_LOG_UNDO];
	cr_assert_eq(log->chain_stop, OBJ_ULOG_LOOP);
	cr_assert(log->chain_nr >= 100 && log->chain_nr < 400);
	put(l, undo + 8, POOL - 8);
	cr_assert_eq(obj_lane_find(lab_lanes(l), 0)->log[OBJ_LOG_UNDO].chain_stop, OBJ_ULOG_BAD_NEXT);
	put(l, undo + 8, UINT64_MAX);
	cr_assert_eq(obj_lane_find(lab_lanes(l), 0)->log[OBJ_LOG_UNDO].chain_stop, OBJ_ULOG_BAD_NEXT);
	lab_close(l);
}

Test(obj_lane, one_long_log_in_every_lane_costs_no_more_than_the_pool)
{
	struct lab *l = lab_open(6);

	for (uint64_t i = 0; i < OBJ_LANES_NR; i++)
		put(l, LANES + i * OBJ_LANE_LEN + OBJ_LANE_UNDO_OFF + 8, HEAP);
	for (uint64_t at = HEAP; at + 128 < POOL; at += 64)
		put(l, at + 8, at + 64);
	const struct obj_lanes *lanes = lab_lanes(l);
	cr_assert_eq(lanes->lane[lanes->lane_nr - 1].log[OBJ_LOG_UNDO].chain_stop, OBJ_ULOG_LIMIT);
	lab_close(l);
}

/* The reference's example of a transaction interrupted in major 3. */
Test(obj_lane, vectors_of_an_old_transaction_are_walked)
{
	struct lab *l = lab_open(3);
	struct obj_undo_walk_old w;
	uint64_t v;

	put(l, 0x2808, 0x28a8);
	put(l, 0x28a8, 0x401880);
	put(l, 0x28b0, 0x47e580);
	const struct obj_lanes *lanes = lab_lanes(l);
	cr_assert_eq(lanes->busy_nr, 1);
	const struct obj_lane_old *o = lanes->lane[0].old;
	cr_assert(o->undo[OBJ_UNDO_ALLOC].values == 2 && !o->undo[OBJ_UNDO_ALLOC].bad_start);
	obj_lane_old_walk_start(&w, l->pool.image, 3, 0x2808, NULL);
	cr_assert(obj_lane_old_walk_next(&w, &v) && v == 0x401880);
	cr_assert(obj_lane_old_walk_next(&w, &v) && v == 0x47e580);
	cr_assert(!obj_lane_old_walk_next(&w, &v) && w.stop == OBJ_ULOG_END);
	put(l, 0x2810, UINT64_MAX - 4);
	cr_assert_eq(lab_lanes(l)->lane[0].old->undo[OBJ_UNDO_ALLOC].stop, OBJ_ULOG_BAD_NEXT);
	lab_close(l);
}

Test(obj_lane, an_old_redo_log_is_pending_by_its_one_flag)
{
	struct lab *l = lab_open(4);

	put(l, LANES, 0x400000);
	put(l, LANES + 16, 0x400008 | OBJ_OLD_FINISH);
	const struct obj_lanes *lanes = lab_lanes(l);
	cr_assert(lanes->lane[0].old->alloc.finish_nr == 1 && lanes->lane[0].old->alloc.finish == 1);
	cr_assert(obj_lanes_pending(&l->pool, 0x400000));
	put(l, LANES + 32, OBJ_OLD_FINISH);
	lab_lanes(l);
	cr_assert_not(obj_lanes_pending(&l->pool, 0x400000));
	lab_close(l);
}
