/* The label storage area of an NVDIMM: index blocks, slots, and the sets that labels form. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/ns_index.h"
#include "analyzer/repair/ns_label.h"
#include "analyzer/repair/ns_set.h"
#include "formats/ns/ns.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct label_area *area(const struct model *m)
{
	return m->ns ? m->ns->labels : NULL;
}

static struct finding at_index(const struct check *by, enum verdict v, const struct label_block *b, const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = b->node,
				 .field = field ? layout_field(&label_index_layout, field) : NULL };
}

static struct finding at_slot(const struct check *by, enum verdict v, const struct label_slot *s, const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = s->node,
				 .field = field ? layout_field(s->node->layout, field) : NULL };
}

static const char *hex(struct findings *out, uint64_t v)
{
	return arena_printf(out->arena, "0x%" PRIx64, v);
}

static const char *number(struct findings *out, uint64_t v)
{
	return arena_printf(out->arena, "%" PRIu64, v);
}

/* An info block in the memory that names its namespace: there was a label then. */
static const struct ns *named(const struct model *m)
{
	for (const struct ns *n = m->ns->first; n; n = n->next) {
		const struct btt_info *i = n->btt && n->btt->nr ? n->btt->arenas[0].info : NULL;

		if ((n->pfn.good && !uuid_null(n->pfn.sb->parent_uuid)) || (i && !uuid_null(i->parent_uuid)))
			return n;
	}
	return NULL;
}

static void lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct label_area *la = area(m);
	struct finding f = { .by = self, .verdict = CORRUPT };

	if (la == NULL || la->current >= 0)
		return;
	f.node = la->node;
	if (la->slots_nr) {
		f.repair = REPAIR_ASK;
		f.detail = arena_printf(out->arena, "the area was found by %s; %" PRIu32 " slot%s of version %s hold%s such a label, and "
						    "what is told of them is told without an index",
					label_found_text(la->found), la->slots_nr, la->slots_nr == 1 ? "" : "s",
					la->label_len == LABEL_V12_LEN ? "1.2" : "1.1", la->slots_nr == 1 ? "s" : "");
	} else if (la->found != LABEL_BY_SIZE) {
		f.detail = arena_printf(out->arena, "the area was found by %s; no slot holds a label that bears its number",
					label_found_text(la->found));
	} else if (named(m)) {
		f.detail = arena_printf(out->arena, "the area was found by %s; the info block in the memory names the namespace it "
						    "lies in, so there was a label", label_found_text(la->found));
	} else {
		return; /* an area as it comes from the factory */
	}
	findings_add(out, f);
}

static const char *block_state(const struct label_block *b)
{
	if (b->index == NULL)
		return "could not be read";
	if (memcmp(b->index->sig, "NAMESPACE_INDEX", sizeof(b->index->sig)) != 0)
		return "has no signature";
	return "does not match its checksum";
}

static void block_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct label_area *la = area(m);

	for (int k = 0; la && la->current >= 0 && k < 2; k++) {
		const struct label_block *b = &la->block[k];
		struct finding f = at_index(self, b->index ? CORRUPT : UNVERIFIED, b, NULL);

		if (b->good)
			continue;
		f.detail = arena_printf(out->arena, "index block %d %s", k, block_state(b));
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
}

static void expect(const struct check *self, const struct label_block *b, const char *field, uint64_t want, bool good,
		   struct findings *out)
{
	const struct field *fd = layout_field(&label_index_layout, field);
	struct finding f = at_index(self, CORRUPT, b, field);

	if (good)
		return;
	f.expected = number(out, want);
	f.actual = number(out, layout_value(fd, b->index));
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void places_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct label_area *la = area(m);

	for (int k = 0; la && k < 2; k++) {
		const struct label_block *b = &la->block[k];
		const struct label_index *i = b->index;

		if (!b->good)
			continue;
		uint64_t own = k ? i->mysize : 0, other = k ? 0 : i->mysize, label = (uint64_t)LABEL_V11_LEN << (i->labelsize & 1);
		expect(self, b, "mysize", LABEL_INDEX_HEAD, i->mysize % 256 == 0, out);
		expect(self, b, "myoff", own, i->myoff == own, out);
		expect(self, b, "otheroff", other, i->otheroff == other, out);
		expect(self, b, "labeloff", 2 * i->mysize, i->labeloff == 2 * i->mysize, out);
		expect(self, b, "labelsize", i->minor >= 2, i->labelsize == (i->minor >= 2), out);
		expect(self, b, "major", 1, i->major == 1, out);
		uint64_t room = i->labeloff < la->len ? (la->len - i->labeloff) / label : 0;
		uint64_t bits = (i->mysize - LABEL_INDEX_HEAD) * 8;
		expect(self, b, "nslot", room < bits ? room : bits, i->nslot <= room && i->nslot <= bits, out);
	}
}

/* Any two different numbers of the cycle follow each other; only what is no number of it tells. */
static void sequence_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct label_area *la = area(m);

	for (int k = 0; la && k < 2; k++) {
		const struct label_block *b = &la->block[k];
		struct finding f = at_index(self, CORRUPT, b, "seq");

		/* 0 is what older kernels laid out for a block that was never used */
		if (!b->good || b->index->seq <= 3)
			continue;
		f.expected = "1, 2 or 3";
		f.actual = number(out, b->index->seq);
		f.repair = b->index->seq & 3 ? REPAIR_SAFE : REPAIR_ASK;
		findings_add(out, f);
	}
}

/* Runs judge over the slots that the current index calls used. */
static void used(const struct check *self, const struct model *m, struct findings *out,
		 void (*judge)(const struct check *, const struct label_area *, const struct label_slot *, struct findings *))
{
	const struct label_area *la = area(m);

	for (uint32_t i = 0; la && i < la->slots_nr; i++) {
		const struct label_slot *s = &la->slots[i];

		if (s->free)
			continue;
		if (!s->read)
			findings_unchecked(out, self, s->node, "the label could not be read");
		else
			judge(self, la, s, out);
	}
}

static bool blank(const struct label_slot *s)
{
	static const struct label_v12 none;

	return memcmp(&s->label, &none, sizeof(none)) == 0;
}

static void bitmap_judge(const struct check *self, const struct label_area *la, const struct label_slot *s,
			 struct findings *out)
{
	struct finding f = at_slot(self, CONFLICT, s, NULL);

	(void)la;
	if (!blank(s))
		return;
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void number_judge(const struct check *self, const struct label_area *la, const struct label_slot *s,
			 struct findings *out)
{
	struct finding f = at_slot(self, CORRUPT, s, "slot");

	(void)la;
	if (blank(s) || s->label.slot == s->idx)
		return;
	f.expected = number(out, s->idx);
	f.actual = number(out, s->label.slot);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

/* An older copy of the same label, in a slot that is free now. */
static const struct label_slot *older_copy(const struct label_area *la, const struct label_slot *s)
{
	for (uint32_t i = 0; i < la->slots_nr; i++)
		if (la->slots[i].free && la->slots[i].plausible && uuid_same(la->slots[i].label.uuid, s->label.uuid))
			return &la->slots[i];
	return NULL;
}

static void checksum_judge(const struct check *self, const struct label_area *la, const struct label_slot *s,
			   struct findings *out)
{
	struct finding f = at_slot(self, CORRUPT, s, NULL);

	if (la->label_len != LABEL_V12_LEN || blank(s) || s->sum == s->label.checksum)
		return;
	const struct label_slot *copy = older_copy(la, s);
	f.field = layout_field(s->node->layout, "checksum");
	f.expected = hex(out, s->sum);
	f.actual = hex(out, s->label.checksum);
	f.repair = copy ? REPAIR_ASK : REPAIR_ADVANCED;
	f.detail = copy ? arena_printf(out->arena, "an older copy of this label is in slot %" PRIu32, copy->idx)
			: "no older copy of it is left";
	findings_add(out, f);
}

static void flags_judge(const struct check *self, const struct label_area *la, const struct label_slot *s,
			struct findings *out)
{
	(void)la;
	if (s->plausible && (s->label.flags & LABEL_FLAG_UPDATING))
		findings_add(out, at_slot(self, UNVERIFIED, s, "flags"));
}

static void guid_judge(const struct check *self, const struct label_area *la, const struct label_slot *s,
		       struct findings *out)
{
	struct finding f = at_slot(self, CORRUPT, s, NULL);

	if (la->label_len != LABEL_V12_LEN || s->kind == LABEL_CXL_REGION || !s->plausible ||
	    label_claim(s->label.abstraction_guid) != CLAIM_UNKNOWN)
		return;
	char is[UUID_TEXT_LEN];
	uuid_text_pmdk(s->label.abstraction_guid, is);
	f.field = layout_field(s->node->layout, s->kind == LABEL_NVDIMM ? "abstraction_guid" : "abstraction_uuid");
	f.actual = arena_text(out->arena, is);
	findings_add(out, f);
}

/* A namespace of a CXL device beside the region that it says it lies in. */
static void region_judge(const struct check *self, const struct label_area *la, const struct label_slot *s,
			 struct findings *out)
{
	struct finding f = at_slot(self, CONFLICT, s, NULL);
	const struct label_slot *r = NULL;

	if (s->kind != LABEL_CXL_NAMESPACE || !s->plausible)
		return;
	for (uint32_t i = 0; i < la->slots_nr && r == NULL; i++)
		if (la->slots[i].kind == LABEL_CXL_REGION && !la->slots[i].free && la->slots[i].read &&
		    uuid_same(la->slots[i].label.uuid, s->region_uuid))
			r = &la->slots[i];
	if (r == NULL) {
		f.field = layout_field(s->node->layout, "region_uuid");
		f.detail = "no label of a region in use has this uuid";
	} else if (!r->plausible) {
		return; /* its own check speaks */
	} else if (s->label.dpa < r->label.dpa || s->label.rawsize > r->label.rawsize ||
		   s->label.dpa - r->label.dpa > r->label.rawsize - s->label.rawsize) {
		f.field = layout_field(s->node->layout, "rawsize");
		f.detail = arena_printf(out->arena, "the region's label, in slot %" PRIu32 ", has %" PRIu64 " bytes from 0x%" PRIx64 " on",
					r->idx, r->label.rawsize, r->label.dpa);
	} else if (s->label.position >= s->label.nlabel) {
		f.field = layout_field(s->node->layout, "position");
		f.detail = arena_printf(out->arena, "the namespace has %" PRIu16 " ranges", s->label.nlabel);
	} else {
		return;
	}
	findings_add(out, f);
}

static void range_judge(const struct check *self, const struct label_area *la, const struct label_slot *s,
			struct findings *out)
{
	uint64_t end, memory = la->at; /* behind the memory, or alone at the start */
	struct finding f = at_slot(self, CORRUPT, s, "rawsize");

	if (!s->plausible)
		return;
	if (__builtin_add_overflow(s->label.dpa, s->label.rawsize, &end) || s->label.rawsize == 0 || (memory && end > memory)) {
		f.actual = arena_printf(out->arena, "%" PRIu64 " bytes from 0x%" PRIx64 " on", s->label.rawsize, s->label.dpa);
		if (memory)
			f.expected = arena_printf(out->arena, "an end at %" PRIu64 " or before", memory);
		findings_add(out, f);
		return;
	}
	for (uint32_t i = 0; i < la->slots_nr; i++) {
		const struct label_slot *o = &la->slots[i];

		if (o >= s || o->free || !o->plausible || o->kind != s->kind || o->label.dpa >= end || o->label.rawsize > UINT64_MAX - o->label.dpa ||
		    s->label.dpa >= o->label.dpa + o->label.rawsize)
			continue;
		f.verdict = CONFLICT;
		f.repair = REPAIR_ASK;
		f.detail = arena_printf(out->arena, "the labels of slots %" PRIu32 " and %" PRIu32 " share bytes", o->idx, s->idx);
		findings_add(out, f);
		return; /* one of them is enough to say */
	}
}

/* A label in use, of any of the captures; in the order they were given. */
struct member {
	const struct label_slot *slot;
	uint32_t order;
};

static int member_order(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	int by_uuid = memcmp(a->slot->label.uuid, b->slot->label.uuid, UUID_LEN);

	return by_uuid ? by_uuid : a->order < b->order ? -1 : a->order > b->order;
}

static void member_tell(const struct check *self, const struct label_slot *s, const char *field, const char *why,
			struct findings *out)
{
	struct finding f = at_slot(self, CONFLICT, s, field);

	f.detail = why;
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

/* What a label says of its set, beside the first one of it. NULL: they agree. */
static const char *unlike(const struct label_v12 *l, const struct label_v12 *first)
{
	if (l->nlabel != first->nlabel)
		return "nlabel";
	if (l->isetcookie != first->isetcookie)
		return "isetcookie";
	if (l->rawsize != first->rawsize)
		return "rawsize";
	return memcmp(l->name, first->name, sizeof(l->name)) ? "name" : NULL;
}

/* The namespace of a label that says it is one of several, when an info block says that its bytes are all. */
static bool whole(const struct model *m, const struct label_slot *s)
{
	for (const struct ns *n = m->ns ? m->ns->first : NULL; n; n = n->next)
		if (n->label == s && n->whole)
			return true;
	return false;
}

static void set_judge(const struct check *self, const struct model *m, const struct member *set, uint32_t nr, uint32_t areas,
		      struct findings *out)
{
	const struct label_slot *first = set[0].slot;
	uint8_t taken[UINT16_MAX / 8 + 1] = { 0 };

	for (uint32_t i = 0; i < nr; i++) {
		const struct label_slot *s = set[i].slot;
		uint16_t at = s->label.position;
		const char *field = unlike(&s->label, &first->label);

		if (at >= s->label.nlabel)
			member_tell(self, s, "position", "its place is none of its set", out);
		else if (taken[at / 8] >> at % 8 & 1)
			member_tell(self, s, "position", "two labels in use have the same place in their set", out);
		else if (field)
			member_tell(self, s, field, "the labels of one set do not agree on it", out);
		taken[at / 8] |= (uint8_t)(1u << at % 8);
	}
	if (nr >= first->label.nlabel)
		return;
	if (areas == 1 && whole(m, first))
		member_tell(self, first, "nlabel", "an info block says that the bytes of this label alone are the whole namespace", out);
	else if (areas == 1)
		findings_unchecked(out, self, first->node, "its set has labels on other DIMMs, whose label areas were not given");
	else
		member_tell(self, first, "nlabel",
			    arena_printf(out->arena, "%" PRIu32 " of the %" PRIu16 " labels of this set are here", nr,
					 first->label.nlabel), out);
}

/* Sets go over all captures that were given together: judged once, from the outermost model. */
static void set_verify(const struct check *self, const struct model *m, struct findings *out)
{
	uint32_t areas = 0, nr = 0, most = 0;

	if (m->up)
		return;
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;)
		if (area(at)) {
			areas++;
			most += area(at)->slots_nr;
		}
	struct member *all = arena_array(out->arena, most, sizeof(*all));
	if (all == NULL || most == 0)
		return;
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;)
		for (uint32_t i = 0; area(at) && i < area(at)->slots_nr; i++) {
			const struct label_slot *s = &area(at)->slots[i];

			/* labels of one CXL namespace are ranges on one device */
			if (!s->free && s->plausible && s->kind != LABEL_CXL_NAMESPACE) {
				all[nr] = (struct member){ s, nr };
				nr++;
			}
		}
	qsort(all, nr, sizeof(*all), member_order);
	for (uint32_t i = 0, end; i < nr; i = end) {
		for (end = i + 1; end < nr && uuid_same(all[end].slot->label.uuid, all[i].slot->label.uuid);)
			end++;
		set_judge(self, m, all + i, end - i, areas, out);
	}
}

#define OVER_USED(name)                                                                                  \
	static void name##_verify(const struct check *self, const struct model *m, struct findings *out) \
	{                                                                                                \
		used(self, m, out, name##_judge);                                                        \
	}
OVER_USED(bitmap)
OVER_USED(number)
OVER_USED(checksum)
OVER_USED(flags)
OVER_USED(guid)
OVER_USED(range)
OVER_USED(region)

#define SOURCE "UEFI 2.10 section 13.19; Linux drivers/nvdimm/label.c"

static const struct check checks[] = {
	{ .id = "ns.index.lost", .covers = "NS-08", .severity = ERROR,
	  .says = "neither index block of the label area holds",
	  .means = "The kernel takes the area for empty: the namespaces vanish, and new labels overwrite the old ones.",
	  .remedy = "Do not create a namespace. Repair writes both blocks anew for the labels, which can be found slot by slot.",
	  .source = SOURCE,
	  .verify = lost_verify, .repair = ns_index_repair_lost },
	{ .id = "ns.index.block", .covers = "NS-09", .severity = WARNING,
	  .says = "one of the two index blocks does not hold",
	  .means = "An update was cut off, or the block is damaged. The other one tells the state before or after it.",
	  .remedy = "None needed for reading: the next update of a label writes it anew. Repair restores it where its checksum "
		    "tells what it was.", .source = SOURCE,
	  .verify = block_verify, .repair = ns_index_repair_block },
	{ .id = "ns.index.places", .covers = "NS-09", .severity = ERROR,
	  .says = "an index block does not describe the area it lies in",
	  .means = "The kernel refuses the block, or reads labels from the wrong place.",
	  .remedy = "All of these words follow from the area's length and the size of a label.", .source = SOURCE,
	  .verify = places_verify, .repair = ns_index_repair_places },
	{ .id = "ns.index.sequence", .covers = "NS-10", .severity = WARNING,
	  .says = "the number of an index block is none of the cycle",
	  .means = "Which of the two blocks is newer is decided by its low bits alone.",
	  .remedy = "Compare both bitmaps with the labels.", .source = SOURCE, .verify = sequence_verify, .repair = ns_index_repair_sequence },
	{ .id = "ns.label.bitmap", .covers = "NS-11", .severity = ERROR,
	  .says = "a slot that the index calls used holds no label",
	  .means = "The label was lost, or the index was written without it.",
	  .remedy = "Where an older copy of a lost label is left, in a slot that is free, repair can write it there; else it marks "
		    "the slot as free.", .source = SOURCE,
	  .verify = bitmap_verify, .repair = ns_label_repair_bitmap },
	{ .id = "ns.label.number", .covers = "NS-11 NS-12", .severity = ERROR,
	  .says = "a label does not bear the number of its slot",
	  .means = "The kernel ignores the label, and its namespace with it.",
	  .remedy = "A copied label; the number is the only thing to mend, and the checksum with it.", .source = SOURCE,
	  .verify = number_verify, .repair = ns_label_repair_number },
	{ .id = "ns.label.checksum", .covers = "NS-11 NS-13", .severity = ERROR,
	  .says = "a label does not match its checksum",
	  .means = "The kernel ignores the label, and its namespace with it.",
	  .remedy = "Repair restores it where the checksum tells what it was; else from an older copy of the same label, where one is "
		    "left.", .source = SOURCE, .verify = checksum_verify, .repair = ns_label_repair_checksum },
	{ .id = "ns.set.labels", .covers = "NS-14", .severity = ERROR,
	  .says = "the labels of one namespace do not fit together",
	  .means = "The kernel does not assemble the namespace.",
	  .remedy = "Give the label areas of all its DIMMs, and see which one differs.", .source = SOURCE,
	  .verify = set_verify, .repair = ns_set_repair },
	{ .id = "ns.label.range", .covers = "NS-15", .severity = ERROR,
	  .says = "a label claims memory that it cannot have",
	  .means = "A stale label came back, or the capture of the memory is too short.",
	  .remedy = "See which of the labels what lies in the memory names; compare with the length of the capture.",
	  .source = SOURCE, .verify = range_verify, .repair = ns_label_repair_range },
	{ .id = "ns.label.updating", .covers = "NS-16", .severity = NOTE,
	  .says = "a label is marked as being updated",
	  .means = "Kernels before 4.20 leave the mark on every label; written by a newer one, an update was cut off.",
	  .remedy = "None needed.", .source = SOURCE, .verify = flags_verify },
	{ .id = "ns.label.region", .covers = "NS-14", .severity = ERROR,
	  .says = "a CXL namespace does not lie in the region it names",
	  .means = "The namespace cannot be assembled: its region does not exist, or ends before it.",
	  .remedy = "Compare with the labels of the region on its other devices.",
	  .source = "CXL 2.0 section 9.13.2; Linux drivers/nvdimm/label.h", .verify = region_verify, .repair = ns_label_repair_region },
	{ .id = "ns.label.guid", .covers = "NS-17", .severity = WARNING,
	  .says = "a label names a kind of namespace that is not known",
	  .means = "Another system made it, or a later one; what lies in the namespace tells more.",
	  .remedy = "None needed for reading.", .source = SOURCE, .verify = guid_verify, .repair = ns_label_repair_guid },
};

const struct check_table ns_label_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
