/*
 * Reports that were kept: a JSON report, or an HTML page, which carries its JSON along. What can be made
 * of one again is the text and the page, and an index over many; markdown and SARIF tell what the JSON
 * does not keep, and need the evidence.
 */
#ifndef REPORT_SAVED_SAVED_H
#define REPORT_SAVED_SAVED_H

#include "formats/base/status.h"
#include "report/text/page.h"

#include <jansson.h>

struct saved {
	const char *path; /* borrowed */
	json_t *doc;      /* the report */
	json_t *tables;   /* the page's first rows of tables; an empty array when there are none */
	bool diff;        /* what changed between two captures */
};

/* STATUS_OK, or why (in p, which names the file): STATUS_UNSUPPORTED for what is no report of ours. */
enum status saved_load(const char *path, struct saved *out, struct problem *p);
void saved_free(struct saved *s);

void saved_text(const struct saved *s, struct page *p);
enum status saved_json(const struct saved *s, FILE *out);
enum status saved_html(struct saved *s, FILE *out);
/* One row for each of list, the worst first, each linked as seen from directory dir. list is put in that order. */
enum status saved_index(struct saved *list, size_t nr, const char *dir, FILE *out);

#endif
