#include "formats/image/framed.h"

#include <stdio.h>
#include <stdlib.h>

struct framed {
	const struct framed_ops *ops;
	void *frame;
	bool inside;                     /* a frame; else between two */
	uint8_t magic[FRAMED_MAGIC_MAX]; /* of the next frame */
	uint32_t have, fed;              /* bytes of that: collected; given to the decoder */
	uint64_t frames, padding;
	bool garbage;
	char note[160];
};

struct framed *framed_open(const struct framed_ops *ops)
{
	struct framed *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->ops = ops;
	f->frame = ops->open();
	if (f->frame == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void framed_close(void *dec)
{
	struct framed *f = dec;

	f->ops->close(f->frame);
	free(f);
}

/* Between frames: collects the magic of the next, or finds that there is none. */
static enum codec_result between(struct framed *f, struct codec_io *io)
{
	while (f->have < f->ops->magic_len && io->in_len) {
		if (f->ops->padding && f->frames && f->have == 0 && *io->in == 0)
			f->padding++;
		else
			f->magic[f->have++] = *io->in;
		io->in++;
		io->in_len--;
	}
	if (f->have < f->ops->magic_len) {
		if (!io->in_last)
			return CODEC_GO;
		f->garbage = f->have > 0 || (f->padding && f->padding % f->ops->padding);
		if (f->frames)
			return CODEC_END;
		return CODEC_GO; /* nothing but the start of a magic: the stream is cut */
	}
	if (!f->ops->is_frame(f->magic)) {
		f->garbage = true;
		io->why = "no frame begins here";
		return f->frames ? CODEC_END : CODEC_BAD;
	}
	if (f->frames && !f->ops->restart(f->frame))
		return CODEC_NOMEM;
	f->frames++;
	f->fed = 0;
	f->inside = true;
	if (io->want_point) {
		io->at_point = io->fresh = true;
		io->back_bits = 8 * f->ops->magic_len;
	}
	return CODEC_GO;
}

static enum codec_result inside(struct framed *f, struct codec_io *io)
{
	enum codec_result r;

	if (f->fed < f->have) {
		struct codec_io magic = *io;

		magic.in = f->magic + f->fed;
		magic.in_len = f->have - f->fed;
		magic.in_last = false;
		r = f->ops->step(f->frame, &magic);
		f->fed = f->have - (uint32_t)magic.in_len;
		io->out = magic.out;
		io->out_len = magic.out_len;
		io->why = magic.why;
	} else {
		r = f->ops->step(f->frame, io);
	}
	if (r != CODEC_END)
		return r;
	f->inside = false;
	f->have = f->fed = 0;
	return CODEC_GO;
}

enum codec_result framed_step(void *dec, struct codec_io *io)
{
	struct framed *f = dec;
	const size_t out_len = io->out_len;
	enum codec_result r = CODEC_GO;

	io->zeros = 0;
	io->at_point = io->fresh = false;
	while (r == CODEC_GO && !io->at_point && io->out_len == out_len) {
		const size_t in_len = io->in_len;
		const uint32_t fed = f->fed;
		const bool was_inside = f->inside;

		r = was_inside ? inside(f, io) : between(f, io);
		if (io->in_len == in_len && f->fed == fed && f->inside == was_inside)
			break;
	}
	return r;
}

const char *framed_note(void *dec)
{
	struct framed *f = dec;

	if (!f->garbage)
		return NULL;
	snprintf(f->note, sizeof(f->note), "trailing garbage after the %s stream ignored", f->ops->kind);
	return f->note;
}
