#include "report/batch/job.h"

const char *const batch_verdict_names[BATCH_VERDICTS] = {
	[BATCH_DAMAGED] = "damaged", [BATCH_REPAIRABLE] = "repairable",	  [BATCH_UNREAD] = "unread",
	[BATCH_NO_POOL] = "not a pool", [BATCH_RECOVERABLE] = "recoverable", [BATCH_CLEAN] = "clean",
};

static const struct { const char *id, *message; } ends[BATCH_ENDS] = {
	[BATCH_CRASHED] = { "batch.worker.crashed", "the analysis of this image crashed; nothing is known of it. Please report it, "
						    "with the image or a capture of its metadata" },
	[BATCH_TIMED_OUT] = { "batch.worker.timeout", "the analysis of this image did not end in the time it was given; more with --timeout" },
	[BATCH_TOO_LONG] = { "batch.worker.output", "the report of this image is longer than it may be; more with --output-limit" },
	[BATCH_KILLED] = { "batch.worker.killed", "the analysis of this image was ended from outside, perhaps for want of memory; "
						  "it is tried again by the next run" },
};

const char *batch_end_id(enum batch_end e)
{
	return ends[e].id;
}

const char *batch_end_message(enum batch_end e)
{
	return ends[e].message;
}
