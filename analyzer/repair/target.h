/*
 * Where a plan is written: a file, a block device, a file on a DAX file system, a DAX device. One seam, so that what
 * makes edits knows of none of them.
 *
 * Files and block devices are written with the system's calls and made durable by it. Where the file system lets a
 * mapping be synchronous, and on DAX devices, stores go through a mapping and are flushed by libpmem, which is loaded
 * only then. Sectors that cannot be read are written whole, which is what makes the kernel clear them.
 */
#ifndef ANALYZER_REPAIR_TARGET_H
#define ANALYZER_REPAIR_TARGET_H

#include "formats/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct target;

/*
 * fd: open and locked by the caller, who closes it; -1: opened and locked here, for us alone. want_size is what its
 * length must be. STATUS_USAGE: refused, with the reason: mounted, or something stands on it; locked or mapped by a running
 * program; of another length; no file or device; or nothing to flush it with.
 */
enum status target_open(const char *path, int fd, uint64_t want_size, bool write, struct target **out, struct problem *p);
/*
 * The same of a file that is to have the length `becomes`, and may have it already. Until target_resize bytes beyond its end
 * are zeros. A device is refused.
 */
enum status target_open_resized(const char *path, int fd, uint64_t want_size, uint64_t becomes, bool write, struct target **out,
				struct problem *p);
/* False, and errno. */
bool target_resize(struct target *t, uint64_t len);
void target_close(struct target *t); /* NULL is fine */
const char *target_path(const struct target *t);

/* False, and errno: EIO where bytes cannot be read. From several threads at once, as target_write. */
bool target_read(struct target *t, uint8_t *buf, uint64_t len, uint64_t at);
/* False, and errno. Bytes of a lost sector around the range become zero. */
bool target_write(struct target *t, const uint8_t *buf, uint64_t len, uint64_t at);
/* What was written is on stable storage. False, and errno. */
bool target_flush(struct target *t);

#endif
