/* A page that can be mailed, however large the pool: what is too long is cut, step by step, and told. */
#ifndef REPORT_HTML_FIT_H
#define REPORT_HTML_FIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Cuts doc and tables shorter than at the level before. False: there is nothing left to cut. */
bool html_fit(json_t *doc, json_t *tables, int level);
/* What was cut. */
void html_fit_put(FILE *out, const json_t *doc);

#endif
