/* Inside of intake.c: one file, device, pipe or piece of memory, opened read-only and handed to peel.c. */
#ifndef FORMATS_IMAGE_OPEN_H
#define FORMATS_IMAGE_OPEN_H

#include <sys/stat.h>

#include "formats/image/intake.h"

/* st: of path. The device of a DAX region is read through a mapping, all else by pread. */
enum status open_path(struct intake *in, const char *path, const char *role, const char *found,
		      const struct stat *st, struct problem *p);
/* A file that can be read in any order; or a pipe, which is spooled first. */
enum status open_stdin(struct intake *in, const char *role, const char *found, struct problem *p);
enum status open_memory(struct intake *in, const char *name, const uint8_t *bytes, size_t len,
			struct problem *p);
/* True when path is a ddrescue mapfile by its first line. */
bool open_is_mapfile(const char *path);

#endif
