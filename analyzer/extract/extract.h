/*
 * Logical content carried out of the evidence: bytes of an image to a writer that keeps holes, and
 * the ranges that could not be had as the text of a ddrescue mapfile. Nothing is written here.
 */
#ifndef ANALYZER_EXTRACT_EXTRACT_H
#define ANALYZER_EXTRACT_EXTRACT_H

#include "formats/image/image.h"

struct extract_writer {
	/* Bytes at `at`, which never goes back. What is never told is zero. False: it failed, stop. */
	bool (*bytes)(void *ctx, uint64_t at, const void *bytes, size_t len);
	/* Called now and then; false asks to stop. May be NULL. */
	bool (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct extract_lost {
	struct extract_range { uint64_t at, len; } *ranges; /* ascending, none touching the next */
	size_t nr, room;
};

struct extract_sums {
	uint64_t written, zero, lost; /* bytes */
};

/*
 * Carries [at, at+len) of im out, to places counted from `to`; adds what is lost to *lost. Runs of
 * zeros of a page or more are left out. STATUS_IO: the writer failed and knows why.
 */
enum status extract_bytes(struct image *im, uint64_t at, uint64_t len, uint64_t to, const struct extract_writer *w,
			  struct extract_lost *lost, struct extract_sums *sums, struct problem *p);

/*
 * The text of a ddrescue mapfile over size bytes, in pieces through put: lost ranges '-', the rest
 * '+'. False: put failed.
 */
bool extract_mapfile(const struct extract_lost *lost, uint64_t size, bool (*put)(void *ctx, const char *text), void *ctx);
/* Adds a range at or behind the last one's end to a list that grows: nr of room in use. False without memory. */
bool extract_range_add(struct extract_range **all, size_t *nr, size_t *room, uint64_t at, uint64_t len);
void extract_lost_free(struct extract_lost *lost);
/* Adds a range that is lost, at or behind the last one's end. False without memory. */
bool extract_lost_add(struct extract_lost *lost, uint64_t at, uint64_t len, struct extract_sums *sums);
/* Adds what flags[0..len) marks as lost, the first of them at `to`. False without memory. */
bool extract_lost_find(const uint8_t *flags, size_t len, uint64_t to, struct extract_lost *lost,
		       struct extract_sums *sums);

#endif
