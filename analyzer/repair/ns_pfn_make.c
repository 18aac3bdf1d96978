#include "analyzer/repair/ns_pfn_make.h"

#include "analyzer/repair/ns_sum.h"
#include "formats/base/checksum.h"
#include "formats/base/digest.h"
#include "formats/image/window.h"
#include "formats/ns/content.h"

#include <string.h>

/* What is tried for one word, the likeliest first. */
enum { PICKS_MAX = 12 };
struct picks {
	uint64_t v[PICKS_MAX];
	uint32_t nr;
};
enum { KIND, PARENT, MINOR, MODE, ALIGN, PADS, PAGE, DATAOFF, WORDS };
enum { PARENT_OWN, PARENT_LABEL, PARENT_NULL };
enum { PADS_OWN, PADS_NONE };
enum { PAGE_OWN, PAGE_USUAL };

static const uint64_t aligns[] = { 2 << 20, 4096, 1 << 30, 16 << 20 };

static void pick(struct picks *p, uint64_t v)
{
	for (uint32_t i = 0; i < p->nr; i++)
		if (p->v[i] == v)
			return;
	if (p->nr < PICKS_MAX)
		p->v[p->nr++] = v;
}

static bool power(uint64_t v, uint64_t least, uint64_t most)
{
	return v >= least && v <= most && (v & (v - 1)) == 0;
}

static bool align_good(uint64_t align)
{
	return power(align, PFN_PAGE, 1 << 30);
}

/* A struct page has had from 32 bytes to some hundred. */
static bool page_good(const struct pfn_sb *sb)
{
	return power(sb->page_size, PFN_PAGE, 65536) && sb->page_struct_size >= 32 && sb->page_struct_size <= 256;
}

static bool version_good(const struct pfn_sb *sb)
{
	return sb->version_major == 1 && sb->version_minor <= PFN_MINOR_LAST;
}

static bool mode_good(const struct pfn_sb *sb)
{
	return sb->mode == PFN_MODE_RAM || sb->mode == PFN_MODE_PMEM;
}

static bool dataoff_good(const struct ns *n, uint64_t off)
{
	return off % PFN_PAGE == 0 && off >= PFN_AT + PFN_LEN && off < n->len;
}

static bool pads_good(const struct pfn_sb *sb)
{
	return sb->version_minor < 1 || (sb->start_pad % PFN_PAGE == 0 && sb->end_trunc % PFN_PAGE == 0);
}

static enum pfn_kind claimed(const struct ns *n)
{
	return n->claim == CLAIM_PFN ? PFN_FSDAX : n->claim == CLAIM_DAX ? PFN_DEVDAX : PFN_NONE;
}

bool ns_pfn_make_fits(const struct ns *n, const struct pfn_sb *sb)
{
	bool zeros = sb->flags == 0 && span_zero_bytes(sb->padding, sizeof(sb->padding));

	return pfn_kind(sb) != PFN_NONE && (claimed(n) == PFN_NONE || claimed(n) == pfn_kind(sb)) && version_good(sb) &&
	       (zeros || sb->version_minor < PFN_MINOR_ZEROED) && mode_good(sb) && (sb->version_minor < 2 || align_good(sb->align)) &&
	       (sb->version_minor < 4 || page_good(sb)) && dataoff_good(n, sb->dataoff) && sb->npfns && pfn_pages(sb, n->len) == sb->npfns &&
	       !uuid_null(sb->uuid) && (n->label == NULL || uuid_same(n->label->label.uuid, sb->parent_uuid));
}

const char *ns_pfn_make_holds(const struct ns *n, struct arena *a, uint64_t off)
{
	struct image *data = off < n->len ? window_open(a, "data", n->image, n->at + off, n->len - off) : NULL;

	return data ? content_name(data, a) : NULL;
}

bool ns_pfn_make_uuid(const struct pfn_sb *sb, uint8_t uuid[UUID_LEN])
{
	uint8_t sum[DIGEST_LEN], bytes[PFN_LEN];

	layout_encode(&pfn_sb_layout, sb, bytes);
	if (!digest_of(bytes, sizeof(bytes), sum))
		return false;
	memcpy(uuid, sum, UUID_LEN);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return true;
}

/* What is recognised comes before what merely could be. */
static void dataoff_picks(const struct ns *n, struct arena *a, const struct pfn_sb *own, struct picks *p)
{
	uint64_t left = n->len - pfn_pads(own), skip = own->version_minor < 1 ? 0 : own->start_pad, used;
	struct picks all = { .nr = 0 }, rest = { .nr = 0 };

	pick(&all, own->dataoff);
	if (own->npfns && !__builtin_mul_overflow(own->npfns, pfn_page(own), &used) && used < left)
		pick(&all, left - used);
	for (uint32_t mode = PFN_MODE_PMEM; mode >= PFN_MODE_RAM; mode--)
		for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++)
			pick(&all, pfn_dataoff(n->len, mode, (uint32_t)aligns[i]));
	for (uint32_t i = 0; i < all.nr; i++)
		if (dataoff_good(n, all.v[i]))
			pick(ns_pfn_make_holds(n, a, all.v[i] + skip) ? p : &rest, all.v[i]);
	for (uint32_t i = 0; i < rest.nr; i++)
		pick(p, rest.v[i]);
}

static void picks_make(const struct ns *n, struct arena *a, const struct pfn_sb *own, struct picks p[WORDS])
{
	if (pfn_kind(own) != PFN_NONE)
		pick(&p[KIND], pfn_kind(own));
	if (claimed(n) != PFN_NONE)
		pick(&p[KIND], claimed(n));
	pick(&p[PARENT], n->label ? PARENT_LABEL : PARENT_OWN);
	if (n->label == NULL)
		pick(&p[PARENT], PARENT_NULL);
	if (version_good(own))
		pick(&p[MINOR], own->version_minor);
	for (uint32_t minor = PFN_MINOR_LAST + 1; minor--;)
		pick(&p[MINOR], minor);
	if (mode_good(own))
		pick(&p[MODE], own->mode);
	pick(&p[MODE], PFN_MODE_PMEM);
	pick(&p[MODE], PFN_MODE_RAM);
	if (align_good(own->align))
		pick(&p[ALIGN], own->align);
	for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++)
		pick(&p[ALIGN], aligns[i]);
	if (pads_good(own))
		pick(&p[PADS], PADS_OWN);
	pick(&p[PADS], PADS_NONE);
	if (page_good(own))
		pick(&p[PAGE], PAGE_OWN);
	pick(&p[PAGE], PAGE_USUAL);
	dataoff_picks(n, a, own, &p[DATAOFF]);
}

static void kind_put(struct pfn_sb *sb, uint64_t kind)
{
	memcpy(sb->signature, kind == PFN_FSDAX ? "NVDIMM_PFN_INFO" : "NVDIMM_DAX_INFO", sizeof(sb->signature));
}

static void words_put(const struct ns *n, const uint64_t v[WORDS], struct pfn_sb *sb)
{
	kind_put(sb, v[KIND]);
	if (v[PARENT] == PARENT_LABEL)
		memcpy(sb->parent_uuid, n->label->label.uuid, UUID_LEN);
	else if (v[PARENT] == PARENT_NULL)
		memset(sb->parent_uuid, 0, UUID_LEN);
	sb->version_major = 1;
	sb->version_minor = (uint16_t)v[MINOR];
	sb->mode = (uint32_t)v[MODE];
	if (sb->version_minor >= 2)
		sb->align = (uint32_t)v[ALIGN];
	if (v[PADS] == PADS_NONE)
		sb->start_pad = sb->end_trunc = 0;
	if (v[PAGE] == PAGE_USUAL && sb->version_minor >= 4) {
		sb->page_size = PFN_PAGE;
		sb->page_struct_size = PFN_PAGE_STRUCT;
	}
	if (sb->version_minor >= PFN_MINOR_ZEROED) {
		sb->flags = 0;
		memset(sb->padding, 0, sizeof(sb->padding));
	}
	sb->dataoff = v[DATAOFF];
	sb->npfns = pfn_pages(sb, n->len);
}

/* Is the stored checksum that of the block, as it is or with another word in its uuid? */
static bool proves(struct ns_pfn_made *made, uint64_t stored)
{
	struct span s = { .p = made->bytes, .len = PFN_LEN };
	const struct field *uuid = layout_field(&pfn_sb_layout, "uuid");
	uint32_t at = uuid->off, word;
	uint64_t sum = pfn_sum(s);

	if (sum == stored)
		return true;
	if (!checksum_fletcher64_word(s, sum, stored, &at, &word) || at >= uuid->off + uuid->width)
		return false;
	span_put_le(made->bytes + at, 4, word);
	return true;
}

static bool try(const struct ns *n, const struct pfn_sb *own, const struct picks p[WORDS], uint64_t which, struct ns_pfn_made *out)
{
	uint64_t v[WORDS];

	for (int i = 0; i < WORDS; i++) {
		v[i] = p[i].v[which % p[i].nr];
		which /= p[i].nr;
	}
	out->sb = *own;
	words_put(n, v, &out->sb);
	layout_encode(&pfn_sb_layout, &out->sb, out->bytes);
	return out->sb.npfns != 0;
}

bool ns_pfn_make(const struct ns *n, struct arena *a, const uint8_t *bytes, struct ns_pfn_made *out)
{
	struct ns_sum sealed = { out->bytes, PFN_LEN, layout_field(&pfn_sb_layout, "checksum")->off };
	struct picks p[WORDS] = { { .nr = 0 } };
	uint64_t all = 1;
	struct pfn_sb own;

	layout_decode(&pfn_sb_layout, (struct span){ .p = bytes, .len = PFN_LEN }, 0, &own);
	if (pfn_pads(&own) >= n->len)
		own.start_pad = own.end_trunc = 0;
	picks_make(n, a, &own, p);
	for (int i = 0; i < WORDS; i++)
		all *= p[i].nr;
	*out = (struct ns_pfn_made){ .proved = false };
	for (uint64_t i = 0; i < all && !out->proved; i++)
		out->proved = try(n, &own, p, i, out) && proves(out, own.checksum);
	if (!out->proved && (all == 0 || !try(n, &own, p, 0, out)))
		return false;
	out->new_uuid = uuid_null(out->sb.uuid);
	if (out->new_uuid && !ns_pfn_make_uuid(&out->sb, out->sb.uuid))
		return false;
	if (out->new_uuid)
		layout_encode(&pfn_sb_layout, &out->sb, out->bytes);
	ns_sum_seal(sealed);
	layout_decode(&pfn_sb_layout, (struct span){ .p = out->bytes, .len = PFN_LEN }, 0, &out->sb);
	out->holds = ns_pfn_make_holds(n, a, out->sb.dataoff + (out->sb.version_minor < 1 ? 0 : out->sb.start_pad));
	return ns_pfn_make_fits(n, &out->sb);
}
