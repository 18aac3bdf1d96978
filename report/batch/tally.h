/* How far a run is, and what it has come to: counted here, told on a terminal, to a program, and at the end. */
#ifndef REPORT_BATCH_TALLY_H
#define REPORT_BATCH_TALLY_H

#include "report/batch/job.h"

struct batch_tally {
	uint64_t total;   /* images of this run; 0: not known */
	uint64_t kept;    /* had a result that still holds */
	uint64_t made;    /* analysed now */
	uint64_t verdicts[BATCH_VERDICTS]; /* of both */
	uint64_t ended[BATCH_ENDS];        /* of those made */
	uint64_t retry;   /* no result that stands: another run may do better */
	uint64_t mended;  /* of those made: in place, or as a copy */
	uint64_t corrected; /* with nothing left in them by now */
	uint64_t left;    /* with problems left in them */
	uint64_t twice;   /* lines of the manifest with an id that was there */
	uint64_t faulty;  /* lines that are no line of a manifest, or whose result could not be kept */
	uint64_t began, told; /* nanoseconds of the monotonic clock */
	bool bar, shown, quiet; /* progress on standard error */
	int fd;           /* JSON lines go there; -1 */
};

uint64_t batch_now(void); /* nanoseconds of the monotonic clock */
void batch_tally_start(struct batch_tally *t, bool quiet, int fd);
void batch_tally_add(struct batch_tally *t, enum batch_verdict v, enum exit_status status, const struct batch_outcome *end);
/* Called often; tells now and then. */
void batch_tally_tick(struct batch_tally *t);
/* One line now: SIGUSR1. */
void batch_tally_line(struct batch_tally *t);
void batch_tally_hide(struct batch_tally *t);
/* The summary, a few lines. */
void batch_tally_end(struct batch_tally *t, FILE *out);
/* 0, 1, 4, 5, 8: as of one image, 1 and 4 ORed; 8: an image has no result that stands, run it again. */
enum exit_status batch_tally_status(const struct batch_tally *t);

#endif
