/*
 * An image is a sequence of evidence bytes, read-only, whatever stores it. Images stack: file,
 * decompression, container member, joined parts, overlay. Each answers what its bytes are (data, a
 * hole, lost) and where they come from, so a decoder never learns what it reads from and a finding
 * still names a place that a person can open.
 */
#ifndef FORMATS_IMAGE_IMAGE_H
#define FORMATS_IMAGE_IMAGE_H

#include "formats/base/arena.h"
#include "formats/base/span.h"
#include "formats/base/status.h"

/*
 * A hole reads as zeros and is told apart only in provenance; a lost range has no bytes at all, nor has one that
 * a capture left out on purpose. Reading gives both of these as lost.
 */
enum extent_kind { EXTENT_DATA, EXTENT_HOLE, EXTENT_LOST, EXTENT_LEFT_OUT };
struct extent {
	uint64_t at, len; /* bytes */
	enum extent_kind kind;
};

struct source;

/* Where an image's byte comes from: byte `at` of what one gets by peeling source's layers. */
struct origin {
	const struct source *source; /* NULL: the byte is in no file (a gap between parts) */
	uint64_t at;
	uint64_t len; /* bytes from here on that lie side by side there */
};

struct image;
struct image_ops {
	/*
	 * Fills buf[0..len). A byte that cannot be read becomes 0 in buf and 1 in lost[0..len), which
	 * starts zeroed; lost is never NULL. [at, at+len) lies inside the image. Not STATUS_OK: our
	 * own failure, told in p.
	 */
	enum status (*read)(struct image *, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost,
			    struct problem *p);
	/* The range of one kind that holds byte at (inside the image); it starts at `at`. */
	struct extent (*extent)(struct image *, uint64_t at);
	struct origin (*origin)(const struct image *, uint64_t at);
	/*
	 * Only where the size is found by decoding, else NULL: waits until the bytes below end are
	 * there or the end is known; in the second case sets size and clears unsettled.
	 */
	enum status (*reach)(struct image *, uint64_t end, struct problem *p);
	void (*close)(struct image *); /* frees the image itself too */
};

struct image {
	const struct image_ops *ops;
	uint64_t size;     /* bytes; while unsettled UINT64_MAX: use image_settle, or only read */
	bool unsettled;    /* the end is not known yet; never set unless intake_options.overlap is */
	const char *label; /* what to call it in a message; borrowed */
	bool parallel;     /* reading from several threads at once is safe */
	struct problem problem; /* the first failure of our own while reading; sticky */
};

/*
 * Reads [at, at+len) into arena memory. False, and an empty span, when the range is not inside
 * the image or our own work failed (image->problem says so); lost bytes are data, flagged in out.
 */
bool image_span(struct image *im, struct arena *a, uint64_t at, uint64_t len, struct span *out);
/* The same into the caller's own buffers (lost has len bytes too). */
bool image_read(struct image *im, uint64_t at, size_t len, uint8_t *buf, uint8_t *lost);

/*
 * Makes size valid, waiting for the end of a stream that is still being decoded; nothing to do for
 * any other image. False: our own work failed, and size counts what there is. An image that is read
 * forward and settled last costs one reading of the stream; settling first may cost a second.
 */
bool image_settle(struct image *im);

struct extent image_extent(struct image *im, uint64_t at);
struct origin image_origin(const struct image *im, uint64_t at);
void image_close(struct image *im); /* NULL is fine */

#endif
