/* zstd frames (RFC 8878), skippable ones among them, through libzstd. */
#include "formats/image/framed.h"

#ifdef HAVE_ZSTD

#include <zstd.h>
#include <zstd_errors.h>

enum { WINDOW_LOG_MAX = 27 }; /* 128 MiB: what zstd itself takes without being told otherwise */

static bool is_frame(const uint8_t *m)
{
	bool skippable = (m[0] & 0xf0) == 0x50 && m[1] == 0x2a && m[2] == 0x4d && m[3] == 0x18;

	return skippable || (m[0] == 0x28 && m[1] == 0xb5 && m[2] == 0x2f && m[3] == 0xfd);
}

static void *frame_open(void)
{
	ZSTD_DStream *z = ZSTD_createDStream();

	if (z)
		ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return z;
}

static bool frame_restart(void *frame)
{
	return !ZSTD_isError(ZSTD_DCtx_reset(frame, ZSTD_reset_session_only));
}

static enum codec_result frame_step(void *frame, struct codec_io *io)
{
	ZSTD_inBuffer in = { io->in, io->in_len, 0 };
	ZSTD_outBuffer out = { io->out, io->out_len, 0 };
	size_t r = ZSTD_decompressStream(frame, &out, &in);

	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->out_len -= out.pos;
	if (!ZSTD_isError(r))
		return r == 0 ? CODEC_END : CODEC_GO;
	switch (ZSTD_getErrorCode(r)) {
	case ZSTD_error_memory_allocation:
		return CODEC_NOMEM;
	case ZSTD_error_frameParameter_windowTooLarge:
		io->why = "its window is larger than 128 MiB; decompress it with zstd --long=31 first";
		return CODEC_BAD;
	case ZSTD_error_checksum_wrong:
		io->why = "the checksum of a frame does not match";
		return CODEC_BAD;
	case ZSTD_error_dictionary_wrong:
		io->why = "it needs a dictionary";
		return CODEC_BAD;
	default:
		io->why = "invalid zstd data";
		return CODEC_BAD;
	}
}

static void frame_close(void *frame)
{
	ZSTD_freeDStream(frame);
}

static const struct framed_ops ops = {
	.kind = "zstd", .magic_len = 4, .is_frame = is_frame, .open = frame_open,
	.restart = frame_restart, .step = frame_step, .close = frame_close,
};

static void *zstd_open(void)
{
	return framed_open(&ops);
}

static void *zstd_resume(const struct seek_point *p, const uint8_t *window, size_t len)
{
	(void)p; /* always the start of a frame */
	(void)window;
	(void)len;
	return framed_open(&ops);
}

const struct codec codec_zstd = {
	.kind = "zstd", .open = zstd_open, .resume = zstd_resume, .step = framed_step,
	.note = framed_note, .close = framed_close,
};

#else
typedef int zstd_is_absent; /* ISO C wants a declaration in a file */
#endif
