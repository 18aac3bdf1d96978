/*
 * ISA-L keeps the last 32 KiB and at most 64 bits of input in its state, a public struct; all that
 * is used here of it beyond plain calls is documented by its header.
 */
#include "formats/image/inflate.h"

#include "formats/base/span.h"

#ifdef HAVE_ISAL

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLICE = 4096,      /* input between looks for a block's start */
	PEEK = 64 * 1024,  /* output between looks for the end of a run of zeros, and for its start */
	PERIOD_MAX = 32,   /* bytes of input that repeat within a run of zeros */
	PERIOD_SEEN = 96,  /* input that must repeat before we try */
	TRY_ROOM = 3 * PERIOD_MAX * 1032 + 1024, /* output that a try may give */
};

struct state {
	struct inflate_state now, saved;
	uint8_t skip_bits;
	bool calm; /* the last look at the output saw zeros only */
};

static void *state_open(void)
{
	return calloc(1, sizeof(struct state));
}

static void state_close(void *state)
{
	free(state);
}

static bool start(void *state, uint8_t skip_bits, const uint8_t *window, size_t window_len)
{
	struct state *s = state;

	isal_inflate_init(&s->now);
	s->now.crc_flag = ISAL_DEFLATE;
	s->skip_bits = skip_bits;
	s->calm = false;
	return window_len == 0 ||
	       isal_inflate_set_dict(&s->now, (uint8_t *)(uintptr_t)window, (uint32_t)window_len) ==
		       ISAL_DECOMP_OK;
}

/* Runs the library over at most in_max input and out_max output. */
static int run(struct inflate_state *z, struct codec_io *io, size_t in_max, size_t out_max)
{
	uint32_t in_len = (uint32_t)(io->in_len < in_max ? io->in_len : in_max);
	uint32_t out_len = (uint32_t)(io->out_len < out_max ? io->out_len : out_max);

	z->next_in = (uint8_t *)(uintptr_t)io->in;
	z->avail_in = in_len;
	z->next_out = io->out;
	z->avail_out = out_len;
	int r = isal_inflate(z);
	io->in += in_len - z->avail_in;
	io->in_len -= in_len - z->avail_in;
	io->out += out_len - z->avail_out;
	io->out_len -= out_len - z->avail_out;
	return r;
}

/* Nothing decoded is held back in the state. */
static bool flushed(const struct inflate_state *z)
{
	return z->tmp_out_processed == z->tmp_out_valid && z->copy_overflow_length == 0 &&
	       z->write_overflow_len == 0;
}

/* The library stopped inside a block's header, which it will read again from its start. */
static bool in_header(const struct inflate_state *z)
{
	return (z->block_state == ISAL_BLOCK_HDR || z->block_state == ISAL_BLOCK_NEW_HDR) &&
	       flushed(z);
}

static bool same_tables(const struct inflate_state *a, const struct inflate_state *b)
{
	return memcmp(&a->lit_huff_code, &b->lit_huff_code, sizeof(a->lit_huff_code)) == 0 &&
	       memcmp(&a->dist_huff_code, &b->dist_huff_code, sizeof(a->dist_huff_code)) == 0;
}

/* A header was read between the two: other tables, or another kind or length of block. */
static bool other_block(const struct inflate_state *was, const struct inflate_state *now)
{
	return was->block_state != now->block_state || !same_tables(was, now) ||
	       (now->block_state == ISAL_BLOCK_TYPE0 && now->type0_block_len > was->type0_block_len);
}

static void point_here(const struct inflate_state *z, struct codec_io *io)
{
	io->at_point = true;
	io->back_bits = (uint32_t)z->tmp_in_size * 8 + (uint32_t)z->read_in_length;
}

/*
 * The library does not stop at block boundaries. A slice of input is decoded; if a header was read
 * in it, the slice is decoded again, cut ever closer, until the cut falls into the header.
 * A boundary may be missed (two blocks with equal tables): then the next slice may have one.
 */
static int run_to_point(struct state *s, struct codec_io *io)
{
	const struct codec_io before = *io;
	size_t lo = 0, hi = io->in_len < SLICE ? io->in_len : SLICE;

	memcpy(&s->saved, &s->now, sizeof(s->saved));
	int r = run(&s->now, io, SLICE, INT_MAX);
	if (r < 0)
		return r;
	if (in_header(&s->now)) {
		point_here(&s->now, io);
		return r;
	}
	if (!flushed(&s->now) || io->out_len == 0 || s->now.block_state == ISAL_BLOCK_FINISH ||
	    s->now.block_state == ISAL_BLOCK_INPUT_DONE || !other_block(&s->saved, &s->now))
		return r;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		memcpy(&s->now, &s->saved, sizeof(s->now));
		*io = before;
		r = run(&s->now, io, mid, INT_MAX);
		if (r < 0)
			return r;
		if (in_header(&s->now)) {
			point_here(&s->now, io);
			return r;
		}
		if (other_block(&s->saved, &s->now))
			hi = mid;
		else
			lo = mid;
	}
	memcpy(&s->now, &s->saved, sizeof(s->now));
	*io = before;
	return run(&s->now, io, SLICE, INT_MAX);
}

/* The period, in bytes, with which the input repeats from here on; 0: it does not. */
static size_t period_of(const struct codec_io *io)
{
	if (io->in_len < PERIOD_SEEN)
		return 0;
	for (size_t p = 1; p <= PERIOD_MAX; p++)
		if (memcmp(io->in, io->in + p, PERIOD_SEEN - p) == 0)
			return p;
	return 0;
}

static bool window_zero(const struct inflate_state *z)
{
	return z->tmp_out_valid >= ISAL_DEF_HIST_SIZE &&
	       span_zero_bytes(z->tmp_out_buffer + z->tmp_out_valid - ISAL_DEF_HIST_SIZE,
			  ISAL_DEF_HIST_SIZE);
}

static bool same_machine(const struct inflate_state *a, const struct inflate_state *b)
{
	return a->read_in == b->read_in && a->read_in_length == b->read_in_length &&
	       a->block_state == b->block_state && a->bfinal == b->bfinal && a->count == b->count &&
	       a->tmp_in_size == b->tmp_in_size && flushed(a) && flushed(b) && window_zero(a) &&
	       window_zero(b) && same_tables(a, b);
}

/*
 * A decoder is a machine: in the same state, fed the same bytes, it does the same again. So when the
 * input repeats with period p, and p bytes of it give only zeros and lead back to the very same
 * state (tables, bits in hand, 32 KiB of history that are zero), n more periods give n times as many
 * zeros and need not be decoded. deflate tells a run of zeros as the same few bits over and over,
 * a thousand bytes for each byte of input, so this is what most of a sparse pool is.
 */
static int skip_zeros(struct state *s, struct codec_io *io, size_t p)
{
	int r = ISAL_DECOMP_OK;

	for (int i = 0; i < 3; i++) {
		const uint8_t *out = io->out;

		memcpy(&s->saved, &s->now, sizeof(s->saved));
		r = run(&s->now, io, p, INT_MAX);
		size_t given = (size_t)(io->out - out);
		if (r < 0 || s->now.block_state != ISAL_BLOCK_CODED || !span_zero_bytes(out, given))
			return r;
		if (given == 0 || !same_machine(&s->saved, &s->now))
			continue;
		/* io->in - p .. io->in is one period; count how many more whole ones follow */
		size_t more = 0;
		while (io->in_len - more >= p && memcmp(io->in + more - p, io->in + more, p) == 0)
			more += p;
		io->in += more;
		io->in_len -= more;
		io->zeros = (uint64_t)(more / p) * given;
		return r;
	}
	s->calm = false; /* it does not settle: look again after some plain decoding */
	return r;
}

static int run_on(struct state *s, struct codec_io *io)
{
	/* the end of the room mostly falls into a match, whose rest the state holds: let it out first */
	if (s->calm && io->out_len >= TRY_ROOM && !flushed(&s->now)) {
		int r = run(&s->now, io, 0, INT_MAX);
		if (r < 0)
			return r;
	}
	if (s->calm && s->now.block_state == ISAL_BLOCK_CODED && io->out_len >= TRY_ROOM &&
	    flushed(&s->now) && window_zero(&s->now)) {
		size_t p = period_of(io);
		if (p)
			return skip_zeros(s, io, p);
	}
	const uint8_t *out = io->out;
	int r = run(&s->now, io, UINT32_MAX, s->calm ? PEEK : 4 * PEEK);
	size_t given = (size_t)(io->out - out);
	size_t look = given < PEEK / 2 ? given : PEEK / 2;
	s->calm = given > 0 ? span_zero_bytes(io->out - look, look) : s->calm;
	return r;
}

static enum codec_result step(void *state, struct codec_io *io)
{
	struct state *s = state;

	if (s->skip_bits && io->in_len) {
		s->now.read_in = (uint64_t)(*io->in >> s->skip_bits);
		s->now.read_in_length = 8 - s->skip_bits;
		io->in++;
		io->in_len--;
		s->skip_bits = 0;
	}
	int r = io->want_point && !s->calm ? run_to_point(s, io) : run_on(s, io);
	if (r < 0) {
		io->why = "invalid deflate data";
		return CODEC_BAD;
	}
	return s->now.block_state == ISAL_BLOCK_FINISH ? CODEC_END : CODEC_GO;
}

static size_t window_of(const void *state, uint8_t window[CODEC_WINDOW_MAX])
{
	const struct state *s = state;
	size_t len = (size_t)s->now.tmp_out_valid;

	if (len > CODEC_WINDOW_MAX)
		len = CODEC_WINDOW_MAX;
	memcpy(window, s->now.tmp_out_buffer + (size_t)s->now.tmp_out_valid - len, len);
	return len;
}

static size_t leftover(const void *state, uint8_t bytes[8])
{
	const struct state *s = state;
	size_t nr = (size_t)s->now.read_in_length / 8;
	unsigned used = (unsigned)s->now.read_in_length % 8;

	for (size_t i = 0; i < nr; i++)
		bytes[i] = (uint8_t)(s->now.read_in >> (used + 8 * i));
	return nr;
}

static uint32_t crc(uint32_t sum, const uint8_t *bytes, size_t len)
{
	return crc32_gzip_refl(sum, bytes, len);
}

const struct inflate_ops inflate_isal = {
	.name = "ISA-L", .open = state_open, .start = start, .step = step, .window = window_of,
	.leftover = leftover, .close = state_close, .crc = crc,
};

#else
typedef int inflate_isal_is_absent; /* ISO C wants a declaration in a file */
#endif
