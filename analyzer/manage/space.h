/*
 * The address space that the parts of a replica make together, as files to be read and written: a part gives its size
 * rounded down to a page, all but the first without their header when they have one. Offsets count from the first
 * byte of part 0. For evidence formats/pool/set.h says the same. Source: PMDK 1.12 src/common/set.c.
 */
#ifndef ANALYZER_MANAGE_SPACE_H
#define ANALYZER_MANAGE_SPACE_H

#include "analyzer/manage/members.h"

enum { SPACE_PAGE = 4096 };

struct space_piece {
	uint32_t part;   /* place in the list of members */
	uint64_t at, len; /* in the space */
	uint64_t off;    /* of its first byte in the part */
};

struct space {
	struct space_piece *pieces;
	uint32_t nr;
	uint64_t size;
};

/* The size that a member has, or will have: what the set file says, else what is there. */
uint64_t space_part_size(const struct member *p);
/* The space of a replica; single: only part 0 has a header. False, told in e: no memory, or no space at all. */
bool space_make(struct space *s, const struct members *m, uint32_t replica, bool single, struct manage_error *e);
/* The piece that holds byte at; NULL: outside. */
const struct space_piece *space_find(const struct space *s, uint64_t at);

#endif
