/* A link from a page to a file. */
#ifndef REPORT_HTML_HREF_H
#define REPORT_HTML_HREF_H

#include <stdio.h>

/* path as seen from dir, percent-encoded; both are looked up first, so that neither ".." nor links lead astray. */
void html_put_href(FILE *out, const char *path, const char *dir);

#endif
