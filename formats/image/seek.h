/*
 * The places of one compressed stream from which decoding can start again, with their windows:
 * stored compressed, a window of zeros not at all. Bounded in memory: when it grows past the bound,
 * every second point goes and the spacing doubles.
 */
#ifndef FORMATS_IMAGE_SEEK_H
#define FORMATS_IMAGE_SEEK_H

#include "formats/image/codec.h"

#define SEEK_SPACING (UINT64_C(16) << 20) /* bytes decoded (zero runs not counted) between points, at first */
enum { SEEK_MEMORY = 24 << 20 };         /* bytes, of one stream alone */

struct seek_entry {
	struct seek_point point;
	uint64_t work;       /* bytes decoded before it, zero runs not counted */
	uint8_t *packed;     /* window, deflated (zlib format); NULL: zeros, or none */
	uint32_t packed_len, window_len;
};

struct seek {
	struct seek_entry *all; /* ascending out_at; [0] is the start of the stream */
	size_t nr, room;
	size_t memory, bound;   /* bytes, all of it; what it may be */
	uint64_t spacing;
};

bool seek_open(struct seek *s);
void seek_close(struct seek *s);

/* From now on at most bound bytes: points are given up for it. */
void seek_bound(struct seek *s, size_t bound);
/* True when a point is due after work bytes decoded. */
bool seek_due(const struct seek *s, uint64_t work);
/* Adds a point behind all others; its window has window_len bytes. False without memory: not added. */
bool seek_add(struct seek *s, const struct seek_point *p, uint64_t work, const uint8_t *window,
	      size_t window_len);
/* Adds one behind all others whose window is packed already (packed_len bytes, copied). False without memory. */
bool seek_put(struct seek *s, const struct seek_entry *e, const uint8_t *packed);
/* The last point at or before out_at; there is always one. */
const struct seek_entry *seek_find(const struct seek *s, uint64_t out_at);
/* The entry's window; false when it cannot be unpacked. */
bool seek_window(const struct seek_entry *e, uint8_t window[CODEC_WINDOW_MAX]);

#endif
