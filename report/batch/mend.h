/* Damage mended in a worker, when the job says so: in a copy, or in place with a journal beside the source. */
#ifndef REPORT_BATCH_MEND_H
#define REPORT_BATCH_MEND_H

#include "analyzer/repair/rounds.h"
#include "report/batch/papers.h"

/* The plan of r under the job. Not STATUS_OK: none could be made. To be closed either way. */
enum status batch_mend_plan(const struct result *r, const struct batch_job *job, struct repair *rep);
/*
 * The plan to paper (or NULL), then onto stable storage what it says of im. told->written and told->exit are
 * told anew. False: it could not be written; what was written can be taken back with the journal.
 */
bool batch_mend(const struct result *r, const struct repair *rep, const struct batch_job *job, const struct batch_image *im, FILE *paper,
		struct batch_told *told);
/* Where the job may write, NULL-ended, to be freed with its texts' owner alive; NULL: nowhere. */
char **batch_mend_places(const struct batch_job *job, const struct batch_image *im);

#endif
