/* Ranges of block numbers, as people write them: "0-99,200,300-". */
#ifndef ANALYZER_EXTRACT_BLOCKS_H
#define ANALYZER_EXTRACT_BLOCKS_H

#include "formats/base/arena.h"

struct extract_blocks {
	uint64_t first, nr;
};

/*
 * Reads text for a disk of `all` blocks into *out, *out_nr of them, in the order written. False: it is
 * no such list, or goes past the end; *why says so, in arena memory.
 */
bool extract_blocks_parse(struct arena *a, const char *text, uint64_t all, struct extract_blocks **out, size_t *out_nr,
		  const char **why);

#endif
