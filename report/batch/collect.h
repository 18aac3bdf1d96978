/* The ids of all results that are there, in their order. */
#ifndef REPORT_BATCH_COLLECT_H
#define REPORT_BATCH_COLLECT_H

#include "formats/base/status.h"
#include "report/batch/image.h"

struct batch_entry {
	char id[BATCH_ID_LEN + 1];
	const char *results; /* the directory it is in; borrowed */
	size_t rank;         /* its place among those given */
};

/* To be freed. An id in several directories is taken from the first that has it. NULL, p set: failed. */
struct batch_entry *batch_collect(const char *const *results, size_t nr, size_t *out_nr, struct problem *p);

#endif
