#include "analyzer/repair/ns_set.h"

#include <inttypes.h>
#include <string.h>

/* A label of the set: in use, or an older copy of one in use. */
struct member {
	const struct label_area *la;
	const struct label_slot *s;
};

struct set {
	const struct model *m;
	struct member *in_use, *older;
	uint32_t in_use_nr, older_nr, areas;
};

static bool set_open(const struct model *m, const struct label_slot *one, struct arena *a, struct set *out)
{
	uint32_t most = 0;

	*out = (struct set){ .m = m };
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;)
		if (at->ns && at->ns->labels) {
			out->areas++;
			most += at->ns->labels->slots_nr;
		}
	out->in_use = arena_array(a, most, sizeof(struct member));
	out->older = arena_array(a, most, sizeof(struct member));
	if (out->in_use == NULL || out->older == NULL)
		return false;
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;) {
		const struct label_area *la = at->ns ? at->ns->labels : NULL;

		for (uint32_t i = 0; la && i < la->slots_nr; i++) {
			const struct label_slot *s = &la->slots[i];

			if (!s->plausible || s->kind != one->kind || !uuid_same(s->label.uuid, one->label.uuid))
				continue;
			if (s->free)
				out->older[out->older_nr++] = (struct member){ la, s };
			else
				out->in_use[out->in_use_nr++] = (struct member){ la, s };
		}
	}
	return true;
}

static const struct member *member_of(const struct set *set, const struct label_slot *s)
{
	for (uint32_t i = 0; i < set->in_use_nr; i++)
		if (set->in_use[i].s == s)
			return &set->in_use[i];
	return NULL;
}

static const struct label_slot *older_of(const struct set *set, const struct label_area *la)
{
	for (uint32_t i = 0; i < set->older_nr; i++)
		if (set->older[i].la == la)
			return set->older[i].s;
	return NULL;
}

static bool same(const struct field *row, const struct label_slot *x, const struct label_slot *y)
{
	return memcmp((const uint8_t *)&x->label + row->host, (const uint8_t *)&y->label + row->host, row->width) == 0;
}

/* How many labels of the set, in use or older, say what s says. */
static uint32_t votes(const struct set *set, const struct field *row, const struct label_slot *s)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < set->in_use_nr; i++)
		nr += same(row, set->in_use[i].s, s);
	for (uint32_t i = 0; i < set->older_nr; i++)
		nr += same(row, set->older[i].s, s);
	return nr;
}

static void row_put(struct ns_slot *l, const struct field *row, const struct label_slot *from)
{
	if (row->rep == REP_RAW)
		ns_slot_raw(l, row->name, (const uint8_t *)&from->label + row->host);
	else
		ns_slot_number(l, row->name, layout_value(row, &from->label));
	ns_slot_seal(l);
}

/* The row of mine as that of another label of the set. */
static void row_follow(const struct finding *f, const struct set *set, const struct field *row, const struct member *mine,
		       const struct label_slot *from, bool most, struct plan *plan)
{
	const struct label_slot *copy = older_of(set, mine->la);
	/* a name or a size may be half changed, the two others never change */
	bool fixed = strcmp(row->name, "isetcookie") == 0 || strcmp(row->name, "nlabel") == 0;
	bool before = most && copy && same(row, copy, from);
	struct ns_slot l;

	if (!ns_slot_open(mine->la, mine->s, &l))
		return;
	row_put(&l, row, from);
	if (!ns_slot_fits(&l))
		return;
	const char *why = before ? "most labels of the set have it so, and this one had it so before"
			: most   ? "most labels of the set have it so" : "another label of the set has it so";
	struct step *s = ns_slot_put(&l, f, before && fixed ? REPAIR_SAFE : REPAIR_ASK,
				     arena_printf(plan->arena, "sets %s of the label in slot %" PRIu32 " of position %" PRIu16 ": %s", row->name,
						  mine->s->idx, mine->s->label.position, why), why, plan);
	if (s && !(before && fixed))
		s->loses = "what this label alone says, if the others were about to follow";
}

static void row_repair(const struct finding *f, const struct set *set, const struct member *own, const struct field *row,
		       struct plan *plan)
{
	const struct member *first = &set->in_use[0];
	const struct label_slot *best = first->s;
	bool tie = false;

	for (uint32_t i = 0; i < set->in_use_nr; i++) {
		const struct label_slot *s = set->in_use[i].s;

		if (votes(set, row, s) > votes(set, row, best)) {
			best = s;
			tie = false;
		} else if (!same(row, s, best) && votes(set, row, s) == votes(set, row, best)) {
			tie = true;
		}
	}
	if (!same(row, best, own->s))
		row_follow(f, set, row, own, best, !tie, plan);
	else if (!same(row, best, first->s))
		row_follow(f, set, row, first, best, !tie, plan);
	if (tie)
		row_follow(f, set, row, same(row, best, own->s) ? own : first, same(row, best, own->s) ? first->s : own->s, false, plan);
}

/* The one place of the set that no label has, but for own and those at own's place. UINT32_MAX: none, or several. */
static uint32_t vacant(const struct set *set, uint32_t nlabel)
{
	uint32_t found = UINT32_MAX;

	for (uint32_t at = 0; at < nlabel; at++) {
		bool taken = false;

		for (uint32_t i = 0; i < set->in_use_nr && !taken; i++)
			taken = set->in_use[i].s->label.position == at;
		if (!taken && found != UINT32_MAX)
			return UINT32_MAX;
		if (!taken)
			found = at;
	}
	return found;
}

static void place_put(const struct finding *f, const struct set *set, const struct member *mine, uint32_t at, bool alone,
		      struct plan *plan)
{
	const struct label_slot *copy = older_of(set, mine->la);
	bool before = copy && copy->label.position == at;
	struct ns_slot l;

	if (!ns_slot_open(mine->la, mine->s, &l))
		return;
	ns_slot_number(&l, "position", at);
	ns_slot_seal(&l);
	if (!ns_slot_fits(&l))
		return;
	const char *why = before ? "no other label has this place, and this one had it before" : "no other label of the set has this place";
	struct step *s = ns_slot_put(&l, f, before ? REPAIR_SAFE : REPAIR_ASK,
				     arena_printf(plan->arena, "sets position of the label in slot %" PRIu32 " to %" PRIu32 ": %s", mine->s->idx,
						  at, why), why, plan);
	if (s && !before && !alone)
		s->loses = "which of the two labels at one place was the one that belongs there is a guess";
}

static void place_repair(const struct finding *f, const struct set *set, const struct member *own, struct plan *plan)
{
	uint32_t nlabel = own->s->label.nlabel, at = vacant(set, nlabel);
	const struct member *rival = NULL;

	if (at == UINT32_MAX)
		return;
	for (uint32_t i = 0; i < set->in_use_nr; i++)
		if (&set->in_use[i] != own && set->in_use[i].s->label.position == own->s->label.position)
			rival = &set->in_use[i];
	const struct label_slot *copy = rival ? older_of(set, rival->la) : NULL;
	bool rival_first = copy && copy->label.position == at;
	if (rival && rival_first)
		place_put(f, set, rival, at, false, plan);
	place_put(f, set, own, at, rival == NULL, plan);
	if (rival && !rival_first)
		place_put(f, set, rival, at, false, plan);
}

/* The info block in the memory says that the bytes of this label alone are the namespace. */
static void alone_repair(const struct finding *f, const struct set *set, const struct member *own, struct plan *plan)
{
	const struct label_slot *copy = older_of(set, own->la);
	bool before = copy && copy->label.nlabel == 1;
	struct ns_slot l;

	if (!ns_slot_open(own->la, own->s, &l))
		return;
	ns_slot_number(&l, "nlabel", 1);
	ns_slot_number(&l, "position", 0);
	ns_slot_seal(&l);
	if (ns_slot_fits(&l))
		ns_slot_put(&l, f, before ? REPAIR_SAFE : REPAIR_ASK,
			    arena_printf(plan->arena, "makes the label the only one of its set: an info block says that its bytes are the whole "
						      "namespace%s", before ? ", and so it was before" : ""),
			    "an info block that holds says so", plan);
}

/* An older copy of the label of that place; not one that was being updated, where there is another. */
static const struct member *copy_at(const struct set *set, uint32_t at)
{
	const struct member *found = NULL;

	for (uint32_t i = 0; i < set->older_nr; i++) {
		const struct member *o = &set->older[i];

		if (o->s->label.position == at && ns_area_shared(o->la, o->s) == NULL &&
		    (found == NULL || (found->s->label.flags & LABEL_FLAG_UPDATING)))
			found = o;
	}
	return found;
}

/* A DIMM that was given has no label of the set in use, though an older copy: it is marked as used again. */
static void missing_repair(const struct finding *f, const struct set *set, uint32_t nlabel, struct plan *plan)
{
	uint32_t at = vacant(set, nlabel);
	const struct member *o = at == UINT32_MAX ? NULL : copy_at(set, at);
	uint8_t bytes[NS_AREA_INDEX_MAX];
	uint64_t len = o ? ns_area_current(o->la, bytes) : 0;

	if (len == 0)
		return;
	ns_area_mark(bytes, o->s->idx, true);
	struct step *s = ns_area_index_put(o->la, o->la->current, f, REPAIR_ASK,
					   arena_printf(plan->arena, "marks slot %" PRIu32 " as used again, where the set's label of position %" PRIu32
								     " is", o->s->idx, at),
					   bytes, len, "the other labels of its set are in use", plan);
	if (s)
		s->loses = "the deletion of the namespace, if it was being deleted";
}

/* Is it the only slot in use of its area that holds no label? */
static bool lone(const struct label_area *la, const struct label_slot *s)
{
	for (uint32_t i = 0; i < la->slots_nr; i++)
		if (&la->slots[i] != s && !la->slots[i].free && !label_slot_holds(&la->slots[i], la->label_len))
			return false;
	return true;
}

/* The set that s is the first label of, if the slot's area lacks one of its labels and no other does. */
static bool lacking(const struct model *m, struct arena *a, const struct ns_slot *l, const struct label_slot *s, struct set *set,
		    uint32_t *at)
{
	if (s->free || !s->plausible || s->kind != LABEL_NVDIMM || s->label.nlabel < 2 || !set_open(m, s, a, set) ||
	    set->in_use[0].s != s || set->in_use_nr + 1u != s->label.nlabel)
		return false;
	for (uint32_t i = 0; i < set->in_use_nr; i++) {
		const struct member *o = &set->in_use[i];

		if (o->la == l->la || o->la->label_len != l->la->label_len || o->s->label.dpa != s->label.dpa)
			return false;
	}
	*at = vacant(set, s->label.nlabel);
	return *at != UINT32_MAX;
}

bool ns_set_sibling(const struct model *m, struct arena *a, struct ns_slot *l, bool keep_sum)
{
	struct ns_slot made = *l;
	uint32_t found = 0, at;
	struct set set;

	if (!lone(l->la, l->s))
		return false;
	for (const struct model *mo = NULL; (mo = model_next(m, mo)) != NULL;) {
		const struct label_area *la = mo->ns ? mo->ns->labels : NULL;

		for (uint32_t i = 0; la && la != l->la && i < la->slots_nr; i++) {
			if (!lacking(m, a, l, &la->slots[i], &set, &at) || !ns_slot_copy(&made, &la->slots[i], keep_sum))
				continue;
			ns_slot_number(&made, "position", at);
			if (!keep_sum)
				ns_slot_seal(&made);
			if (!ns_slot_sealed(&made) || !ns_slot_fits(&made))
				continue;
			memcpy(l->bytes, made.bytes, sizeof(l->bytes));
			found++;
		}
	}
	return found == 1;
}

void ns_set_repair(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct label_area *la = ns_area_of(m, f->node);
	const struct label_slot *s = la ? ns_area_slot(la, f->node) : NULL;
	struct set set;

	(void)by;
	if (s == NULL || f->field == NULL || !set_open(m, s, plan->arena, &set))
		return;
	const struct member *own = member_of(&set, s);
	const struct field *row = layout_field(&label_v12_layout, f->field->name);
	if (own == NULL || row == NULL)
		return;
	if (strcmp(row->name, "position") == 0)
		place_repair(f, &set, own, plan);
	else if (set.areas == 1 && strcmp(row->name, "nlabel") == 0)
		alone_repair(f, &set, own, plan);
	else if (own == &set.in_use[0])
		missing_repair(f, &set, s->label.nlabel, plan);
	else
		row_repair(f, &set, own, row, plan);
}
