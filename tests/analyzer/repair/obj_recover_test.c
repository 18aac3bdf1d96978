/*
 * Pools of libpmemobj whose program was killed in the middle of an operation. What the plan makes of them is what recovery is
 * foreseen to make, which obj_sweep compares with what the library makes.
 */
#include "formats/obj/obj.h"
#include "tests/analyzer/repair/lab.h"

/* The pool after the plan's edits, and the foreseen one: all the same bytes. */
static bool as_foreseen(const struct lab *l)
{
	static uint8_t a[1 << 16], b[1 << 16], lost[1 << 16];
	struct image *foreseen = l->r.recovery->after, *mended = l->rep.after.model.obj->image;

	for (uint64_t at = 0; at < foreseen->size; at += sizeof(a)) {
		size_t len = foreseen->size - at < sizeof(a) ? (size_t)(foreseen->size - at) : sizeof(a);

		if (!image_read(foreseen, at, len, a, lost) || !image_read(mended, at, len, b, lost) || memcmp(a, b, len) != 0)
			return false;
	}
	return true;
}

static bool is_found(const struct findings *fs, const char *id)
{
	return findings_hit(fs, id, NULL);
}

/* The pool after percent of an operation's calls for durability, a copy beside it. */
static struct lab *killed(const char *op, int percent)
{
	struct lab *l = lab_open("pool");

	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_ops\" pool make %s >/dev/null && cp pool whole && calls=$(LD_PRELOAD=\"$PEERS/crash_shim.so\" "
			       "\"$PEERS/obj_ops\" whole run %s) && rm whole && { CRASH_AT=$((calls * %d / 100)) LD_PRELOAD="
			       "\"$PEERS/crash_shim.so\" \"$PEERS/obj_ops\" pool run %s >/dev/null; [ $? = 99 ]; } && cp pool theirs",
			       op, op, percent, op), 0, "%s", op);
	lab_plan(l, REPAIR_ASK);
	return l;
}

/* True: there was something to recover. */
static bool point(const char *op, int percent)
{
	struct lab *l = killed(op, percent);
	/* an operation, or what a finished one has left to be freed */
	bool pending = is_found(l->r.findings, "obj.lane.pending") || is_found(l->r.findings, "obj.undo.chain-left");

	cr_assert_eq(pending, l->r.recovery->needed && l->r.recovery->steps_nr, "%s at %d%%", op, percent);
	if (pending) {
		cr_assert(l->rep.analyzed && as_foreseen(l), "%s at %d%%: other bytes than foreseen", op, percent);
		cr_assert_not(l->rep.after.recovery->needed, "%s at %d%%", op, percent);
		cr_assert_not(is_found(l->rep.after.findings, "obj.lane.pending") || is_found(l->rep.after.findings, "obj.undo.chain-left"));
		lab_apply(l);
		cr_assert_eq(lab_shell(l, "! pmempool info -l -R pool | grep -q '^Lane [0-9]'"), 0, "%s at %d%%: a lane is left", op, percent);
		cr_assert_eq(lab_shell(l, "\"$PEERS/obj_content\" pool >ours && \"$PEERS/obj_content\" theirs >lines && "
				       "tail -n 1 ours | grep -qx sound && cmp ours lines"), 0, "%s at %d%%: other content", op, percent);
	}
	lab_close(l);
	return pending;
}

Test(obj_recover, a_killed_operation_is_finished_or_taken_back)
{
	static const char *const ops[] = { "tx_commit", "tx_abort", "free_huge", "list_move", "tx_long", "tx_long_abort", "realloc_huge" };
	int nr = 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		for (int percent = 35; percent < 100; percent += 30)
			nr += point(ops[i], percent);
	cr_assert_geq(nr, 5, "only %d points had something to recover", nr);
}

/* Every library frees an application's own log buffer; the plan only unlinks it. */
Test(obj_recover, the_applications_own_log_buffer_stays)
{
	int nr = 0;

	for (int percent = 20; percent < 100; percent += 10) {
		struct lab *l = killed("user_logs", percent);

		if (is_found(l->r.findings, "obj.undo.user-buffer")) {
			nr++;
			cr_assert_not(is_found(l->rep.after.findings, "obj.undo.user-buffer"), "%d%%", percent);
			lab_apply(l);
			cr_assert_eq(lab_shell(l, "\"$PEERS/obj_content\" pool >ours && \"$PEERS/obj_content\" theirs >lines && "
					       "tail -n 1 ours | grep -qx sound && grep -vxFf ours lines | wc -l | grep -qx 0 && "
					       "! cmp -s ours lines"), 0, "%d%%", percent);
		}
		lab_close(l);
	}
	cr_assert_geq(nr, 1, "no buffer was in use at any point");
}

/* One lane of the master, in all replicas. */
Test(obj_recover, replicas_stay_the_same)
{
	struct lab *l = lab_open("pool.set");

	cr_assert_eq(lab_shell(l, "printf 'PMEMPOOLSET\\n16M %%s/a\\nREPLICA\\n16M %%s/b\\n' \"$PWD\" \"$PWD\" >pool.set && "
			       "pmempool create obj pool.set && ! \"$PEERS/obj_use\" tx pool.set"), 0);
	lab_plan(l, REPAIR_ASK);
	cr_assert(is_found(l->r.findings, "obj.lane.pending"));
	cr_assert_not(is_found(l->rep.after.findings, "obj.lane.pending"));
	cr_assert(as_foreseen(l));
	lab_apply(l);
	cr_assert_eq(l->rep.after.findings->nr[ERROR] + l->rep.after.findings->nr[WARNING], 0);
	cr_assert_eq(lab_shell(l, "cmp -i 8192 -n $((1024 * 3072)) a b"), 0, "the replicas' lanes differ");
	cr_assert_eq(lab_shell(l, "pmempool check -q pool.set"), 0);
	lab_close(l);
}

/*
 * A power failure while an undo log grows, in a pool with a replica: PMDK 1.12.1 crashes at every open from then on, and
 * pmempool sync leaves it so.
 */
Test(obj_recover, a_pool_whose_replica_makes_the_library_crash_opens_again)
{
	struct lab *l = lab_open("pool.set");
	bool met = false;

	cr_assert_eq(lab_shell(l, "printf 'PMEMPOOLSET\\n24M %%s/p0\\n' $PWD >one.set && printf 'PMEMPOOLSET\\n24M %%s/p0\\nREPLICA\\n24M "
				  "%%s/r1\\n' $PWD $PWD >pool.set && \"$PEERS/obj_ops\" p0 make tx_one_extension && "
				  "pmempool transform one.set pool.set && cp p0 p0.whole && cp r1 r1.whole"), 0);
	for (int n = 60; n < 90 && !met; n++) {
		cr_assert_eq(lab_shell(l, "cp p0.whole p0 && cp r1.whole r1"), 0);
		lab_shell(l, "CRASH_AT=%d LD_PRELOAD=\"$PEERS/crash_shim.so\" \"$PEERS/obj_ops\" pool.set run tx_one_extension >/dev/null",
			  n);
		cr_assert_eq(lab_shell(l, "cp p0 p0.crashed && cp r1 r1.crashed"), 0);
		/* 139: a segmentation fault, as the shell tells it */
		met = lab_shell(l, "( \"$PEERS/obj_ops\" pool.set open; exit $? ) 2>/dev/null; test $? = 139") == 0;
	}
	cr_assert(met, "the library opens the pool whenever it was cut off");
	cr_assert_eq(lab_shell(l, "cp p0.crashed p0 && cp r1.crashed r1 && pmempool sync pool.set && "
				  "{ ( \"$PEERS/obj_ops\" pool.set open; exit $? ) 2>/dev/null; test $? = 139; } && "
				  "cp p0.crashed p0 && cp r1.crashed r1"), 0);
	lab_plan(l, REPAIR_SAFE);
	cr_assert(findings_hit(l->r.findings, "obj.replica.lanes", NULL));
	cr_assert_str_eq(l->r.verdict, "repairable");
	lab_apply(l);
	cr_assert_eq(lab_shell(l, "\"$PEERS/obj_ops\" pool.set open"), 0);
	lab_close(l);
}
