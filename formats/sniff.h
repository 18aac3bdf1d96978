/*
 * What a file probably is by its first bytes alone, for those who look for pools among many files. It
 * decides what is worth an analysis, never what the analysis says: nothing is decompressed or decoded.
 */
#ifndef FORMATS_SNIFF_H
#define FORMATS_SNIFF_H

#include "formats/base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNIFF_HEAD_LEN = 8192 }; /* bytes that sniff wants to see, if there are so many */

enum sniff_kind {
	SNIFF_OTHER,
	SNIFF_POOL,     /* a pool header at the start */
	SNIFF_SET_FILE, /* the text that names a pool's parts */
	SNIFF_CAPTURE,  /* a namespace, a BTT, a label area */
	SNIFF_PACKED,   /* compressed, or a tar: what is inside is for the analysis to find out */
	SNIFF_MAPFILE,  /* GNU ddrescue's */
};

struct sniff {
	enum sniff_kind kind;
	bool in_set;                    /* SNIFF_POOL: its header has neighbours */
	uint8_t poolset_uuid[UUID_LEN], uuid[UUID_LEN]; /* SNIFF_POOL: the set's, its own */
};

struct sniff sniff_head(const uint8_t *head, size_t len);

#endif
