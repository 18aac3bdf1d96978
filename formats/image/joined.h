/* Parts joined to the address space that they make together. What is missing is lost. */
#ifndef FORMATS_IMAGE_JOINED_H
#define FORMATS_IMAGE_JOINED_H

#include "formats/image/image.h"

struct joined_piece {
	struct image *image; /* borrowed; NULL: missing, its bytes are lost */
	uint64_t at;         /* in image: where the piece begins */
	uint64_t len;        /* bytes; what lies past the end of image is lost */
};

/* NULL without memory. pieces lie one behind the other and are copied; label is borrowed. */
struct image *joined_open(struct arena *a, const struct joined_piece *pieces, uint32_t nr, const char *label);

#endif
