/* The objects of a pmemobj pool, one or all of them; also of a damaged pool, as far as it tells them. */
#ifndef ANALYZER_EXTRACT_OBJECTS_H
#define ANALYZER_EXTRACT_OBJECTS_H

#include "analyzer/extract/extract.h"
#include "analyzer/extract/kinds.h"

/*
 * The user data of one object as content. place: "root"; an offset in the pool, of any byte of it; or
 * "TYPE#N", the Nth object of a type, counted from 0. False: *why is a sentence.
 */
bool extract_object(struct arena *a, const struct model *m, const char *place, struct extract_content *out,
		    const char **why);

/*
 * The user data of all objects of the first pmemobj pool in m, one behind the other, and through index a
 * table of them, a line an object, tabs between: place in the output, bytes, place in the pool, type,
 * flags, bytes with its header, and what is wrong with its header. *len: of the output.
 */
enum status extract_objects(const struct model *m, const struct extract_writer *w, struct extract_lost *lost,
			    struct extract_sums *sums, bool (*index)(void *ctx, const char *text), void *ctx, uint64_t *len,
			    struct problem *p);

#endif
