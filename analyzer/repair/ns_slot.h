/* One slot of a label area as bytes that are being mended. */
#ifndef ANALYZER_REPAIR_NS_SLOT_H
#define ANALYZER_REPAIR_NS_SLOT_H

#include "analyzer/repair/ns_area.h"

struct ns_slot {
	const struct label_area *la;
	const struct label_slot *s;
	uint8_t was[LABEL_V12_LEN];
	uint8_t bytes[LABEL_V12_LEN]; /* as they are to be */
};

/* False: the slot could not be read. */
bool ns_slot_open(const struct label_area *la, const struct label_slot *s, struct ns_slot *out);
/* A number or raw row of the label, by its name. */
void ns_slot_number(struct ns_slot *l, const char *row, uint64_t v);
void ns_slot_raw(struct ns_slot *l, const char *row, const uint8_t *v);
/* What another slot, of this area or another, holds, with this slot's number, and not as being updated; checksum: the stored one of this slot stays. */
bool ns_slot_copy(struct ns_slot *l, const struct label_slot *from, bool keep_sum);
/* The checksum made right, where the version has one. */
void ns_slot_seal(struct ns_slot *l);
bool ns_slot_sealed(const struct ns_slot *l); /* it is right; true too where there is none */
/* The word put back that the checksum tells, where what comes of it is a label. *at: its offset. */
bool ns_slot_word(struct ns_slot *l, uint32_t *at);
/* Is it a label that could be used here: of this slot, and inside the memory? */
bool ns_slot_fits(const struct ns_slot *l);
/* NULL: the same bytes are edited in this round already, or no memory. */
struct step *ns_slot_put(const struct ns_slot *l, const struct finding *f, enum remedy_class class, const char *says, const char *why,
			 struct plan *plan);

#endif
