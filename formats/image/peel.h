/*
 * Layer after layer off an image, by what its bytes are and never by its name: compression, tar, and
 * again what is inside of those. Ends in items of the intake.
 */
#ifndef FORMATS_IMAGE_PEEL_H
#define FORMATS_IMAGE_PEEL_H

#include "formats/image/intake.h"

/* The file that all of it lies in. */
struct peel_file {
	const char *path; /* absolute, in arena memory */
	uint64_t dev, ino;
};

/*
 * Takes im, which begins src's layers, and appends its item or, of a tar, its members' items; name:
 * the item's. What of a tar cannot be peeled is told in its source and does not stop the rest. Not
 * STATUS_OK: no item was added, or our own work failed.
 */
enum status peel_open(struct intake *in, struct image *im, struct source *src, const struct peel_file *file,
		      const char *name, struct problem *p);
/* The intake keeps im, which items are built on, and closes it after them. False without memory: closed. */
bool peel_hold(struct intake *in, struct image *im, struct source *src);
/* The item goes behind all others of the intake. */
void peel_append(struct intake *in, struct item *it);
/* What follows the last slash; all of it where there is none, or nothing behind it. */
const char *peel_last_part(const char *path);

#endif
