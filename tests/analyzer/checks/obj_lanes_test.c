/* The checks of descriptor and lanes: notes at most on crashed pools, and each fault by its name. */
#include "analyzer/check.h"
#include "formats/base/checksum.h"
#include "formats/obj/descr.h"
#include "formats/obj/lane_old.h"
#include "formats/obj/object.h"
#include "tests/formats/obj/lab.h"

enum { LANE = 0x2000, LANE_1 = LANE + OBJ_LANE_LEN, EXTERNAL = OBJ_LANE_EXTERNAL_OFF, UNDO = OBJ_LANE_UNDO_OFF };

static struct findings *judged(struct lab *l)
{
	lab_decode(l);
	struct model m = { .arena = l->arena, .root = l->root, .format = "pmemobj", .logical = l->image, .obj = l->pool };
	struct findings *fs = findings_open(l->arena, 100);

	checks_run(&m, fs, NULL, NULL);
	return fs;
}

/* id and, but for notes, nothing else; also: another that may come with it. */
static void only(struct lab *l, const char *id, const char *also)
{
	struct findings *fs = judged(l);

	cr_assert(findings_hit(fs, id, NULL), "%s was not found", id);
	for (const struct finding *f = fs->first; f; f = f->next)
		cr_assert(f->severity == NOTE || strcmp(f->by->id, id) == 0 || (also && strcmp(f->by->id, also) == 0),
			  "%s: also %s: %s", id, f->by->id, f->detail ? f->detail : f->by->says);
}

static void says(const char *pool, uint64_t at, uint64_t value, const char *id, const char *also)
{
	struct lab l = lab_make("obj_ops", pool);

	lab_put(&l, at, value, 8);
	only(&l, id, also);
	lab_close(&l);
}

#define CLOSED "make alloc_small"
#define CRASHED "make recovery"

/* Makes a stored redo log of nr entries in lane 1. */
static void redo_store(struct lab *l, const uint64_t (*entries)[2], uint64_t nr)
{
	uint64_t at = LANE_1 + EXTERNAL;

	lab_put(l, at + 16, (nr * 16 + 8 + 63) / 64 * 64, 8);
	for (uint64_t i = 0; i < nr; i++) {
		lab_put(l, at + 64 + i * 16, entries[i][0], 8);
		lab_put(l, at + 72 + i * 16, entries[i][1], 8);
	}
	struct span s = { l->bytes + at, NULL, at, 64 + nr * 16 };
	lab_put(l, at, checksum_fletcher64(s, 0, CHECKSUM_NO_SKIP), 8);
}

Test(obj_descr, a_field_at_a_time)
{
	says(CLOSED, 0x1410, 0x302008, "obj.descr.checksum", "obj.descr.places");
	says(CLOSED, 0x1808, 5, "obj.words.run-id", NULL);
	says(CLOSED, 0x1820, 0, "obj.words.heap-zero", NULL);
	says(CLOSED, 0x1820, UINT64_C(1) << 62, "obj.words.heap-size", NULL);
	says(CLOSED, 0x1840, 1, "obj.descr.unused", NULL);
	says(CLOSED, 0x1818, 2, "obj.descr.unused", NULL);
}

Test(obj_descr, a_heap_that_is_said_to_be_too_small)
{
	struct lab l = lab_make("obj_ops", CLOSED);

	lab_put(&l, 0x1820, 0x400000, 8);
	cr_assert(findings_hit(judged(&l), "obj.words.heap-small", NULL));
	lab_close(&l);
}

Test(obj_descr, a_wrong_place_under_a_right_checksum)
{
	struct lab l = lab_make("obj_ops", CLOSED);

	lab_put(&l, 0x1408, 2000, 8);
	lab_put(&l, 0x17f8, checksum_fletcher64((struct span){ l.bytes + 4096, NULL, 0, 2048 }, 2040, CHECKSUM_NO_SKIP), 8);
	only(&l, "obj.descr.places", NULL);
	lab_close(&l);
}

Test(obj_lanes, a_field_at_a_time)
{
	says(CLOSED, LANE_1 + UNDO + 16, 0, "obj.lane.capacity", NULL);
	says(CLOSED, LANE_1 + EXTERNAL + 16, 1000, "obj.lane.capacity", NULL);
	says(CLOSED, LANE_1 + UNDO + 48, 1, "obj.lane.unused", NULL);
	says(CLOSED, LANE_1 + EXTERNAL + 32, 1, "obj.lane.unused", NULL);
	says(CLOSED, LANE_1 + EXTERNAL, 77, "obj.redo.torn", NULL);
	says(CLOSED, LANE_1 + 8, 0x400000, "obj.log.internal-chain", "obj.log.extension");
	says(CLOSED, LANE_1 + EXTERNAL + 64, UINT64_C(3) << 61 | 0x400000, "obj.log.operation", NULL);
	says(CLOSED, LANE_1 + UNDO + 64, UINT64_C(4) << 61 | 0x400000, "obj.log.operation", NULL);
	says(CLOSED, LANE_1 + UNDO + 8, UINT64_C(1) << 62, "obj.log.chain", NULL);
	says(CLOSED, LANE_1 + UNDO + 8, LANE_1 + UNDO, "obj.log.chain", "obj.log.extension");
}

Test(obj_lanes, lanes_zeroed_by_a_conversion)
{
	struct lab l = lab_make("obj_ops", CLOSED);

	memset(l.bytes + LANE, 0, (size_t)OBJ_LANES_NR * OBJ_LANE_LEN);
	only(&l, "obj.lane.zeroed", NULL);
	cr_assert_eq(judged(&l)->nr[ERROR], 1);
	lab_close(&l);
}

Test(obj_lanes, a_stored_log_with_a_wild_target)
{
	static const uint64_t wild[][2] = { { 0x1000, 1 } }, odd[][2] = { { 0x402404, 1 } };
	struct lab l = lab_make("obj_ops", CLOSED);

	redo_store(&l, wild, 1);
	only(&l, "obj.redo.target", NULL);
	redo_store(&l, odd, 1);
	cr_assert(findings_hit(judged(&l), "obj.redo.target", NULL));
	lab_close(&l);
}

Test(obj_lanes, a_stored_log_that_changes_free_space)
{
	struct lab l = lab_make("obj_ops", CLOSED);
	/* the last chunk but one of the one zone: free in this pool */
	uint64_t entries[][2] = { { l.len / OBJ_CHUNK_LEN * OBJ_CHUNK_LEN - OBJ_CHUNK_LEN, 1 } };

	redo_store(&l, (const uint64_t (*)[2])entries, 1);
	only(&l, "obj.log.target", NULL);
	lab_close(&l);
}

/* The entry of lane 0 again in lane 1: both go back to the same bytes. */
Test(obj_lanes, before_images_of_two_lanes_that_overlap)
{
	struct lab l = lab_make("obj_ops", CRASHED);
	uint64_t from = LANE + UNDO + 64, to = LANE_1 + UNDO + 64;

	cr_assert_eq(lab_get(&l, LANE + UNDO + 24, 8), lab_get(&l, LANE_1 + UNDO + 24, 8), "the same generation");
	memcpy(l.bytes + to, l.bytes + from, OBJ_LANE_UNDO_LEN);
	only(&l, "obj.undo.overlap", NULL);
	lab_close(&l);
}

Test(obj_lanes, a_before_image_that_belongs_nowhere)
{
	struct lab l = lab_make("obj_ops", CLOSED);
	uint64_t at = LANE_1 + UNDO + 64;

	lab_put(&l, at, UINT64_C(6) << 61 | 0x1000, 8);
	lab_put(&l, at + 16, 8, 8);
	lab_put(&l, at + 8, 0, 8);
	uint64_t sum = checksum_fletcher64((struct span){ l.bytes + at, NULL, at, 64 }, CHECKSUM_NO_FIELD, CHECKSUM_NO_SKIP);
	lab_put(&l, at + 8, checksum_fletcher64_more(sum, (struct span){ l.bytes + LANE_1 + UNDO + 24, NULL, 0, 8 }), 8);
	only(&l, "obj.undo.range", NULL);
	lab_close(&l);
}

Test(obj_lanes, an_extension_in_the_application_s_own_object)
{
	struct lab l = lab_make("obj_ops", CLOSED);
	uint64_t root = lab_get(&l, 0x1800, 8), object = lab_get(&l, root + 8 + 8, 8);

	lab_put(&l, LANE_1 + UNDO + 8, object, 8);
	cr_assert(findings_hit(judged(&l), "obj.log.extension", NULL));
	lab_put(&l, LANE_1 + UNDO + 8, l.len / OBJ_CHUNK_LEN * OBJ_CHUNK_LEN - OBJ_CHUNK_LEN, 8);
	cr_assert(findings_hit(judged(&l), "obj.log.extension", NULL));
	lab_close(&l);
}

/* Lanes of an older pool, by hand: no library of theirs is here. */
static struct lab old_lab(uint32_t major)
{
	struct lab l = lab_make("obj_ops", CLOSED);

	memset(l.bytes + LANE, 0, (size_t)OBJ_LANES_NR * OBJ_LANE_LEN);
	lab_put(&l, 8, major, 4);
	return l;
}

static void old_says(uint32_t major, uint64_t at, uint64_t value, const char *id)
{
	struct lab l = old_lab(major);

	lab_put(&l, at, value, 8);
	cr_assert(findings_hit(judged(&l), id, NULL), "%s was not found", id);
	lab_close(&l);
}

Test(obj_lanes_old, a_field_at_a_time)
{
	old_says(4, LANE, 0x1001, "obj.old-redo.entries");
	old_says(4, LANE + OBJ_OLD_TX_OFF, 2, "obj.old-tx.state");
	old_says(4, LANE + OBJ_OLD_LIST_OFF, 0x400000, "obj.old-list.object");
	old_says(4, LANE + OBJ_OLD_TX_OFF + 8, 0x400000, "obj.old-undo.vector");
}

Test(obj_lanes_old, several_last_entries)
{
	struct lab l = old_lab(4);

	lab_put(&l, LANE, 0x400001, 8);
	lab_put(&l, LANE + 16, 0x400009, 8);
	cr_assert(findings_hit(judged(&l), "obj.old-redo.entries", NULL));
	lab_close(&l);
}

Test(obj_lanes_old, values_and_records)
{
	struct lab l = old_lab(4);
	uint64_t free_list = LANE + OBJ_OLD_TX_OFF + 8 + 224, set = free_list + 224, root = lab_get(&l, 0x1800, 8);

	/* nothing is allocated there */
	lab_put(&l, free_list, free_list + OBJ_OLD_EMBEDDED_OFF, 8);
	lab_put(&l, free_list + OBJ_OLD_EMBEDDED_OFF, 0x400000, 8);
	cr_assert(findings_hit(judged(&l), "obj.old-undo.object", NULL));
	/* a huge object, made the library's own, as the before-image of a place outside of the heap */
	uint64_t huge = lab_get(&l, root + 8 + 16 + 8, 8);
	lab_put(&l, huge - 16, lab_get(&l, huge - 16, 8) | (uint64_t)OBJ_OBJECT_INTERNAL << 48, 8);
	lab_put(&l, set, set + OBJ_OLD_EMBEDDED_OFF, 8);
	lab_put(&l, set + OBJ_OLD_EMBEDDED_OFF, huge, 8);
	lab_put(&l, huge, 0x1000, 8);
	lab_put(&l, huge + 8, 8, 8);
	cr_assert(findings_hit(judged(&l), "obj.old-undo.range", NULL));
	lab_close(&l);
}
