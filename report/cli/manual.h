/* The parts of the manual that tables know, in scdoc's language. */
#ifndef REPORT_CLI_MANUAL_H
#define REPORT_CLI_MANUAL_H

#include <stdio.h>

/* A section for each command. */
void manual_commands(FILE *f);
/* A section for each group of checks, what explain tells of each. */
void manual_findings(FILE *f);

#endif
