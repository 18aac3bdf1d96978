/*
 * The report people keep: one HTML file that opens from disk, asks nothing of any network, and tells
 * what matters without scripts. It is made from the JSON report and carries it along, so both say the
 * same; scripts only make what is there easier to go through.
 */
#ifndef REPORT_HTML_HTML_H
#define REPORT_HTML_HTML_H

#include "formats/base/status.h"

#include <jansson.h>
#include <stdio.h>

struct report_options;
struct result;

enum {
	HTML_LEN_MAX = 2000000,  /* bytes of a whole page: it can be mailed */
};

/* STATUS_NOMEM, STATUS_IO: out could not be written. */
enum status html_report(const struct result *r, const struct report_options *o, FILE *out);

/*
 * The page of a report that is JSON already. doc is cut where the page would grow too long, and says
 * so. tables: the first rows of tables, as html_tables tells them.
 */
enum status html_render(json_t *doc, json_t *tables, FILE *out);

#endif
