#include "formats/image/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct state {
	z_stream z;
	uint8_t skip_bits; /* of the first byte still to come */
};

static void *state_open(void)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s && inflateInit2(&s->z, -MAX_WBITS) != Z_OK) {
		free(s);
		return NULL;
	}
	return s;
}

static void state_close(void *state)
{
	struct state *s = state;

	inflateEnd(&s->z);
	free(s);
}

static bool start(void *state, uint8_t skip_bits, const uint8_t *window, size_t window_len)
{
	struct state *s = state;

	s->skip_bits = skip_bits;
	return inflateReset(&s->z) == Z_OK &&
	       (window_len == 0 ||
		inflateSetDictionary(&s->z, window, (uInt)window_len) == Z_OK);
}

static uInt clip(size_t len)
{
	return len > UINT_MAX ? UINT_MAX : (uInt)len;
}

static enum codec_result step(void *state, struct codec_io *io)
{
	struct state *s = state;

	if (s->skip_bits && io->in_len) {
		if (inflatePrime(&s->z, 8 - s->skip_bits, *io->in >> s->skip_bits) != Z_OK)
			return CODEC_NOMEM;
		io->in++;
		io->in_len--;
		s->skip_bits = 0;
	}
	uInt in_len = clip(io->in_len), out_len = clip(io->out_len);
	s->z.next_in = (z_const Bytef *)io->in;
	s->z.avail_in = in_len;
	s->z.next_out = io->out;
	s->z.avail_out = out_len;
	int r = inflate(&s->z, io->want_point ? Z_BLOCK : Z_NO_FLUSH);
	io->in += in_len - s->z.avail_in;
	io->in_len -= in_len - s->z.avail_in;
	io->out += out_len - s->z.avail_out;
	io->out_len -= out_len - s->z.avail_out;
	switch (r) {
	case Z_OK:
	case Z_BUF_ERROR: /* no progress was possible */
		/* 128: just behind a block; 64: it was the last; low bits: of the byte taken last */
		io->at_point = io->want_point && (s->z.data_type & 128) && !(s->z.data_type & 64);
		io->back_bits = (uint32_t)s->z.data_type & 7;
		return CODEC_GO;
	case Z_STREAM_END:
		return CODEC_END;
	case Z_MEM_ERROR:
		return CODEC_NOMEM;
	case Z_NEED_DICT:
	case Z_DATA_ERROR:
	default:
		io->why = "invalid deflate data";
		return CODEC_BAD;
	}
}

static size_t window_of(const void *state, uint8_t window[CODEC_WINDOW_MAX])
{
	const struct state *s = state;
	uInt len = 0;

	/* zlib only reads through the pointer, but its prototype is not const */
	return inflateGetDictionary((z_stream *)(uintptr_t)&s->z, window, &len) == Z_OK ? len : 0;
}

static size_t leftover(const void *state, uint8_t bytes[8])
{
	(void)state;
	(void)bytes;
	return 0; /* zlib gives back what it did not use */
}

static uint32_t crc(uint32_t sum, const uint8_t *bytes, size_t len)
{
	return (uint32_t)crc32_z(sum, bytes, len);
}

const struct inflate_ops inflate_zlib = {
	.name = "zlib", .open = state_open, .start = start, .step = step, .window = window_of,
	.leftover = leftover, .close = state_close, .crc = crc,
};
