/*
 * From which part each byte of the pool is taken: from the replica that is right where replicas differ, else from the
 * first part that holds, else from one that is damaged but has it. Parts of several replicas together may so make a
 * pool that no single replica has any more.
 */
#ifndef ANALYZER_MANAGE_PICK_H
#define ANALYZER_MANAGE_PICK_H

#include "analyzer/manage/health.h"

/* Where replicas differ: the one that is right. Ranges ascend and do not overlap. */
struct right {
	uint64_t at, end;
	uint32_t replica;
};

struct rights {
	struct right *list;
	uint32_t nr;
};

struct taken {
	uint32_t part;
	uint64_t off, len; /* in the part; so many bytes are taken from there */
};

/* Bytes of the pool from `at` on, at most up to end. False: no part has byte at. */
bool pick_at(const struct health *h, const struct rights *rights, uint64_t at, uint64_t end, struct taken *out);

/*
 * Has the replica byte at, in a part that holds? *len comes as a limit and is cut to what can be told alike. spares:
 * also in parts that are damaged.
 */
bool pick_holds(const struct health *h, uint32_t replica, uint64_t at, bool spares, uint64_t *len, struct taken *out);

#endif
