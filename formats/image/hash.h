/* Digests of an image that no pass over a stream has made: a plain file, a member of a tar. */
#ifndef FORMATS_IMAGE_HASH_H
#define FORMATS_IMAGE_HASH_H

#include "formats/image/intake.h"

/*
 * Reads all of im but its holes and fills in src's digests: of the leaf, and, where the leaf is the
 * file itself and all of it was read, of the file. Lost bytes count as zeros. Tells options.progress,
 * and heeds it and limits.seconds.
 */
enum status hash_image(const struct intake_options *o, struct image *im, struct source *src, struct problem *p);

#endif
