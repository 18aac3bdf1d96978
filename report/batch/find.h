/*
 * A manifest made: which pools, sets and captures lie below the given paths. Files are told by their
 * first bytes (formats/sniff.h); what these do not tell is taken all the same when it is long enough to
 * hold a pool, since a damaged pool may have lost its header. What is left out is counted.
 */
#ifndef REPORT_BATCH_FIND_H
#define REPORT_BATCH_FIND_H

#include "formats/base/status.h"
#include "report/batch/image.h"

#include <stdio.h>

#define BATCH_FIND_LEAST (UINT64_C(2) << 20) /* bytes of the smallest part there is */
/* A directory with this file holds results of a batch, and no evidence. */
#define BATCH_FIND_RESULTS "batch.json"

struct batch_find {
	bool all;                    /* every file that is not empty */
	const char *before;          /* an earlier manifest: files unchanged since keep their id; or NULL */
	bool (*go_on)(void *ctx);    /* asked now and then; false: stop. May be NULL */
	void *ctx;
	/* told afterwards */
	uint64_t images, files, bytes; /* written; in them */
	uint64_t copies;               /* left out: the same bytes as one that is there */
	uint64_t left_out;             /* files that are no pool by their bytes nor by their length */
	uint64_t failed;               /* could not be read; said on say() */
	void (*say)(void *ctx, const char *text);
};

/* Writes the manifest's lines. STATUS_OK also when single files could not be read: they are counted. */
enum status batch_find(struct batch_find *f, const char *const *paths, size_t nr, FILE *out, struct problem *p);

#endif
