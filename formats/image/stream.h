/*
 * One decoder on its way through a compressed stream, whoever drives it: the pass over all of it, or
 * a reader that goes back. Gives the decoded bytes in pieces of the length asked for, and tells runs
 * of zeros without writing them.
 */
#ifndef FORMATS_IMAGE_STREAM_H
#define FORMATS_IMAGE_STREAM_H

#include "formats/image/codec.h"
#include "formats/image/image.h"

enum stream_end {
	STREAM_GOES_ON,
	STREAM_OVER,  /* the stream's own end */
	STREAM_SHORT, /* input ended before it */
	STREAM_BAD,   /* the bytes are no such stream; why says what */
	STREAM_LOST,  /* stored bytes could not be read */
	STREAM_FAILED, /* our own failure; problem says which */
};

struct stream {
	const struct codec *codec;
	void *dec;
	/*
	 * Gives the stored bytes that follow those given last, at least one, and sets *last when none
	 * follow them (then there may be none at all). The bytes stay until the next call.
	 */
	enum stream_end (*more)(void *ctx, struct stream *s, bool *last);
	/* Called at places where decoding can start again, when due says so. Either may be NULL. */
	bool (*due)(void *ctx, const struct stream *s);
	void (*point)(void *ctx, const struct stream *s, const struct seek_point *p);
	void *ctx;

	const uint8_t *in;
	size_t in_len;
	bool in_last;
	uint64_t in_at;  /* stored place of in[0] */
	uint64_t out_at; /* decoded bytes given so far */
	uint64_t work;   /* of these, bytes that were decoded one by one */
	uint64_t zeros;  /* decoded zeros not given yet */
	enum stream_end end; /* met; zeros may still be to give */
	const char *why;
};

/*
 * Gives the next len bytes, fewer only at the end (s->end says which). *zero: all of them are zero,
 * and buf was not filled.
 */
size_t stream_fill(struct stream *s, uint8_t *buf, size_t len, bool *zero);

#endif
