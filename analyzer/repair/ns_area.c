#include "analyzer/repair/ns_area.h"

#include <string.h>

const struct label_slot *ns_area_slot(const struct label_area *la, const struct node *node)
{
	for (uint32_t i = 0; i < la->slots_nr; i++)
		if (la->slots[i].node == node)
			return &la->slots[i];
	return NULL;
}

const struct label_area *ns_area_of(const struct model *m, const struct node *node)
{
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;) {
		const struct label_area *la = at->ns ? at->ns->labels : NULL;

		if (la && (la->node == node || la->block[0].node == node || la->block[1].node == node || ns_area_slot(la, node)))
			return la;
	}
	return NULL;
}

static bool in_use(const struct label_slot *o, const struct label_slot *s)
{
	return o != s && !o->free && o->plausible && o->kind == s->kind;
}

const struct label_slot *ns_area_twin(const struct label_area *la, const struct label_slot *s)
{
	for (uint32_t i = 0; i < la->slots_nr; i++) {
		const struct label_slot *o = &la->slots[i];

		if (in_use(o, s) && uuid_same(o->label.uuid, s->label.uuid) && o->label.position == s->label.position)
			return o;
	}
	return NULL;
}

const struct label_slot *ns_area_shared(const struct label_area *la, const struct label_slot *s)
{
	for (uint32_t i = 0; i < la->slots_nr; i++) {
		const struct label_slot *o = &la->slots[i];
		uint64_t oend, end;

		if (in_use(o, s) && !__builtin_add_overflow(o->label.dpa, o->label.rawsize, &oend) &&
		    !__builtin_add_overflow(s->label.dpa, s->label.rawsize, &end) && o->label.dpa < end && s->label.dpa < oend)
			return o;
	}
	return NULL;
}

bool ns_area_vouched(const struct label_area *la, struct arena *a, const struct label_slot *s)
{
	return la->at && s->label.dpa < la->at && ns_names(la->image, a, s->label.dpa, s->label.uuid);
}

struct ns_sum ns_area_index(uint8_t *bytes, uint64_t len)
{
	return (struct ns_sum){ bytes, (size_t)len, layout_field(&label_index_layout, "checksum")->off };
}

uint64_t ns_area_current(const struct label_area *la, uint8_t bytes[NS_AREA_INDEX_MAX])
{
	const struct span now = la->current >= 0 ? la->block[la->current].bytes : (struct span){ .len = 0 };

	if (now.len > NS_AREA_INDEX_MAX)
		return 0;
	if (now.len)
		memcpy(bytes, now.p, now.len);
	return now.len;
}

void ns_area_mark(uint8_t *bytes, uint32_t slot, bool used)
{
	uint8_t *byte = &bytes[LABEL_INDEX_HEAD + slot / 8], bit = (uint8_t)(1u << slot % 8);

	*byte = (uint8_t)(used ? *byte & ~bit : *byte | bit);
}

/* By the area's own reckoning: of a block that is damaged no word says where it lies. */
static uint64_t index_at(const struct label_area *la, int k, uint64_t len)
{
	return la->at + (k ? len : 0);
}

void ns_area_index_more(const struct label_area *la, int k, struct step *s, uint8_t *bytes, uint64_t len, const char *why,
			struct plan *plan)
{
	uint64_t at = index_at(la, k, len);

	ns_sum_seal(ns_area_index(bytes, len));
	if (plan_put_rows(plan, s, la->image, at, &label_index_layout, bytes, why))
		plan_put(plan, s, la->image, at + LABEL_INDEX_HEAD, bytes + LABEL_INDEX_HEAD, (size_t)len - LABEL_INDEX_HEAD, why);
}

struct step *ns_area_index_put(const struct label_area *la, int k, const struct finding *f, enum remedy_class class,
			       const char *says, uint8_t *bytes, uint64_t len, const char *why, struct plan *plan)
{
	struct step *s = plan_edited(plan, f, la->image, index_at(la, k, len), len) ? NULL : plan_step(plan, f, class, says);

	if (s)
		ns_area_index_more(la, k, s, bytes, len, why, plan);
	return s;
}
