#include "formats/image/stream.h"

#include "formats/base/span.h"

#include <string.h>

static void tell_point(struct stream *s, const struct codec_io *io)
{
	uint64_t bit = s->in_at * 8 - io->back_bits;
	struct seek_point p = {
		.out_at = s->out_at, .in_at = bit / 8, .skip_bits = (uint8_t)(bit % 8),
		.fresh = io->fresh, .extra = io->extra,
	};

	s->point(s->ctx, s, &p);
}

/* One step of the decoder into buf; what it gave. Zeros it only named are in s->zeros. */
static size_t step(struct stream *s, uint8_t *buf, size_t len)
{
	if (s->in_len == 0 && !s->in_last) {
		s->end = s->more(s->ctx, s, &s->in_last);
		if (s->end != STREAM_GOES_ON)
			return 0;
	}
	struct codec_io io = {
		.in = s->in, .in_len = s->in_len, .in_last = s->in_last, .out = buf, .out_len = len,
		.want_point = s->due && s->due(s->ctx, s),
	};
	enum codec_result r = s->codec->step(s->dec, &io);
	size_t taken = s->in_len - io.in_len, given = len - io.out_len;

	s->in = io.in;
	s->in_len = io.in_len;
	s->in_at += taken;
	s->out_at += given;
	s->work += given;
	s->zeros += io.zeros;
	s->why = io.why;
	if (r == CODEC_END)
		s->end = STREAM_OVER;
	else if (r == CODEC_BAD)
		s->end = STREAM_BAD;
	else if (r == CODEC_NOMEM)
		s->end = STREAM_FAILED;
	else if (io.at_point && io.zeros == 0 && (taken || given || s->in_len))
		tell_point(s, &io);
	else if (taken == 0 && given == 0 && io.zeros == 0 && s->in_last)
		s->end = STREAM_SHORT; /* though it be at a point: nothing follows */
	else if (taken == 0 && given == 0 && io.zeros == 0 && s->in_len) {
		s->end = STREAM_BAD; /* never in a sound codec; a loop without end otherwise */
		s->why = "the decoder makes no progress";
	}
	return given;
}

size_t stream_fill(struct stream *s, uint8_t *buf, size_t len, bool *zero)
{
	size_t n = 0;

	*zero = true; /* as long as it is, buf[0..n) need not be written */
	while (n < len) {
		if (s->zeros) {
			size_t k = s->zeros < len - n ? (size_t)s->zeros : len - n;
			if (!*zero)
				memset(buf + n, 0, k);
			s->zeros -= k;
			s->out_at += k;
			n += k;
			continue;
		}
		if (s->end != STREAM_GOES_ON)
			break;
		size_t given = step(s, buf + n, len - n);
		if (*zero && !span_zero_bytes(buf + n, given)) {
			memset(buf, 0, n);
			*zero = false;
		}
		n += given;
	}
	return n;
}
