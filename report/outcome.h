/* A result in one word for programs: the exit status, and the names of our own enums. */
#ifndef REPORT_OUTCOME_H
#define REPORT_OUTCOME_H

#include "analyzer/analyze.h"

enum exit_status { /* as fsck(8) where it has one */
	EXIT_CLEAN = 0,
	EXIT_CORRECTED = 1,
	EXIT_LEFT = 4,
	EXIT_FAILED = 8,       /* our own work failed; a retry may help */
	EXIT_USAGE = 16,
	EXIT_INTERRUPTED = 32,
	EXIT_NO_POOL = 64,     /* a retry will not help */
};

enum exit_status outcome_of(const struct result *r, enum severity fail_on);
enum exit_status outcome_of_status(enum status s);
/* Over several sources: 1 and 4 are ORed, a higher one wins over a lower. */
int outcome_join(int a, int b);

const char *outcome_severity(enum severity s);
const char *outcome_verdict(enum verdict v);
const char *outcome_repair(enum remedy_class c);
const char *outcome_status(enum status s);
const char *outcome_ending(enum ending e);
const char *outcome_activity(enum activity_state s);
const char *outcome_node(enum node_state s);

/* How many of the listed findings, notes left out, can be mended in which way. */
void outcome_repairs(const struct findings *fs, uint64_t nr[4]);
/* Findings listed of one check. */
uint64_t outcome_listed(const struct findings *fs, const struct check *by);

#endif
