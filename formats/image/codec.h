/*
 * What the engine of compressed.c asks of one compression format: a decoder that is fed bytes, gives
 * bytes, and now and then names a place from which decoding can start again.
 */
#ifndef FORMATS_IMAGE_CODEC_H
#define FORMATS_IMAGE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODEC_WINDOW_MAX = 32768 }; /* bytes of history that a point may need (deflate) */

/* A place from which decoding can start again. */
struct seek_point {
	uint64_t out_at;   /* decoded bytes before it */
	uint64_t in_at;    /* byte of the stored stream that holds its first bit */
	uint8_t skip_bits; /* low bits of that byte that are already used: 0..7 */
	bool fresh;        /* a new member, frame or block begins here: no window */
	uint32_t extra;    /* the codec's own: what it must know of the frame it is in */
};

enum codec_result {
	CODEC_GO,    /* wants more input, or more room, or stopped at a point; see codec_io */
	CODEC_END,   /* the stream is over; input that is left is no part of it */
	CODEC_BAD,   /* the bytes are no such stream; io->why says what is wrong */
	CODEC_NOMEM,
};

struct codec_io {
	/* to the codec; in, in_len, out, out_len are moved on by what was used */
	const uint8_t *in;
	size_t in_len;
	bool in_last;    /* nothing follows in[in_len) */
	uint8_t *out;
	size_t out_len;  /* > 0 */
	bool want_point; /* stop at the next place where decoding can start again */
	/* from the codec, valid for this step alone */
	uint64_t zeros;  /* this many zero bytes follow what was written to out */
	bool at_point;   /* all before this place is out; it lies back_bits before `in` */
	bool fresh;
	uint32_t back_bits, extra;
	const char *why; /* static text */
};

struct codec {
	const char *kind;
	/* A decoder at the start of a stream; NULL without memory. */
	void *(*open)(void);
	/* A decoder at p; input is fed from p->in_at on. It verifies no sums of what it enters midway. */
	void *(*resume)(const struct seek_point *p, const uint8_t *window, size_t window_len);
	/* Without progress (nothing taken, nothing given) only when it needs input that there is not. */
	enum codec_result (*step)(void *dec, struct codec_io *io);
	/* After at_point and not fresh: the history; its length. NULL when points are always fresh. */
	size_t (*window)(const void *dec, uint8_t window[CODEC_WINDOW_MAX]);
	/* What a reader must know of the stream (a sum that does not match, bytes after the end); or NULL. */
	const char *(*note)(void *dec);
	void (*close)(void *dec);
};

extern const struct codec codec_gzip;
#ifdef HAVE_ISAL
extern const struct codec codec_gzip_zlib; /* the reference back end, for comparison */
#endif
#ifdef HAVE_ZSTD
extern const struct codec codec_zstd;
#endif
#ifdef HAVE_LZMA
extern const struct codec codec_xz;
#endif
#ifdef HAVE_LZ4
extern const struct codec codec_lz4;
#endif

#endif
