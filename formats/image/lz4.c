/* lz4 frames (lz4_Frame_format.md 1.6), skippable ones among them, through liblz4. */
#include "formats/image/framed.h"

#ifdef HAVE_LZ4

#include <lz4frame.h>
#include <stdlib.h>

static bool is_frame(const uint8_t *m)
{
	bool skippable = (m[0] & 0xf0) == 0x50 && m[1] == 0x2a && m[2] == 0x4d && m[3] == 0x18;

	return skippable || (m[0] == 0x04 && m[1] == 0x22 && m[2] == 0x4d && m[3] == 0x18);
}

static void *frame_open(void)
{
	LZ4F_dctx *z = NULL;

	return LZ4F_isError(LZ4F_createDecompressionContext(&z, LZ4F_VERSION)) ? NULL : z;
}

static bool frame_restart(void *frame)
{
	LZ4F_resetDecompressionContext(frame);
	return true;
}

static enum codec_result frame_step(void *frame, struct codec_io *io)
{
	size_t in_len = io->in_len, out_len = io->out_len;
	size_t r = LZ4F_decompress(frame, io->out, &out_len, io->in, &in_len, NULL);

	if (LZ4F_isError(r)) {
		io->why = "invalid lz4 data, or a checksum that does not match";
		return CODEC_BAD;
	}
	io->in += in_len;
	io->in_len -= in_len;
	io->out += out_len;
	io->out_len -= out_len;
	return r == 0 ? CODEC_END : CODEC_GO;
}

static void frame_close(void *frame)
{
	LZ4F_freeDecompressionContext(frame);
}

static const struct framed_ops ops = {
	.kind = "lz4", .magic_len = 4, .is_frame = is_frame, .open = frame_open,
	.restart = frame_restart, .step = frame_step, .close = frame_close,
};

static void *lz4_open(void)
{
	return framed_open(&ops);
}

static void *lz4_resume(const struct seek_point *p, const uint8_t *window, size_t len)
{
	(void)p; /* always the start of a frame */
	(void)window;
	(void)len;
	return framed_open(&ops);
}

const struct codec codec_lz4 = {
	.kind = "lz4", .open = lz4_open, .resume = lz4_resume, .step = framed_step,
	.note = framed_note, .close = framed_close,
};

#else
typedef int lz4_is_absent; /* ISO C wants a declaration in a file */
#endif
