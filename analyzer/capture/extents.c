#include "analyzer/capture/extents.h"

#include <stdlib.h>

/* a hole worth two more numbers in the tar's map */
enum { STEP = 1 << 20, ZEROS_MIN = 64 << 10 };

bool extents_add(struct extents *x, uint64_t at, uint64_t len)
{
	x->total += len;
	return len == 0 || extract_range_add(&x->all, &x->nr, &x->room, at, len);
}

void extents_free(struct extents *x)
{
	free(x->all);
	*x = (struct extents){ 0 };
}

size_t extents_find(const struct extents *x, uint64_t at)
{
	size_t lo = 0, hi = x->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->all[mid].at + x->all[mid].len > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* Pieces of a step that hold something, or that could not be read: these are told when they are written. */
static bool pieces_add(struct extents *x, uint64_t at, const uint8_t *buf, const uint8_t *flags, size_t len)
{
	for (size_t i = 0; i < len; i += ZEROS_MIN) {
		size_t n = len - i < ZEROS_MIN ? len - i : ZEROS_MIN;

		if ((!span_zero_bytes(buf + i, n) || !span_zero_bytes(flags + i, n)) && !extents_add(x, at + i, n))
			return false;
	}
	return true;
}

enum status extents_of(struct image *im, bool look, const struct intake_options *o, struct extents *out,
		       struct extract_lost *lost, struct problem *p)
{
	uint8_t *buf = look ? malloc(2 * STEP) : NULL;
	struct extract_sums sums = { 0 };
	enum status st = STATUS_OK;

	*out = (struct extents){ 0 };
	if (look && buf == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory to read it", im->label);
	for (uint64_t at = 0, n; at < im->size && st == STATUS_OK; at += n) {
		struct extent e = image_extent(im, at);

		n = look && e.kind == EXTENT_DATA && e.len > STEP ? STEP : e.len;
		if (n == 0) /* it has shrunk meanwhile: what is there no more is told when it is written */
			n = im->size - at;
		bool good = true;
		if (e.kind == EXTENT_LOST || e.kind == EXTENT_LEFT_OUT)
			good = extract_lost_add(lost, at, n, &sums);
		else if (e.kind == EXTENT_DATA && !look)
			good = extents_add(out, at, n);
		else if (e.kind == EXTENT_DATA && !image_read(im, at, (size_t)n, buf, buf + STEP))
			st = problem_set(p, im->problem.status, "%s", im->problem.text);
		else if (e.kind == EXTENT_DATA)
			good = pieces_add(out, at, buf, buf + STEP, (size_t)n);
		if (!good)
			st = problem_set(p, STATUS_NOMEM, "%s: no memory to list what is in it", im->label);
		if (look && st == STATUS_OK && o->progress && !o->progress(o->progress_ctx, im->label, at, im->size))
			st = problem_set(p, STATUS_INTERRUPTED, "%s: stopped", im->label);
	}
	free(buf);
	return st;
}
