/*
 * What of a pool are structures, and may be captured when user bytes are left out. All else is left
 * out: what nobody knows to be a structure is not taken.
 */
#ifndef ANALYZER_CAPTURE_STRUCTURES_H
#define ANALYZER_CAPTURE_STRUCTURES_H

#include "analyzer/capture/capture.h"

/* Sets the masks of all parts. False: no memory, or reading failed; p says so. */
bool structures_mark(struct capture *c, struct problem *p);

/* Marks [at, at+len) of image in the files it is made of. */
void structures_add(struct capture *c, struct image *image, uint64_t at, uint64_t len);
/*
 * The logs of a pmemobj pool's lanes: marks their heads and entries, and writes anew what user bytes lie
 * in them: before-images become zeros under checksums made anew, and what is left of earlier logs zeros.
 */
bool structures_logs(struct capture *c, const struct model *m, struct problem *p);

#endif
