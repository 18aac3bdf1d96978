/*
 * done.json: the last file of a result, and what says that the others are whole. It holds what the result
 * was made of, so that another run knows whether it still holds.
 */
#ifndef REPORT_BATCH_DONE_H
#define REPORT_BATCH_DONE_H

#include "report/batch/job.h"

#define BATCH_DONE "done.json"

/* Writes it into dir. False: errno says why. */
bool batch_done_write(const char *dir, const struct batch_image *im, const struct batch_job *job,
		      const struct batch_outcome *end);
/*
 * The result of an earlier run under out that still holds: the same files unchanged, the same tool and
 * options, all reports of their length, and no reason to try again. *verdict is then told.
 */
bool batch_done_holds(const char *out, const struct batch_image *im, const struct batch_job *job, enum batch_verdict *verdict,
		      enum exit_status *status);

#endif
