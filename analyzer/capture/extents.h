/* Which bytes of a file are stored in a capture: what is no hole. */
#ifndef ANALYZER_CAPTURE_EXTENTS_H
#define ANALYZER_CAPTURE_EXTENTS_H

#include "analyzer/extract/extract.h"
#include "formats/image/intake.h"

struct extents {
	struct extract_range *all; /* ascending, none touching the next */
	size_t nr, room;
	uint64_t total;            /* bytes */
};

/* Adds a range at or behind the last one's end. False without memory. */
bool extents_add(struct extents *x, uint64_t at, uint64_t len);
void extents_free(struct extents *x);
/* The first that ends behind `at`; nr: there is none. */
size_t extents_find(const struct extents *x, uint64_t at);

/*
 * What im has data for; what is lost goes to *lost. look: runs of zeros are holes too, for which all of im
 * is read (a device does not tell its holes). Progress and its heeding as in intake_options.
 */
enum status extents_of(struct image *im, bool look, const struct intake_options *o, struct extents *out,
		       struct extract_lost *lost, struct problem *p);

#endif
