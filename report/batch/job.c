#include "report/batch/job.h"

const char *const batch_verdict_names[BATCH_VERDICTS] = {
	[BATCH_DAMAGED] = "damaged", [BATCH_REPAIRABLE] = "repairable",	  [BATCH_UNREAD] = "unread",
	[BATCH_NO_POOL] = "not a pool", [BATCH_RECOVERABLE] = "recoverable", [BATCH_CLEAN] = "clean",
};

#define OF_WORKERS "pmemscope report/batch/worker.h"

static const struct check ends[] = {
	{ .id = "batch.worker.crashed", .severity = ERROR, .source = OF_WORKERS,
	  .says = "the analysis of this image crashed",
	  .means = "Nothing is known of the image. The fault is pmemscope's; other images are none the worse for it.",
	  .remedy = "Please report it, with the image or a capture of its metadata. Until then: pmempool info, or pmemscope show." },
	{ .id = "batch.worker.timeout", .severity = ERROR, .source = OF_WORKERS,
	  .says = "the analysis of this image did not end in the time it was given",
	  .means = "Nothing is known of the image: it is very large, its storage is slow, or it was made to take long.",
	  .remedy = "Give more with --timeout; then this image is done again, and others that were done stay." },
	{ .id = "batch.worker.output", .severity = ERROR, .source = OF_WORKERS,
	  .says = "the report of this image is longer than it may be",
	  .means = "What was found is too much to be told within the bound, and is not kept.",
	  .remedy = "Give more with --output-limit, or tell fewer findings of a check with --max-findings." },
	{ .id = "batch.worker.killed", .severity = ERROR, .source = OF_WORKERS,
	  .says = "the analysis of this image was ended from outside",
	  .means = "Nothing is known of the image. Most often the kernel or a cluster's engine wanted memory.",
	  .remedy = "Run the same batch again: it is tried anew. With fewer --jobs there is more memory for each." },
	{ .id = "batch.worker.bound", .severity = ERROR, .source = OF_WORKERS,
	  .says = "the analysis of this image met a bound on time, memory, or what a stream may expand to",
	  .means = "The report tells what was found until then; the rest was not looked at. Compressed bombs end like this.",
	  .remedy = "Its report names the bound. Look where the image comes from before it is given more." },
};
const struct check_table batch_end_checks = { ends, sizeof(ends) / sizeof(ends[0]) };

const struct check *batch_end_check(enum batch_end e)
{
	return e == BATCH_EXITED ? NULL : &ends[e - BATCH_CRASHED];
}
