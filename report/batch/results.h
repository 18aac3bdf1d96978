/*
 * Where results are kept: OUT/xx/<id>/, xx being the first two digits of the id. A result is written to a
 * directory aside, done.json last, and renamed as a whole: what has a name is finished, whatever ended the
 * run. OUT/.aside/<host>-<pid>/ belongs to one run; what a dead run left there is removed by the next one
 * on its host, and after a day by any.
 */
#ifndef REPORT_BATCH_RESULTS_H
#define REPORT_BATCH_RESULTS_H

#include "formats/base/status.h"
#include "report/batch/image.h"

struct batch_results {
	const char *out;   /* as given */
	char *aside;       /* of this run */
	bool made[256];    /* OUT/xx is there */
};

enum status batch_results_open(const char *out, struct batch_results *r, struct problem *p);
void batch_results_close(struct batch_results *r);

/* An empty directory for one result, to be freed. NULL: p says why. */
char *batch_results_aside(struct batch_results *r, const char *id, struct problem *p);
/* Renames it into its place; what was there goes. False: p says why, and the directory is gone. */
bool batch_results_place(struct batch_results *r, const char *id, const char *aside, struct problem *p);
void batch_results_drop(const char *aside);

/* OUT/xx/<id>/name, to be freed; name may be "". */
char *batch_results_path(const char *out, const char *id, const char *name);

#endif
