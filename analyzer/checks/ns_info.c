/* The info block of an fsdax or devdax namespace, and what else claims the same namespace. */
#include "analyzer/check.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/ns_label.h"
#include "analyzer/repair/ns_pfn.h"
#include "formats/image/window.h"
#include "formats/ns/content.h"
#include "formats/ns/ns.h"

#include <inttypes.h>

static struct finding at_pfn(const struct check *by, enum verdict v, const struct ns *n, const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = n->pfn.node,
				 .field = field ? layout_field(&pfn_sb_layout, field) : NULL };
}

static const char *number(struct findings *out, uint64_t v)
{
	return arena_printf(out->arena, "%" PRIu64, v);
}

/* Runs judge over the namespaces that have such a block; good: only where its checksum holds. */
static void blocks(const struct check *self, const struct model *m, struct findings *out, bool good,
		   void (*judge)(const struct check *, const struct ns *, struct findings *))
{
	for (const struct ns *n = m->ns ? m->ns->first : NULL; n; n = n->next)
		if (n->pfn.kind != PFN_NONE && (n->pfn.good || !good))
			judge(self, n, out);
}

static void checksum_judge(const struct check *self, const struct ns *n, struct findings *out)
{
	struct finding f = at_pfn(self, CORRUPT, n, "checksum");
	const struct pfn_sb *sb = n->pfn.sb;

	if (n->pfn.good)
		return;
	f.expected = arena_printf(out->arena, "0x%016" PRIx64, n->pfn.sum);
	f.actual = arena_printf(out->arena, "0x%016" PRIx64, sb->checksum);
	f.repair = REPAIR_ASK;
	struct image *data = sb->dataoff < n->len
				     ? window_open(out->arena, "data", n->image, n->at + sb->dataoff, n->len - sb->dataoff)
				     : NULL;
	const char *holds = data ? content_name(data, out->arena) : NULL;
	f.detail = holds ? arena_printf(out->arena, "%s begins where dataoff says, so that word is right", holds)
			 : "nothing that is recognised begins where dataoff says";
	findings_add(out, f);
}

static void version_judge(const struct check *self, const struct ns *n, struct findings *out)
{
	const struct pfn_sb *sb = n->pfn.sb;
	struct span pad;

	if (sb->version_major != 1 || sb->version_minor > PFN_MINOR_LAST) {
		struct finding f = at_pfn(self, CORRUPT, n, sb->version_major != 1 ? "version_major" : "version_minor");
		f.expected = "1.0 to 1.4";
		f.actual = arena_printf(out->arena, "%" PRIu16 ".%" PRIu16, sb->version_major, sb->version_minor);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
	if (sb->version_minor < PFN_MINOR_ZEROED)
		return; /* older kernels left in unused words what was there */
	if (sb->flags) {
		struct finding f = at_pfn(self, CORRUPT, n, "flags");
		f.expected = "0";
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
	const struct field *padding = layout_field(&pfn_sb_layout, "padding");
	if (span_cut(n->pfn.bytes, padding->off, padding->width, &pad) && !span_zero(pad)) {
		struct finding f = at_pfn(self, CORRUPT, n, "padding");
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

static void mode_judge(const struct check *self, const struct ns *n, struct findings *out)
{
	struct finding f = at_pfn(self, CORRUPT, n, "mode");

	if (n->pfn.sb->mode == PFN_MODE_RAM || n->pfn.sb->mode == PFN_MODE_PMEM)
		return;
	f.expected = "1 or 2";
	f.actual = number(out, n->pfn.sb->mode);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void geometry_judge(const struct check *self, const struct ns *n, struct findings *out)
{
	const struct pfn_sb *sb = n->pfn.sb;
	uint64_t pads = pfn_pads(sb), page = pfn_page(sb), want = pfn_pages(sb, n->len), need;
	struct finding f = at_pfn(self, CORRUPT, n, "dataoff");

	f.repair = REPAIR_ASK;
	if (sb->dataoff % PFN_PAGE || want == 0) {
		f.expected = arena_printf(out->arena, "a multiple of %d below %" PRIu64, PFN_PAGE, n->len);
		f.actual = number(out, sb->dataoff);
		findings_add(out, f);
		return;
	}
	if (want == sb->npfns)
		return;
	f = at_pfn(self, CONFLICT, n, "npfns");
	f.expected = number(out, want);
	f.actual = number(out, sb->npfns);
	f.repair = REPAIR_ASK;
	if (!__builtin_mul_overflow(sb->npfns, page, &need) && !__builtin_add_overflow(need, sb->dataoff + pads, &need))
		f.detail = arena_printf(out->arena, "the block was made for a namespace of %" PRIu64 " bytes, and this one has %" PRIu64,
					need, n->len);
	findings_add(out, f);
}

static void parent_judge(const struct check *self, const struct ns *n, struct findings *out)
{
	struct finding f = at_pfn(self, CONFLICT, n, "parent_uuid");
	char want[UUID_TEXT_LEN], is[UUID_TEXT_LEN];

	if (n->label == NULL || uuid_same(n->label->label.uuid, n->pfn.sb->parent_uuid))
		return;
	uuid_text_rfc(n->label->label.uuid, want);
	uuid_text_rfc(n->pfn.sb->parent_uuid, is);
	f.expected = arena_text(out->arena, want);
	f.actual = arena_text(out->arena, is);
	f.repair = REPAIR_ASK;
	findings_add(out, f);
}

static void uuid_judge(const struct check *self, const struct ns *n, struct findings *out)
{
	struct finding f = at_pfn(self, CORRUPT, n, "uuid");

	f.repair = REPAIR_ASK;
	if (uuid_null(n->pfn.sb->uuid))
		findings_add(out, f);
}

/* Several owners of one namespace: info blocks that hold, or a file system before the data. */
static void several_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (const struct ns *n = m->ns ? m->ns->first : NULL; n; n = n->next) {
		bool pfn = n->pfn.good && n->pfn.kind != PFN_NONE;
		struct finding f = { .by = self, .verdict = CONFLICT, .node = n->node };
		struct image *all = window_open(out->arena, "the namespace", n->image, n->at, n->len);
		const char *at_start = all && (pfn || n->btt1) && !n->btt2 ? content_name(all, out->arena) : NULL;

		if (n->btt1 + n->btt2 + pfn > 1)
			f.detail = arena_printf(out->arena, "%s%s%shold by their checksums; %s was read",
						n->btt1 ? "a BTT 1.1, " : "", n->btt2 ? "a BTT 2.0, " : "",
						pfn ? "a page-map info block, " : "", n->btt ? "the BTT" : "the page map");
		else if (at_start)
			f.detail = arena_printf(out->arena, "there is an info block at 4096, and at 0 the beginning of: %s", at_start);
		else
			continue;
		findings_add(out, f);
	}
}

/* What the label says lies in the namespace, beside what does. */
static void claim_verify(const struct check *self, const struct model *m, struct findings *out)
{
	for (const struct ns *n = m->ns ? m->ns->first : NULL; n; n = n->next) {
		bool there = n->claim == CLAIM_BTT   ? n->btt1
			     : n->claim == CLAIM_BTT2 ? n->btt2
			     : n->claim == CLAIM_PFN  ? n->pfn.kind == PFN_FSDAX
			     : n->claim == CLAIM_DAX  ? n->pfn.kind == PFN_DEVDAX
						      : true;
		const char *is = n->btt2 ? "a BTT 2.0" : n->btt1 ? "a BTT 1.1"
				 : n->pfn.kind == PFN_FSDAX ? "an fsdax info block"
				 : n->pfn.kind == PFN_DEVDAX ? "a devdax info block" : "no info block";

		if (there || n->label == NULL)
			continue;
		findings_add(out, (struct finding){ .by = self, .verdict = CONFLICT, .node = n->label->node,
						    .field = layout_field(&label_v12_layout, "abstraction_guid"),
						    .expected = is, .actual = label_claim_name(n->claim),
						    .repair = REPAIR_ASK });
	}
}

#define OVER_BLOCKS(name, good)                                                                          \
	static void name##_verify(const struct check *self, const struct model *m, struct findings *out) \
	{                                                                                                \
		blocks(self, m, out, good, name##_judge);                                                \
	}
OVER_BLOCKS(checksum, false)
OVER_BLOCKS(version, true)
OVER_BLOCKS(mode, true)
OVER_BLOCKS(geometry, true)
OVER_BLOCKS(parent, true)
OVER_BLOCKS(uuid, true)

#define SOURCE "Linux drivers/nvdimm/pfn_devs.c nd_pfn_validate"

static const struct check checks[] = {
	{ .id = "ns.info.several", .covers = "NS-01", .severity = WARNING,
	  .says = "more than one thing claims the namespace",
	  .means = "One of them is left over from an earlier use. Without a label that decides, the kernel takes a BTT "
		   "first, then a page map.",
	  .remedy = "Find out which one's contents are current before anything is deleted: nothing here says it, and so it is "
		    "left as it is.", .source = SOURCE,
	  .verify = several_verify },
	{ .id = "ns.info.claim", .covers = "NS-01 NS-17", .severity = ERROR,
	  .says = "the label names another kind of namespace than the one that is there",
	  .means = "The kernel looks in the wrong place: the data seems to have vanished.",
	  .remedy = "Believe what lies in the namespace; the label is the smaller thing to mend.", .source = SOURCE,
	  .verify = claim_verify, .repair = ns_label_repair_claim },
	{ .id = "ns.pfn.checksum", .covers = "NS-02", .severity = ERROR,
	  .says = "the info block of an fsdax or devdax namespace does not match its checksum",
	  .means = "The kernel takes the namespace for a raw one, and may write a fresh block. There is no second copy.",
	  .remedy = "Let repair try: all but the uuid follows from the namespace's length, its label and where its data begins, "
		    "and the checksum proves it.", .source = SOURCE,
	  .verify = checksum_verify,
	  .repair = ns_pfn_repair_checksum },
	{ .id = "ns.pfn.version", .covers = "NS-03", .severity = WARNING,
	  .says = "a constant of the info block has another value",
	  .means = "A newer kernel wrote it, or it is damaged behind a right checksum.",
	  .remedy = "See which kernel made the namespace.", .source = SOURCE, .verify = version_verify,
	  .repair = ns_pfn_repair_version },
	{ .id = "ns.pfn.mode", .covers = "NS-04", .severity = ERROR,
	  .says = "the info block does not say where the page array is",
	  .means = "The kernel refuses the namespace.",
	  .remedy = "It is 2 when there is room for the array before the data, else 1.", .source = SOURCE,
	  .verify = mode_verify,
	  .repair = ns_pfn_repair_mode },
	{ .id = "ns.pfn.geometry", .covers = "NS-05", .severity = ERROR,
	  .says = "the info block does not describe a namespace of this length",
	  .means = "The capture was cut or starts elsewhere, or the namespace was resized.",
	  .remedy = "Compare the length that the block asks for with the capture's.", .source = SOURCE,
	  .verify = geometry_verify,
	  .repair = ns_pfn_repair_geometry },
	{ .id = "ns.pfn.parent", .covers = "NS-06", .severity = ERROR,
	  .says = "the info block belongs to another namespace than the label names",
	  .means = "The kernel takes the block for absent and may write a fresh one.",
	  .remedy = "Find out which side was rewritten: a cloned namespace, or a renamed label.", .source = SOURCE,
	  .verify = parent_verify,
	  .repair = ns_pfn_repair_parent },
	{ .id = "ns.pfn.uuid", .covers = "NS-07", .severity = WARNING,
	  .says = "the info block has no uuid", .means = "Only identity is lost; the data is not affected.",
	  .remedy = "Any new uuid serves.", .source = SOURCE, .verify = uuid_verify,
	  .repair = ns_pfn_repair_uuid },
};

const struct check_table ns_info_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
