/*
 * How the headers of a set name each other. Every uuid is written down several times: in the part
 * itself and in the links of its neighbours; a value that two witnesses share outweighs one alone.
 */
#include "analyzer/checks/pool_parts.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/header.h"
#include "analyzer/repair/header_identity.h"
#include "analyzer/repair/set_file.h"

#include <inttypes.h>
#include <string.h>

static const uint8_t *link_of(const struct pool_part *p, const char *field)
{
	return layout_bytes(layout_field(&pool_hdr_layout, field), p->hdr);
}

static bool alien(const struct pool_set *s, const struct pool_part *p)
{
	return s->voted && !uuid_same(p->hdr->poolset_uuid, s->voted->poolset_uuid);
}

/* The uuid stands in the links of some part's header, or is some part's own. */
static bool spoken_of(const struct pool_set *s, const struct pool_part *but, const uint8_t *u)
{
	static const char *const rows[] = { "uuid", "prev_part_uuid", "next_part_uuid", "prev_repl_uuid",
					    "next_repl_uuid" };

	for (const struct pool_part *p = NULL; (p = pool_parts_next(s, p)) != NULL;)
		for (size_t i = 0; p != but && p->hdr && i < sizeof(rows) / sizeof(rows[0]); i++)
			if (uuid_same(link_of(p, rows[i]), u))
				return true;
	return false;
}

static void set_uuid_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = NULL;

	while (s && (p = pool_parts_next_header(s, p, self, out)) != NULL) {
		if (!alien(s, p))
			continue;
		bool ours = spoken_of(s, p, p->hdr->uuid);
		struct finding f = pool_parts_finding(self, CONFLICT, p, "poolset_uuid");
		f.expected = arena_printf(out->arena, "%s, as most headers say",
					  pool_parts_uuid(out->arena, s->voted->poolset_uuid));
		f.actual = pool_parts_uuid(out->arena, p->hdr->poolset_uuid);
		f.detail = ours ? "the other headers name this part as theirs: the field is damaged"
				: "no other header knows this part: the file belongs to another pool";
		f.repair = ours ? REPAIR_SAFE : REPAIR_NONE;
		findings_add(out, f);
	}
}

static void order_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (uint32_t i = 0; m->pool && i < m->pool->nr; i++) {
		const struct pool_replica *r = m->pool->replicas[i];
		uint32_t start;

		if (!pool_parts_shuffled(m->pool, r, &start))
			continue;
		const char *order = arena_printf(out->arena, "%" PRIu32, start);
		uint32_t at = start;
		enum { TOLD = 32 };
		for (uint32_t n = 1; n < r->nr && n < TOLD && order; n++) {
			at = (uint32_t)pool_parts_find(r, r->parts[at]->hdr->next_part_uuid);
			order = arena_printf(out->arena, "%s, %" PRIu32, order, at);
		}
		findings_add(out, (struct finding){
			.by = self, .verdict = CONFLICT, .node = r->node, .repair = REPAIR_SAFE,
			.expected = arena_printf(out->arena, "the parts, as now numbered, in the order %s%s", order,
						 r->nr > TOLD ? ", and on along next_part_uuid" : "") });
	}
}

static void link_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
		       const struct pool_part *to, const char *field, enum severity severity,
		       struct findings *out)
{
	const char *who = NULL;
	const uint8_t *want = to == p ? p->hdr->uuid : pool_parts_called(s, to, &who), *is = link_of(p, field);

	if (want == NULL) {
		findings_unchecked(out, self, p->header, "the part that the link should name is missing, and "
				   "no other header tells its uuid");
		return;
	}
	if (uuid_same(is, want))
		return;
	/* The named part's own uuid is what differs when others agree with this link. */
	if (to != p && to->hdr && want == to->hdr->uuid && !uuid_null(to->uuid) && uuid_same(to->uuid, is))
		return;
	struct finding f = pool_parts_finding(self, CONFLICT, p, field);
	f.expected = arena_printf(out->arena, "%s, the uuid of %s%s%s", pool_parts_uuid(out->arena, want),
				  pool_parts_name(out->arena, to), who ? ", says " : "", who ? who : "");
	f.actual = pool_parts_uuid(out->arena, is);
	f.repair = pool_parts_witness(s, to) ? REPAIR_SAFE : REPAIR_ASK;
	findings_add_as(out, severity, f);
}

/* A part's own uuid against what the neighbours' links agree on. */
static bool own_differs(const struct pool_part *p)
{
	return !uuid_null(p->uuid) && !uuid_same(p->uuid, p->hdr->uuid);
}

/* The part is a copy of another one: its links are that one's. */
static bool copied(const struct pool_set *s, const struct pool_part *p)
{
	if (!own_differs(p))
		return false;
	for (const struct pool_part *q = NULL; (q = pool_parts_next(s, q)) != NULL;)
		if (q != p && q->hdr && q->header_expected && uuid_same(q->hdr->uuid, p->hdr->uuid))
			return true;
	return false;
}

static void uuid_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = NULL;
	uint32_t start;

	while (s && (p = pool_parts_next_header(s, p, self, out)) != NULL) {
		if (!own_differs(p) || alien(s, p) || pool_parts_shuffled(s, s->replicas[p->replica], &start))
			continue;
		if (spoken_of(s, p, p->hdr->uuid))
			continue; /* it is another part's, or told as a broken link */
		struct finding f = pool_parts_finding(self, CONFLICT, p, "uuid");
		f.expected = arena_printf(out->arena, "%s, as the links of other headers say",
					  pool_parts_uuid(out->arena, p->uuid));
		f.actual = pool_parts_uuid(out->arena, p->hdr->uuid);
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

/* A part may be missing because its line, or that of its replica, cannot be read: the links are not what is wrong. */
static bool lines_unread(const struct pool_set *s)
{
	for (const struct poolset_line *l = s->text ? s->text->lines : NULL; l; l = l->next)
		if (l->kind == POOLSET_LINE_BAD)
			return true;
	return false;
}

static void part_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = NULL;
	uint32_t start;

	if (s && s->lone_part) {
		findings_unchecked(out, self, s->replicas[0]->node, "one part of a set was given alone");
		return;
	}
	if (s && lines_unread(s)) {
		findings_unchecked(out, self, s->text_node, "which parts there are is not told by a set file with lines that are none");
		return;
	}
	while (s && (p = pool_parts_next_header(s, p, self, out)) != NULL) {
		const struct pool_replica *r = s->replicas[p->replica];
		/* by what the headers say, should the set file say otherwise */
		bool ring = r->nr > 1 && !((s->voted ? s->voted : p->hdr)->incompat & POOL_FEAT_SINGLEHDR);

		if (alien(s, p) || pool_parts_shuffled(s, r, &start) || p->same_file || copied(s, p))
			continue;
		/* One field changed: where all links of a lone header agree, its uuid is the odd one. */
		if (!ring && r->nr == 1 && s->nr == 1 &&
		    uuid_same(p->hdr->prev_part_uuid, p->hdr->next_part_uuid) &&
		    !uuid_same(p->hdr->uuid, p->hdr->next_part_uuid) &&
		    uuid_same(p->hdr->prev_repl_uuid, p->hdr->prev_part_uuid)) {
			struct finding f = pool_parts_finding(self, CONFLICT, p, "uuid");
			f.expected = arena_printf(out->arena, "%s, as all four links say",
						  pool_parts_uuid(out->arena, p->hdr->next_part_uuid));
			f.actual = pool_parts_uuid(out->arena, p->hdr->uuid);
			f.repair = REPAIR_SAFE;
			findings_add(out, f);
			continue;
		}
		link_judge(self, s, p, ring ? r->parts[(p->idx + r->nr - 1) % r->nr] : p, "prev_part_uuid", self->severity, out);
		link_judge(self, s, p, ring ? r->parts[(p->idx + 1) % r->nr] : p, "next_part_uuid", self->severity, out);
	}
}

static void replica_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = NULL;
	uint32_t start;

	if (s && s->lone_part) {
		findings_unchecked(out, self, s->replicas[0]->node, "one part of a set was given alone");
		return;
	}
	if (s && lines_unread(s)) {
		findings_unchecked(out, self, s->text_node, "which parts there are is not told by a set file with lines that are none");
		return;
	}
	while (s && (p = pool_parts_next_header(s, p, self, out)) != NULL) {
		const struct pool_replica *near[] = { s->replicas[(p->replica + s->nr - 1) % s->nr],
						      s->replicas[(p->replica + 1) % s->nr] };
		static const char *const fields[] = { "prev_repl_uuid", "next_repl_uuid" };

		if (alien(s, p) || p->same_file || (s->nr == 1 && own_differs(p)) || copied(s, p))
			continue;
		for (int i = 0; i < 2; i++) {
			if (near[i]->remote || near[i]->nr == 0) {
				findings_unchecked(out, self, p->header, "the neighbouring replica is remote or has no part");
				continue;
			}
			if (pool_parts_shuffled(s, near[i], &start))
				continue; /* part 0 is another file than listed */
			if (s->nr == 1 && near[i]->parts[0] == p && !uuid_same(p->hdr->uuid, p->hdr->next_part_uuid) &&
			    uuid_same(p->hdr->next_part_uuid, p->hdr->prev_repl_uuid))
				continue; /* the uuid itself is told */
			/* Opening looks at part 0 only. */
			link_judge(self, s, p, near[i]->parts[0], fields[i],
				   p->idx ? WARNING : self->severity, out);
		}
	}
}

static void twice_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = NULL;

	while (s && (p = pool_parts_next_header(s, p, self, out)) != NULL) {
		const struct pool_part *q = NULL;

		if (p->same_file || uuid_null(p->hdr->uuid))
			continue;
		while ((q = pool_parts_next(s, q)) != NULL && q != p) {
			if (q->hdr == NULL || !q->header_expected || q->same_file || !uuid_same(q->hdr->uuid, p->hdr->uuid))
				continue;
			/* The odd one of the two is the copy. */
			const struct pool_part *copy = own_differs(q) && !own_differs(p) ? q : p;
			struct finding f = pool_parts_finding(self, CONFLICT, copy, "uuid");
			f.actual = pool_parts_uuid(out->arena, p->hdr->uuid);
			if (own_differs(copy)) {
				f.expected = pool_parts_uuid(out->arena, copy->uuid);
				f.repair = REPAIR_ASK;
			}
			f.detail = arena_printf(out->arena, "%s and %s have the same uuid", pool_parts_name(out->arena, q),
						pool_parts_name(out->arena, p));
			findings_add(out, f);
			break;
		}
	}
}

#define SOURCE "PMDK 1.12 src/common/set.c util_poolset_check_header_options, util_replica_open"

static const struct check checks[] = {
	{ .id = "pool.set.uuid", .after = "pool.hdr.lost", .covers = "PH-10 PS-08", .severity = ERROR,
	  .says = "a header names another pool set than the others do",
	  .means = "The libraries refuse to open the set. The file is from another pool, or its header is damaged.",
	  .remedy = "Find the right file by its uuid; if this is it, the field can be restored from the others.",
	  .source = SOURCE, .verify = set_uuid_verify, .repair = header_repair_field },
	{ .id = "poolset.parts.order", .covers = "PS-07", .severity = ERROR,
	  .says = "the parts are listed in another order than their headers name each other",
	  .means = "The libraries refuse to open the set; the files themselves are whole.",
	  .remedy = "Correct the order of lines in the set file.", .source = SOURCE, .verify = order_verify,
	  .repair = set_file_repair_order },
	{ .id = "pool.hdr.uuid", .after = "pool.hdr.lost", .covers = "PH-11 PH-12", .severity = ERROR,
	  .says = "the part's uuid is not the one that its neighbours know it by",
	  .means = "The libraries refuse to open the set.",
	  .remedy = "Restore it from the links of the neighbours.", .source = SOURCE, .verify = uuid_verify, .repair = header_repair_field },
	{ .id = "pool.ring.part", .after = "pool.hdr.lost", .covers = "PH-11", .severity = ERROR,
	  .says = "a link to a neighbouring part does not name that part",
	  .means = "The libraries refuse to open the set.",
	  .remedy = "Restore it from the neighbour's own header.", .source = SOURCE, .verify = part_verify, .repair = header_repair_field },
	{ .id = "pool.ring.replica", .after = "pool.hdr.lost", .covers = "PH-12 PS-09", .severity = ERROR,
	  .says = "a link to a neighbouring replica does not name its first part",
	  .means = "In part 0 it makes the libraries refuse the set. A replica was added or removed half-way, or "
		   "the set file was edited.",
	  .remedy = "Compare with the links of the other parts, which hold the same two values.", .source = SOURCE,
	  .verify = replica_verify, .repair = header_repair_field },
	{ .id = "pool.hdr.uuid-twice", .after = "pool.hdr.lost", .covers = "PH-13", .severity = ERROR,
	  .says = "two parts have the same uuid",
	  .means = "One file was copied over another: what the second held is not here.",
	  .remedy = "Find the file that belongs in its place. Where another replica has what it held, or nothing but its header "
		    "was written over, the header can be made anew from its neighbours' links.",
	  .source = "PMDK 1.12 src/common/set.c, uuids are random", .verify = twice_verify,
	  .repair = header_identity_repair_twice },
};

const struct check_table pool_ring_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
