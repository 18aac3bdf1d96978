#include "analyzer/repair/header.h"

#include "analyzer/checks/pool_parts.h"
#include "analyzer/repair/header_lone.h"
#include "formats/obj/obj.h"

#include <inttypes.h>
#include <string.h>

enum { FIELDS_MAX = 32 };

struct wanted {
	struct pool_hdr hdr;
	const char *why[FIELDS_MAX]; /* by row of the layout: who says so; NULL: nobody */
};

static uint32_t row_of(const struct field *f)
{
	return (uint32_t)(f - pool_hdr_layout.fields);
}

static void want(struct wanted *w, const char *field, const void *host, const char *why)
{
	const struct field *f = layout_field(&pool_hdr_layout, field);

	memcpy((unsigned char *)&w->hdr + f->host, host, f->width);
	w->why[row_of(f)] = why;
}

/* From the headers that hold: what is the same in all of them. */
static void want_common(struct wanted *w, const struct pool_set *s, const struct pool_part *p)
{
	static const char *const common[] = { "major", "compat", "incompat", "ro_compat", "poolset_uuid",
					      "alignment_desc", "machine_class", "data", "machine" };
	uint32_t others = pool_parts_headers_nr(s) - (p->hdr && !pool_parts_header_gone(p));

	for (size_t i = 0; s->voted && others && i < sizeof(common) / sizeof(common[0]); i++) {
		const struct field *f = layout_field(&pool_hdr_layout, common[i]);

		want(w, common[i], (const unsigned char *)s->voted + f->host, "most headers of the set have it so");
	}
}

static void want_type(struct wanted *w, const struct pool_set *s)
{
	const char *signature = pool_type_signature(s->type);
	const uint32_t one = 1;

	if (signature == NULL)
		return;
	want(w, "signature", signature, s->type_how ? s->type_how : "the type of the pool");
	if (s->type != POOL_OBJ)
		want(w, "major", &one, "every pool of this type has it so");
}

/* The neighbours in the ring of parts; p itself in a ring of one. */
static const struct pool_part *neighbour(const struct pool_replica *r, const struct pool_part *p, uint32_t step)
{
	bool ring = r->nr > 1 && r->parts[1]->header_expected;

	return ring ? r->parts[(p->idx + step) % r->nr] : p;
}

static void want_link(struct wanted *w, const struct pool_set *s, const struct pool_part *to, const char *field)
{
	const char *who = NULL;
	const uint8_t *uuid = pool_parts_called(s, to, &who);

	if (uuid && pool_parts_witness(s, to))
		want(w, field, uuid, "the header that it names says so");
	else if (uuid && !uuid_null(to->uuid) && uuid_same(to->uuid, uuid))
		want(w, field, uuid, "the links of other headers say so");
}

static void want_links(struct wanted *w, const struct pool_set *s, const struct pool_part *p)
{
	const struct pool_replica *r = s->replicas[p->replica];
	const struct pool_replica *before = s->replicas[(p->replica + s->nr - 1) % s->nr],
				  *after = s->replicas[(p->replica + 1) % s->nr];

	if (!uuid_null(p->uuid))
		want(w, "uuid", p->uuid, "the links of other headers say so");
	want_link(w, s, neighbour(r, p, r->nr - 1), "prev_part_uuid");
	want_link(w, s, neighbour(r, p, 1), "next_part_uuid");
	if (!before->remote && before->nr)
		want_link(w, s, before->parts[0], "prev_repl_uuid");
	if (!after->remote && after->nr)
		want_link(w, s, after->parts[0], "next_repl_uuid");
	/* a remote neighbour is known only by what the other parts of this replica have */
	for (uint32_t i = 0; i < r->nr; i++) {
		const struct pool_part *q = r->parts[i];

		if (q == p || !pool_parts_witness(s, q))
			continue;
		if (before->remote)
			want(w, "prev_repl_uuid", q->hdr->prev_repl_uuid, "another part of the replica has it so");
		if (after->remote)
			want(w, "next_repl_uuid", q->hdr->next_repl_uuid, "another part of the replica has it so");
	}
}

static void want_padding(struct wanted *w)
{
	static const uint8_t zeros[1976];
	static const char *const rows[] = { "arch_reserved", "unused", "unused2" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		want(w, rows[i], zeros, "these bytes are zero in every header");
}

static void wanted_make(struct wanted *w, const struct pool_set *s, const struct pool_part *p)
{
	*w = (struct wanted){ 0 };
	if (p->hdr)
		w->hdr = *p->hdr;
	want_common(w, s, p);
	want_type(w, s);
	want_links(w, s, p);
	want_padding(w);
}

bool header_told(const struct pool_set *s, const struct pool_part *p, struct pool_hdr *out)
{
	struct wanted w;
	bool all = true;

	wanted_make(&w, s, p);
	for (uint32_t i = 0; i < pool_hdr_layout.nr; i++) {
		const char *name = pool_hdr_layout.fields[i].name;

		all &= w.why[i] || strcmp(name, "crtime") == 0 || strcmp(name, "checksum") == 0 || strncmp(name, "sds_", 4) == 0;
	}
	*out = w.hdr;
	return all;
}

const struct pool_part *header_part_of(const struct pool_set *s, const struct node *node)
{
	for (const struct pool_part *p = NULL; s && (p = pool_parts_next(s, p)) != NULL;)
		if (p->header == node || p->node == node)
			return p;
	return NULL;
}

bool header_put(struct plan *plan, struct step *step, const struct pool_part *p, const struct pool_hdr *hdr,
		       const char *why)
{
	return plan_put_struct(plan, step, p->item->image, 0, &pool_hdr_layout, hdr, why);
}

uint64_t header_sum(const struct pool_part *p, const struct pool_hdr *hdr)
{
	uint8_t bytes[POOL_HDR_LEN];
	uint64_t sum = 0;

	layout_encode(&pool_hdr_layout, hdr, bytes);
	(void)pool_hdr_sum((struct span){ .p = bytes, .len = sizeof(bytes), .at = p->hdr_bytes.at }, hdr, &sum);
	return sum;
}

void header_repair_field(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_part *p = header_part_of(m->pool, f->node);
	struct wanted w;

	(void)by;
	if (p == NULL || p->hdr == NULL || p->item == NULL || f->field == NULL || f->repair == REPAIR_NONE)
		return;
	wanted_make(&w, m->pool, p);
	const char *why = w.why[row_of(f->field)];
	if (why == NULL)
		return;
	struct pool_hdr hdr = *p->hdr;
	size_t width = f->field->width;
	memcpy((unsigned char *)&hdr + f->field->host, (const unsigned char *)&w.hdr + f->field->host, width);
	if (memcmp(&hdr, p->hdr, sizeof(hdr)) == 0)
		return;
	/* a header that was whole is whole afterwards; a sum that was wrong may be right now */
	bool whole = p->sum == POOL_HDR_SUM_ANNOUNCED;
	uint64_t sum = header_sum(p, &hdr);
	if (whole)
		hdr.checksum = sum;
	struct step *s = plan_step(plan, f, f->repair == REPAIR_ASK && !whole && sum != hdr.checksum ? REPAIR_ASK : REPAIR_SAFE,
				   arena_printf(plan->arena, "restores %s of the header: %s", f->field->name, why));
	if (s)
		header_put(plan, s, p, &hdr, why);
}

static bool other_findings(const struct plan *plan, const struct finding *f)
{
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		if (g != f && g->node == f->node && g->severity != NOTE)
			return true;
	return false;
}

/* Is the field with the word at place known to be wrong by other signs? */
static bool suspected(const struct plan *plan, const struct finding *f, uint32_t place)
{
	for (const struct finding *g = plan->findings->first; g; g = g->next)
		if (g != f && g->node == f->node && g->field && g->field->off < place + 4 &&
		    place < g->field->off + g->field->width)
			return true;
	return false;
}

static void changed_word_step(const struct finding *f, const struct pool_part *p, struct plan *plan)
{
	const char *why = "the stored checksum is that of a header with this word";
	uint32_t place, was;

	if (p->sum != POOL_HDR_SUM_BAD || pool_parts_changed_word(p, &place, &was) != 1)
		return;
	uint8_t word[4] = { (uint8_t)was, (uint8_t)(was >> 8), (uint8_t)(was >> 16), (uint8_t)(was >> 24) };
	struct step *s = plan_step(plan, f, suspected(plan, f, place) ? REPAIR_SAFE : REPAIR_ASK,
				   arena_printf(plan->arena, "restores the word at 0x%" PRIx32 ": %s", place, why));
	if (s)
		plan_put(plan, s, p->item->image, place, word, sizeof(word), why);
}

/*
 * The header as the rest of the set has it. Its own checksum may prove it; else the file is this part's only by its
 * place, and the set's other headers tell every field.
 */
static bool set_step(const struct finding *f, const struct model *m, const struct pool_part *p, struct plan *plan)
{
	const struct pool_set *s = m->pool;
	struct pool_hdr hdr;
	bool all = header_told(s, p, &hdr);

	if (p->sum != POOL_HDR_SUM_BAD || s->voted == NULL || uuid_null(p->uuid) ||
	    pool_parts_headers_nr(s) < 2)
		return false;
	bool proved = header_sum(p, &hdr) == p->hdr->checksum;
	if (!proved) {
		hdr.crtime = s->voted->crtime;
		proved = header_sum(p, &hdr) == p->hdr->checksum;
	}
	if (!proved && !all)
		return false;
	hdr.checksum = header_sum(p, &hdr);
	struct step *step = plan_step(plan, f, proved ? REPAIR_SAFE : REPAIR_ASK,
				      proved ? "restores the header as the other headers of the set tell it: its own checksum holds again"
					     : "makes the header anew from the other headers of the set");
	if (step == NULL)
		return false;
	step->loses = proved ? NULL : "the sign that the file is of another pool, if it is";
	return header_put(plan, step, p, &hdr, proved ? "the stored checksum is that of this header"
						      : "the other headers of the set tell every field");
}

void header_repair_checksum(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_part *p = header_part_of(m->pool, f->node);

	(void)by;
	if (p == NULL || p->hdr == NULL || p->item == NULL || span_lost(p->hdr_bytes))
		return;
	changed_word_step(f, p, plan);
	if (header_lone(m->pool, p)) {
		header_lone_step(f, m, p, plan);
		return;
	}
	if (set_step(f, m, p, plan))
		return;
	/* first what is known to be wrong: the sum may be right then */
	if (other_findings(plan, f))
		return;
	struct step *s = plan_step(plan, f, p->sum == POOL_HDR_SUM_BAD ? REPAIR_ADVANCED : REPAIR_ASK,
				   "makes the checksum anew over the header as it is");
	if (s == NULL)
		return;
	s->loses = p->sum == POOL_HDR_SUM_BAD ? "the only sign of a damaged field that no other header tells" : NULL;
	plan_put_value(plan, s, f->node, layout_field(&pool_hdr_layout, "checksum"), p->sum_announced,
		       "it is the sum over all other fields, which agree with the rest of the set");
}

/* What nobody tells any more of a pool that stands alone, as its maker would have written it. */
static bool want_defaults(struct wanted *w, const struct model *m, const struct pool_part *p, bool *guessed, bool *pointers)
{
	const struct pool_set *s = m->pool;
	const uint32_t major = m->obj ? m->obj->major : 1, incompat = POOL_FEAT_CKSUM_2K;
	const uint64_t alignment = HEADER_ALIGNMENT_LP64;
	const uint8_t class = HEADER_CLASS_64, data = HEADER_DATA_LE;
	const uint16_t machine = HEADER_MACHINE_X86_64;
	const struct { const char *field; const void *value; } rows[] = {
		{ "major", &major }, { "incompat", &incompat }, { "alignment_desc", &alignment },
		{ "machine_class", &class }, { "data", &data }, { "machine", &machine },
	};
	static const char *const links[] = { "uuid", "prev_part_uuid", "next_part_uuid", "prev_repl_uuid", "next_repl_uuid" };
	uint8_t uuid[UUID_LEN];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (w->why[row_of(layout_field(&pool_hdr_layout, rows[i].field))] == NULL) {
			want(w, rows[i].field, rows[i].value, "as today's PMDK makes it");
			*guessed = true;
		}
	if (w->why[row_of(layout_field(&pool_hdr_layout, "poolset_uuid"))] == NULL) {
		if (!header_poolset_uuid(m, p, uuid, pointers))
			return false;
		want(w, "poolset_uuid", uuid, *pointers ? "it agrees with what the pool holds"
						       : "made anew: nobody tells it");
		*guessed = true;
	}
	if (w->why[row_of(layout_field(&pool_hdr_layout, "uuid"))] == NULL) {
		if (s->nr != 1 || s->replicas[0]->nr != 1 || !header_uuid(p, "part", uuid))
			return false; /* in a set its neighbours must be told too: not by a guess */
		for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
			want(w, links[i], uuid, "made anew: nobody tells it");
		*guessed = true;
	}
	return true;
}

void header_repair_lost(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = header_part_of(s, f->node);
	bool guessed = false, pointers = false;
	struct wanted w;

	(void)by;
	if (p == NULL || p->item == NULL || s->type == POOL_UNKNOWN || s->type == POOL_CTO)
		return;
	wanted_make(&w, s, p);
	/* nothing of what lies there now is the header's */
	for (uint32_t i = 0; i < pool_hdr_layout.nr; i++)
		if (w.why[i] == NULL)
			memset((unsigned char *)&w.hdr + pool_hdr_layout.fields[i].host, 0, pool_hdr_layout.fields[i].width);
	if (!want_defaults(&w, m, p, &guessed, &pointers))
		return;
	static const char *const links[] = { "prev_part_uuid", "next_part_uuid", "prev_repl_uuid", "next_repl_uuid" };
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		const struct field *l = layout_field(&pool_hdr_layout, links[i]);

		if (w.why[row_of(l)])
			continue;
		/* in a ring of one the part names itself */
		const struct pool_replica *r = s->replicas[p->replica];
		bool ring = i < 2 ? r->nr > 1 && r->parts[1]->header_expected : s->nr > 1 || p->idx;
		if (ring)
			return;
		want(&w, links[i], w.hdr.uuid, "the part stands alone");
	}
	uint64_t crtime = s->voted ? s->voted->crtime : p->item->source->has_mtime ? p->item->source->mtime : 0;
	want(&w, "crtime", &crtime, s->voted ? "most headers of the set have it so" : "the file's own time");
	w.hdr.checksum = header_sum(p, &w.hdr);
	struct step *step = plan_step(plan, f, guessed ? REPAIR_ADVANCED : REPAIR_SAFE,
				      guessed ? "makes a header anew, with what the data tells and the usual for the rest"
					      : "makes the header anew from the other headers of the set");
	if (step == NULL)
		return;
	if (guessed)
		step->loses = pointers && s->type != POOL_OBJ ? "the pool's old features and its part's uuid"
			      : pointers ? "the pool's old uuid, of which its pointers know half; and its features"
			      : s->type == POOL_OBJ && !s->voted
				      ? "the pool's old uuid: pointers kept in its objects name it, and would not be followed"
				      : "the pool's old uuid and features";
	header_put(plan, step, p, &w.hdr, guessed ? "see the step" : "the other headers of the set tell every field");
}

/* The sum tells that the bit was set when it was made. */
void header_repair_2k(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_part *p = header_part_of(m->pool, f->node);
	const char *why = "the checksum is right when read with it";

	(void)by;
	if (p == NULL || p->hdr == NULL || p->item == NULL || p->sum != POOL_HDR_SUM_2K)
		return;
	struct step *s = plan_step(plan, f, REPAIR_SAFE, "sets CKSUM_2K in the feature word");
	if (s)
		plan_put_value(plan, s, f->node, layout_field(&pool_hdr_layout, "incompat"),
			       p->hdr->incompat | POOL_FEAT_CKSUM_2K, why);
}

void header_repair_state(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct pool_part *p = header_part_of(m->pool, f->node);

	/* the feature word of a damaged header does not tell whether there is to be a state */
	if (p == NULL || p->hdr == NULL || p->item == NULL || p->sum == POOL_HDR_SUM_BAD)
		return;
	struct pool_hdr hdr = *p->hdr;
	hdr.sds_usc = hdr.sds_uuid = hdr.sds_checksum = 0;
	hdr.sds_dirty = 0;
	memset(hdr.sds_reserved, 0, sizeof(hdr.sds_reserved));
	bool summed = !(hdr.incompat & POOL_FEAT_CKSUM_2K) && p->sum == POOL_HDR_SUM_ANNOUNCED;
	if (summed)
		hdr.checksum = header_sum(p, &hdr);
	bool refused = strcmp(by->id, "pool.sds.counters") == 0;
	struct step *s = plan_step(plan, f, f->repair, refused ? "zeroes the shutdown state, so that the libraries open the pool"
				   : "zeroes the shutdown state, as every library would at its next opening");
	if (s == NULL)
		return;
	if (refused)
		s->loses = "the mark that flushed data may be missing: check the contents yourself";
	else if (hdr.sds_dirty != p->hdr->sds_dirty && p->idx == 0)
		s->loses = "the mark that the pool was open at the crash";
	header_put(plan, s, p, &hdr, "64 zero bytes are a valid state of a closed pool");
}
