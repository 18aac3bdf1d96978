/*
 * Finds what is known of a compressed stream before it is decoded: from an index kept by an earlier run, or from
 * the table that the stream itself has.
 */
#ifndef FORMATS_IMAGE_KNOWN_H
#define FORMATS_IMAGE_KNOWN_H

#include "formats/image/index.h"
#include "formats/image/intake.h"

/* An index in intake_options.index_dir. */
struct known_place {
	const char *path; /* NULL: none can be kept of this stream */
	struct index_key key;
};

/*
 * Looks for an index of the stream of that kind in below, which src has as its file. True: *k is filled
 * (known_close), and stored tells whether all stored bytes were hashed and are those that the index was made of.
 * False: there is none, or none that fits, which src's note says; p tells when that is our own failure.
 * *place is filled in every case.
 */
bool known_by_index(struct intake *in, struct image *below, struct source *src, const char *kind,
		    struct known_place *place, struct known *k, bool *stored, struct problem *p);

/*
 * The same from the members' lengths of a BGZF stream, all of which are read. False: they do not lead from one
 * member to the next up to the end, or that cannot be known. No digests, no map of zeros.
 */
bool known_by_members(struct image *below, const char *kind, struct known *k);

#endif
