/* Where a thing is: its path in the tree, and its bytes in the files that a person can open. */
#ifndef REPORT_PLACE_H
#define REPORT_PLACE_H

#include "analyzer/check.h"
#include "report/buf.h"

/* The dotted path from the root, at the end of b. */
void place_path(const struct node *n, struct buf *b);
/* The path a finding is told under, as finding_path gives it. */
void place_finding_path(const struct finding *f, struct buf *b);

/* A range of bytes of an image. */
struct place {
	struct image *image; /* NULL: nowhere */
	uint64_t at, len;
};
struct place place_of_node(const struct node *n);
struct place place_of_finding(const struct finding *f);

/*
 * The next piece of a place that lies side by side in one file, taken off its front. False: nothing is
 * left. source NULL: in no file (past the end, in a gap, or the part is missing); at then counts in
 * the image.
 */
bool place_piece(struct place *p, struct origin *out);

#endif
