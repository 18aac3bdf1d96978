#include "analyzer/repair/ns_label.h"

#include "analyzer/repair/ns_pfn.h"
#include "analyzer/repair/ns_set.h"

#include <inttypes.h>
#include <string.h>

/* A slot that is free now and holds a label. */
static bool older(const struct label_area *la, const struct label_slot *o)
{
	return o->free && label_slot_holds(o, la->label_len);
}

/*
 * The older copy of a label that cannot be read itself: by its uuid (a CXL namespace has a label for each of its ranges), or
 * else by the memory that no other label has.
 */
static const struct label_slot *copy_of(const struct label_area *la, const struct label_slot *s)
{
	const struct label_slot *by_place = NULL;

	for (uint32_t i = 0; i < la->slots_nr; i++) {
		const struct label_slot *o = &la->slots[i];

		const struct label_slot *twin = ns_area_twin(la, o), *shared = ns_area_shared(la, o);

		if (!older(la, o) || o->kind != s->kind || (twin && twin != s))
			continue;
		if (uuid_same(o->label.uuid, s->label.uuid) &&
		    (o->kind == LABEL_NVDIMM || o->label.position == s->label.position))
			return o;
		if (o->label.dpa == s->label.dpa && (shared == NULL || shared == s))
			by_place = o;
	}
	return by_place;
}

static bool open_slot(const struct model *m, const struct finding *f, struct ns_slot *l)
{
	const struct label_area *la = ns_area_of(m, f->node);
	const struct label_slot *s = la ? ns_area_slot(la, f->node) : NULL;

	return s && ns_slot_open(la, s, l);
}

/* The label of another slot, with a word of its own at the most, whose checksum is the stored one. */
static const struct label_slot *copy_proved(struct ns_slot *l)
{
	const struct label_area *la = l->la;
	uint32_t at;

	for (uint32_t i = 0; i < la->slots_nr; i++) {
		const struct label_slot *o = &la->slots[i];

		if (o != l->s && o->kind == l->s->kind && label_slot_holds(o, la->label_len) && ns_slot_copy(l, o, true) &&
		    ((ns_slot_sealed(l) && ns_slot_fits(l)) || ns_slot_word(l, &at)))
			return o;
	}
	return NULL;
}

/* A label in a free slot that could be the one that was lost: nothing in use is of its namespace, or where it was. */
static const struct label_slot *orphan(const struct label_area *la, struct arena *a, bool *vouched)
{
	const struct label_slot *best = NULL;

	*vouched = false;
	for (uint32_t i = 0; i < la->slots_nr && !*vouched; i++) {
		const struct label_slot *o = &la->slots[i];

		if (!older(la, o) || ns_area_twin(la, o) || ns_area_shared(la, o))
			continue;
		*vouched = ns_area_vouched(la, a, o);
		if (best == NULL || *vouched || (best->label.flags & LABEL_FLAG_UPDATING))
			best = o;
	}
	return best;
}

static void orphan_put(struct ns_slot *l, const struct finding *f, const struct label_slot *o, bool vouched, struct plan *plan)
{
	if (!ns_slot_copy(l, o, false) || !ns_slot_fits(l))
		return;
	struct step *s = ns_slot_put(l, f, vouched ? REPAIR_ASK : REPAIR_ADVANCED,
				     arena_printf(plan->arena, "writes the label of slot %" PRIu32 ", which is free, into slot %" PRIu32 "%s",
						  o->idx, l->s->idx, vouched ? ": an info block in the memory names its namespace" : ""),
				     "no label in use is of its namespace, or of the memory that it had", plan);
	if (s)
		s->loses = "what was changed in the label since";
}

static void sibling_put(struct ns_slot *l, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *why = "the labels of a set differ in their places alone";
	struct step *s = ns_set_sibling(m, plan->arena, l, false)
		? ns_slot_put(l, f, REPAIR_ADVANCED, "makes the label anew from those of the one set that lacks a label, on other DIMMs", why,
			      plan) : NULL;

	if (s)
		s->loses = "where the namespace began on this DIMM: it is taken to be where it does on the others";
}

void ns_label_repair_checksum(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct ns_slot l;
	uint32_t at;

	(void)by;
	if (!open_slot(m, f, &l))
		return;
	const char *why = "the stored checksum is that of a label with this word";
	if (ns_slot_word(&l, &at)) {
		ns_slot_put(&l, f, REPAIR_SAFE, arena_printf(plan->arena, "restores the word at %" PRIu32 " of the label (%s): %s", at,
							    layout_field_at(f->node->layout, at)->name, why), why, plan);
		return;
	}
	const struct label_slot *copy = copy_proved(&l);
	if (copy) {
		why = "the stored checksum is that of this label";
		ns_slot_put(&l, f, REPAIR_SAFE, arena_printf(plan->arena, "restores the label from the one in slot %" PRIu32 ": its own "
							    "checksum holds again", copy->idx), why, plan);
		return;
	}
	if (ns_set_sibling(m, plan->arena, &l, true)) {
		why = "the stored checksum is that of this label";
		ns_slot_put(&l, f, REPAIR_SAFE, "restores the label from those of its set on other DIMMs: its own checksum holds again", why,
			    plan);
		return;
	}
	copy = copy_of(l.la, l.s);
	if (copy && ns_slot_copy(&l, copy, false) && ns_slot_fits(&l)) {
		struct step *s = ns_slot_put(&l, f, REPAIR_ASK, arena_printf(plan->arena, "writes the older copy of the label, in slot %" PRIu32
									     ", in its place", copy->idx),
					     "it is the last that is known of this label", plan);
		if (s)
			s->loses = "what was changed in the label since";
	}
	bool vouched;
	const struct label_slot *o = copy ? NULL : orphan(l.la, plan->arena, &vouched);
	if (o)
		orphan_put(&l, f, o, vouched, plan);
	sibling_put(&l, f, m, plan);
	memcpy(l.bytes, l.was, sizeof(l.bytes));
	ns_slot_seal(&l);
	if (!ns_slot_fits(&l))
		return;
	vouched = ns_area_vouched(l.la, plan->arena, l.s);
	struct step *s = ns_slot_put(&l, f, vouched ? REPAIR_ASK : REPAIR_ADVANCED,
				     vouched ? "makes the checksum anew over the label as it is: the info block of the namespace names it"
					     : "makes the checksum anew over the label as it is",
				     "the label could be used as it is", plan);
	if (s)
		s->loses = "the only sign of a damaged word of the label";
}

/* The current index without the slot. */
static struct step *slot_freed(const struct label_area *la, uint32_t idx, const struct finding *f, enum remedy_class class,
			       const char *says, const char *why, struct plan *plan)
{
	uint8_t bytes[NS_AREA_INDEX_MAX];
	uint64_t len = ns_area_current(la, bytes);

	if (len == 0)
		return NULL;
	ns_area_mark(bytes, idx, false);
	return ns_area_index_put(la, la->current, f, class, says, bytes, len, why, plan);
}

void ns_label_repair_number(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct ns_slot l;

	(void)by;
	if (!open_slot(m, f, &l))
		return;
	const struct label_slot *twin = ns_area_twin(l.la, l.s);
	if (twin) {
		slot_freed(l.la, l.s->idx, f, REPAIR_ASK,
			   arena_printf(plan->arena, "marks slot %" PRIu32 " as free: what it holds is a copy of the label in slot %" PRIu32,
					l.s->idx, twin->idx), "the label is in use in its own slot", plan);
		return;
	}
	bool whole = l.s->sum == l.s->label.checksum;
	ns_slot_number(&l, "slot", l.s->idx);
	if (whole)
		ns_slot_seal(&l);
	/* a label with other damage too is told by its checksum */
	if (!ns_slot_sealed(&l) || !ns_slot_fits(&l))
		return;
	const char *why = whole ? "no other label in use is of this namespace" : "the stored checksum is that of a label with this number";
	ns_slot_put(&l, f, ns_area_shared(l.la, l.s) ? REPAIR_ASK : REPAIR_SAFE,
		    arena_printf(plan->arena, "sets the label's slot to %" PRIu32 ", where it lies: %s", l.s->idx, why), why, plan);
}

static bool blank_used(const struct label_slot *s)
{
	static const struct label_v12 none;

	return !s->free && s->read && memcmp(&s->label, &none, sizeof(none)) == 0;
}

/* All slots that hold nothing, out of the current index at once. */
static struct step *blanks_freed(const struct label_area *la, const struct finding *f, enum remedy_class class, struct plan *plan)
{
	uint8_t bytes[NS_AREA_INDEX_MAX];
	uint64_t len = ns_area_current(la, bytes);
	uint32_t nr = 0;

	if (len == 0)
		return NULL;
	for (uint32_t i = 0; i < la->slots_nr; i++)
		if (blank_used(&la->slots[i])) {
			ns_area_mark(bytes, la->slots[i].idx, false);
			nr++;
		}
	return ns_area_index_put(la, la->current, f, class, arena_printf(plan->arena, "marks %" PRIu32 " slot%s that hold%s no label as free",
									nr, nr == 1 ? "" : "s", nr == 1 ? "s" : ""),
				 bytes, len, "the kernel passes over such a slot, and never uses it again", plan);
}

void ns_label_repair_bitmap(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct ns_slot l;
	bool vouched;

	(void)by;
	if (!open_slot(m, f, &l))
		return;
	const struct label_slot *o = orphan(l.la, plan->arena, &vouched);
	struct ns_slot made = l;
	bool lost = o || ns_set_sibling(m, plan->arena, &made, false);
	/* what brings a label back comes first: a slot that was marked as free tells of none any more */
	if (o)
		orphan_put(&l, f, o, vouched, plan);
	sibling_put(&l, f, m, plan);
	struct step *s = blanks_freed(l.la, f, lost ? REPAIR_ASK : REPAIR_SAFE, plan);
	if (s && lost)
		s->loses = "the sign that a label was lost there";
}

/* Of two labels that share memory, the one that nothing in the memory names. */
static void shared_freed(const struct ns_slot *l, const struct finding *f, struct plan *plan)
{
	const struct label_slot *pair[2] = { l->s, ns_area_shared(l->la, l->s) };
	bool vouched[2];

	if (pair[1] == NULL)
		return;
	for (int i = 0; i < 2; i++)
		vouched[i] = ns_area_vouched(l->la, plan->arena, pair[i]);
	for (int i = 0; i < 2; i++) {
		bool named = vouched[!i] && !vouched[i];

		if (vouched[i] && !vouched[!i])
			continue;
		struct step *s = slot_freed(l->la, pair[i]->idx, f, named ? REPAIR_ASK : REPAIR_ADVANCED,
					    arena_printf(plan->arena, "marks slot %" PRIu32 " as free, and leaves the memory to the label in slot %"
							 PRIu32 "%s", pair[i]->idx, pair[!i]->idx,
							 named ? ", which an info block in the memory names" : ""),
					    "one piece of memory is of one namespace", plan);
		if (s)
			s->loses = "the namespace of that label; the label itself stays in its slot";
	}
}

void ns_label_repair_range(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct ns_slot l;

	(void)by;
	if (!open_slot(m, f, &l))
		return;
	if (f->verdict == CONFLICT) {
		shared_freed(&l, f, plan);
		return;
	}
	const struct label_slot *copy = copy_of(l.la, l.s);
	uint64_t told = l.la->at ? ns_told_len(l.la->image, plan->arena, l.s->label.dpa, l.s->label.uuid) : 0;
	if (copy && !uuid_same(copy->label.uuid, l.s->label.uuid))
		copy = NULL;
	bool both = told && copy && copy->label.rawsize == told && copy->label.dpa == l.s->label.dpa;
	const char *who = both ? "as an older copy of the label and the info block in the memory have it"
			: told ? "as the info block in the memory has it" : "as an older copy of the label has it";
	if (!told && copy == NULL)
		return;
	ns_slot_number(&l, "rawsize", told ? told : copy->label.rawsize);
	ns_slot_number(&l, "dpa", told ? l.s->label.dpa : copy->label.dpa);
	ns_slot_seal(&l);
	if (!ns_slot_fits(&l))
		return;
	struct step *s = ns_slot_put(&l, f, both ? REPAIR_SAFE : REPAIR_ASK,
				     arena_printf(plan->arena, "sets the range of the label to %" PRIu64 " bytes from 0x%" PRIx64 " on, %s",
						  told ? told : copy->label.rawsize, told ? l.s->label.dpa : copy->label.dpa, who), who, plan);
	if (s && !both)
		s->loses = "the sign that the namespace was made larger, if it was";
}

static enum label_claim there(const struct ns *n)
{
	return n->btt2 ? CLAIM_BTT2 : n->btt1 ? CLAIM_BTT
	     : n->pfn.good && n->pfn.kind == PFN_FSDAX ? CLAIM_PFN
	     : n->pfn.good && n->pfn.kind == PFN_DEVDAX ? CLAIM_DAX : CLAIM_UNKNOWN;
}

static const struct ns *ns_of(const struct model *m, const struct label_slot *s)
{
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;)
		for (const struct ns *n = at->ns ? at->ns->first : NULL; n; n = n->next)
			if (n->label == s)
				return n;
	return NULL;
}

/* The label is the smaller thing: what holds in the memory is believed. */
void ns_label_repair_guid(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	uint8_t guid[UUID_LEN];
	struct ns_slot l;

	(void)by;
	if (!open_slot(m, f, &l))
		return;
	const struct ns *n = ns_of(m, l.s);
	enum label_claim is = n ? there(n) : CLAIM_UNKNOWN;
	if (is == CLAIM_UNKNOWN)
		return;
	label_claim_guid(is, l.s->kind == LABEL_CXL_NAMESPACE, guid);
	ns_slot_raw(&l, l.s->kind == LABEL_CXL_NAMESPACE ? "abstraction_uuid" : "abstraction_guid", guid);
	ns_slot_seal(&l);
	if (!ns_slot_fits(&l))
		return;
	bool named = ns_area_vouched(l.la, plan->arena, l.s);
	struct step *s = ns_slot_put(&l, f, named ? REPAIR_ASK : REPAIR_ADVANCED,
				     arena_printf(plan->arena, "lets the label claim what lies in the namespace: %s%s", label_claim_name(is),
						  named ? ", whose info block names this label" : ""),
				     "an info block of this kind holds by its checksum", plan);
	if (s)
		s->loses = "the sign that the namespace was being made into one of another kind, if it was";
}

void ns_label_repair_claim(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct label_area *la = ns_area_of(m, f->node);
	const struct label_slot *slot = la ? ns_area_slot(la, f->node) : NULL;
	const struct ns *n = slot ? ns_of(m, slot) : NULL;

	if (n == NULL)
		return;
	if (there(n) == CLAIM_UNKNOWN && (n->claim == CLAIM_PFN || n->claim == CLAIM_DAX))
		ns_pfn_anew(f, n, plan);
	else
		ns_label_repair_guid(by, f, m, plan);
}

/* The one region in use that the namespace lies in. */
void ns_label_repair_region(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct label_slot *region = NULL;
	struct ns_slot l;

	(void)by;
	if (f->field == NULL || strcmp(f->field->name, "region_uuid") != 0 || !open_slot(m, f, &l))
		return;
	for (uint32_t i = 0; i < l.la->slots_nr; i++) {
		const struct label_slot *r = &l.la->slots[i];

		if (r->kind != LABEL_CXL_REGION || r->free || !r->plausible || l.s->label.dpa < r->label.dpa ||
		    l.s->label.rawsize > r->label.rawsize || l.s->label.dpa - r->label.dpa > r->label.rawsize - l.s->label.rawsize)
			continue;
		if (region)
			return;
		region = r;
	}
	if (region == NULL)
		return;
	ns_slot_raw(&l, "region_uuid", region->label.uuid);
	ns_slot_seal(&l);
	ns_slot_put(&l, f, REPAIR_ASK, arena_printf(plan->arena, "lets the namespace lie in the region of slot %" PRIu32 ", the only one that "
						    "has its memory", region->idx), "no other region in use has its memory", plan);
}
