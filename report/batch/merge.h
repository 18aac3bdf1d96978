/*
 * All results told together: images.jsonl and findings.jsonl, fleet.sqlite, fleet.html, fleet.sarif. What
 * they say depends on the results alone, not on who made them, when, or in which order.
 */
#ifndef REPORT_BATCH_MERGE_H
#define REPORT_BATCH_MERGE_H

#include "report/batch/job.h"

struct batch_merge {
	const char *const *results; /* directories of results, nr of them */
	size_t nr;
	const char *out;            /* directory, made when it is not there */
	/* told afterwards */
	uint64_t images, findings, unfinished; /* unfinished: have no result that stands, the next run does them */
	uint64_t verdicts[BATCH_VERDICTS];
	uint64_t left;              /* with problems left in them */
	void (*say)(const char *text);
};

enum status batch_merge(struct batch_merge *m, struct problem *p);

#endif
