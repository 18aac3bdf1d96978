/*
 * A DAX character device as an image. Such a device refuses read(2): its bytes are had through a
 * mapping alone. Source: Linux drivers/dax/device.c, Documentation/ABI/testing/sysfs-bus-dax.
 */
#ifndef FORMATS_IMAGE_DAX_H
#define FORMATS_IMAGE_DAX_H

#include <sys/stat.h>

#include "formats/image/bad.h"

/* What the kernel tells of the device, in sysfs. */
struct dax {
	uint64_t size, align; /* bytes; mappings begin and end at multiples of align */
	struct bad bad;       /* by the region's list */
};

/* False: no DAX device, or its size is not told. The runs lie in the arena. */
bool dax_probe(struct arena *a, const struct stat *st, struct dax *out);
/*
 * Takes fd. A byte that cannot be read is lost and recorded in src; no signal comes of it. One
 * reading at a time. NULL without memory, or without a pipe.
 */
struct image *dax_open(int fd, uint64_t size, uint64_t align, struct source *src);

#endif
