/* A part of another image as an image of its own. */
#ifndef FORMATS_IMAGE_WINDOW_H
#define FORMATS_IMAGE_WINDOW_H

#include "formats/image/image.h"

/* NULL without memory, or when [at, at+len) is not inside below, which is borrowed. */
struct image *window_open(struct arena *a, const char *label, struct image *below, uint64_t at, uint64_t len);

#endif
