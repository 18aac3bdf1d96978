/* From a manifest to results: what is missing or has changed is analysed, the rest stays. */
#ifndef REPORT_BATCH_RUN_H
#define REPORT_BATCH_RUN_H

#include "report/batch/job.h"
#include "report/batch/tally.h"

struct batch_shard { uint32_t idx, nr; }; /* nr 1: all of it */

struct batch_run {
	const char *manifest, *out;
	struct batch_job *job;
	struct batch_shard shard;
	unsigned workers;
	struct batch_tally tally;      /* quiet and fd given; told afterwards */
	void (*say)(const char *text); /* warnings: one line each, unescaped */
};

/* STATUS_INTERRUPTED: asked to stop; what was finished stays. p says what went wrong. */
enum status batch_run(struct batch_run *r, struct problem *p);

#endif
