/* All of a range of an open file: pread and pwrite until it is done, whatever a signal or the kernel cuts short. */
#ifndef FORMATS_BASE_WHOLE_H
#define FORMATS_BASE_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: errno tells why; it is 0 when the file ends before the range does. What was read of it stays in buf. */
bool whole_read(int fd, void *buf, size_t len, uint64_t at);
/* False: errno tells why. Some of the range may be written. */
bool whole_write(int fd, const void *buf, size_t len, uint64_t at);

#endif
