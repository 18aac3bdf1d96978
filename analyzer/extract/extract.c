#include "analyzer/extract/extract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 1 << 20, PAGE = 4096 };

bool extract_range_add(struct extract_range **all, size_t *nr, size_t *room, uint64_t at, uint64_t len)
{
	struct extract_range *last = *nr ? &(*all)[*nr - 1] : NULL;

	if (last && last->at + last->len == at) {
		last->len += len;
		return true;
	}
	if (*nr == *room) {
		size_t want = *room ? 2 * *room : 64;
		struct extract_range *more = reallocarray(*all, want, sizeof(*more));

		if (more == NULL)
			return false;
		*all = more;
		*room = want;
	}
	(*all)[(*nr)++] = (struct extract_range){ at, len };
	return true;
}

bool extract_lost_add(struct extract_lost *l, uint64_t at, uint64_t len, struct extract_sums *sums)
{
	sums->lost += len;
	return extract_range_add(&l->ranges, &l->nr, &l->room, at, len);
}

void extract_lost_free(struct extract_lost *lost)
{
	free(lost->ranges);
	*lost = (struct extract_lost){ 0 };
}

/* Lost bytes of a step into the list; they stay zero in what is written. */
bool extract_lost_find(const uint8_t *flags, size_t len, uint64_t to, struct extract_lost *lost,
		       struct extract_sums *sums)
{
	size_t at = 0;

	while (at < len) {
		const uint8_t *first = memchr(flags + at, 1, len - at);

		if (first == NULL)
			break;
		at = (size_t)(first - flags);
		const uint8_t *end = memchr(first, 0, len - at);
		size_t n = end ? (size_t)(end - first) : len - at;
		if (!extract_lost_add(lost, to + at, n, sums))
			return false;
		at += n;
	}
	return true;
}

/* Pages that hold something, as many at once as lie side by side. */
static bool pages_write(const struct extract_writer *w, const uint8_t *buf, size_t len, uint64_t to,
			struct extract_sums *sums)
{
	for (size_t at = 0; at < len;) {
		size_t end = at;

		while (end < len && !span_zero_bytes(buf + end, len - end < PAGE ? len - end : PAGE))
			end += len - end < PAGE ? len - end : PAGE;
		if (end > at) {
			if (!w->bytes(w->ctx, to + at, buf + at, end - at))
				return false;
			sums->written += end - at;
			at = end;
			continue;
		}
		size_t n = len - at < PAGE ? len - at : PAGE;
		sums->zero += n;
		at += n;
	}
	return true;
}

static enum status step(struct image *im, uint64_t at, size_t n, uint64_t to, uint8_t *buf, const struct extract_writer *w,
			struct extract_lost *lost, struct extract_sums *sums, struct problem *p)
{
	uint8_t *flags = buf + STEP;

	if (!image_read(im, at, n, buf, flags))
		return problem_set(p, im->problem.status, "%s", im->problem.text);
	if (!extract_lost_find(flags, n, to, lost, sums))
		return problem_set(p, STATUS_NOMEM, "%s: no memory to list what could not be read", im->label);
	return pages_write(w, buf, n, to, sums) ? STATUS_OK : problem_set(p, STATUS_IO, "%s: could not be written", im->label);
}

enum status extract_bytes(struct image *im, uint64_t at, uint64_t len, uint64_t to, const struct extract_writer *w,
			  struct extract_lost *lost, struct extract_sums *sums, struct problem *p)
{
	uint8_t *buf = malloc(2 * STEP);
	enum status st = STATUS_OK;
	uint64_t done = 0;

	if (buf == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory to read it", im->label);
	while (done < len && st == STATUS_OK) {
		struct extent e = image_extent(im, at + done);
		uint64_t n = e.len < len - done ? e.len : len - done;

		if (n == 0) {
			st = problem_set(p, STATUS_USAGE, "%s ends at %" PRIu64 " bytes", im->label, im->size);
			break;
		}
		if (e.kind == EXTENT_HOLE) {
			sums->zero += n;
		} else if (e.kind == EXTENT_LOST || e.kind == EXTENT_LEFT_OUT) {
			if (!extract_lost_add(lost, to + done, n, sums))
				st = problem_set(p, STATUS_NOMEM, "%s: no memory to list what could not be read", im->label);
		} else {
			n = n < STEP ? n : STEP;
			st = step(im, at + done, (size_t)n, to + done, buf, w, lost, sums, p);
		}
		done += n;
		if (w->progress && !w->progress(w->ctx, done, len))
			st = problem_set(p, STATUS_INTERRUPTED, "%s: stopped", im->label);
	}
	free(buf);
	return st;
}

static bool line_put(uint64_t at, uint64_t len, char kind, bool (*put)(void *, const char *), void *ctx)
{
	char line[64];

	if (len == 0)
		return true;
	snprintf(line, sizeof(line), "0x%08" PRIX64 "  0x%08" PRIX64 "  %c\n", at, len, kind);
	return put(ctx, line);
}

bool extract_mapfile(const struct extract_lost *lost, uint64_t size, bool (*put)(void *ctx, const char *text), void *ctx)
{
	uint64_t at = 0;

	if (!put(ctx, "# Mapfile. Created by pmemscope in the form of GNU ddrescue\n"
		      "# current_pos  current_status  current_pass\n"
		      "0x00000000     +               1\n"
		      "#      pos        size  status\n"))
		return false;
	for (size_t i = 0; i < lost->nr; i++) {
		const struct extract_range *r = &lost->ranges[i];

		if (!line_put(at, r->at - at, '+', put, ctx) || !line_put(r->at, r->len, '-', put, ctx))
			return false;
		at = r->at + r->len;
	}
	return line_put(at, size - at, '+', put, ctx);
}
