/*
 * Raw deflate (RFC 1951) through one of two libraries, with the same results: zlib, the reference,
 * and ISA-L's igzip, several times faster. (Of a damaged stream, ISA-L may give a little more before it
 * stops: it takes tables of codes that zlib refuses.) Points lie at the starts of deflate blocks, where a
 * decoder needs only the bit position and the 32 KiB before it, so that either library can start
 * again from a point that the other made.
 */
#ifndef FORMATS_IMAGE_INFLATE_H
#define FORMATS_IMAGE_INFLATE_H

#include "formats/image/codec.h"

struct inflate_ops {
	const char *name;
	void *(*open)(void);
	/* A raw stream begins, or goes on at a block whose first byte has skip_bits used bits. */
	bool (*start)(void *state, uint8_t skip_bits, const uint8_t *window, size_t window_len);
	enum codec_result (*step)(void *state, struct codec_io *io);
	size_t (*window)(const void *state, uint8_t window[CODEC_WINDOW_MAX]);
	/* After CODEC_END: whole bytes taken from the input that lie behind the stream; at most 8. */
	size_t (*leftover)(const void *state, uint8_t bytes[8]);
	void (*close)(void *state);
	uint32_t (*crc)(uint32_t crc, const uint8_t *bytes, size_t len); /* as zlib's crc32 */
};

extern const struct inflate_ops inflate_zlib;
#ifdef HAVE_ISAL
extern const struct inflate_ops inflate_isal;
#endif

#endif
