/* A capture as a stream: members of a tar, in the order of the pool's files, in gzip. */
#include "analyzer/capture/bgzf.h"
#include "analyzer/capture/capture.h"
#include "analyzer/capture/manifest.h"
#include "analyzer/capture/state.h"
#include "analyzer/capture/tarball.h"
#include "analyzer/capture/text.h"
#include "formats/image/side.h"

#include <stdlib.h>
#include <string.h>

enum { KEEP_BLOCKS = 64 }; /* blocks stored between two places to go on from */

struct writer {
	struct capture *c;
	const struct capture_sink *sink;
	struct bgzf *gz;
	uint64_t out;     /* bytes put */
	uint8_t *buf;     /* a block, and its flags */
	uint8_t digests[KEEP_BLOCKS * DIGEST_LEN];
	size_t digests_nr; /* since the last such place */
	uint8_t zeros[DIGEST_LEN];
	struct problem *p;
};

static bool stored_put(void *ctx, const void *bytes, size_t len)
{
	struct writer *w = ctx;

	w->out += len;
	return w->sink->put(w->sink->ctx, bytes, len);
}

static bool tar_put(void *ctx, const void *bytes, size_t len)
{
	struct writer *w = ctx;

	return bgzf_add(w->gz, bytes, len);
}

static enum status failed(struct writer *w)
{
	return problem_set(w->p, STATUS_IO, "the capture could not be written");
}

/* A place to go on from: all before it is in the file. */
static enum status keep(struct writer *w, char *line)
{
	enum status st = STATUS_OK;

	if (line == NULL)
		st = problem_set(w->p, STATUS_NOMEM, "no memory to note how far the capture is");
	else if (w->sink->keep && !w->sink->keep(w->sink->ctx, line))
		st = failed(w);
	free(line);
	return st;
}

static enum status keep_part(struct writer *w, uint32_t part)
{
	if (w->sink->keep == NULL)
		return STATUS_OK;
	if (!bgzf_flush(w->gz))
		return failed(w);
	enum status st = keep(w, state_line(w->c, part, w->out, w->digests, w->digests_nr));
	w->digests_nr = 0;
	return st;
}

/* What was known to be lost before is listed already. */
static void known_clear(const struct capture_part *p, uint64_t at, uint8_t *flags, size_t len)
{
	for (size_t i = 0; i < p->known.nr; i++) {
		const struct extract_range *r = &p->known.ranges[i];
		uint64_t from = r->at > at ? r->at : at, end = r->at + r->len < at + len ? r->at + r->len : at + len;

		if (from < end)
			memset(flags + (from - at), 0, (size_t)(end - from));
	}
}

/* What is stored of one block, into buf, and into the tar. */
static enum status block_read(struct writer *w, struct capture_part *p, uint64_t at, uint64_t len)
{
	uint8_t *flags = w->buf + CAPTURE_BLOCK_LEN;

	memset(w->buf, 0, (size_t)len);
	for (size_t i = extents_find(&p->stored, at); i < p->stored.nr && p->stored.all[i].at < at + len; i++) {
		const struct extract_range *x = &p->stored.all[i];
		uint64_t from = x->at > at ? x->at : at, end = x->at + x->len < at + len ? x->at + x->len : at + len;
		uint8_t *bytes = w->buf + (from - at);

		if (!image_read(p->image, from, (size_t)(end - from), bytes, flags))
			return problem_set(w->p, STATUS_IO, "%s", p->image->problem.status ? p->image->problem.text :
										"a file has become shorter");
		if (p->known.nr && memchr(flags, 1, (size_t)(end - from)))
			known_clear(p, from, flags, (size_t)(end - from));
		if (!extract_lost_find(flags, (size_t)(end - from), from, &p->lost, &p->sums))
			return problem_set(w->p, STATUS_NOMEM, "%s: no memory to list what could not be read", p->image->label);
		if (p->mask.bits)
			mask_apply(&p->mask, from, bytes, (size_t)(end - from));
		if (!tar_put(w, bytes, (size_t)(end - from)))
			return failed(w);
		w->c->captured += end - from;
	}
	return STATUS_OK;
}

static enum status block_write(struct writer *w, struct capture_part *p)
{
	const struct intake_options *o = w->c->options->intake;
	uint64_t at = p->block * CAPTURE_BLOCK_LEN, left = p->image->size - at;
	uint64_t len = left < CAPTURE_BLOCK_LEN ? left : CAPTURE_BLOCK_LEN;
	size_t i = extents_find(&p->stored, at);
	uint8_t sum[DIGEST_LEN];

	p->block++;
	if (i == p->stored.nr || p->stored.all[i].at >= at + len) {
		if (len < CAPTURE_BLOCK_LEN && !state_zeros(len, sum))
			return problem_set(w->p, STATUS_NOMEM, "no memory for a digest");
		digest_add(p->digest, len < CAPTURE_BLOCK_LEN ? sum : w->zeros, DIGEST_LEN);
		return STATUS_OK;
	}
	enum status st = block_read(w, p, at, len);
	if (st != STATUS_OK)
		return st;
	if (!digest_of(w->buf, (size_t)len, sum))
		return problem_set(w->p, STATUS_NOMEM, "no memory for a digest");
	digest_add(p->digest, sum, DIGEST_LEN);
	if (w->sink->keep)
		memcpy(w->digests + w->digests_nr++ * DIGEST_LEN, sum, DIGEST_LEN);
	if (o->progress && !o->progress(o->progress_ctx, p->image->label, w->c->captured, w->c->total))
		return problem_set(w->p, STATUS_INTERRUPTED, "stopped");
	return STATUS_OK;
}

static uint64_t mtime_of(const struct writer *w, const struct capture_part *p)
{
	const struct source *s = p->item->source;

	return s->has_mtime ? s->mtime : w->c->options->now;
}

static enum status part_write(struct writer *w, uint32_t i)
{
	struct capture_part *p = &w->c->parts[i];
	uint64_t blocks = (p->image->size + CAPTURE_BLOCK_LEN - 1) / CAPTURE_BLOCK_LEN;
	enum status st = STATUS_OK;

	if (p->block == 0 && !tarball_head(p->name, p->image->size, mtime_of(w, p), &p->stored, tar_put, w))
		return failed(w);
	bool ended = p->block == blocks; /* all of it, before it was cut off */
	while (p->block < blocks && st == STATUS_OK) {
		st = block_write(w, p);
		if (st == STATUS_OK && w->digests_nr == KEEP_BLOCKS && p->block < blocks)
			st = keep_part(w, i);
	}
	if (st != STATUS_OK)
		return st;
	p->done = digest_end(p->digest, p->tree);
	if (ended)
		return STATUS_OK;
	return tarball_pad(p->stored.total, tar_put, w) ? keep_part(w, i) : failed(w);
}

static enum status text_write(struct writer *w, const char *name, const char *text, size_t len)
{
	if (name == NULL || text == NULL)
		return problem_set(w->p, STATUS_NOMEM, "no memory for what goes with the capture");
	return tarball_head(name, len, w->c->options->now, NULL, tar_put, w) && tar_put(w, text, len) &&
		       tarball_pad(len, tar_put, w) ? STATUS_OK : failed(w);
}

static int by_place(const void *a, const void *b)
{
	const struct extract_range *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static bool line_put(void *ctx, const char *text)
{
	struct text *t = ctx;

	text_add(t, text, strlen(text));
	return !t->failed;
}

/* All that is lost of a part, as a mapfile. */
static enum status map_write(struct writer *w, const struct capture_part *p)
{
	struct extract_range *all = calloc(p->known.nr + p->lost.nr + 1, sizeof(*all));
	struct extract_lost joined = { 0 };
	struct extract_sums sums = { 0 };
	struct text text = { .p = NULL };
	bool ok = all != NULL;

	for (size_t i = 0; ok && i < p->known.nr; i++)
		all[i] = p->known.ranges[i];
	for (size_t i = 0; ok && i < p->lost.nr; i++)
		all[p->known.nr + i] = p->lost.ranges[i];
	if (ok)
		qsort(all, p->known.nr + p->lost.nr, sizeof(*all), by_place);
	for (size_t i = 0; ok && i < p->known.nr + p->lost.nr; i++)
		ok = extract_lost_add(&joined, all[i].at, all[i].len, &sums);
	ok = ok && extract_mapfile(&joined, p->image->size, line_put, &text);
	enum status st = text_write(w, arena_printf(w->c->arena, "%s.map", p->name), ok ? text.p : NULL, text.len);
	extract_lost_free(&joined);
	free(all);
	text_free(&text);
	return st;
}

static enum status taken_write(struct writer *w, const struct capture_part *p)
{
	const char *name = arena_printf(w->c->arena, "%s.taken", p->name);
	bool ok = name && tarball_head(name, p->mask.len, w->c->options->now, &p->mask_stored, tar_put, w);

	for (size_t i = 0; ok && i < p->mask_stored.nr; i++)
		ok = tar_put(w, p->mask.bits + p->mask_stored.all[i].at, (size_t)p->mask_stored.all[i].len);
	return ok && tarball_pad(p->mask_stored.total, tar_put, w) ? STATUS_OK : failed(w);
}

/* What goes with the files, behind them. */
static enum status rest_write(struct writer *w)
{
	enum status st = STATUS_OK;

	for (uint32_t i = 0; i < w->c->nr && st == STATUS_OK; i++) {
		const struct capture_part *p = &w->c->parts[i];

		if (p->sums.lost)
			st = map_write(w, p);
		if (st == STATUS_OK && p->mask.bits)
			st = taken_write(w, p);
	}
	if (st != STATUS_OK)
		return st;
	char *text = manifest_text(w->c);
	st = text_write(w, SIDE_MANIFEST_NAME, text, text ? strlen(text) : 0);
	free(text);
	return st == STATUS_OK && !(tarball_end(tar_put, w) && bgzf_end(w->gz)) ? failed(w) : st;
}

enum status capture_write(struct capture *c, const struct capture_sink *sink, struct problem *p)
{
	struct writer *w = calloc(1, sizeof(*w));
	enum status st = STATUS_OK;

	if (w)
		*w = (struct writer){ .c = c, .sink = sink, .p = p, .out = c->out, .buf = malloc(2 * CAPTURE_BLOCK_LEN),
				      .gz = bgzf_open(stored_put, w) };
	if (w == NULL || w->buf == NULL || w->gz == NULL || !state_zeros(CAPTURE_BLOCK_LEN, w->zeros))
		st = problem_set(p, STATUS_NOMEM, "no memory, or no thread, to write a capture");
	if (st == STATUS_OK && !c->resumed)
		st = keep(w, state_plan(c));
	for (uint32_t i = c->part; i < c->nr && st == STATUS_OK; i++)
		st = part_write(w, i);
	if (st == STATUS_OK)
		st = rest_write(w);
	if (w) {
		bgzf_close(w->gz);
		free(w->buf);
	}
	free(w);
	return st;
}
