/* What a libpmemobj program was doing, told from what is left of it when it is cut off. */
#include "analyzer/facts/obj_recovery.h"
#include "analyzer/facts/obj_story.h"
#include "tests/formats/obj/lab.h"

enum { CALLS_MAX = 60 };

static struct model model_of(struct lab *l)
{
	return (struct model){ .arena = l->arena, .root = l->root, .format = "pmemobj", .logical = l->image,
			       .obj = l->pool };
}

/* The pool as it is when the operation dies at its n-th call. */
static struct lab crashed(const char *op, int n)
{
	char at[16], shim[512], args[64];

	snprintf(at, sizeof(at), "%d", n);
	snprintf(shim, sizeof(shim), "%s/crash_shim.so", getenv("PEERS"));
	snprintf(args, sizeof(args), "crash %s", op);
	setenv("CRASH_AT", at, 1);
	setenv("LD_PRELOAD", shim, 1);
	struct lab l = lab_make("obj_ops", args);
	unsetenv("LD_PRELOAD");
	return l;
}

static const struct activity *told(const struct story *s, enum activity_state state, const char *stage)
{
	for (const struct activity *a = s->first; a; a = a->next)
		if (a->state == state && (stage == NULL || strcmp(a->stage, stage) == 0))
			return a;
	return NULL;
}

/* Cuts the operation off later and later, until its decision is stored: then it has this name. */
static void named(const char *op, int from, const char *stage)
{
	for (int n = from; n < from + CALLS_MAX; n++) {
		struct lab l = crashed(op, n);
		struct model m = model_of(&l);
		const struct story *s = obj_story(l.arena, &m, false);
		const struct activity *a = told(s, ACTIVITY_FORWARD, NULL);

		if (a) {
			cr_assert_str_eq(a->stage, stage, "%s at call %d: %s", op, n, a->stage);
			cr_assert_not_null(a->outcome);
			cr_assert(a->changes_nr > 0);
			for (const struct change *c = a->first; c; c = c->next)
				cr_assert(c->before && c->after && c->what);
			cr_assert(s->summary && s->idle == s->actors - 1);
			lab_close(&l);
			return;
		}
		lab_close(&l);
	}
	cr_assert_fail("%s: no call at which it was decided", op);
}

Test(obj_story, an_allocation_has_its_name)
{
	named("alloc_small", 3, "atomic allocation");
}

Test(obj_story, a_free_has_its_name)
{
	named("free_small", 1, "atomic free");
}

Test(obj_story, a_reallocation_has_its_name)
{
	named("realloc_small", 10, "atomic reallocation");
}

Test(obj_story, the_growth_of_the_root_object_has_its_name)
{
	named("root_grow", 15, "root object, growth");
}

Test(obj_story, an_insertion_into_a_list_has_its_name)
{
	named("list_insert", 3, "list, insertion of a new object");
}

Test(obj_story, a_commit_has_its_name_and_keeps_what_was_written)
{
	named("tx_commit", 14, "transaction, commit");
}

Test(obj_story, a_log_that_grows_has_its_name)
{
	named("tx_one_extension", 14, "log, growth");
}

Test(obj_story, a_transaction_under_way_tells_old_and_new_bytes)
{
	struct lab l = lab_make("obj_ops", "make recovery");
	struct model m = model_of(&l);
	const struct story *s = obj_story(l.arena, &m, false);
	const struct activity *a = told(s, ACTIVITY_BACK, "transaction, work");

	cr_assert_not_null(a);
	cr_assert_eq(s->nr[ACTIVITY_BACK], 1);
	cr_assert(a->changes_nr >= 10);
	/* obj_ops filled the object with its type, 7, and then with 0x77 */
	cr_assert(a->first->user_data && a->first->before[0] == 7 && a->first->after[0] == 0x77);
	cr_assert(strstr(a->first->what, "object of type 7") != NULL);
	struct recovery *r = obj_recovery(l.arena, &m);
	cr_assert(r->needed && r->refused == NULL && r->after && r->changed >= 300000);
	lab_close(&l);
}

Test(obj_story, a_closed_pool_tells_nothing_but_its_past)
{
	struct lab l = lab_make("obj_ops", "make tx_residue");
	struct model m = model_of(&l);
	const struct story *s = obj_story(l.arena, &m, false);

	cr_assert(s->summary == NULL && s->first == NULL && s->idle == s->actors);
	s = obj_story(l.arena, &m, true);
	const struct activity *a = told(s, ACTIVITY_PAST, "transaction, over");
	cr_assert_not_null(a);
	cr_assert_null(s->summary);
	/* the counter was 0 before the transaction, and 1 after it */
	cr_assert(a->first->len == 8 && a->first->before[0] == 0 && a->first->after[0] == 1);
	cr_assert_not_null(told(s, ACTIVITY_PAST, "atomic allocation"));
	lab_close(&l);
}

Test(obj_story, recovery_needs_nothing_in_a_closed_pool)
{
	struct lab l = lab_make("obj_ops", "make tx_commit");
	struct model m = model_of(&l);
	struct recovery *r = obj_recovery(l.arena, &m);

	cr_assert(!r->needed && r->refused == NULL && r->after == NULL && r->first == NULL);
	lab_close(&l);
}

/* What the library would not survive is foreseen, not tried. */
static void refused(uint64_t at, uint64_t value, const char *words)
{
	struct lab l = lab_make("obj_ops", "make recovery");

	lab_put(&l, at, value, 8);
	lab_decode(&l);
	struct model m = model_of(&l);
	struct recovery *r = obj_recovery(l.arena, &m);
	cr_assert(r->refused && strstr(r->refused, words), "%s", r->refused ? r->refused : "it opens");
	cr_assert_null(r->after);
	lab_close(&l);
}

Test(obj_story, an_odd_run_id_is_refused)
{
	refused(0x1808, 3, "run id");
}

Test(obj_story, a_damaged_descriptor_is_refused)
{
	refused(0x1410, 0x302008, "descriptor");
}

Test(obj_story, a_link_out_of_the_pool_crashes)
{
	refused(0x2000 + 3072 + 256 + 8, UINT64_C(1) << 40, "crashes");
}

Test(obj_story, an_operation_that_does_not_exist_hangs)
{
	refused(0x2000 + 3072 + 256 + 64, UINT64_C(7) << 61 | 0x400000, "hangs");
}

Test(obj_story, a_chunk_without_length_hangs)
{
	refused(0x302400 + 64, 2, "hangs");
}
