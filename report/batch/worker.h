/* One image in a process of its own: what it does from its birth to its end. */
#ifndef REPORT_BATCH_WORKER_H
#define REPORT_BATCH_WORKER_H

#include "report/batch/papers.h"
#include "report/batch/sandbox.h"

#include <sys/types.h>

struct batch_work {
	const struct batch_job *job;
	const struct batch_image *image;
	const struct batch_sandbox *sandbox;
	const char *aside;       /* directory for its reports */
	struct batch_told *told; /* in memory that parent and child share */
	pid_t parent;
};

/* In the child of a fork. Ends the process: with 0 when told is filled in and all reports are written. */
_Noreturn void batch_worker(const struct batch_work *w);

/* What every worker begins with: it dies with its parent, has nothing of it open but keep, and is bound. */
bool batch_worker_born(pid_t parent, const int *keep, size_t nr, const struct batch_job *job, bool one_image);

#endif
