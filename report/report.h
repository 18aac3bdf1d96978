/*
 * What every report is told besides the result. A report is a function of a result, these options
 * and a stream; it knows no format and changes nothing.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "analyzer/analyze.h"
#include "report/redact.h"

#include <stdio.h>

struct repair;

struct report_options {
	const struct redact *redact; /* the one filter; made from the result, never NULL */
	const struct analyze_options *analyze; /* as the analysis was asked for */
	const struct repair *repair; /* what could be mended; NULL: not planned */
	bool reproducible;     /* no clock, host, path or mtime */
	enum severity fail_on; /* findings of this severity and above make the exit status 4 */
	uint64_t now;          /* seconds since 1970; 0 = not told */
	const char *host;      /* or NULL */
};

#endif
