/* What a page carries of tables: the first rows of each, so that they can be looked at without the pool. */
#ifndef REPORT_HTML_TABLES_H
#define REPORT_HTML_TABLES_H

#include "report/report.h"

/* [{ "path", "rows": [fields or null, ...] }], filtered as every report is. False: no memory, or it could not be written. */
bool html_tables(const struct result *r, const struct redact *rd, FILE *out);

#endif
