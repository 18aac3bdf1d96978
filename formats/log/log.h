/*
 * A pmemlog pool behind its header: three offsets and raw bytes. All offsets count in the pool's
 * logical space. Little-endian. Source: PMDK 1.12 src/libpmemlog/log.h struct pmemlog.
 */
#ifndef FORMATS_LOG_LOG_H
#define FORMATS_LOG_LOG_H

#include "formats/base/node.h"
#include "formats/image/image.h"

enum { LOG_DESCR_AT = 0x1000, LOG_DATA_AT = 0x2000, LOG_DESCR_LEN = 0x1000 };

/* What the last process left behind its three words is told, never used for reading. */
#define LOG_DESCR(LE, RAW)                                                              \
	LE(start_offset, 0x00, 64, OFF, "first byte of log data")                       \
	LE(end_offset, 0x08, 64, OFF, "one past the data area: the pool's size")        \
	LE(write_offset, 0x10, 64, OFF, "end of the log; the next byte to be written")  \
	LE(addr, 0x18, 64, ID, "run-time: where the last process mapped the pool")      \
	LE(size, 0x20, 64, SIZE, "run-time: the pool's size at the last open")          \
	LE(is_pmem, 0x28, 32, UINT, "run-time")                                         \
	LE(rdonly, 0x2C, 32, UINT, "run-time")                                          \
	LE(rwlockp, 0x30, 64, ID, "run-time pointer")                                   \
	LE(is_dev_dax, 0x38, 32, UINT, "run-time")                                      \
	RAW(hole, 0x3C, 4, BYTES, "run-time: what the compiler left between fields")    \
	LE(ctl, 0x40, 64, ID, "run-time pointer, since 1.3")                            \
	LE(set, 0x48, 64, ID, "run-time pointer")                                       \
	RAW(unused, 0x50, 4016, PAD, "zero")

struct log_descr { LOG_DESCR(HOST_LE, HOST_RAW) };
extern const struct layout log_descr_layout;

struct log_pool {
	struct node *node, *descr_node;
	const struct log_descr *descr; /* NULL: lost or outside */
	struct image *image;           /* the logical space */
	uint64_t size;                 /* of the pool, bytes */
	uint64_t start;                /* where the data area has to begin on the machine that made it */
	bool usable;                   /* start <= write <= end <= size: text_at and text_len tell the log */
	uint64_t text_at, text_len;
};

/* data_at: LOG_DATA_AT, or 0x20000 with a 64 KiB header. NULL only without memory. */
struct log_pool *log_decode(struct arena *a, struct node *parent, struct image *logical,
			    uint64_t pool_size, uint64_t data_at);

#endif
