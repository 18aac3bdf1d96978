/*
 * Which bytes of a file are structures and may be captured when user bytes are left out: one bit for
 * 8 bytes, as formats/image/taken.h has it. Only pages with a bit in them take memory: 4 KiB for 256 KiB
 * of the file, a 64th of it at the very most.
 */
#ifndef ANALYZER_CAPTURE_MASK_H
#define ANALYZER_CAPTURE_MASK_H

#include "analyzer/capture/extents.h"
#include "formats/image/taken.h"

struct mask {
	uint64_t size;   /* of the file it tells of */
	uint8_t *bits;   /* a TAKEN_HEAD_LEN of text, then bit per word */
	uint64_t len;    /* of bits */
	uint8_t *pages;  /* bit per page of bits: something is set there */
};

/* False without memory. */
bool mask_open(struct mask *m, uint64_t size);
void mask_close(struct mask *m);

/* Words that [at, at+len) touches. What is past the end is not taken. */
void mask_set(struct mask *m, uint64_t at, uint64_t len);
/* Zero what of [at, at+len), at a multiple of 8, is not set. */
void mask_apply(const struct mask *m, uint64_t at, uint8_t *buf, size_t len);
/* Pages of the file with something set; the mask's own pages that are not zero. False without memory. */
bool mask_extents(const struct mask *m, struct extents *of_file, struct extents *of_mask);
/* Counts, and writes the text before the bits. Gives the bytes taken. */
uint64_t mask_finish(struct mask *m);

#endif
