/* .xz streams (The .xz File Format 1.1.0), with padding between them, through liblzma. */
#include "formats/image/framed.h"

#ifdef HAVE_LZMA

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX (UINT64_C(128) << 20) /* bytes; xz -9 needs 65 MiB */

static bool is_frame(const uint8_t *m)
{
	return memcmp(m, "\xfd" "7zXZ\0", 6) == 0;
}

static bool frame_restart(void *frame)
{
	/* the coder's memory is used again */
	return lzma_stream_decoder(frame, MEMORY_MAX, 0) == LZMA_OK;
}

static void *frame_open(void)
{
	lzma_stream *z = calloc(1, sizeof(*z));

	if (z && !frame_restart(z)) {
		free(z);
		return NULL;
	}
	return z;
}

static enum codec_result frame_step(void *frame, struct codec_io *io)
{
	lzma_stream *z = frame;

	z->next_in = io->in;
	z->avail_in = io->in_len;
	z->next_out = io->out;
	z->avail_out = io->out_len;
	lzma_ret r = lzma_code(z, LZMA_RUN);
	io->in = z->next_in;
	io->in_len = z->avail_in;
	io->out = z->next_out;
	io->out_len = z->avail_out;
	switch (r) {
	case LZMA_OK:
	case LZMA_BUF_ERROR: /* no progress was possible */
		return CODEC_GO;
	case LZMA_STREAM_END:
		return CODEC_END;
	case LZMA_MEM_ERROR:
		return CODEC_NOMEM;
	case LZMA_MEMLIMIT_ERROR:
		io->why = "its dictionary is larger than 128 MiB; decompress it with xz first";
		return CODEC_BAD;
	case LZMA_OPTIONS_ERROR:
		io->why = "it uses features that liblzma does not know";
		return CODEC_BAD;
	default:
		io->why = "invalid xz data, or a checksum that does not match";
		return CODEC_BAD;
	}
}

static void frame_close(void *frame)
{
	lzma_end(frame);
	free(frame);
}

static const struct framed_ops ops = {
	.kind = "xz", .magic_len = 6, .is_frame = is_frame, .padding = 4, .open = frame_open,
	.restart = frame_restart, .step = frame_step, .close = frame_close,
};

static void *xz_open(void)
{
	return framed_open(&ops);
}

static void *xz_resume(const struct seek_point *p, const uint8_t *window, size_t len)
{
	(void)p; /* always the start of a stream */
	(void)window;
	(void)len;
	return framed_open(&ops);
}

const struct codec codec_xz = {
	.kind = "xz", .open = xz_open, .resume = xz_resume, .step = framed_step,
	.note = framed_note, .close = framed_close,
};

#else
typedef int xz_is_absent; /* ISO C wants a declaration in a file */
#endif
