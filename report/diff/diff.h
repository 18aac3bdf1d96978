/*
 * What changed between two captures of one pool. The document is JSON; text and page are made from it,
 * so that all three say the same.
 */
#ifndef REPORT_DIFF_DIFF_H
#define REPORT_DIFF_DIFF_H

#include "analyzer/compare.h"
#include "report/report.h"
#include "report/text/page.h"

#include <jansson.h>

enum status diff_json(const struct result *a, const struct result *b, const struct comparison *cmp,
		      const struct report_options *o, FILE *f);
/* The document read back, for the other two. NULL: without memory. */
json_t *diff_document(const struct result *a, const struct result *b, const struct comparison *cmp,
		      const struct report_options *o);
void diff_text(const json_t *doc, struct page *p);
enum status diff_html(const json_t *doc, FILE *out);

/* "replica[0].part[0].header": which structures a change is about, and "x -> y" of its values. */
void diff_change_path(const json_t *change, struct buf *b);
void diff_change_words(const json_t *change, struct buf *b);
/* "1 new, 2 gone, 3 in both". */
void diff_findings_words(const json_t *doc, struct buf *b);
void diff_changes_words(const json_t *doc, struct buf *b);

#endif
