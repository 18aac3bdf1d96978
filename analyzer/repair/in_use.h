/*
 * Who else has a file or a device: what Linux shows of it in /proc and /sys. Of other users' processes it shows root
 * only; what cannot be seen is not said to be free of them.
 */
#ifndef ANALYZER_REPAIR_IN_USE_H
#define ANALYZER_REPAIR_IN_USE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* True: a process other than this one has fd's file mapped or locked, or a loop device stands on it; why says which. */
bool in_use(int fd, char *why, size_t len);
/* Why a block device that is busy is so: where it is mounted, or what stands on it. */
void in_use_busy(const struct stat *st, char *why, size_t len);

#endif
