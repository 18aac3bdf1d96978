/* What the checks of pool headers share: walking the parts, and saying which header may be believed. */
#ifndef ANALYZER_CHECKS_POOL_PARTS_H
#define ANALYZER_CHECKS_POOL_PARTS_H

#include "analyzer/check.h"
#include "formats/pool/set.h"

/* The next part of the set in order of replica and index; NULL starts, NULL ends. */
const struct pool_part *pool_parts_next(const struct pool_set *s, const struct pool_part *p);

/* Nothing of a header is left: blank, or other data lies there. Its fields are not judged singly. */
bool pool_parts_header_gone(const struct pool_part *p);
bool pool_parts_header_blank(const struct pool_part *p);
/* The next part whose header is there and is one. Parts whose header could not be read are told. */
const struct pool_part *pool_parts_next_header(const struct pool_set *s, const struct pool_part *p,
					       const struct check *self, struct findings *out);
/* Its header is whole and belongs to this set: its word counts against others'. */
bool pool_parts_witness(const struct pool_set *s, const struct pool_part *p);
/* What p is called: by its own header where that is a witness, else by its neighbours; NULL: nobody says. */
const uint8_t *pool_parts_called(const struct pool_set *s, const struct pool_part *p, const char **who);
uint32_t pool_parts_headers_nr(const struct pool_set *s);

/*
 * At how many places of p's header a single changed 32-bit word explains its wrong checksum.
 * 1: *place is its offset and *was its value when the checksum was made.
 */
uint32_t pool_parts_changed_word(const struct pool_part *p, uint32_t *place, uint32_t *was);

/* A pmemobj pool that was in use when it was captured or its program ended: what was stored last may be in one replica only. */
bool pool_parts_open(const struct model *m);

/* The part of replica r whose uuid is u, by their headers. -1: none. */
int64_t pool_parts_find(const struct pool_replica *r, const uint8_t *u);
/*
 * A replica whose files are whole but listed in another order than their links make: from part 0 the ring leads through
 * every part and back. *start: the part the ring begins with.
 */
bool pool_parts_shuffled(const struct pool_set *s, const struct pool_replica *r, uint32_t *start);
/* Could a header have been made then: since there is PMDK, and before src, which may be NULL, was last changed? */
bool pool_parts_time_good(uint64_t crtime, const struct source *src);

/* A finding about one field of p's header. */
struct finding pool_parts_finding(const struct check *by, enum verdict v, const struct pool_part *p,
				  const char *field);
const char *pool_parts_uuid(struct arena *a, const uint8_t uuid[UUID_LEN]);
const char *pool_parts_name(struct arena *a, const struct pool_part *p); /* "replica 0 part 1" */

/* The first byte of a raw row that is not zero; false: all of it is zero. */
bool pool_parts_nonzero(const struct field *f, const void *host, uint32_t *at);

#endif
