/* The reports of one result, as files that were opened before the image was looked at. */
#ifndef REPORT_BATCH_PAPERS_H
#define REPORT_BATCH_PAPERS_H

#include "report/batch/job.h"

enum batch_paper { BATCH_PAPER_JSON, BATCH_PAPER_LINES, BATCH_PAPER_SARIF, BATCH_PAPER_HTML, BATCH_PAPER_PLAN, BATCH_PAPERS };
/* Their names. SARIF and a page there are only of what is remarkable. */
extern const char *const batch_paper_names[BATCH_PAPERS];

/*
 * What a worker tells its parent. The image's bytes may have taken the worker over: each is a number that
 * the reader bounds.
 */
struct batch_told {
	unsigned char verdict, status, exit;
	unsigned char written;    /* it was mended: in place, or as a copy */
	unsigned char remarkable; /* more than a clean pool without a finding */
};

/* Creates paper i in dir: a descriptor, or -1. */
int batch_paper_create(const char *dir, enum batch_paper i);

/*
 * Writes to those of f that are not NULL; SARIF, a page and a plan only where there is something to tell; and
 * then mends im as the job says, which told is told. False: not all could be written.
 */
bool batch_papers_write(FILE *f[BATCH_PAPERS], const struct result *r, const struct batch_job *job, const struct batch_image *im,
			struct batch_told *told);
/* Closes them. False: what was written is not all there. */
bool batch_papers_close(FILE *f[BATCH_PAPERS]);
struct batch_told batch_papers_told(const struct result *r, const struct batch_job *job);

#endif
