/* What is in a new pool that was made of one which could not be made whole, and what is not. */
#ifndef REPORT_TEXT_LOSSES_H
#define REPORT_TEXT_LOSSES_H

#include "analyzer/repair/salvage.h"
#include "report/text/page.h"

/* To be told after the new pool was written. True: something is lost. */
bool text_losses(const struct salvage *s, struct page *p);
/* What the plan's steps lose, each called `which`. True: some do. */
bool text_losses_steps(const struct plan *plan, const char *which, struct page *p);
/* The errors that r still has. True: there are some. */
bool text_losses_errors(const struct result *r, struct page *p);

#endif
