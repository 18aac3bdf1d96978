/*
 * The header of a pool that is one file. No other header tells anything of it; but most of its fields are one
 * of few values, its own uuid stands there five times, the pointers of a pmemobj pool know half of the pool's
 * uuid, the BTT of a pmemblk pool all of it, and where all of these are right again the checksum says so.
 */
#ifndef ANALYZER_REPAIR_HEADER_LONE_H
#define ANALYZER_REPAIR_HEADER_LONE_H

#include "analyzer/repair/plan.h"
#include "formats/pool/set.h"

/* x86-64, aarch64 and all others that PMDK was built for agree on the alignment of C types. */
#define HEADER_ALIGNMENT_LP64 UINT64_C(0x000007f737777310)
enum { HEADER_CLASS_64 = 2, HEADER_DATA_LE = 1, HEADER_MACHINE_X86_64 = 62 };

/* Is p all of the pool? */
bool header_lone(const struct pool_set *s, const struct pool_part *p);
/* Adds the step that makes the whole header right, if one can be told. */
void header_lone_step(const struct finding *f, const struct model *m, const struct pool_part *p, struct plan *plan);

/* A uuid made from what identifies the pool, so that the same evidence gives the same plan. False: reading failed. */
bool header_uuid(const struct pool_part *p, const char *what, uint8_t uuid[UUID_LEN]);
/* One for the pool; *pointers: what it holds agrees, a BTT's parent uuid or the persistent pointers in objects. */
bool header_poolset_uuid(const struct model *m, const struct pool_part *p, uint8_t uuid[UUID_LEN], bool *pointers);
/* Changes uuid, a pool's, so that persistent pointers that begin with lo are its own. */
void header_uuid_fold(uint8_t uuid[UUID_LEN], uint64_t lo);
/*
 * The header of a pool that is made anew as one file, sealed: its machine and time are like's, which may be NULL. No
 * shutdown state: that would bind it to a machine.
 */
void header_fresh(enum pool_type type, uint32_t major, const struct pool_hdr *like, const uint8_t poolset[UUID_LEN],
		  const uint8_t uuid[UUID_LEN], uint8_t bytes[POOL_HDR_LEN]);
/* The checksum that hdr ought to have by its own feature word. */
uint64_t header_sum(const struct pool_part *p, const struct pool_hdr *hdr);
/* Puts the whole header; only what differs becomes an edit. */
bool header_put(struct plan *plan, struct step *step, const struct pool_part *p, const struct pool_hdr *hdr,
		const char *why);

#endif
