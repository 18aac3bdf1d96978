/* What is done to every image of a run, and what becomes of one. */
#ifndef REPORT_BATCH_JOB_H
#define REPORT_BATCH_JOB_H

#include "analyzer/check.h"
#include "report/batch/image.h"
#include "report/outcome.h"
#include "report/report.h"

enum batch_pages { BATCH_PAGES_FOUND, BATCH_PAGES_ALL, BATCH_PAGES_NONE };

/* What is done about damage besides telling it. */
enum batch_mend { BATCH_MEND_NOTHING, BATCH_MEND_PLAN, BATCH_MEND_COPY, BATCH_MEND_IN_PLACE };

enum { BATCH_DIGEST_LEN = 16 }; /* hex digits */

struct batch_job {
	const struct analyze_options *analyze;
	struct redact_options redact;
	struct report_options report;  /* redact and analyze are filled in for each */
	enum batch_pages pages;        /* which images get an HTML page: those with something to see, or all */
	uint64_t memory, output;       /* bytes: of one worker's data; of one file it writes */
	uint32_t seconds;              /* of one worker */
	bool fresh;                    /* a new process for each image, also for those in order */
	enum batch_mend mend;
	const char *to;                /* BATCH_MEND_COPY: a mended copy goes to TO/<id>/ */
	bool ask, advanced;            /* proposals between which there is a choice are taken; and those that lose something */
	char options[BATCH_DIGEST_LEN + 1]; /* what all of this comes to: results of other options are made again */
};

/* The words of a result, in the order they are counted. */
enum batch_verdict { BATCH_DAMAGED, BATCH_REPAIRABLE, BATCH_UNREAD, BATCH_NO_POOL, BATCH_RECOVERABLE, BATCH_CLEAN, BATCH_VERDICTS };
extern const char *const batch_verdict_names[BATCH_VERDICTS];

/* How a worker ended. */
enum batch_end {
	BATCH_EXITED,
	BATCH_CRASHED,   /* by a signal of its own doing */
	BATCH_TIMED_OUT,
	BATCH_TOO_LONG,  /* it wrote more than it may */
	BATCH_KILLED,    /* from outside: the kernel out of memory, or an operator */
	BATCH_BOUNDED,   /* it met a bound of its own, and told what it had found until then */
	BATCH_ENDS,
};

struct batch_outcome {
	enum batch_end end;
	int signal;
	enum exit_status exit;
	enum status status;
	enum batch_verdict verdict;
	bool retry;            /* run again, it may go better */
	bool written;          /* mended: in place, or a copy */
	uint64_t microseconds;
};

/* The finding that a worker's end is; NULL: it ended well. It looks at no image: no table of the analyzer has it. */
const struct check *batch_end_check(enum batch_end e);
/* The rows of these, to be explained. */
extern const struct check_table batch_end_checks;

#endif
