/* What is in a new pool that was made of one which could not be made whole, and what is not. */
#ifndef REPORT_TEXT_LOSSES_H
#define REPORT_TEXT_LOSSES_H

#include "analyzer/repair/salvage.h"
#include "report/text/page.h"

/* To be told after the new pool was written. True: something is lost. */
bool text_losses(const struct salvage *s, struct page *p);

#endif
