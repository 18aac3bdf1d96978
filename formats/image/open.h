/* Inside of intake.c: one file, device, pipe or piece of memory, opened read-only and handed to peel.c. */
#ifndef FORMATS_IMAGE_OPEN_H
#define FORMATS_IMAGE_OPEN_H

#include <sys/stat.h>

#include "formats/image/side.h"

/* st: of path. The device of a DAX region is read through a mapping, all else by pread. */
enum status open_path(struct intake *in, const char *path, const char *role, const char *found,
		      const struct stat *st, struct problem *p);
/* A file that can be read in any order; or a pipe, which is spooled first. */
enum status open_stdin(struct intake *in, const char *role, const char *found, struct problem *p);
enum status open_memory(struct intake *in, const char *name, const uint8_t *bytes, size_t len,
			struct problem *p);
/* What path tells of another file, by its name and its first bytes; *stem as side_of gives it. */
enum side open_side(const char *path, size_t *stem);
/* Takes in how a capture was made. */
enum status open_manifest(struct intake *in, const char *path, const char *found, struct problem *p);

#endif
