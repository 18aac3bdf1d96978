/*
 * How the parts of a replicated pool are: which hold, which must be made anew, what each is called by the links of
 * the others, and how large the pool is. Judged from headers, shutdown states and descriptors; whether replicas hold the
 * same is agree.h's question. What no rebuilding can mend is refused: parts of several pools, links that contradict the
 * order of the set file, several sizes.
 *
 * Where PMDK gives up a whole replica for one lost part, here each part stands for itself. Facts: PMDK 1.12
 * src/libpmempool/replica.c, src/common/set.c, src/common/shutdown_state.c.
 */
#ifndef ANALYZER_MANAGE_HEALTH_H
#define ANALYZER_MANAGE_HEALTH_H

#include "analyzer/manage/space.h"
#include "formats/pool/hdr.h"

enum part_state {
	PART_WELL,
	PART_MISSING,
	PART_CLOSED,  /* it is there and cannot be opened for reading and writing */
	PART_SIZE,    /* its size is not what the set file says */
	PART_HEADER,  /* the header that belongs there does not hold */
	PART_UNSAFE,  /* its device lost power while data was on its way: nothing of it is believed */
	PART_DESCR,   /* part 0: the descriptor behind the header does not hold */
	PART_LOST,    /* some of it cannot be read, or a recovery file names it */
	PART_DIFFERS, /* some of it is other than in the replica that is right */
};

struct part {
	struct member *m;
	enum part_state state;
	const char *why;    /* a clause: "its size is 8 bytes and not 10" */
	bool has_header;    /* one belongs there */
	bool header_good;   /* and it is there and holds */
	struct pool_hdr hdr; /* as read where header_good, else zero */
	uint8_t uuid[UUID_LEN]; /* its own, or what the links of others call it; null: nobody says */
	bool readable;      /* there is a descriptor to read from */
	bool spare;         /* where no part that holds has a byte, this one's is taken */
};

/* Bytes of a part that are not believed, whatever else is said of it. */
struct lost {
	uint32_t part;
	uint64_t off, len;
	struct lost *next;
};

struct health {
	struct members *m;
	struct part *parts;    /* as m->list */
	uint32_t *first;       /* for each replica: its part 0 */
	struct space *spaces;  /* for each replica */
	bool single;           /* only part 0 has a header */
	const struct pool_hdr *voted; /* a header that holds: type, features, machine, poolset uuid of all */
	uint64_t pool_size;
	uint32_t faults;       /* parts that are not PART_WELL */
	struct lost *lost;
};

/* m: read and opened. False, told in e: EINVAL for what sync cannot mend; ENOTSUP for what is not done. */
bool health_judge(struct health *h, struct members *m, struct manage_error *e);
/* Sets a part's state unless it has one; why is kept. */
void health_fault(struct health *h, uint32_t part, enum part_state state, const char *why);
/* A range that is not believed. False without memory. */
bool health_lose(struct health *h, uint32_t part, uint64_t off, uint64_t len, struct manage_error *e);

uint32_t health_parts(const struct health *h, uint32_t replica);
/* The part of a replica, idx counted around the ring. */
struct part *health_part(const struct health *h, uint32_t replica, uint32_t idx);
const char *health_name(const struct health *h, const struct part *p);

/* health_links.c: the links of headers that hold agree with the set file; fills the uuids of the others. */
bool health_links(struct health *h, struct manage_error *e);

#endif
