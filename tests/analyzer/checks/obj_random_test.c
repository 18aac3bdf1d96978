/* Random legal histories by the real library, closed or killed: nothing is raised but notes. */
#include "analyzer/check.h"
#include "analyzer/facts/facts.h"
#include "tests/formats/obj/lab.h"

static void quiet(uint64_t seed, const char *end)
{
	char args[64];

	snprintf(args, sizeof(args), "%llu 3000 %s", (unsigned long long)seed, end);
	struct lab l = lab_make("obj_random", args);
	struct model m = { .arena = l.arena, .root = l.root, .format = "pmemobj", .logical = l.image, .obj = l.pool };
	struct findings *fs = findings_open(l.arena, 10);
	fs->deep = true;
	checks_run(&m, fs, NULL, NULL);
	for (const struct finding *f = fs->first; f; f = f->next)
		cr_assert_eq(f->severity, NOTE, "seed %s: %s at %s: %s", args, f->by->id, node_path(l.arena, f->node),
			     f->detail ? f->detail : f->by->says);
	cr_assert_gt(facts_obj_heap(fs->facts, l.heap, true)->all.objects, 50, "the history did something");
	lab_close(&l);
}

Test(obj_random, closed_pools_raise_nothing, .timeout = 300)
{
	for (uint64_t seed = 1; seed <= 8; seed++)
		quiet(seed, "close");
}

Test(obj_random, killed_pools_raise_nothing, .timeout = 300)
{
	for (uint64_t seed = 101; seed <= 108; seed++)
		quiet(seed, "kill");
}
