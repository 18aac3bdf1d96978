/*
 * The bad blocks that a kernel knows of: in sysfs, lines of "sector count", ascending, in sectors of 512
 * bytes. Of a block device they count from its start, of a region of persistent memory from the region's.
 * The kernel's list ends after a page of text: it is a lower bound. Source: Linux block/badblocks.c,
 * Documentation/ABI/testing/sysfs-block; FIEMAP: Documentation/filesystems/fiemap.rst.
 */
#ifndef FORMATS_IMAGE_BAD_H
#define FORMATS_IMAGE_BAD_H

#include <sys/stat.h>

#include "formats/image/runs.h"

struct bad {
	struct run *all, *good; /* in order, and what is not among them; from = at. Filled when there are any */
	size_t nr, good_nr;
	uint64_t total; /* bytes of the file or device that are bad */
};

/*
 * Of the bytes [at, at+size) of a device; list: the path of its list, sector 0 of which is the device's
 * byte origin. False without memory; a list that is not there is empty.
 */
bool bad_of_device(struct arena *a, const char *list, uint64_t origin, uint64_t at, uint64_t size, struct bad *out);
/* Of a capture: the device's list as it was kept beside it, FILE.badblocks. NULL: there is none. */
#define BAD_LIST_ENDING ".badblocks"
const char *bad_beside(struct arena *a, const char *path);
/* Of an open block device, or of a file on one that tells where its bytes lie. */
bool bad_of_file(struct arena *a, int fd, const struct stat *st, uint64_t size, struct bad *out);

#endif
