/* What a run of bytes looks like from its first blocks: file systems, partition tables, pools. */
#ifndef FORMATS_NS_CONTENT_H
#define FORMATS_NS_CONTENT_H

#include "formats/image/image.h"

/* A name for people, or NULL: not recognised. */
const char *content_name(struct image *image, struct arena *a);
/* The places that are looked at for that, i = 0, 1, ...; false: there are no more. */
bool content_place(size_t i, uint64_t *at, size_t *len);

#endif
