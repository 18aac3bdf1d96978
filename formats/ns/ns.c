#include "formats/ns/ns.h"

#include "formats/btt/disk.h"
#include "formats/image/window.h"
#include "formats/ns/content.h"

static void pfn_read(struct arena *a, struct node *parent, struct image *im, uint64_t at, struct ns_pfn *out)
{
	struct span s;
	struct pfn_sb sb;

	/* a node only for what has a signature: elsewhere these bytes are somebody's data */
	if (!image_span(im, a, at + PFN_AT, PFN_LEN, &s) || !layout_decode(&pfn_sb_layout, s, 0, &sb) ||
	    pfn_kind(&sb) == PFN_NONE)
		return;
	out->node = node_decode(a, parent, "pfn", &pfn_sb_layout, im, at + PFN_AT);
	if (out->node == NULL)
		return;
	out->sb = out->node->host;
	out->bytes = s;
	out->kind = pfn_kind(&sb);
	out->sum = pfn_sum(s);
	out->good = out->sum == sb.checksum;
}

static bool btt_read(struct image *im, struct arena *a, uint64_t at, struct btt_info *info)
{
	struct span s;

	return image_span(im, a, at, BTT_INFO_LEN, &s) && layout_decode(&btt_info_layout, s, 0, info) &&
	       btt_info_signed(info) && btt_info_sum(s) == info->checksum;
}

static bool btt_good(struct image *im, struct arena *a, uint64_t at)
{
	struct btt_info info;

	return btt_read(im, a, at, &info);
}

/* The backup copy at the end of the first arena, for a namespace whose first block is lost. */
static bool btt_backup_good(struct image *im, struct arena *a, uint64_t at, uint64_t len)
{
	uint64_t off, arena_len, next;

	return btt_geom_arena(len, 0, &off, &arena_len, &next) &&
	       btt_good(im, a, at + arena_len / BTT_PAGE * BTT_PAGE - BTT_INFO_LEN);
}

static void inside_open(struct arena *a, struct ns *n)
{
	if (n->btt) {
		n->inside = btt_disk_open(a, n->btt, BTT_VIEW_RECOVERED, btt_disk_sector(n->btt));
	} else if (n->pfn.good) {
		uint64_t off = n->pfn.sb->dataoff + n->pfn.sb->start_pad;

		if (off < n->len && n->pfn.sb->end_trunc < n->len - off)
			n->inside = window_open(a, "the namespace's data", n->image, n->at + off,
						n->len - off - n->pfn.sb->end_trunc);
	} else {
		n->inside = window_open(a, "the namespace's data", n->image, n->at, n->len);
	}
	if (n->inside) {
		n->inside_is = content_name(n->inside, a);
		node_fact_text(a, n->node, "inside", n->inside_is ? n->inside_is : "not recognised");
		node_fact_uint(a, n->node, "bytes inside", KIND_SIZE, n->inside->size);
	}
}

/* By the label's claim where there is one; else by what is there, in the kernel's order. */
static enum btt_container personality(const struct ns *n, bool backup1, bool backup2, bool *is_btt)
{
	*is_btt = true;
	if (n->claim == CLAIM_BTT2 || (n->claim != CLAIM_BTT && n->btt2 && !n->btt1))
		return BTT_IN_NS_V2;
	if (n->claim == CLAIM_BTT || n->btt1)
		return BTT_IN_NS_V1;
	if (n->claim == CLAIM_NONE && !n->pfn.good && (backup1 || backup2))
		return backup1 ? BTT_IN_NS_V1 : BTT_IN_NS_V2;
	*is_btt = false;
	return BTT_IN_NS_V1;
}

/* The block size of a BTT by its label, or 0. */
static uint32_t label_lbasize(const struct ns *n)
{
	bool btt = n->claim == CLAIM_BTT || n->claim == CLAIM_BTT2;

	return btt && n->label->label.lbasize <= UINT32_MAX ? (uint32_t)n->label->label.lbasize : 0;
}

/* Is the label the only one of its namespace? One of CXL is when its region lies on one device. */
static bool single(const struct label_area *la, const struct label_slot *s)
{
	if (s->label.nlabel != 1)
		return false;
	for (uint32_t i = 0; s->kind == LABEL_CXL_NAMESPACE && i < la->slots_nr; i++) {
		const struct label_slot *r = &la->slots[i];

		if (r->kind == LABEL_CXL_REGION && !r->free && uuid_same(r->label.uuid, s->region_uuid))
			return r->label.nlabel == 1;
	}
	return s->kind == LABEL_NVDIMM;
}

/* A BTT's info block at the start of its len bytes: of this namespace, and of just so many bytes? */
static bool btt_whole(struct image *im, struct arena *a, uint64_t at, uint64_t len, const uint8_t *uuid)
{
	uint64_t off, arena_len, next;
	struct btt_info info;
	struct btt_geom g;

	return btt_read(im, a, at, &info) && uuid_same(info.parent_uuid, uuid) &&
	       btt_geom_arena(len, 0, &off, &arena_len, &next) && next == 0 && info.nextoff == 0 &&
	       btt_geom(arena_len, info.internal_lbasize, info.nfree, &g) && g.external_nlba == info.external_nlba;
}

bool ns_names(struct image *image, struct arena *a, uint64_t at, const uint8_t uuid[UUID_LEN])
{
	struct ns_pfn pfn = { 0 };
	struct btt_info info;

	pfn_read(a, NULL, image, at, &pfn);
	if (pfn.good && uuid_same(pfn.sb->parent_uuid, uuid))
		return true;
	for (uint64_t off = 0; off <= 4096; off += 4096)
		if (btt_read(image, a, at + off, &info) && uuid_same(info.parent_uuid, uuid))
			return true;
	return false;
}

uint64_t ns_told_len(struct image *image, struct arena *a, uint64_t at, const uint8_t uuid[UUID_LEN])
{
	struct ns_pfn pfn = { 0 };
	struct btt_info info;
	uint64_t len;

	pfn_read(a, NULL, image, at, &pfn);
	if (pfn.good && uuid_same(pfn.sb->parent_uuid, uuid))
		return __builtin_mul_overflow(pfn.sb->npfns, pfn_page(pfn.sb), &len) ||
				       __builtin_add_overflow(len, pfn.sb->dataoff, &len) ||
				       __builtin_add_overflow(len, pfn_pads(pfn.sb), &len) ? 0 : len;
	/* an arena ends with the copy of its info block; of several the last one is elsewhere */
	for (uint64_t off = 0; off <= 4096; off += 4096)
		if (btt_read(image, a, at + off, &info) && uuid_same(info.parent_uuid, uuid) && info.nextoff == 0 &&
		    !__builtin_add_overflow(info.infooff, off + BTT_INFO_LEN, &len))
			return len;
	return 0;
}

/* Does an info block say that the bytes which the label tells are all of the namespace? */
static bool whole_here(struct image *im, struct arena *a, const struct label_slot *s)
{
	uint64_t at = s->label.dpa, len = s->label.rawsize;
	struct ns_pfn pfn = { 0 };

	pfn_read(a, NULL, im, at, &pfn);
	return (pfn.good && uuid_same(pfn.sb->parent_uuid, s->label.uuid) && pfn_pages(pfn.sb, len) == pfn.sb->npfns) ||
	       btt_whole(im, a, at, len, s->label.uuid) ||
	       (len > 4096 && btt_whole(im, a, at + 4096, len - 4096, s->label.uuid));
}

static struct ns *ns_read(struct arena *a, struct ns_capture *c, struct image *im, uint64_t at, uint64_t len,
			  const struct label_slot *label)
{
	struct ns *n = ARENA_NEW(a, struct ns);
	bool is_btt;

	if (n == NULL)
		return NULL;
	*n = (struct ns){ .image = im, .at = at, .len = len, .label = label, .whole = label && !single(c->labels, label) };
	n->node = node_group_idx(a, c->node, "namespace", c->nr);
	if (n->node == NULL)
		return NULL;
	n->node->image = im;
	n->node->at = at;
	n->node->len = len;
	if (label) {
		n->claim = label_claim(label->label.abstraction_guid);
		node_fact_text(a, n->node, "by", "its label");
		node_fact_text(a, n->node, "label claims", label_claim_name(n->claim));
	}
	pfn_read(a, n->node, im, at, &n->pfn);
	n->btt1 = len > 4096 && btt_good(im, a, at + 4096);
	n->btt2 = btt_good(im, a, at);
	enum btt_container as =
		personality(n, len > 4096 && btt_backup_good(im, a, at + 4096, len - 4096),
			    btt_backup_good(im, a, at, len), &is_btt);
	uint64_t skip = as == BTT_IN_NS_V1 ? 4096 : 0;
	if (is_btt && len > skip)
		n->btt = btt_decode(a, n->node, im, at + skip, len - skip, as, label_lbasize(n),
				    label ? label->label.uuid : NULL);
	node_fact_text(a, n->node, "mode", n->btt ? "sector"
					   : n->pfn.kind == PFN_FSDAX ? "fsdax"
					   : n->pfn.kind == PFN_DEVDAX ? "devdax" : "raw");
	inside_open(a, n);
	return n;
}

bool ns_probe(struct image *image, struct arena *a)
{
	struct ns_pfn pfn = { 0 };
	enum label_found by;
	uint64_t at;

	pfn_read(a, NULL, image, 0, &pfn);
	/* zeros in the right place are no reason to take a file for a capture */
	return (label_find(image, a, &at, &by) && by != LABEL_BY_SIZE) || pfn.kind != PFN_NONE || btt_good(image, a, 0) ||
	       btt_good(image, a, 4096) || btt_backup_good(image, a, 0, image->size) ||
	       (image->size > 4096 && btt_backup_good(image, a, 4096, image->size - 4096));
}

/* Is a namespace in the bytes that the label tells? Of an interleaved set each DIMM holds every n-th piece alone. */
static bool here(struct ns_capture *c, struct image *im, struct arena *a, const struct label_slot *s, uint64_t memory)
{
	if (s->free || !s->plausible || s->kind == LABEL_CXL_REGION || s->label.dpa > memory ||
	    s->label.rawsize > memory - s->label.dpa || s->label.rawsize == 0)
		return false;
	return single(c->labels, s) || (s->kind == LABEL_NVDIMM && whole_here(im, a, s));
}

struct ns_capture *ns_decode(struct arena *a, struct node *parent, struct image *image)
{
	struct ns_capture *c = ARENA_NEW(a, struct ns_capture);
	struct ns **end;
	enum label_found by;
	uint64_t at, memory = image->size;

	if (c == NULL)
		return NULL;
	end = &c->first;
	c->node = node_group(a, parent, "nvdimm");
	if (label_find(image, a, &at, &by)) {
		c->labels = label_decode(a, c->node, image, at, image->size - at, by);
		if (c->labels == NULL)
			return NULL;
		memory = at;
	}
	for (uint32_t i = 0; c->labels && i < c->labels->slots_nr; i++) {
		const struct label_slot *s = &c->labels->slots[i];

		if (!here(c, image, a, s, memory))
			continue;
		*end = ns_read(a, c, image, s->label.dpa, s->label.rawsize, s);
		if (*end == NULL)
			return NULL;
		c->nr++;
		end = &(*end)->next;
	}
	if (c->nr == 0 && memory) {
		*end = ns_read(a, c, image, 0, memory, NULL);
		c->nr = *end != NULL;
	}
	return c;
}
