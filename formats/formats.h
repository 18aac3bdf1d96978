/* The one list of formats: which there are, how each is recognised and decoded. */
#ifndef FORMATS_FORMATS_H
#define FORMATS_FORMATS_H

#include "formats/model.h"
#include "formats/pool/set.h"

/*
 * Fills m from the intake's items: m->arena, m->intake and m->root are set, the rest is NULL.
 * STATUS_UNSUPPORTED: nothing that we know. A pool in a stream whose end is not known yet is decoded by
 * the size that it says it has, so that the stream can be followed as it comes: formats_settle.
 */
enum status formats_decode(struct model *m, const struct set_options *o, struct problem *p);

/*
 * Waits for the ends of such streams; to be called when what reads forward has been done. *again: the
 * sizes are others than m was decoded by; m was decoded again, and what was found in it is void.
 */
enum status formats_settle(struct model *m, const struct set_options *o, bool *again, struct problem *p);

/*
 * The content of m->pool's type from m->logical, into m and below parent: a pmemobj heap, a log, a
 * BTT. Also called on an overlay, to see what is there after edits.
 */
enum status formats_decode_content(struct model *m, struct node *parent, struct problem *p);

#endif
