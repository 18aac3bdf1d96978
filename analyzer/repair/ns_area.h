/* A label storage area for those that mend it: whose it is, what its slots hold, and its current index as bytes. */
#ifndef ANALYZER_REPAIR_NS_AREA_H
#define ANALYZER_REPAIR_NS_AREA_H

#include "analyzer/repair/ns_sum.h"
#include "analyzer/repair/plan.h"
#include "formats/ns/ns.h"

/* The area that a node is of: itself, an index block or a slot. NULL: none. */
const struct label_area *ns_area_of(const struct model *m, const struct node *node);
const struct label_slot *ns_area_slot(const struct label_area *la, const struct node *node);

/* Another label in use, of the same namespace and place in it. */
const struct label_slot *ns_area_twin(const struct label_area *la, const struct label_slot *s);
/* Another label in use that shares memory with s. */
const struct label_slot *ns_area_shared(const struct label_area *la, const struct label_slot *s);
/* An info block in the memory, where the label says that its namespace begins, names the label's as its parent. */
bool ns_area_vouched(const struct label_area *la, struct arena *a, const struct label_slot *s);

enum { NS_AREA_INDEX_MAX = 4096 }; /* bytes of an index block that is mended: an area of some MiB has it */

/* An index block's bytes; its checksum is inside. */
struct ns_sum ns_area_index(uint8_t *bytes, uint64_t len);
/* The bytes of the current index; 0: there is none, or it is too long. */
uint64_t ns_area_current(const struct label_area *la, uint8_t bytes[NS_AREA_INDEX_MAX]);
/* Marks the slot in the bits of an index block. */
void ns_area_mark(uint8_t *bytes, uint32_t slot, bool used);
/* Edits index block k for finding f, its checksum made right. NULL: it is edited for another in this round, or no memory. */
struct step *ns_area_index_put(const struct label_area *la, int k, const struct finding *f, enum remedy_class class,
			       const char *says, uint8_t *bytes, uint64_t len, const char *why, struct plan *plan);
/* The same of block k, as a further part of a step. */
void ns_area_index_more(const struct label_area *la, int k, struct step *s, uint8_t *bytes, uint64_t len, const char *why,
			struct plan *plan);

#endif
