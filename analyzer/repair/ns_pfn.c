#include "analyzer/repair/ns_pfn.h"

#include "analyzer/repair/ns_area.h"
#include "analyzer/repair/ns_pfn_make.h"
#include "analyzer/repair/ns_sum.h"

#include <inttypes.h>
#include <string.h>

static const struct ns *ns_of(const struct model *m, const struct node *block)
{
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;)
		for (const struct ns *n = at->ns ? at->ns->first : NULL; n; n = n->next)
			if (n->pfn.node == block)
				return n;
	return NULL;
}

static struct ns_sum sealed(uint8_t *bytes)
{
	return (struct ns_sum){ bytes, PFN_LEN, layout_field(&pfn_sb_layout, "checksum")->off };
}

static bool edited(const struct ns *n, const struct finding *f, const struct plan *plan)
{
	return plan_edited(plan, f, n->image, n->at + PFN_AT, PFN_LEN);
}

static struct step *block_put(const struct finding *f, const struct ns *n, enum remedy_class class, const char *says,
			      const uint8_t *bytes, const char *why, struct plan *plan)
{
	struct step *s = plan_step(plan, f, class, says);

	if (s)
		plan_put_rows(plan, s, n->image, n->at + PFN_AT, &pfn_sb_layout, bytes, why);
	return s;
}

/* A block that holds, with some words of it changed, holds again. */
static struct step *words_put(const struct finding *f, const struct ns *n, enum remedy_class class, const char *says,
			      const struct pfn_sb *sb, const char *why, struct plan *plan)
{
	uint8_t bytes[PFN_LEN];

	layout_encode(&pfn_sb_layout, sb, bytes);
	ns_sum_seal(sealed(bytes));
	return block_put(f, n, class, says, bytes, why, plan);
}

/* "dataoff, npfns": the rows in which two blocks differ, but for the checksum. */
static const char *differing(struct arena *a, const struct pfn_sb *x, const struct pfn_sb *y)
{
	const char *text = "";

	for (uint32_t i = 0; i + 1 < pfn_sb_layout.nr; i++) {
		const struct field *fd = &pfn_sb_layout.fields[i];

		if (memcmp((const uint8_t *)x + fd->host, (const uint8_t *)y + fd->host, fd->width) == 0)
			continue;
		const char *more = arena_printf(a, "%s%s%s", text, *text ? ", " : "", fd->name);
		text = more ? more : text;
	}
	return text;
}

static bool fits(const void *ctx, const uint8_t *bytes)
{
	struct pfn_sb sb;

	return layout_decode(&pfn_sb_layout, (struct span){ .p = bytes, .len = PFN_LEN }, 0, &sb) && ns_pfn_make_fits(ctx, &sb);
}

static bool word_back(const struct finding *f, const struct ns *n, const uint8_t *own, struct plan *plan)
{
	const char *why = "the stored checksum is that of a block with this word, which fits the namespace";
	uint8_t bytes[PFN_LEN];
	uint32_t at;

	memcpy(bytes, own, PFN_LEN);
	if (!ns_sum_word(sealed(bytes), fits, n, &at))
		return false;
	return block_put(f, n, REPAIR_SAFE, arena_printf(plan->arena, "restores the word at 0x%" PRIx32 " of the info block (%s): %s", at,
							 layout_field_at(&pfn_sb_layout, at)->name, why),
			 bytes, why, plan);
}

/* own: the bytes that stand there, zeros for what is lost. */
static void made_put(const struct finding *f, const struct ns *n, const uint8_t *own, struct plan *plan)
{
	struct ns_pfn_made made;
	struct pfn_sb was;
	struct step *s;

	if (!ns_pfn_make(n, plan->arena, own, &made))
		return;
	layout_decode(&pfn_sb_layout, (struct span){ .p = own, .len = PFN_LEN }, 0, &was);
	const char *rows = differing(plan->arena, &was, &made.sb);
	if (made.proved) {
		block_put(f, n, REPAIR_SAFE, arena_printf(plan->arena, "restores %s of the info block, as the namespace's length, its "
								       "label and its data have them: its own checksum holds again", rows),
			  made.bytes, "the stored checksum is that of this block", plan);
		return;
	}
	/* without data that begins where it should, the block's own words at least must be those of this namespace */
	if (made.holds == NULL && !ns_pfn_make_fits(n, &was))
		return;
	s = block_put(f, n, made.holds ? REPAIR_ASK : REPAIR_ADVANCED,
		      arena_printf(plan->arena, "%s%s and the checksum of the info block anew%s%s%s", *rows ? "makes " : "makes no word",
				   rows, made.holds ? ": " : "", made.holds ? made.holds : "",
				   made.holds ? " begins where its data is said to" : ""),
		      made.bytes, "the namespace's length, its label and its data have it so", plan);
	if (s == NULL)
		return;
	s->loses = made.new_uuid ? "the block's old uuid, which nothing else names"
		 : made.holds    ? "the only sign of a damaged uuid of the block, which nothing else names"
				 : "the only sign of damage to the block: nothing that is recognised begins where its data is said to";
}

void ns_pfn_repair_checksum(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct ns *n = ns_of(m, f->node);
	uint8_t own[PFN_LEN];

	(void)by;
	if (n == NULL || edited(n, f, plan))
		return;
	layout_encode(&pfn_sb_layout, n->pfn.sb, own);
	if (!word_back(f, n, own, plan))
		made_put(f, n, own, plan);
}

void ns_pfn_anew(const struct finding *f, const struct ns *n, struct plan *plan)
{
	uint8_t own[PFN_LEN], lost[PFN_LEN];

	if (edited(n, f, plan) || !image_read(n->image, n->at + PFN_AT, PFN_LEN, own, lost))
		return;
	for (size_t i = 0; i < PFN_LEN; i++)
		if (lost[i])
			own[i] = 0;
	made_put(f, n, own, plan);
}

/* The latest minor whose words the block has filled. */
static uint16_t minor_of(const struct ns *n, const struct pfn_sb *sb)
{
	struct pfn_sb try = *sb;

	try.version_major = 1;
	for (try.version_minor = PFN_MINOR_LAST; try.version_minor; try.version_minor--)
		if (ns_pfn_make_fits(n, &try))
			break;
	return try.version_minor;
}

void ns_pfn_repair_version(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct ns *n = ns_of(m, f->node);

	(void)by;
	if (n == NULL || edited(n, f, plan))
		return;
	struct pfn_sb sb = *n->pfn.sb;
	const char *name = f->field->name;
	if (strcmp(name, "flags") == 0 || strcmp(name, "padding") == 0) {
		memset((uint8_t *)&sb + f->field->host, 0, f->field->width);
		words_put(f, n, REPAIR_SAFE, arena_printf(plan->arena, "zeroes %s of the info block", name), &sb,
			  "every kernel that writes this version leaves it zero", plan);
		return;
	}
	sb.version_major = 1;
	if (sb.version_minor > PFN_MINOR_LAST)
		sb.version_minor = minor_of(n, &sb);
	struct step *s = words_put(f, n, REPAIR_ASK, arena_printf(plan->arena, "sets the info block's version to 1.%" PRIu16 ", the latest "
								  "that its other words are filled for", sb.version_minor),
				   &sb, "the words that this version has are filled", plan);
	if (s)
		s->loses = "the sign that a later kernel wrote the block, if one did";
}

/* The array is kept before the data; where the kernel has not filled it, the place is zero. */
static bool array_there(const struct ns *n)
{
	uint8_t buf[PFN_PAGE], lost[PFN_PAGE];

	for (uint64_t at = PFN_AT + PFN_LEN; at < n->pfn.sb->dataoff && at < 1 << 20; at += sizeof(buf))
		if (image_read(n->image, n->at + at, sizeof(buf), buf, lost) && !memchr(lost, 1, sizeof(lost)) &&
		    !span_zero_bytes(buf, sizeof(buf)))
			return true;
	return false;
}

static void mode_put(const struct finding *f, const struct ns *n, uint32_t mode, const char *why, struct plan *plan)
{
	struct pfn_sb sb = *n->pfn.sb;

	sb.mode = mode;
	words_put(f, n, REPAIR_ASK, arena_printf(plan->arena, "sets mode to %" PRIu32 " (%s): %s", mode, pfn_mode_names[mode - 1].name, why),
		  &sb, why, plan);
}

void ns_pfn_repair_mode(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct ns *n = ns_of(m, f->node);

	(void)by;
	if (n == NULL || edited(n, f, plan))
		return;
	const struct pfn_sb *sb = n->pfn.sb;
	uint64_t head = PFN_AT + PFN_LEN, least = pfn_dataoff(n->len, PFN_MODE_RAM, sb->version_minor < 2 ? 0 : sb->align);
	bool room = sb->dataoff >= head && sb->npfns <= (sb->dataoff - head) / PFN_PAGE_STRUCT;
	bool there = room && array_there(n);

	if (room && (there || sb->dataoff > least))
		mode_put(f, n, PFN_MODE_PMEM, there ? "there is something where the array would be"
						     : "more room is left before the data than anything else would need", plan);
	mode_put(f, n, PFN_MODE_RAM, "the data is found either way, and an array in RAM has room whatever there is before the data", plan);
	if (room && !there && sb->dataoff <= least)
		mode_put(f, n, PFN_MODE_PMEM, "the data is found either way, and there is room for the array before it", plan);
}

/* Where data begins is told by two: the number of pages, and what begins there. */
static bool dataoff_put(const struct finding *f, const struct ns *n, struct plan *plan)
{
	const struct pfn_sb *sb = n->pfn.sb;
	struct ns_pfn_made made;
	uint8_t own[PFN_LEN];

	layout_encode(&pfn_sb_layout, sb, own);
	if (!ns_pfn_make(n, plan->arena, own, &made))
		return false;
	bool pages = made.sb.npfns == sb->npfns;
	if (made.sb.dataoff == sb->dataoff || (!pages && made.holds == NULL))
		return false;
	const char *why = made.holds && pages ? arena_printf(plan->arena, "%s begins there, and npfns counts the pages from there to the end",
							     made.holds)
			: made.holds ? arena_printf(plan->arena, "%s begins there", made.holds)
				     : "npfns counts the pages from there to the end";
	return words_put(f, n, made.holds && pages ? REPAIR_SAFE : REPAIR_ASK,
			 arena_printf(plan->arena, "sets %s of the info block, so that data begins at 0x%" PRIx64 ": %s",
				      differing(plan->arena, sb, &made.sb), made.sb.dataoff, why),
			 &made.sb, why, plan);
}

void ns_pfn_repair_geometry(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct ns *n = ns_of(m, f->node);

	(void)by;
	if (n == NULL || edited(n, f, plan))
		return;
	const struct pfn_sb *own = n->pfn.sb;
	uint64_t skip = own->version_minor < 1 ? 0 : own->start_pad;
	const char *holds = own->dataoff % PFN_PAGE == 0 ? ns_pfn_make_holds(n, plan->arena, own->dataoff + skip) : NULL;
	if ((holds == NULL && dataoff_put(f, n, plan)) || strcmp(f->field->name, "npfns") != 0)
		return;
	struct pfn_sb sb = *own;
	sb.npfns = pfn_pages(own, n->len);
	bool cut = sb.npfns < own->npfns;
	struct step *s = words_put(f, n, cut ? REPAIR_ADVANCED : REPAIR_ASK,
				   arena_printf(plan->arena, "sets npfns to %" PRIu64 ", the pages from dataoff to the namespace's end", sb.npfns),
				   &sb, "the namespace has this length", plan);
	if (s)
		s->loses = cut ? "the sign that the end of the namespace is missing, if it was cut"
			       : "the sign that the namespace was shorter once";
}

void ns_pfn_repair_parent(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct ns *n = ns_of(m, f->node);

	(void)by;
	if (n == NULL || n->label == NULL || edited(n, f, plan))
		return;
	/* where two labels claim the memory, the block may well be of the other one */
	if (ns_area_shared(ns_area_of(m, n->label->node), n->label))
		return;
	struct pfn_sb sb = *n->pfn.sb;
	memcpy(sb.parent_uuid, n->label->label.uuid, UUID_LEN);
	struct step *s = words_put(f, n, REPAIR_ASK, "sets parent_uuid of the info block to the uuid of the label", &sb,
				   "the kernel takes the block only where its parent is the namespace of the label", plan);
	if (s)
		s->loses = "the sign that the memory was copied from another namespace, if it was";
}

void ns_pfn_repair_uuid(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct ns *n = ns_of(m, f->node);

	(void)by;
	if (n == NULL || edited(n, f, plan))
		return;
	struct pfn_sb sb = *n->pfn.sb;
	if (!ns_pfn_make_uuid(&sb, sb.uuid))
		return;
	struct step *s = words_put(f, n, REPAIR_ASK, "gives the info block a new uuid", &sb, "nothing else names the old one", plan);
	if (s)
		s->loses = "nothing but the block's old name, which is gone";
}
