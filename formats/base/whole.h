/* All of a range of an open file, whatever a signal or the kernel cuts short; and a name, as firmly as the bytes. */
#ifndef FORMATS_BASE_WHOLE_H
#define FORMATS_BASE_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: errno tells why; it is 0 when the file ends before the range does. What was read of it stays in buf. */
bool whole_read(int fd, void *buf, size_t len, uint64_t at);
/* False: errno tells why. Some of the range may be written. */
bool whole_write(int fd, const void *buf, size_t len, uint64_t at);
/* Puts the name of a file that was made, renamed or removed on stable storage: its directory. False: errno tells why. */
bool whole_settle(const char *path);

#endif
