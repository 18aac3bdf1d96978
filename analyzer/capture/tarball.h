/*
 * The headers of a tar's members as GNU tar, bsdtar and we read them: ustar with pax records, and
 * the map of a sparse file in pax format 1.0 (a text before the data). Source: POSIX.1-2017 pax;
 * the GNU tar manual, "PAX Format, Version 1.0".
 */
#ifndef ANALYZER_CAPTURE_TARBALL_H
#define ANALYZER_CAPTURE_TARBALL_H

#include "analyzer/capture/extents.h"

enum { TARBALL_BLOCK = 512 };

typedef bool tarball_put(void *ctx, const void *bytes, size_t len);

/*
 * All that comes before the member's data: its extents one after the other, then tarball_pad. stored: what
 * of its size bytes is there; NULL: all. False without memory, or put failed.
 */
bool tarball_head(const char *name, uint64_t size, uint64_t mtime, const struct extents *stored, tarball_put *put, void *ctx);
/* Up to the next block, after len bytes of data. */
bool tarball_pad(uint64_t len, tarball_put *put, void *ctx);
/* What closes the archive. */
bool tarball_end(tarball_put *put, void *ctx);

#endif
