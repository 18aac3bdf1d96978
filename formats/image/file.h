/*
 * A file or block device as an image: opened read-only, read with pread, never mapped (poison and
 * truncation would raise SIGBUS). Holes are asked of the file system. What cannot be read is tried
 * again page by page and kept as lost ranges of the source.
 */
#ifndef FORMATS_IMAGE_FILE_H
#define FORMATS_IMAGE_FILE_H

#include "formats/image/source.h"

/*
 * Takes fd. Reads may come from several threads; they keep src's unread ranges and src->read up to date.
 * NULL without memory.
 */
struct image *file_open(int fd, uint64_t size, struct source *src);

#endif
