/* Mended copies: the whole of the edited evidence, written to new files. */
#ifndef REPORT_COPIES_H
#define REPORT_COPIES_H

#include "analyzer/repair/rounds.h"

#include <stdio.h>

/* To a new file, or of several parts to a new directory with a set file of its own. */
enum status copies_write(const char *to, const struct result *r, const struct repair *rep, struct problem *p);
/* The lines that a set file of r's parts begins with. */
void copies_set_begin(FILE *set, const struct result *r);

#endif
