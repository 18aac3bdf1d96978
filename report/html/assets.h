/* report.css and the scripts, as they were when this was built. */
#ifndef REPORT_HTML_ASSETS_H
#define REPORT_HTML_ASSETS_H

#include <stddef.h>

extern const unsigned char html_css[], html_js[];
extern const size_t html_css_len, html_js_len;

#endif
