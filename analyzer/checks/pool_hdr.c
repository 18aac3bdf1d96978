/* The fields of a pool header, each by itself: signature, versions, features, architecture, padding. */
#include "analyzer/checks/pool_parts.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/header.h"
#include "analyzer/repair/header_identity.h"
#include "analyzer/repair/set_file.h"

#include <inttypes.h>
#include <string.h>

#define OVER_HEADERS(name)                                                                             \
	static void name##_verify(const struct check *self, const struct model *m, struct findings *out) \
	{                                                                                              \
		const struct pool_part *p = NULL;                                                      \
		while (m->pool && (p = pool_parts_next_header(m->pool, p, self, out)) != NULL)         \
			name##_judge(self, m->pool, p, out);                                           \
	}

static const char *hex(struct arena *a, uint64_t v)
{
	return arena_printf(a, "0x%" PRIx64, v);
}

/* A later part of a set that has one header for each replica, whatever its set file says: pool.hdr.singlehdr tells of that. */
static bool headerless(const struct pool_set *s, const struct pool_part *p)
{
	return p->idx && s->voted && (s->voted->incompat & POOL_FEAT_SINGLEHDR);
}

static void lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_part *p = NULL;

	while (m->pool && (p = pool_parts_next(m->pool, p)) != NULL) {
		if (!p->header_expected || !pool_parts_header_gone(p) || headerless(m->pool, p))
			continue;
		struct finding f = pool_parts_finding(self, CORRUPT, p, NULL);
		f.detail = pool_parts_header_blank(p) ? "every byte of it is zero"
						      : "other data lies where the header was";
		f.repair = pool_parts_headers_nr(m->pool) ? REPAIR_SAFE : REPAIR_ADVANCED;
		findings_add(out, f);
	}
}

/* Whether the pool would open cannot be told, so it is not clean. */
static void unread_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_part *p = NULL;

	while (m->pool && (p = pool_parts_next(m->pool, p)) != NULL) {
		if (!p->header_expected || p->same_file || p->item == NULL || p->hdr || p->header == NULL ||
		    p->header->state != NODE_LOST || m->pool->replicas[p->replica]->remote || headerless(m->pool, p))
			continue;
		struct finding f = pool_parts_finding(self, UNVERIFIED, p, NULL);
		f.repair = pool_parts_headers_nr(m->pool) ? REPAIR_SAFE : REPAIR_ADVANCED;
		findings_add(out, f);
	}
}

static void signature_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			    struct findings *out)
{
	enum pool_type type = pool_hdr_type(p->hdr);

	if (type != POOL_UNKNOWN && (type == s->type || s->type == POOL_UNKNOWN))
		return;
	struct finding f = pool_parts_finding(self, type == POOL_UNKNOWN ? CORRUPT : CONFLICT, p, "signature");
	if (s->type != POOL_UNKNOWN) {
		f.expected = pool_type_name(s->type);
		f.detail = s->type_how ? arena_printf(out->arena, "the type is known from: %s", s->type_how) : NULL;
		f.repair = REPAIR_SAFE;
	}
	f.actual = type == POOL_UNKNOWN ? "none of the four signatures" : pool_type_name(type);
	findings_add(out, f);
}
OVER_HEADERS(signature)

static void major_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			struct findings *out)
{
	uint32_t last = s->type == POOL_OBJ ? 6 : 1, is = p->hdr->major;
	bool valid = is >= 1 && is <= last;
	bool voted = s->voted && pool_parts_headers_nr(s) > 1;

	if (s->type == POOL_UNKNOWN) {
		findings_unchecked(out, self, p->header, "which versions are valid depends on the type of the pool");
		return;
	}
	if (valid && (!voted || s->voted->major == is))
		return;
	struct finding f = pool_parts_finding(self, valid ? CONFLICT : CORRUPT, p, "major");
	if (voted && s->voted->major != is)
		f.expected = arena_printf(out->arena, "%" PRIu32 ", as most headers say", s->voted->major);
	else
		f.expected = last == 1 ? "1" : "1 to 6";
	f.actual = arena_printf(out->arena, "%" PRIu32, is);
	f.repair = voted || last == 1 ? REPAIR_SAFE : REPAIR_ASK;
	findings_add(out, f);
}
OVER_HEADERS(major)

enum { INCOMPAT_KNOWN = POOL_FEAT_SINGLEHDR | POOL_FEAT_CKSUM_2K | POOL_FEAT_SDS };

static void incompat_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			   struct findings *out)
{
	uint32_t unknown = p->hdr->incompat & ~(uint32_t)INCOMPAT_KNOWN;

	if (unknown == 0)
		return;
	struct finding f = pool_parts_finding(self, CORRUPT, p, "incompat");
	bool told = s->voted && pool_parts_headers_nr(s) > 1 && s->voted->incompat != p->hdr->incompat;
	f.expected = told ? arena_printf(out->arena, "0x%" PRIx32 ", as most headers say", s->voted->incompat)
			  : "bits of 0x7 only";
	f.actual = hex(out->arena, p->hdr->incompat);
	f.detail = arena_printf(out->arena, "unknown bits: 0x%" PRIx32, unknown);
	f.repair = told ? REPAIR_SAFE : REPAIR_ASK;
	findings_add(out, f);
}
OVER_HEADERS(incompat)

static void compat_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			 struct findings *out)
{
	uint32_t unknown = p->hdr->compat & ~(uint32_t)POOL_FEAT_CHECK_BAD_BLOCKS;

	(void)s;
	if (unknown) {
		struct finding f = pool_parts_finding(self, CORRUPT, p, "compat");
		f.expected = "0x0 or 0x1";
		f.actual = hex(out->arena, p->hdr->compat);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
	if (p->hdr->ro_compat) {
		struct finding f = pool_parts_finding(self, CORRUPT, p, "ro_compat");
		f.expected = "0x0";
		f.actual = hex(out->arena, p->hdr->ro_compat);
		f.detail = "libraries open the pool and refuse every write";
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
}
OVER_HEADERS(compat)

/* Unknown bits are told by the two above; here only what a library of the same age would see. */
static void features_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			   struct findings *out)
{
	static const char *const words[] = { "compat", "incompat" };
	static const uint32_t known[] = { POOL_FEAT_CHECK_BAD_BLOCKS, INCOMPAT_KNOWN };

	if (s->voted == NULL || pool_parts_headers_nr(s) < 2)
		return;
	for (size_t i = 0; i < 2; i++) {
		const struct field *w = layout_field(&pool_hdr_layout, words[i]);
		uint64_t is = layout_value(w, p->hdr), want = layout_value(w, s->voted);

		if ((is & known[i]) == (want & known[i]))
			continue;
		struct finding f = pool_parts_finding(self, CONFLICT, p, words[i]);
		f.expected = arena_printf(out->arena, "0x%" PRIx64 ", as most headers say", want);
		f.actual = hex(out->arena, is);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
}
OVER_HEADERS(features)

static void singlehdr_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *p = NULL;

	while (s && (p = pool_parts_next_header(s, p, self, out)) != NULL) {
		bool bit = p->hdr->incompat & POOL_FEAT_SINGLEHDR;

		if (s->text ? bit == s->text->singlehdr
			    : !bit || s->nr != 1 || s->replicas[0]->nr != 1 || s->lone_part)
			continue;
		/* One odd header among several is pool.set.features' to tell. */
		if (s->voted && pool_parts_headers_nr(s) > 1 &&
		    (bool)(s->voted->incompat & POOL_FEAT_SINGLEHDR) != bit)
			continue;
		struct finding f = pool_parts_finding(self, CONFLICT, p, "incompat");
		if (s->text) {
			f.expected = s->text->singlehdr ? "SINGLEHDR, as the set file's OPTION says"
							: "no SINGLEHDR: the set file has no such OPTION";
			f.actual = bit ? "SINGLEHDR" : "no SINGLEHDR";
			f.repair = REPAIR_ASK;
		} else {
			f.detail = "a pool of one file never has it: this is part 0 of a set, or the word is damaged";
			f.repair = s->inner_known ? REPAIR_ASK : REPAIR_NONE;
		}
		findings_add(out, f);
	}
}

static void sds_needs_2k_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			       struct findings *out)
{
	(void)s;
	if (!(p->hdr->incompat & POOL_FEAT_SDS) || (p->hdr->incompat & POOL_FEAT_CKSUM_2K))
		return;
	struct finding f = pool_parts_finding(self, CONFLICT, p, "incompat");
	f.actual = hex(out->arena, p->hdr->incompat);
	if (p->sum == POOL_HDR_SUM_2K) {
		f.detail = "the checksum is right when read with CKSUM_2K";
		f.repair = REPAIR_SAFE;
	} else {
		f.repair = REPAIR_ASK;
	}
	findings_add(out, f);
}
OVER_HEADERS(sds_needs_2k)

static const char *localise(struct arena *a, const struct pool_part *p)
{
	uint32_t place = 0, was = 0, now = 0, fits = pool_parts_changed_word(p, &place, &was);

	if (fits == 0)
		return "no single changed word explains it: several words changed, or the checksum itself";
	if (fits > 1)
		return arena_printf(a, "one changed word would explain it, at any of %" PRIu32 " places", fits);
	const struct field *field = layout_field_at(&pool_hdr_layout, place);
	(void)span_le32(p->hdr_bytes, place, &now);
	return arena_printf(a, "one changed word explains it: at 0x%" PRIx32 " (%s), now 0x%08" PRIx32
			    ", 0x%08" PRIx32 " when the checksum was made", place, field ? field->name : "", now, was);
}

static void checksum_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			   struct findings *out)
{
	(void)s;
	if (p->sum == POOL_HDR_SUM_ANNOUNCED || p->sum == POOL_HDR_SUM_14)
		return;
	if (span_lost(p->hdr_bytes)) {
		findings_unchecked(out, self, p->header, "some bytes of the header could not be read");
		return;
	}
	struct finding f = pool_parts_finding(self, p->sum == POOL_HDR_SUM_BAD ? CORRUPT : CONFLICT, p, "checksum");
	f.expected = hex(out->arena, p->sum_announced);
	f.actual = hex(out->arena, p->hdr->checksum);
	if (p->sum == POOL_HDR_SUM_BAD)
		f.detail = localise(out->arena, p);
	else
		f.detail = p->sum == POOL_HDR_SUM_2K
				   ? "it is right when read with CKSUM_2K, which the feature word does not announce"
				   : "it is right over all of the header, while the feature word announces CKSUM_2K";
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}
OVER_HEADERS(checksum)

/* Each group of four bits is an alignment less one, so one bit less than a power of two. */
static bool alignment_plausible(uint64_t desc)
{
	enum { TYPES = 11 };

	for (int i = 0; i < TYPES; i++, desc >>= 4)
		if ((desc & 15) & ((desc & 15) + 1))
			return false;
	return desc == 0;
}

static void arch_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
		       struct findings *out)
{
	const struct pool_hdr *h = p->hdr, *v = s->voted;
	bool known = false, told = v && pool_parts_headers_nr(s) > 1;
	uint32_t at;

	for (const struct name_of *n = pool_hdr_machine_names; n->name; n++)
		known |= n->value == h->machine;
	const struct { const char *field, *expected; bool valid; } rows[] = {
		{ "alignment_desc", "eleven alignments of C types", h->alignment_desc && alignment_plausible(h->alignment_desc) },
		{ "machine_class", "2, 64-bit", h->machine_class == 2 },
		{ "data", "1 or 2", h->data == 1 || h->data == 2 },
		{ "arch_reserved", "zero", !pool_parts_nonzero(layout_field(&pool_hdr_layout, "arch_reserved"), h, &at) },
		{ "machine", "a machine PMDK was built for", known },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct field *w = layout_field(&pool_hdr_layout, rows[i].field);
		bool raw = w->rep == REP_RAW, differs = told && !raw && layout_value(w, h) != layout_value(w, v);

		if (rows[i].valid && !differs)
			continue;
		struct finding f = pool_parts_finding(self, rows[i].valid ? CONFLICT : CORRUPT, p, w->name);
		f.expected = differs ? arena_printf(out->arena, "0x%" PRIx64 ", as most headers say", layout_value(w, v))
				     : rows[i].expected;
		f.actual = raw ? "not zero" : hex(out->arena, layout_value(w, h));
		f.repair = differs || raw ? REPAIR_SAFE : REPAIR_ASK;
		findings_add(out, f);
	}
}
OVER_HEADERS(arch)

static void uuid_pattern_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			       struct findings *out)
{
	static const char *const rows[] = { "poolset_uuid", "uuid" };

	(void)s;
	for (size_t i = 0; i < 2; i++) {
		const struct field *w = layout_field(&pool_hdr_layout, rows[i]);
		const uint8_t *u = layout_bytes(w, p->hdr);

		if (uuid_random_pmdk(u))
			continue;
		struct finding f = pool_parts_finding(self, CORRUPT, p, rows[i]);
		f.expected = "a random uuid (version 4)";
		f.repair = i ? REPAIR_ASK : REPAIR_ADVANCED;
		f.actual = pool_parts_uuid(out->arena, u);
		findings_add(out, f);
	}
}
OVER_HEADERS(uuid_pattern)

static void crtime_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			 struct findings *out)
{
	const struct source *src = p->item->source;
	uint64_t is = p->hdr->crtime;

	(void)s;
	if (pool_parts_time_good(is, src))
		return;
	struct finding f = pool_parts_finding(self, pool_parts_time_good(is, NULL) ? CONFLICT : CORRUPT, p, "crtime");
	f.actual = arena_printf(out->arena, "%" PRIu64, is);
	f.repair = f.verdict == CONFLICT ? REPAIR_ADVANCED : REPAIR_ASK; /* the file's time may be the wrong one */
	if (f.verdict == CONFLICT)
		f.detail = "it lies after the file's own time of last change: the clock was set back, or a copy kept an older time";
	findings_add(out, f);
}
OVER_HEADERS(crtime)

static void pad(const struct check *self, const struct pool_part *p, const char *field, struct findings *out)
{
	const struct field *w = layout_field(&pool_hdr_layout, field);
	uint32_t at;

	if (!pool_parts_nonzero(w, p->hdr, &at))
		return;
	struct finding f = pool_parts_finding(self, CORRUPT, p, field);
	f.expected = "zero";
	f.actual = arena_printf(out->arena, "0x%02x", layout_bytes(w, p->hdr)[at]);
	f.detail = arena_printf(out->arena, "the first such byte is at 0x%" PRIx32 " of the part", w->off + at);
	f.repair = REPAIR_SAFE;
	findings_add(out, f);
}

static void unused_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			 struct findings *out)
{
	(void)s;
	pad(self, p, "unused", out);
}
OVER_HEADERS(unused)

static void unused2_judge(const struct check *self, const struct pool_set *s, const struct pool_part *p,
			  struct findings *out)
{
	(void)s;
	pad(self, p, "unused2", out);
}
OVER_HEADERS(unused2)

#define HDR "PMDK 1.12 src/common/set.c util_header_check"
#define REFUSED "The PMDK libraries refuse to open the pool. Its data is not touched by this."

static const struct check checks[] = {
	{ .id = "pool.hdr.lost", .covers = "PH-01", .severity = ERROR,
	  .says = "nothing of the pool header is left", .means = REFUSED,
	  .remedy = "The header can be made again from the other headers of the set, which also hold this part's uuid.",
	  .source = HDR, .verify = lost_verify, .repair = header_repair_lost },
	{ .id = "pool.hdr.unread", .covers = "PH-01", .severity = ERROR,
	  .says = "the pool header could not be read",
	  .means = "Whether the libraries would open the pool cannot be told: they read this header first.",
	  .remedy = "Capture the range again. Else the header can be made again from the other headers of the set, or anew.",
	  .source = HDR, .verify = unread_verify, .repair = header_repair_lost },
	{ .id = "pool.hdr.signature", .after = "pool.hdr.lost", .covers = "PH-01", .severity = ERROR,
	  .says = "the signature does not name the type of this pool", .means = REFUSED,
	  .remedy = "Restore it from another header of the set or from the type that the data shows.",
	  .source = HDR, .verify = signature_verify, .repair = header_repair_field },
	{ .id = "pool.hdr.major", .after = "pool.hdr.lost", .covers = "PH-02", .severity = ERROR,
	  .says = "the layout version is not one of this pool", .means = REFUSED,
	  .remedy = "Restore it from another header of the set; a pmemlog or pmemblk pool always has 1.",
	  .source = "PMDK 1.0 to 2.1, *_FORMAT_MAJOR", .verify = major_verify, .repair = header_repair_field },
	{ .id = "pool.hdr.incompat", .after = "pool.hdr.lost", .covers = "PH-03", .severity = ERROR,
	  .says = "the header demands features that no version of PMDK has", .means = REFUSED,
	  .remedy = "Restore the word from another header of the set.",
	  .source = "PMDK 1.12 src/common/pool_hdr.c util_feature_check", .verify = incompat_verify, .repair = header_repair_field },
	{ .id = "pool.hdr.compat", .after = "pool.hdr.lost", .covers = "PH-04", .severity = WARNING,
	  .says = "unknown features are set in a word that may be ignored",
	  .means = "Unknown compat bits are ignored; with unknown ro_compat bits the pool can only be read.",
	  .remedy = "Clear them on a copy, and make the checksum again.",
	  .source = "PMDK 1.12 src/common/pool_hdr.c util_feature_check", .verify = compat_verify, .repair = header_repair_field },
	{ .id = "pool.set.features", .after = "pool.hdr.lost", .covers = "PH-05", .severity = ERROR,
	  .says = "the headers of the set announce different features",
	  .means = "The libraries refuse to open the set. A change of features was cut off, or a part is from elsewhere.",
	  .remedy = "Decide which state was meant, and write it to every header of the set.",
	  .source = HDR, .verify = features_verify, .repair = header_repair_field },
	{ .id = "pool.hdr.singlehdr", .after = "pool.hdr.lost", .covers = "PH-06 PS-06", .severity = ERROR,
	  .says = "the header and the set file disagree on SINGLEHDR",
	  .means = "The libraries refuse to open the set; read the wrong way, all data behind part 0 is shifted by a header.",
	  .remedy = "See whether the file of part 1 starts with a header; the set file is usually what is wrong.",
	  .source = "PMDK 1.12 src/common/set.c util_pool_open", .verify = singlehdr_verify, .repair = set_file_repair_singlehdr },
	{ .id = "pool.hdr.sds-without-2k", .after = "pool.hdr.lost", .covers = "PH-07", .severity = WARNING,
	  .says = "the shutdown state is kept inside the part of the header that is summed",
	  .means = "No tool makes this combination: every opening of the pool would break the header's checksum.",
	  .remedy = "Set CKSUM_2K when the checksum is right that way.",
	  .source = "PMDK 1.12 src/libpmempool/feature.c", .verify = sds_needs_2k_verify, .repair = header_repair_2k },
	{ .id = "pool.hdr.checksum", .after = "pool.hdr.lost", .covers = "PH-08", .severity = ERROR,
	  .says = "the header's checksum is wrong", .means = REFUSED,
	  .remedy = "Put the damaged field right first; a checksum made to fit damage hides it.",
	  .source = "PMDK 1.12 src/core/util.c util_checksum", .verify = checksum_verify, .repair = header_repair_checksum },
	{ .id = "pool.hdr.arch", .after = "pool.hdr.lost", .covers = "PH-09", .severity = ERROR,
	  .says = "the description of the machine is not one that PMDK writes", .means = REFUSED,
	  .remedy = "Restore it from another header of the set, or from one made on the same kind of machine.",
	  .source = "PMDK 1.12 src/common/util.c util_check_arch_flags", .verify = arch_verify, .repair = header_repair_field },
	{ .id = "pool.hdr.uuid-pattern", .after = "pool.hdr.lost", .covers = "PH-14", .severity = NOTE,
	  .says = "a uuid is not one that PMDK would make",
	  .means = "The libraries accept it as long as all links agree; a bad repair or damage leaves such values.",
	  .remedy = "None needed by itself; see the findings on links. A part can be given a new uuid in all headers that name it.",
	  .source = "RFC 4122, version 4", .verify = uuid_pattern_verify, .repair = header_identity_repair_pattern },
	{ .id = "pool.hdr.crtime", .after = "pool.hdr.lost", .covers = "PH-15", .severity = NOTE,
	  .says = "the time of creation is not plausible", .means = "Nothing depends on it but pmempool check.",
	  .remedy = "None needed by itself. Other headers of the set, or the file's own time, can tell it.",
	  .source = "PMDK 1.12 src/libpmempool/check_pool_hdr.c", .verify = crtime_verify,
	  .repair = header_identity_repair_crtime },
	{ .id = "pool.hdr.unused", .after = "pool.hdr.lost", .covers = "PH-16", .severity = ERROR,
	  .says = "unused bytes of the header are not zero",
	  .means = "Something wrote over the header, or a newer format keeps something here.",
	  .remedy = "Zero them when the checksum then is right.", .source = "PMDK 1.12 src/common/pool_hdr.h",
	  .verify = unused_verify, .repair = header_repair_field },
	{ .id = "pool.hdr.unused2", .after = "pool.hdr.lost", .covers = "PH-17", .severity = NOTE,
	  .says = "unused bytes behind the summed part of the header are not zero",
	  .means = "Nothing reads them; something wrote where it should not.", .remedy = "None needed.",
	  .source = "PMDK 1.12 src/common/pool_hdr.h", .verify = unused2_verify, .repair = header_repair_field },
};

const struct check_table pool_hdr_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
