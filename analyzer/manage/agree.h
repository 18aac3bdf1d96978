/*
 * Do replicas whose headers hold also hold the same? The peer never looks. Where they differ, the right one is told by,
 * in this order: whose structures are whole there, and in all; what most replicas have; the first, which is the one that
 * programs read. What differs by design is left alone: the run-time words of the master's descriptor and what means
 * nothing in a heap.
 */
#ifndef ANALYZER_MANAGE_AGREE_H
#define ANALYZER_MANAGE_AGREE_H

#include "analyzer/manage/pick.h"

/* Blocks of the pool in which replicas differ, as bits. */
struct differing {
	uint8_t *bits;
	uint64_t block, blocks_nr; /* bytes of a block; how many */
	uint64_t found;            /* blocks that differ */
};

/*
 * Compares all that more than one replica has. Ranges that cannot be read become lost, their parts PART_LOST. False, told
 * in e: memory; EINTR: asked to stop.
 */
bool agree_compare(struct health *h, const struct manage_options *o, struct differing *d, struct manage_error *e);
/* Says which replica is right where they differ; parts of others become PART_DIFFERS. */
bool agree_judge(struct health *h, struct differing *d, struct rights *rights, struct manage_error *e);

/* Where in a block do the bytes of two replicas differ that count? by: for parts of a heap that mean nothing, or NULL. */
struct obj_idle;
bool agree_differ(const struct health *h, const uint8_t *a, const uint8_t *b, uint64_t at, size_t len, struct obj_idle *idle);

#endif
