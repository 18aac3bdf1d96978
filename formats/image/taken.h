/*
 * What of a file was taken into a capture that leaves user bytes out: the file NAME.taken beside NAME.
 * A page of text ("pmemscope taken 1", "size N" and "taken N" in bytes, a line each; zeros behind), then
 * one bit for every 8 bytes of NAME, the lowest first: 1 = its bytes are the pool's own. What was left
 * out is lost to a reader, never zero. Our own format: analyzer/capture/mask.c writes it.
 */
#ifndef FORMATS_IMAGE_TAKEN_H
#define FORMATS_IMAGE_TAKEN_H

#include "formats/image/source.h"

enum {
	TAKEN_HEAD_LEN = 4096, /* bytes, of the text */
	TAKEN_WORD = 8,        /* bytes of NAME that a bit stands for */
	TAKEN_PER_BYTE = 8 * TAKEN_WORD,
};
#define TAKEN_MAGIC "pmemscope taken 1\n"

/* True when text begins such a file. */
bool taken_probe(const char *text, size_t len);
/*
 * The file that map tells of, as below has it. Neither is taken over. src: of below; what was left out is
 * noted there. Not STATUS_OK: map is not of this file, cannot be read, or there is no memory.
 */
enum status taken_open(struct arena *a, struct image *below, struct image *map, struct source *src,
		       struct image **out, struct problem *p);

#endif
