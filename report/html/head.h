/*
 * The head of every page of ours: a policy that lets nothing in but our own style and script, by their
 * digests; the style itself. Between open and close stands the title.
 */
#ifndef REPORT_HTML_HEAD_H
#define REPORT_HTML_HEAD_H

#include <stdbool.h>
#include <stdio.h>

/* script: the page ends with ours; else it has none. False when libcrypto refuses. */
bool html_head_open(FILE *out, bool script);
void html_head_close(FILE *out);

#endif
