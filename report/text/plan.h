/* A plan as people read it: what would be done, why, what it loses, and what comes of it. */
#ifndef REPORT_TEXT_PLAN_H
#define REPORT_TEXT_PLAN_H

#include "analyzer/repair/rounds.h"
#include "report/text/page.h"

void text_plan(const struct repair *rep, struct page *p);
/* One step with its edits. */
void text_step(const struct step *s, struct page *p);

#endif
