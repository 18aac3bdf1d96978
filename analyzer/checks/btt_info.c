/* The info blocks of a BTT's arenas: alone, beside their copy, beside their siblings, and beside
 * the layout that the container's length asks for. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/facts/btt_rebuild.h"
#include "analyzer/facts/btt_right.h"
#include "analyzer/repair/btt.h"
#include "formats/blk/blk.h"
#include "formats/btt/arena.h"

#include <inttypes.h>
#include <string.h>

static struct finding at_copy(const struct check *by, enum verdict v, const struct btt_copy *c,
			      const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = c->node,
				 .field = field ? layout_field(&btt_info_layout, field) : NULL };
}

static const char *number(struct findings *out, uint64_t v)
{
	return arena_printf(out->arena, "%" PRIu64, v);
}

static const char *hex(struct findings *out, uint64_t v)
{
	return arena_printf(out->arena, "0x%016" PRIx64, v);
}

static const char *copy_state(const struct btt_copy *c)
{
	if (c->info == NULL)
		return "could not be read";
	if (c->blank)
		return "is all zero";
	return btt_info_signed(c->info) ? "does not match its checksum" : "has no signature";
}

static void primary_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct btt *b = m->btt;

	if (b == NULL || !b->written)
		return; /* a container that was never written has no blocks to lose */
	for (uint32_t k = 0; k < b->nr; k++) {
		const struct btt_arena *ar = &b->arenas[k];
		struct finding f = at_copy(self, CORRUPT, &ar->primary, NULL);

		if (ar->primary.good)
			continue;
		btt_rebuild_info(out, &f, b, ar, &ar->primary);
		f.detail = arena_printf(out->arena,
					"the first info block of arena %" PRIu32 " %s; its places were read by %s",
					ar->idx, copy_state(&ar->primary), btt_source_text(ar->from));
		if (ar->primary.info && !ar->primary.blank && btt_info_signed(ar->primary.info)) {
			f.expected = hex(out, ar->primary.sum);
			f.actual = hex(out, ar->primary.info->checksum);
		}
		findings_add(out, f);
	}
}

static void backup_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct btt *b = m->btt;

	if (b == NULL || !b->written)
		return;
	for (uint32_t k = 0; k < b->nr; k++) {
		const struct btt_arena *ar = &b->arenas[k];
		struct finding f = at_copy(self, CORRUPT, &ar->backup, NULL);

		if (ar->backup.good)
			continue;
		btt_rebuild_info(out, &f, b, ar, &ar->backup);
		f.detail = arena_printf(out->arena, "the backup info block of arena %" PRIu32 " %s", ar->idx,
					copy_state(&ar->backup));
		findings_add(out, f);
	}
}

static void differ_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct btt *b = m->btt;

	for (uint32_t k = 0; b && k < b->nr; k++) {
		const struct btt_arena *ar = &b->arenas[k];
		const struct btt_info *p = ar->primary.info, *q = ar->backup.info;

		if (!ar->primary.good || !ar->backup.good || memcmp(p, q, sizeof(*p)) == 0)
			continue;
		struct btt_info flagged = *q;
		flagged.flags = p->flags;
		flagged.checksum = p->checksum;
		bool only_flags = memcmp(p, &flagged, sizeof(*p)) == 0;
		struct finding f = at_copy(self, CONFLICT, &ar->backup, only_flags ? "flags" : NULL);
		f.repair = REPAIR_ASK;
		f.detail = only_flags ? "the two copies differ in the ERROR flag alone: an update of it was "
					"cut off between them"
				      : "both copies hold by their checksums and say different things";
		findings_add(out, f);
	}
}

/* The words that all arenas of one BTT share. */
static const char *const shared[] = { "uuid", "parent_uuid", "major", "minor", "external_lbasize",
				      "internal_lbasize", "nfree", "infosize" };

static void generation_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct btt *b = m->btt;
	const struct btt_arena *first = NULL;

	for (uint32_t k = 0; b && k < b->nr; k++) {
		const struct btt_arena *ar = &b->arenas[k];

		if (ar->info == NULL)
			continue;
		if (first == NULL) {
			first = ar;
			continue;
		}
		for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
			const struct field *fd = layout_field(&btt_info_layout, shared[i]);
			const struct btt_copy *c = ar->from == BTT_FROM_BACKUP ? &ar->backup : &ar->primary;
			struct finding f = at_copy(self, CONFLICT, c, shared[i]);

			if (btt_right_same(fd, first->info, ar->info))
				continue;
			f.repair = REPAIR_ASK;
			f.detail = arena_printf(out->arena,
						"arena %" PRIu32 " and arena %" PRIu32 " do not agree on %s",
						first->idx, ar->idx, shared[i]);
			findings_add(out, f);
		}
	}
}

/* Runs judge over every good copy of every arena. */
static void copies(const struct check *self, const struct model *m, struct findings *out,
		   void (*judge)(const struct check *, const struct btt *, const struct btt_arena *,
				 const struct btt_copy *, struct findings *))
{
	for (uint32_t k = 0; m->btt && k < m->btt->nr; k++) {
		const struct btt_arena *ar = &m->btt->arenas[k];

		if (ar->primary.good)
			judge(self, m->btt, ar, &ar->primary, out);
		/* a backup equal to its primary would only say everything twice */
		if (ar->backup.good &&
		    (!ar->primary.good ||
		     memcmp(ar->primary.info, ar->backup.info, sizeof(*ar->primary.info)) != 0))
			judge(self, m->btt, ar, &ar->backup, out);
	}
}

static void expect(const struct check *self, const struct btt_copy *c, const char *field, uint64_t want,
		   const char *why, enum remedy_class repair, struct findings *out)
{
	const struct field *fd = layout_field(&btt_info_layout, field);
	uint64_t is = layout_value(fd, c->info);
	struct finding f = at_copy(self, CORRUPT, c, field);

	if (is == want)
		return;
	f.expected = number(out, want);
	f.actual = number(out, is);
	f.detail = arena_printf(out->arena, "%s is %" PRIu64 ", and %s asks for %" PRIu64, field, is, why, want);
	f.repair = repair;
	findings_add(out, f);
}

static void version_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			  const struct btt_copy *c, struct findings *out)
{
	bool v2 = b->container == BTT_IN_NS_V2;
	const char *why = v2 ? "a BTT at the very start of its namespace"
			     : "a BTT in a pool, or 4 KiB into a namespace,";

	(void)ar;
	expect(self, c, "major", v2 ? 2 : 1, why, REPAIR_ASK, out);
	expect(self, c, "minor", v2 ? 0 : 1, why, REPAIR_ASK, out);
}

static void parent_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			 const struct btt_copy *c, struct findings *out)
{
	struct finding f = at_copy(self, CONFLICT, c, "parent_uuid");

	(void)ar;
	if (b->parent_uuid == NULL || uuid_same(b->parent_uuid, c->info->parent_uuid))
		return;
	if (b->container != BTT_IN_POOL && uuid_null(c->info->parent_uuid))
		return; /* a namespace without labels */
	char want[UUID_TEXT_LEN], is[UUID_TEXT_LEN];
	void (*text)(const uint8_t *, char *) = b->container == BTT_IN_POOL ? uuid_text_pmdk : uuid_text_rfc;
	text(b->parent_uuid, want);
	text(c->info->parent_uuid, is);
	f.expected = arena_text(out->arena, want);
	f.actual = arena_text(out->arena, is);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void count_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			const struct btt_copy *c, struct findings *out)
{
	uint64_t want = (uint64_t)c->info->external_nlba + c->info->nfree;

	(void)b;
	(void)ar;
	if (c->info->nfree > BTT_LANES_MAX)
		return; /* the check of the lanes speaks: nothing can be reckoned with that number */
	expect(self, c, "internal_nlba", want, "external_nlba + nfree", REPAIR_ASK, out);
}

static void lbasize_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			  const struct btt_copy *c, struct findings *out)
{
	uint32_t pmdk = btt_geom_internal(c->info->external_lbasize, BTT_ROUND_PMDK);
	uint32_t kernel = btt_geom_internal(c->info->external_lbasize, BTT_ROUND_KERNEL);
	uint32_t is = c->info->internal_lbasize;
	uint32_t want = b->container == BTT_IN_POOL ? pmdk : kernel;
	bool any = is >= 512 && is >= c->info->external_lbasize && is % 64 == 0;
	struct finding f = at_copy(self, CORRUPT, c, "external_lbasize");

	(void)ar;
	if (c->info->external_lbasize == 0) {
		f.actual = "0";
		f.detail = "no block has this size";
		f.repair = REPAIR_ASK;
		findings_add(out, f);
		return;
	}
	/* UEFI leaves the rounding open: in a namespace any aligned stride that holds a block may be */
	if (is == want || (b->container != BTT_IN_POOL && any))
		return;
	expect(self, c, "internal_lbasize", want, "a block of external_lbasize", REPAIR_ASK, out);
}

static void geometry_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			   const struct btt_copy *c, struct findings *out)
{
	struct btt_geom g;
	const char *why = "the layout of an arena of this length";
	uint64_t at;

	if (c->info->nfree > BTT_LANES_MAX)
		return; /* as with the counts */
	if (!btt_geom(ar->len, c->info->internal_lbasize, c->info->nfree, &g)) {
		struct finding f = at_copy(self, CORRUPT, c, "internal_lbasize");
		f.detail = "no arena of this length can hold blocks of this size";
		f.repair = REPAIR_ASK;
		findings_add(out, f);
		return;
	}
	expect(self, c, "external_nlba", g.external_nlba, why, REPAIR_ASK, out);
	if (!btt_right_cut(b, ar, c->info, &at)) /* which has a check of its own */
		expect(self, c, "nextoff", ar->nextoff, "the length of the container", REPAIR_ASK, out);
	expect(self, c, "mapoff", g.mapoff, why, REPAIR_ASK, out);
	expect(self, c, "flogoff", g.flogoff, why, REPAIR_ASK, out);
	expect(self, c, "infooff", g.infooff, why, REPAIR_ASK, out);
}

static void constants_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			    const struct btt_copy *c, struct findings *out)
{
	(void)b;
	(void)ar;
	expect(self, c, "dataoff", BTT_PAGE, "every layout", REPAIR_SAFE, out);
	expect(self, c, "infosize", BTT_INFO_LEN, "every layout", REPAIR_SAFE, out);
	if (c->info->flags & ~(uint32_t)BTT_FLAG_ERROR)
		expect(self, c, "flags", c->info->flags & BTT_FLAG_ERROR, "the one flag there is",
		       REPAIR_SAFE, out);
	struct span pad;
	const struct field *unused = layout_field(&btt_info_layout, "unused");
	if (span_cut(c->bytes, unused->off, unused->width, &pad) && !span_zero(pad)) {
		struct finding f = at_copy(self, CORRUPT, c, "unused");
		f.detail = "bytes that must be zero are not";
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

static void flagged_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			  const struct btt_copy *c, struct findings *out)
{
	struct finding f = at_copy(self, CORRUPT, c, "flags");

	(void)b;
	if ((c->info->flags & BTT_FLAG_ERROR) == 0)
		return;
	f.detail = arena_printf(out->arena, "arena %" PRIu32 " is marked as broken: writes to it fail", ar->idx);
	f.repair = REPAIR_ADVANCED;
	findings_add(out, f);
}

static void lanes_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
			const struct btt_copy *c, struct findings *out)
{
	struct finding f = at_copy(self, UNVERIFIED, c, "nfree");

	(void)b;
	(void)ar;
	if (c->info->nfree <= BTT_LANES_MAX)
		return;
	f.expected = number(out, BTT_NFREE);
	f.actual = number(out, c->info->nfree);
	f.detail = arena_printf(out->arena, "the first %d of %" PRIu32 " lanes are read", BTT_LANES_MAX, c->info->nfree);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void next_judge(const struct check *self, const struct btt *b, const struct btt_arena *ar,
		       const struct btt_copy *c, struct findings *out)
{
	struct finding f = at_copy(self, CORRUPT, c, "nextoff");
	uint64_t at;

	if (!btt_right_cut(b, ar, c->info, &at))
		return;
	f.detail = arena_printf(out->arena,
				"the next arena begins %" PRIu64 " bytes into the container, which ends at %" PRIu64,
				at, b->len);
	f.repair = REPAIR_ADVANCED;
	findings_add(out, f);
}

#define OVER_COPIES(name)                                                                               \
	static void name##_verify(const struct check *self, const struct model *m, struct findings *out) \
	{                                                                                               \
		copies(self, m, out, name##_judge);                                                     \
	}
OVER_COPIES(version)
OVER_COPIES(parent)
OVER_COPIES(count)
OVER_COPIES(lbasize)
OVER_COPIES(geometry)
OVER_COPIES(constants)
OVER_COPIES(flagged)
OVER_COPIES(lanes)
OVER_COPIES(next)

#define SOURCE "Linux drivers/nvdimm/btt.c; PMDK src/libpmemblk/btt.c; UEFI BTT layout"

static const struct check checks[] = {
	{ .id = "btt.info.primary", .covers = "BT-01 PB-05", .severity = ERROR,
	  .says = "an arena's first info block does not hold",
	  .means = "Every driver and library reads this copy alone: it takes the container for one that was "
		   "never written, shows zeros, and lays a new BTT over the data at the next write.",
	  .remedy = "Do not attach or open this for writing. Restore the block from its backup copy first.",
	  .source = SOURCE, .verify = primary_verify,
	  .repair = btt_repair_primary },
	{ .id = "btt.info.backup", .covers = "BT-02", .severity = WARNING,
	  .says = "an arena's backup info block does not hold",
	  .means = "Nothing is lost as long as the first copy holds; its safety net is gone.",
	  .remedy = "Copy the first info block over it.", .source = SOURCE, .verify = backup_verify,
	  .repair = btt_repair_backup },
	{ .id = "btt.info.copies", .covers = "BT-02", .severity = WARNING,
	  .says = "the two info blocks of an arena differ",
	  .means = "One of them is older. The drivers use the first and never look at the second.",
	  .remedy = "Decide by what differs: an ERROR flag in one copy alone is the newer state.",
	  .source = SOURCE, .verify = differ_verify,
	  .repair = btt_repair_copies },
	{ .id = "btt.info.generation", .covers = "BT-03", .severity = ERROR,
	  .says = "arenas of one BTT do not belong together",
	  .means = "The container was laid out anew in part, or an arena comes from elsewhere.",
	  .remedy = "Find out which arenas' map and flog agree with their own info block before writing.",
	  .source = SOURCE, .verify = generation_verify,
	  .repair = btt_repair_generation },
	{ .id = "btt.info.version", .covers = "BT-04", .severity = ERROR,
	  .says = "a BTT's version does not fit the place where it starts",
	  .means = "The driver looks for this version at another offset and does not find it.",
	  .remedy = "Check that the capture begins where the namespace begins.", .source = SOURCE,
	  .verify = version_verify,
	  .repair = btt_repair_version },
	{ .id = "btt.info.parent", .covers = "BT-05 PB-06", .severity = ERROR,
	  .says = "a BTT names another parent than the container it lies in",
	  .means = "libpmemblk takes such a BTT for none and shows zeros; the kernel refuses it.",
	  .remedy = "Find out which side was rewritten: the pool header or label, or the BTT. Usually the BTT "
		    "is right.",
	  .source = SOURCE, .verify = parent_verify,
	  .repair = btt_repair_parent },
	{ .id = "btt.info.count", .covers = "BT-06", .severity = ERROR,
	  .says = "an arena's block counts contradict each other",
	  .means = "The map or the free list would reach outside the data area.",
	  .remedy = "Recompute the info block from the arena's length and block size.", .source = SOURCE,
	  .verify = count_verify,
	  .repair = btt_repair_fields },
	{ .id = "btt.info.lbasize", .covers = "BT-07", .severity = ERROR,
	  .says = "an arena's internal block size cannot hold its blocks",
	  .means = "Blocks would overlap in the data area.",
	  .remedy = "Recompute the info block from the arena's length and block size.", .source = SOURCE,
	  .verify = lbasize_verify,
	  .repair = btt_repair_fields },
	{ .id = "btt.info.geometry", .covers = "BT-08 PB-07", .severity = ERROR,
	  .says = "an info block does not describe an arena of this length",
	  .means = "The container was resized or cut, or the block is damaged behind a right checksum.",
	  .remedy = "Compare the container's size with what the info blocks ask for.", .source = SOURCE,
	  .verify = geometry_verify,
	  .repair = btt_repair_fields },
	{ .id = "btt.info.constants", .covers = "BT-09", .severity = ERROR,
	  .says = "a constant of an info block has another value",
	  .means = "The block was written by something that does not know the format, or is damaged behind a "
		   "right checksum.",
	  .remedy = "Compare with the other copy.", .source = SOURCE, .verify = constants_verify,
	  .repair = btt_repair_fields },
	{ .id = "btt.info.error-flag", .covers = "BT-10", .severity = ERROR,
	  .says = "an arena is marked as broken",
	  .means = "A writer met a state it could not recover from; reads work, writes fail.",
	  .remedy = "Clear the flag only when map and flog raise no finding.", .source = SOURCE,
	  .verify = flagged_verify,
	  .repair = btt_repair_error_flag },
	{ .id = "btt.info.lanes", .covers = "BT-16", .severity = WARNING,
	  .says = "an arena has more lanes than are read",
	  .means = "Every known writer makes 256. The free blocks of the lanes left out are told as unowned.",
	  .remedy = "See whether the geometry holds otherwise; the number is probably damaged.", .source = SOURCE,
	  .verify = lanes_verify,
	  .repair = btt_repair_fields },
	{ .id = "btt.info.next", .covers = "BT-11", .severity = ERROR,
	  .says = "an arena that another one announces is missing",
	  .means = "The capture or the container was cut; the blocks of the missing arena are lost.",
	  .remedy = "Capture again with the full length.", .source = SOURCE, .verify = next_verify,
	  .repair = btt_repair_next },
};

const struct check_table btt_info_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
