/*
 * The info block of an fsdax or devdax namespace as all else has it: there is no second copy, but only its uuid follows from
 * nothing. Its parent is the label's namespace, its sizes follow from the namespace's length, and data begins where something
 * is recognised. What cannot be told by one value is tried by each: the checksum that is stored proves which.
 */
#ifndef ANALYZER_REPAIR_NS_PFN_MAKE_H
#define ANALYZER_REPAIR_NS_PFN_MAKE_H

#include "formats/ns/ns.h"

struct ns_pfn_made {
	uint8_t bytes[PFN_LEN]; /* with a right checksum */
	struct pfn_sb sb;       /* the same, decoded */
	bool proved;            /* the stored checksum is that of this block */
	bool new_uuid;          /* the old one is lost */
	const char *holds;      /* what begins where its data begins; NULL: nothing that is recognised */
};

/* Does the block describe this namespace, in every word that anything else tells? */
bool ns_pfn_make_fits(const struct ns *n, const struct pfn_sb *sb);
/* own: the words as they stand, PFN_LEN bytes of them. False: no block fits, or no memory. */
bool ns_pfn_make(const struct ns *n, struct arena *a, const uint8_t *own, struct ns_pfn_made *out);
/* What is recognised off bytes into the namespace, or NULL. */
const char *ns_pfn_make_holds(const struct ns *n, struct arena *a, uint64_t off);
/* A uuid that the same block gives again: nothing refers to it. False: the library failed. */
bool ns_pfn_make_uuid(const struct pfn_sb *sb, uint8_t uuid[UUID_LEN]);

#endif
