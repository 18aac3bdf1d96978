/*
 * An image put together from runs of another: a sparse tar member, whose data lie one behind the other
 * in the archive, or a rescued copy of which some ranges were never read. What lies between the runs
 * is a hole, or lost.
 */
#ifndef FORMATS_IMAGE_RUNS_H
#define FORMATS_IMAGE_RUNS_H

#include "formats/image/source.h"

struct run {
	uint64_t at, len; /* in this image */
	uint64_t from;    /* in the image below */
};

/*
 * runs: ascending, not empty, not overlapping, inside size (the caller's promise); borrowed, as below
 * is. What lies past the end of below is lost. gap: what lies between runs, EXTENT_HOLE or EXTENT_LOST.
 * Bytes come from src, where they have their places in this image; what is lost is recorded there,
 * that of the gaps and past the end at once. NULL without memory.
 */
struct image *runs_open(struct arena *a, struct image *below, uint64_t size, const struct run *runs,
			size_t runs_nr, enum extent_kind gap, struct source *src);

#endif
