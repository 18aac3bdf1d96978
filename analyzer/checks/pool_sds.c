/* The shutdown state of 64 bytes in the header: its form, and what it says about the last life. */
#include "analyzer/checks/pool_parts.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/header.h"
#include "analyzer/facts/ending.h"
#include "analyzer/facts/facts.h"

#include <inttypes.h>

static bool sds_any(const struct pool_hdr *h)
{
	uint32_t at;

	return h->sds_usc || h->sds_uuid || h->sds_dirty || h->sds_checksum ||
	       pool_parts_nonzero(layout_field(&pool_hdr_layout, "sds_reserved"), h, &at);
}

/* 1.4 kept a state without a feature bit for it. */
static bool kept(const struct pool_part *p)
{
	return (p->hdr->incompat & POOL_FEAT_SDS) || p->sum == POOL_HDR_SUM_14;
}

static bool sds_read(const struct check *self, const struct pool_part *p, struct findings *out)
{
	struct span sds;

	if (span_cut(p->hdr_bytes, POOL_HDR_SDS_OFF, POOL_HDR_SDS_LEN, &sds) && !span_lost(sds))
		return true;
	findings_unchecked(out, self, p->header, "the shutdown state could not be read");
	return false;
}

static void sum_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_part *p = NULL;

	while (m->pool && (p = pool_parts_next_header(m->pool, p, self, out)) != NULL) {
		if (p->idx || !kept(p) || !sds_read(self, p, out))
			continue;
		uint64_t want = pool_hdr_sds_sum(p->hdr_bytes);
		uint32_t at;

		if (want != p->hdr->sds_checksum) {
			struct finding f = pool_parts_finding(self, CORRUPT, p, "sds_checksum");
			f.expected = arena_printf(out->arena, "0x%" PRIx64, want);
			f.actual = arena_printf(out->arena, "0x%" PRIx64, p->hdr->sds_checksum);
			f.repair = REPAIR_ASK;
			findings_add(out, f);
		}
		const struct field *w = layout_field(&pool_hdr_layout, "sds_reserved");
		if (pool_parts_nonzero(w, p->hdr, &at)) {
			struct finding f = pool_parts_finding(self, CORRUPT, p, "sds_reserved");
			f.expected = "zero";
			f.repair = REPAIR_ASK;
			findings_add(out, f);
		}
		if (p->hdr->sds_dirty > 1) {
			struct finding f = pool_parts_finding(self, CORRUPT, p, "sds_dirty");
			f.expected = "0 or 1";
			f.actual = arena_printf(out->arena, "%d", p->hdr->sds_dirty);
			f.repair = REPAIR_ASK;
			findings_add(out, f);
		}
	}
}

static void dirty_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_part *p = NULL;

	while (m->pool && (p = pool_parts_next_header(m->pool, p, self, out)) != NULL) {
		if (p->idx || !kept(p) || !sds_read(self, p, out) || p->hdr->sds_dirty == 0)
			continue;
		struct finding f = pool_parts_finding(self, CORRUPT, p, "sds_dirty");
		f.verdict = UNVERIFIED;
		f.expected = "0 in a closed pool";
		f.actual = arena_printf(out->arena, "%d", p->hdr->sds_dirty);
		findings_add(out, f);
	}
}

static void adr_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct counters *now = out->facts->counters;
	const struct pool_part *p = NULL;

	while (m->pool && (p = pool_parts_next_header(m->pool, p, self, out)) != NULL) {
		if (p->idx || !kept(p) || !sds_read(self, p, out) || p->hdr->sds_dirty == 0)
			continue;
		if (p->hdr->sds_usc == 0 && p->hdr->sds_uuid == 0) {
			findings_unchecked(out, self, p->header, "the pool lay on a medium without an unsafe-shutdown "
					   "count: a failed flush leaves no trace in it");
			continue;
		}
		if (now == NULL || !now->known) {
			findings_unchecked(out, self, p->header, "the device's counters of now are not known: give the output "
					   "of 'ndctl list -D -H' on the pool's machine with --ndctl-json");
			continue;
		}
		enum ending e = ending_of_replica(m->pool, m->pool->replicas[p->replica], now);
		if (e != ENDING_ADR_FAILED && e != ENDING_OTHER_DEVICE)
			continue;
		bool other = e == ENDING_OTHER_DEVICE;
		struct finding f = pool_parts_finding(self, CONFLICT, p, other ? "sds_uuid" : "sds_usc");
		f.actual = arena_printf(out->arena, other ? "0x%" PRIx64 : "%" PRIu64,
					other ? p->hdr->sds_uuid : p->hdr->sds_usc);
		f.expected = arena_printf(out->arena, other ? "0x%" PRIx64 ", of the devices listed"
							    : "%" PRIu64 ", the count of the devices listed",
					  (other ? now->uuid : now->usc) * m->pool->replicas[p->replica]->nr);
		f.detail = ending_text(e);
		f.repair = REPAIR_ASK;
		findings_add_as(out, other ? WARNING : self->severity, f);
	}
}

static void off_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_part *p = NULL;

	while (m->pool && (p = pool_parts_next_header(m->pool, p, self, out)) != NULL) {
		if (p->idx || kept(p) || !sds_any(p->hdr))
			continue;
		struct finding f = pool_parts_finding(self, CONFLICT, p, "sds_usc");
		f.len = POOL_HDR_SDS_LEN;
		f.at = p->header->at + POOL_HDR_SDS_OFF;
		f.field = NULL;
		f.expected = "64 zero bytes";
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

static void later_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_part *p = NULL;

	while (m->pool && (p = pool_parts_next_header(m->pool, p, self, out)) != NULL) {
		if (p->idx == 0 || !sds_any(p->hdr))
			continue;
		struct finding f = pool_parts_finding(self, CORRUPT, p, NULL);
		f.at = p->header->at + POOL_HDR_SDS_OFF;
		f.len = POOL_HDR_SDS_LEN;
		f.expected = "64 zero bytes";
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

#define SOURCE "PMDK 1.12 src/common/shutdown_state.c"

static const struct check checks[] = {
	{ .id = "pool.sds.checksum", .after = "pool.hdr.lost", .covers = "PH-18", .severity = WARNING,
	  .says = "the shutdown state is not whole",
	  .means = "It was cut off while being written, or overwritten. Libraries make it anew at the next opening.",
	  .remedy = "None needed; whether the pool was open cannot be told any more.", .source = SOURCE,
	  .verify = sum_verify, .repair = header_repair_state },
	{ .id = "pool.sds.dirty", .after = "pool.hdr.lost", .covers = "PH-19 P-11", .severity = NOTE,
	  .says = "the pool was not closed",
	  .means = "Its program was killed, the machine stopped, or the capture is of a pool in use. This is no damage.",
	  .remedy = "None needed. It is evidence: do not change it on the original.", .source = SOURCE,
	  .verify = dirty_verify },
	{ .id = "pool.sds.counters", .after = "pool.sds.checksum", .covers = "PH-20", .severity = ERROR,
	  .says = "the pool was open, and its device's counters differ from those kept at that time",
	  .means = "The libraries refuse to open the pool. After an unsafe shutdown of the same device, flushed data "
		   "may be missing; on another device it means nothing.",
	  .remedy = "Check the contents before any use; restore a replica or backup when they do not hold.",
	  .source = SOURCE, .verify = adr_verify, .repair = header_repair_state },
	{ .id = "pool.sds.off", .after = "pool.hdr.lost", .covers = "PH-21", .severity = WARNING,
	  .says = "there is a shutdown state, while the feature is off",
	  .means = "A change of the feature was cut off half-way. Libraries do not read it.",
	  .remedy = "Zero the 64 bytes.", .source = "PMDK 1.12 src/libpmempool/feature.c", .verify = off_verify, .repair = header_repair_state },
	{ .id = "pool.sds.later-part", .after = "pool.hdr.lost", .covers = "PH-22", .severity = NOTE,
	  .says = "a later part has a shutdown state",
	  .means = "Only part 0 of a replica keeps one; something wrote where it should not.",
	  .remedy = "None needed.", .source = SOURCE, .verify = later_verify, .repair = header_repair_state },
};

const struct check_table pool_sds_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
