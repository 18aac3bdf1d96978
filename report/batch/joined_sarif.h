/*
 * One SARIF file of all: the run of every image that has something to tell as its worker wrote it, and a
 * last run for the others: clean ones as artifacts without a result, those without a report as results.
 */
#ifndef REPORT_BATCH_JOINED_SARIF_H
#define REPORT_BATCH_JOINED_SARIF_H

#include "report/batch/collect.h"

struct batch_joined_sarif {
	FILE *f;
	struct buf artifacts, results;
	uint64_t nr; /* artifacts */
	bool more;   /* a run was written */
};

void batch_joined_sarif_begin(struct batch_joined_sarif *s, FILE *f);
/* row: the image's line of images.jsonl; finding: of its worker, or NULL. False: it could not be told. */
bool batch_joined_sarif_add(struct batch_joined_sarif *s, const struct batch_entry *e, const json_t *row, const json_t *finding);
bool batch_joined_sarif_end(struct batch_joined_sarif *s);

#endif
