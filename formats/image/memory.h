/* An image of bytes that are in memory already: a member taken out whole, a test's bytes. */
#ifndef FORMATS_IMAGE_MEMORY_H
#define FORMATS_IMAGE_MEMORY_H

#include "formats/image/source.h"

/* bytes are borrowed and outlive the image, which lies in the arena. source may be NULL. */
struct image *memory_open(struct arena *a, const char *label, const uint8_t *bytes, uint64_t len,
			  const struct source *source);

#endif
