/*
 * Edits over an image, copy on write: reads give the edited bytes, the image below never changes.
 * Repairs and the simulation of recovery work here. A written byte is data, whatever lay below.
 * Reading from several threads is as safe as below while nobody writes.
 */
#ifndef FORMATS_IMAGE_OVERLAY_H
#define FORMATS_IMAGE_OVERLAY_H

#include "formats/image/image.h"

/* NULL without memory. below is borrowed; the overlay lies in the arena. */
struct image *overlay_open(struct arena *a, struct image *below);

/* False without memory, or when [at, at+len) is not inside. */
bool overlay_write(struct image *overlay, uint64_t at, const void *bytes, size_t len);

/*
 * Makes it longer; the bytes beyond the image below are zeros until they are written. False: below has no end yet, or is longer.
 */
bool overlay_resize(struct image *overlay, uint64_t size);

/*
 * The next run of bytes at or after `from` that the overlay holds, whether they differ from below or
 * not; len 0: there is none.
 */
struct extent overlay_next(const struct image *overlay, uint64_t from);
/* Bytes that read differently through the overlay than below. */
uint64_t overlay_changed(struct image *overlay);

#endif
