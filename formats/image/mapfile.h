/*
 * The mapfile of GNU ddrescue: which ranges of a copy were read ('+'), and which were not ('?' not
 * tried, '*' '/' not done, '-' bad). Lines of "position size status" after one status line; '#' begins
 * a comment. Numbers as in C. Positions are taken to be places in the copy, as they are unless
 * ddrescue was told --output-position. Source: the GNU ddrescue manual, "Mapfile structure".
 */
#ifndef FORMATS_IMAGE_MAPFILE_H
#define FORMATS_IMAGE_MAPFILE_H

#include "formats/image/runs.h"

enum { MAPFILE_MAX = 64 << 20 }; /* bytes of text */

struct mapfile {
	struct run *runs; /* what was read; from = at */
	size_t nr;
	uint64_t end;     /* behind the last line's range */
	uint64_t lost;    /* bytes of the ranges that were not read; of these: */
	uint64_t unnamed, untried, undone; /* in no line; '?'; '*' and '/', which ddrescue would try again */
	struct run *failed; /* what was tried and not read: '-', '*', '/'; from = at */
	size_t failed_nr;
};

/* True when text looks like such a file: its first line says so, or the first that is no comment is a line of one. */
bool mapfile_probe(const char *text, size_t len);
/*
 * The runs inside size. Ranges that no line names were not read. False: not such a file (or, problem
 * STATUS_NOMEM, no memory); the message names the line. label: what to call the file there.
 */
bool mapfile_parse(struct arena *a, const char *label, const char *text, size_t len, uint64_t size,
		   struct mapfile *out, struct problem *p);

#endif
