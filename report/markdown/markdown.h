/* A summary to paste into a ticket, in Markdown. */
#ifndef REPORT_MARKDOWN_MARKDOWN_H
#define REPORT_MARKDOWN_MARKDOWN_H

#include "report/report.h"

enum status markdown_report(const struct result *r, const struct report_options *o, FILE *f);

#endif
