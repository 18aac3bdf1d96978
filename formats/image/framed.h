/*
 * Streams made of frames that follow one another, each beginning with a magic (zstd, lz4, xz): what
 * they have in common. Every start of a frame is a place where decoding can start again. Bytes
 * behind the last frame are told, not decoded.
 */
#ifndef FORMATS_IMAGE_FRAMED_H
#define FORMATS_IMAGE_FRAMED_H

#include "formats/image/codec.h"

enum { FRAMED_MAGIC_MAX = 8 };

struct framed_ops {
	const char *kind;
	uint32_t magic_len;                 /* bytes that tell a frame from anything else */
	bool (*is_frame)(const uint8_t *magic);
	uint32_t padding;                   /* zeros behind a frame, in multiples of this, are no fault; 0: none */
	void *(*open)(void);                /* a decoder of frames */
	bool (*restart)(void *frame);       /* before every frame but the first */
	/* CODEC_END: the frame is over. */
	enum codec_result (*step)(void *frame, struct codec_io *io);
	void (*close)(void *frame);
};

struct framed;

struct framed *framed_open(const struct framed_ops *ops);
enum codec_result framed_step(void *dec, struct codec_io *io);
const char *framed_note(void *dec);
void framed_close(void *dec);

#endif
