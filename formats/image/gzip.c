/*
 * gzip members (RFC 1952) around raw deflate. Members follow one another without a mark; zero bytes
 * after the last are padding (tape blocks), anything else is told as garbage, as gzip(1) does.
 */
#include "formats/image/inflate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum part { FIXED, EXTRA_LEN, EXTRA, NAME, COMMENT, HEADER_CRC, BODY, TRAILER, BETWEEN };
enum { FTEXT = 1, FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };
enum { FIXED_LEN = 10, TRAILER_LEN = 8 };

struct gzip {
	const struct inflate_ops *lib;
	void *raw;
	enum part part;
	uint8_t bytes[FIXED_LEN]; /* of the fixed part in hand */
	uint32_t have;            /* bytes of that */
	uint32_t extra_left;
	uint8_t flags;
	uint32_t header_crc;      /* of the header so far */
	uint32_t crc;             /* of the member's output so far */
	uint64_t out_len;         /* of the member so far */
	bool midway;              /* entered inside this member: its sums cannot be verified */
	uint64_t members, bad_crc, bad_len, bad_header, first_bad;
	uint64_t padding, garbage;
	char note[320];
};

static void *open_with(const struct inflate_ops *lib)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->lib = lib;
	g->raw = lib->open();
	if (g->raw == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

static void gzip_close(void *dec)
{
	struct gzip *g = dec;

	g->lib->close(g->raw);
	free(g);
}

static void *resume_with(const struct inflate_ops *lib, const struct seek_point *p,
			 const uint8_t *window, size_t window_len)
{
	struct gzip *g = open_with(lib);

	if (g == NULL || p->fresh)
		return g;
	g->part = BODY;
	g->midway = true;
	if (!lib->start(g->raw, p->skip_bits, window, window_len)) {
		gzip_close(g);
		return NULL;
	}
	return g;
}

static void enter(struct gzip *g, enum part part)
{
	g->part = part;
	g->have = 0;
}

/* The part of the header that follows `part`, by the flags. */
static bool next_part(struct gzip *g, enum part part)
{
	if (part < EXTRA_LEN && g->flags & FEXTRA)
		enter(g, EXTRA_LEN);
	else if (part < NAME && g->flags & FNAME)
		enter(g, NAME);
	else if (part < COMMENT && g->flags & FCOMMENT)
		enter(g, COMMENT);
	else if (part < HEADER_CRC && g->flags & FHCRC)
		enter(g, HEADER_CRC);
	else {
		enter(g, BODY);
		g->crc = 0;
		g->out_len = 0;
		g->midway = false;
		return g->lib->start(g->raw, 0, NULL, 0);
	}
	return true;
}

/* Collects len bytes; true when they are there. */
static bool collect(struct gzip *g, struct codec_io *io, uint32_t len)
{
	while (g->have < len && io->in_len) {
		g->bytes[g->have++] = *io->in++;
		io->in_len--;
	}
	return g->have == len;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static enum codec_result step_fixed(struct gzip *g, struct codec_io *io)
{
	if (!collect(g, io, FIXED_LEN))
		return CODEC_GO;
	if (g->bytes[0] != 0x1f || g->bytes[1] != 0x8b || g->bytes[2] != 8) {
		io->why = "not a gzip member";
		return CODEC_BAD;
	}
	g->flags = g->bytes[3];
	if (g->flags & RESERVED) {
		io->why = "a gzip header with reserved flags";
		return CODEC_BAD;
	}
	g->members++;
	g->header_crc = (uint32_t)crc32_z(0, g->bytes, FIXED_LEN);
	return next_part(g, FIXED) ? CODEC_GO : CODEC_NOMEM;
}

/* FEXTRA, FNAME, FCOMMENT: passed over. */
static enum codec_result step_optional(struct gzip *g, struct codec_io *io)
{
	const uint8_t *from = io->in;
	enum part part = g->part;
	bool over = false;

	if (part == EXTRA_LEN) {
		if (collect(g, io, 2)) {
			g->extra_left = (uint32_t)g->bytes[0] | (uint32_t)g->bytes[1] << 8;
			enter(g, EXTRA);
			over = g->extra_left == 0;
		}
	} else if (part == EXTRA) {
		size_t n = io->in_len < g->extra_left ? io->in_len : g->extra_left;
		io->in += n;
		io->in_len -= n;
		g->extra_left -= (uint32_t)n;
		over = g->extra_left == 0;
	} else {
		const uint8_t *end = memchr(io->in, 0, io->in_len);
		size_t n = end ? (size_t)(end - io->in) + 1 : io->in_len;
		io->in += n;
		io->in_len -= n;
		over = end != NULL;
	}
	g->header_crc = (uint32_t)crc32_z(g->header_crc, from, (size_t)(io->in - from));
	if (over && !next_part(g, part == EXTRA_LEN ? EXTRA : part))
		return CODEC_NOMEM;
	return CODEC_GO;
}

static enum codec_result step_header_crc(struct gzip *g, struct codec_io *io)
{
	if (!collect(g, io, 2))
		return CODEC_GO;
	if ((g->header_crc & 0xffff) != (le32(g->bytes) & 0xffff))
		g->bad_header++;
	return next_part(g, HEADER_CRC) ? CODEC_GO : CODEC_NOMEM;
}

/* The CRC after n zero bytes: x^(8n) times the register, which is the complement of the CRC. */
static uint32_t crc_zeros(uint32_t crc, uint64_t n)
{
	while (n) {
		uint64_t part = n > INT32_MAX ? INT32_MAX : n;
		crc = ~(uint32_t)crc32_combine(~crc, 0, (z_off_t)part);
		n -= part;
	}
	return crc;
}

static enum codec_result step_body(struct gzip *g, struct codec_io *io)
{
	const uint8_t *out = io->out;
	enum codec_result r = g->lib->step(g->raw, io);
	size_t given = (size_t)(io->out - out);

	if (!g->midway) {
		g->crc = g->lib->crc(g->crc, out, given);
		if (io->zeros)
			g->crc = crc_zeros(g->crc, io->zeros);
	}
	g->out_len += given + io->zeros;
	if (r != CODEC_END)
		return r;
	enter(g, TRAILER);
	g->have = (uint32_t)g->lib->leftover(g->raw, g->bytes);
	return CODEC_GO;
}

static enum codec_result step_trailer(struct gzip *g, struct codec_io *io)
{
	if (!collect(g, io, TRAILER_LEN))
		return CODEC_GO;
	bool crc_ok = g->midway || le32(g->bytes) == g->crc;
	bool len_ok = g->midway || le32(g->bytes + 4) == (uint32_t)g->out_len;

	if ((!crc_ok || !len_ok) && g->bad_crc + g->bad_len == 0)
		g->first_bad = g->members;
	g->bad_crc += !crc_ok;
	g->bad_len += !len_ok;
	enter(g, BETWEEN);
	return CODEC_GO;
}

/* Behind a member: another, padding, or what is no part of the stream. */
static enum codec_result step_between(struct gzip *g, struct codec_io *io)
{
	while (io->in_len && *io->in == 0 && g->have == 0) {
		g->padding++;
		io->in++;
		io->in_len--;
	}
	if (io->in_len == 0 && !(io->in_last && g->have))
		return io->in_last ? CODEC_END : CODEC_GO;
	bool more = collect(g, io, 2);
	if (!more && !io->in_last)
		return CODEC_GO;
	if (!more || g->bytes[0] != 0x1f || g->bytes[1] != 0x8b || g->padding) {
		g->garbage = g->have;
		return CODEC_END;
	}
	g->part = FIXED; /* two bytes of it are in hand */
	if (io->want_point) {
		io->at_point = true;
		io->fresh = true;
		io->back_bits = 16;
	}
	return CODEC_GO;
}

static enum codec_result gzip_step(void *dec, struct codec_io *io)
{
	struct gzip *g = dec;
	const size_t out_len = io->out_len;
	enum codec_result r = CODEC_GO;

	io->zeros = 0;
	io->at_point = io->fresh = false;
	/* header and trailer states take input without giving output: go on while there is some */
	while (r == CODEC_GO && !io->at_point && io->zeros == 0 && io->out_len == out_len) {
		const size_t before = io->in_len;
		const enum part part = g->part;

		switch (part) {
		case FIXED: r = step_fixed(g, io); break;
		case EXTRA_LEN:
		case EXTRA:
		case NAME:
		case COMMENT: r = step_optional(g, io); break;
		case HEADER_CRC: r = step_header_crc(g, io); break;
		case BODY: r = step_body(g, io); break;
		case TRAILER: r = step_trailer(g, io); break;
		case BETWEEN: r = step_between(g, io); break;
		}
		if (io->in_len == before && g->part == part)
			break;
	}
	return r;
}

static size_t gzip_window(const void *dec, uint8_t window[CODEC_WINDOW_MAX])
{
	const struct gzip *g = dec;

	return g->lib->window(g->raw, window);
}

static const char *gzip_note(void *dec)
{
	struct gzip *g = dec;
	size_t n = 0;
	const size_t max = sizeof(g->note);

	g->note[0] = '\0';
	if (g->bad_crc + g->bad_len)
		n += (size_t)snprintf(g->note, max,
				      "checksum wrong in %llu and length wrong in %llu of %llu gzip "
				      "members, first in member %llu: decoded bytes are suspect; ",
				      (unsigned long long)g->bad_crc, (unsigned long long)g->bad_len,
				      (unsigned long long)g->members,
				      (unsigned long long)g->first_bad);
	if (g->bad_header && n < max)
		n += (size_t)snprintf(g->note + n, max - n, "header checksum wrong in %llu gzip members; ",
				      (unsigned long long)g->bad_header);
	if (g->padding && n < max)
		n += (size_t)snprintf(g->note + n, max - n, "zero padding after the gzip stream; ");
	if (g->garbage && n < max)
		n += (size_t)snprintf(g->note + n, max - n,
				      "trailing garbage after the gzip stream ignored; ");
	if (n >= 2 && n < max)
		g->note[n - 2] = '\0';
	return g->note[0] ? g->note : NULL;
}

static void *zlib_open(void)
{
	return open_with(&inflate_zlib);
}

static void *zlib_resume(const struct seek_point *p, const uint8_t *window, size_t len)
{
	return resume_with(&inflate_zlib, p, window, len);
}

#ifdef HAVE_ISAL
static void *isal_open(void)
{
	return open_with(&inflate_isal);
}

static void *isal_resume(const struct seek_point *p, const uint8_t *window, size_t len)
{
	return resume_with(&inflate_isal, p, window, len);
}

const struct codec codec_gzip = {
	.kind = "gzip", .open = isal_open, .resume = isal_resume, .step = gzip_step,
	.window = gzip_window, .note = gzip_note, .close = gzip_close,
};
const struct codec codec_gzip_zlib = {
#else
const struct codec codec_gzip = {
#endif
	.kind = "gzip", .open = zlib_open, .resume = zlib_resume, .step = gzip_step,
	.window = gzip_window, .note = gzip_note, .close = gzip_close,
};
