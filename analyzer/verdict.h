/* The verdict over all findings: one word, one sentence, one next step. */
#ifndef ANALYZER_VERDICT_H
#define ANALYZER_VERDICT_H

#include "analyzer/analyze.h"

/* Fills r->verdict, sentence and next_step from the model, the findings and r->ending. */
void verdict_make(struct result *r);

#endif
