#include "formats/image/hash.h"

#include "formats/base/digest.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 1 << 20, TELL_EVERY = 64 }; /* bytes, as source.h says of the tree; blocks */

struct sums {
	struct digest *tree, *plain;
	uint8_t *buf, *lost, *zeros;
	uint8_t zero_leaf[DIGEST_LEN];
	bool any_lost;
};

static bool sums_open(struct sums *s)
{
	*s = (struct sums){ .tree = digest_open(), .plain = digest_open(), .buf = malloc(BLOCK),
			    .lost = malloc(BLOCK), .zeros = calloc(1, BLOCK) };
	return s->tree && s->plain && s->buf && s->lost && s->zeros && digest_of(s->zeros, BLOCK, s->zero_leaf);
}

static void sums_close(struct sums *s)
{
	digest_close(s->tree);
	digest_close(s->plain);
	free(s->buf);
	free(s->lost);
	free(s->zeros);
}

/* One block at `at`. hole: all of it is known to be zeros. */
static bool block_add(struct sums *s, struct image *im, uint64_t at, size_t len, bool hole)
{
	uint8_t leaf[DIGEST_LEN];

	if (hole && len == BLOCK) {
		digest_add(s->tree, s->zero_leaf, DIGEST_LEN);
		digest_add(s->plain, s->zeros, len);
		return true;
	}
	if (!image_read(im, at, len, s->buf, s->lost) || !digest_of(s->buf, len, leaf))
		return false;
	s->any_lost |= memchr(s->lost, 1, len) != NULL;
	digest_add(s->tree, leaf, DIGEST_LEN);
	digest_add(s->plain, s->buf, len);
	return true;
}

static enum status all_blocks(const struct intake_options *o, struct image *im, struct sums *s, struct problem *p)
{
	struct extent e = { 0 };
	struct timespec began, now;

	clock_gettime(CLOCK_MONOTONIC, &began);
	for (uint64_t at = 0, nr = 0; at < im->size; nr++) {
		size_t len = im->size - at < BLOCK ? (size_t)(im->size - at) : BLOCK;

		if (at >= e.at + e.len)
			e = image_extent(im, at);
		bool hole = e.kind == EXTENT_HOLE && e.at + e.len - at >= len;
		if (!block_add(s, im, at, len, hole))
			return problem_set(p, im->problem.status ? im->problem.status : STATUS_IO,
					   "%s: hashing it: %s", im->label, im->problem.text);
		at += len;
		if (nr % TELL_EVERY)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (o->limits.seconds && now.tv_sec - began.tv_sec > (time_t)o->limits.seconds)
			return problem_set(p, STATUS_LIMIT, "%s: not hashed after %u seconds: the limit on time",
					   im->label, (unsigned)o->limits.seconds);
		if (o->progress && !o->progress(o->progress_ctx, im->label, at, im->size))
			return problem_set(p, STATUS_INTERRUPTED, "%s: stopped while it was being hashed", im->label);
	}
	return STATUS_OK;
}

enum status hash_image(const struct intake_options *o, struct image *im, struct source *src, struct problem *p)
{
	struct sums s;
	bool open = sums_open(&s);
	enum status st = open ? all_blocks(o, im, &s, p) :
				problem_set(p, STATUS_NOMEM, "%s: no memory to hash it", im->label);

	if (st == STATUS_OK) {
		src->decoded_tree_hashed = digest_end(s.tree, src->decoded_tree_sha256);
		src->decoded_hashed = digest_end(s.plain, src->decoded_sha256);
		if (src->decoded_hashed && !source_peeled(src) && !s.any_lost) {
			memcpy(src->stored_sha256, src->decoded_sha256, DIGEST_LEN);
			src->stored_hashed = true;
		}
	}
	sums_close(&s);
	return st;
}
