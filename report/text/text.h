/* The report for a terminal: the verdict and what to do first, then why. */
#ifndef REPORT_TEXT_TEXT_H
#define REPORT_TEXT_TEXT_H

#include "report/report.h"
#include "report/text/page.h"

/* p->redact is o->redact; p->numbers is set as o->reproducible asks for. */
enum status text_report(const struct result *r, const struct report_options *o, struct page *p);
/* One line: what it is called, the verdict, the counts. */
void text_verdict(const struct result *r, struct page *p);
/* The findings alone, grouped by check. */
void text_findings(const struct findings *fs, struct page *p);
/* Where a place is: "pool.obj byte 4096, 8 bytes". */
struct place;
void text_place(const struct page *p, struct place at, struct buf *out);
/* Where it starts: "pool.obj byte 4096". */
void text_start(const struct page *p, struct place at, struct buf *out);
/* One check: what it means, what to do. */
void text_check(const struct check *c, struct page *p);

#endif
