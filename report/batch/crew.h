/* The workers at work: at most so many at once, each with a clock, each result put in its place. */
#ifndef REPORT_BATCH_CREW_H
#define REPORT_BATCH_CREW_H

#include "report/batch/results.h"
#include "report/batch/tally.h"
#include "report/batch/worker.h"

struct batch_crew {
	const struct batch_job *job;
	struct batch_results *results;
	struct batch_tally *tally;
	struct batch_sandbox sandbox;
	struct seat *seats;       /* nr of them, one for each worker */
	struct pollfd *polled;
	struct batch_told *told;  /* shared with the workers, one for each seat */
	unsigned nr, busy;        /* seats; images that were begun and are not done */
	int signals;              /* descriptor */
	bool stop;                /* a signal asked to: nothing new is begun */
	uint64_t stop_by;         /* those at work are ended then */
	void (*say)(const char *text); /* what went wrong besides */
};

/* The signals SIGINT, SIGTERM and SIGUSR1 are blocked by then, and no other thread is there. */
enum status batch_crew_open(struct batch_crew *c, unsigned nr, struct problem *p);
/* False: asked to stop. */
bool batch_crew_ready(struct batch_crew *c);
/* Waits for room and begins with im, which is taken over. STATUS_INTERRUPTED: it was not, asked to stop. */
enum status batch_crew_begin(struct batch_crew *c, struct batch_image *im, struct problem *p);
/* Waits for all. */
void batch_crew_drain(struct batch_crew *c);
void batch_crew_close(struct batch_crew *c);

#endif
