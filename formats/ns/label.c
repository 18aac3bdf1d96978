#include "formats/ns/label.h"

#include "formats/base/checksum.h"

#include <string.h>

const struct name_of label_flag_names[] = {
	{ LABEL_FLAG_ROLABEL, "ROLABEL" }, { LABEL_FLAG_LOCAL, "LOCAL" }, { LABEL_FLAG_BTT, "BTT" },
	{ LABEL_FLAG_UPDATING, "UPDATING" }, { 0, NULL },
};

#define SELF label_index
static const struct field label_index_fields[] = { LABEL_INDEX(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout label_index_layout = LAYOUT(
	label_index, "Linux drivers/nvdimm/label.h, struct nd_namespace_index", LABEL_INDEX_HEAD,
	label_index_fields);

#define SELF label_v11
static const struct field label_v11_fields[] = { LABEL_V11(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout label_v11_layout = LAYOUT(
	label_v11, "Linux drivers/nvdimm/label.h, struct nd_namespace_label", LABEL_V11_LEN, label_v11_fields);

#define SELF label_v12
static const struct field label_v12_fields[] = { LABEL_V12(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout label_v12_layout = LAYOUT(
	label_v12, "Linux drivers/nvdimm/label.h, struct nd_namespace_label", LABEL_V12_LEN, label_v12_fields);

/* As they lie on media: first three groups little-endian. */
static const struct {
	uint8_t guid[UUID_LEN];
	enum label_claim claim;
} claims[] = {
	{ { 0xa2, 0x63, 0xed, 0x8a, 0xa2, 0x29, 0x66, 0x4c, 0x8b, 0x12, 0xf0, 0x5d, 0x15, 0xd3, 0x92, 0x2a },
	  CLAIM_BTT },
	{ { 0xfc, 0x3b, 0x63, 0x18, 0x35, 0x17, 0x17, 0x42, 0x8a, 0xc9, 0x17, 0x23, 0x92, 0x82, 0xd3, 0xf8 },
	  CLAIM_BTT2 },
	{ { 0xba, 0x00, 0x64, 0x26, 0x9f, 0xfb, 0x77, 0x46, 0xbc, 0xb0, 0x96, 0x8f, 0x11, 0xd0, 0xd2, 0x25 },
	  CLAIM_PFN },
	{ { 0x9c, 0x6d, 0xa8, 0x97, 0xdd, 0x3c, 0xda, 0x4e, 0x98, 0x6f, 0x50, 0x68, 0xb4, 0xf8, 0x00, 0x88 },
	  CLAIM_DAX },
};

enum label_claim label_claim(const uint8_t guid[UUID_LEN])
{
	if (uuid_null(guid))
		return CLAIM_NONE;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (uuid_same(guid, claims[i].guid))
			return claims[i].claim;
	return CLAIM_UNKNOWN;
}

const char *label_claim_name(enum label_claim c)
{
	static const char *const names[] = { "none (raw)", "BTT 1.1", "BTT 2.0", "PFN (fsdax)",
					     "DAX (devdax)", "unknown" };

	return names[c];
}

bool label_cxl(const struct label_slot *s)
{
	static const uint8_t kinds[][UUID_LEN] = {
		{ 0x52, 0x9d, 0x7c, 0x61, 0xda, 0x07, 0x47, 0xc4, 0xa9, 0x3f, 0xec, 0xdf, 0x2c, 0x06, 0xf4, 0x44 },
		{ 0x68, 0xbb, 0x2c, 0x0a, 0x5a, 0x77, 0x49, 0x37, 0x9f, 0x85, 0x3c, 0xaf, 0x41, 0xa0, 0xf9, 0x3c },
	};

	return uuid_same(s->label.uuid, kinds[0]) || uuid_same(s->label.uuid, kinds[1]);
}

/* Version 1.1 has no checksum: what a label must be is all there is to go by. */
static bool scanned(struct span s, uint32_t label_len, uint32_t idx)
{
	struct label_v11 l;

	if (!layout_decode(&label_v11_layout, s, 0, &l) || l.slot != idx || l.nlabel == 0 || l.position >= l.nlabel ||
	    uuid_null(l.uuid))
		return false;
	if (label_len == LABEL_V11_LEN)
		return l.rawsize && l.dpa % 4096 == 0 && l.rawsize % 4096 == 0;
	uint64_t sum;
	return span_le64(s, 248, &sum) && sum == checksum_fletcher64(s, 248, CHECKSUM_NO_SKIP);
}

uint32_t label_scan(const struct label_area *la, uint32_t label_len)
{
	uint8_t bytes[LABEL_V12_LEN], lost[LABEL_V12_LEN];
	uint64_t first = 2 * 256; /* two index blocks of the size that all writers give them */
	uint32_t nr = 0;

	for (uint32_t i = 0; i < LABEL_SLOTS_MAX && first + (uint64_t)(i + 1) * label_len <= la->len; i++) {
		struct span s = { bytes, lost, 0, label_len };

		if (image_read(la->image, la->at + first + (uint64_t)i * label_len, label_len, bytes, lost) && !span_lost(s))
			nr += scanned(s, label_len, i);
	}
	return nr;
}

static bool index_signed(const struct label_index *i)
{
	return memcmp(i->sig, "NAMESPACE_INDEX", sizeof(i->sig)) == 0;
}

static void block_read(struct label_area *la, struct arena *a, int k, uint64_t at)
{
	struct label_block *b = &la->block[k];

	b->node = node_decode(a, la->node, k == 0 ? "index0" : "index1", &label_index_layout, la->image, at);
	b->index = b->node ? b->node->host : NULL;
	if (b->index == NULL || !index_signed(b->index))
		return;
	uint64_t len = b->index->mysize;
	if (len < LABEL_INDEX_HEAD || len % 4 || len > la->len ||
	    !image_span(la->image, a, at, len, &b->bytes) || span_lost(b->bytes))
		return;
	b->sum = checksum_fletcher64(b->bytes, 64, CHECKSUM_NO_SKIP);
	b->good = b->sum == b->index->checksum;
}

/* The later of two numbers of the cycle 1, 2, 3; the second of equals, as the kernel has it. */
static int later(uint32_t a, uint32_t b)
{
	a &= 3;
	b &= 3;
	if (a == 0 || b == 0)
		return a == 0;
	return a == b || a % 3 + 1 == b;
}

static void choose(struct label_area *la)
{
	const struct label_block *b = la->block;
	bool usable[2];

	for (int k = 0; k < 2; k++)
		usable[k] = b[k].good && (b[k].index->seq & 3) != 0;
	la->current = -1;
	if (usable[0] && usable[1])
		la->current = later(b[0].index->seq, b[1].index->seq);
	else if (usable[0] || usable[1])
		la->current = usable[1];
}

static bool slot_free(const struct label_block *b, uint32_t slot)
{
	uint64_t at = LABEL_INDEX_HEAD + slot / 8;

	return at >= b->bytes.len || (b->bytes.p[at] >> slot % 8 & 1);
}

static void slot_read(struct label_area *la, struct arena *a, uint32_t i, uint64_t at)
{
	bool v12 = la->label_len == LABEL_V12_LEN;
	bool is_free = la->current >= 0 && slot_free(&la->block[la->current], i);
	struct label_slot *s = &la->slots[la->slots_nr];
	uint8_t bytes[LABEL_V12_LEN] = { 0 }, lost[LABEL_V12_LEN];

	if (!image_read(la->image, at, la->label_len, bytes, lost))
		return;
	struct span sp = { bytes, lost, at, la->label_len };
	if (is_free && !span_lost(sp) && span_zero(sp))
		return; /* never used */
	*s = (struct label_slot){ .idx = i, .free = is_free, .read = !span_lost(sp) };
	if (s->read) {
		struct span whole = { bytes, NULL, at, LABEL_V12_LEN };

		layout_decode(&label_v12_layout, whole, 0, &s->label);
		s->sum = v12 ? checksum_fletcher64(whole, 248, CHECKSUM_NO_SKIP) : 0;
		s->plausible = s->label.slot == i && (!v12 || s->sum == s->label.checksum);
	}
	if (is_free && !s->plausible)
		return; /* free space that never held a label, or no longer does */
	s->node = node_decode(a, la->node, "label", v12 ? &label_v12_layout : &label_v11_layout, la->image, at);
	if (s->node == NULL)
		return;
	s->node->numbered = true;
	s->node->idx = i;
	node_fact_text(a, s->node, "slot is", is_free ? "free: an older label" : "in use");
	if (v12 && s->read)
		node_fact_text(a, s->node, "claims", label_claim_name(label_claim(s->label.abstraction_guid)));
	la->slots_nr++;
}

bool label_probe(struct image *image, struct arena *a, uint64_t at)
{
	/* index blocks are a multiple of 256 bytes; with a lost first one the second is at its size */
	for (uint64_t off = 0; off <= 1024; off += 256) {
		struct span s;

		if (image_span(image, a, at + off, 16, &s) && !span_lost(s) &&
		    memcmp(s.p, "NAMESPACE_INDEX", 16) == 0)
			return true;
	}
	return false;
}

struct label_area *label_decode(struct arena *a, struct node *parent, struct image *image, uint64_t at,
				uint64_t len)
{
	struct label_area *la = ARENA_NEW(a, struct label_area);
	uint64_t second = 256;

	if (la == NULL)
		return NULL;
	*la = (struct label_area){ .image = image, .at = at, .len = len, .current = -1 };
	la->node = node_group(a, parent, "labels");
	block_read(la, a, 0, at);
	if (la->block[0].index && index_signed(la->block[0].index) && la->block[0].index->mysize &&
	    la->block[0].index->mysize % 256 == 0 && la->block[0].index->mysize < len)
		second = la->block[0].index->mysize;
	block_read(la, a, 1, at + second);
	if (la->node == NULL || la->block[0].node == NULL || la->block[1].node == NULL)
		return NULL;
	choose(la);
	if (la->current < 0)
		return la;

	const struct label_index *ix = la->block[la->current].index;
	if (ix->labelsize > 1 || ix->labeloff > len)
		return la;
	la->label_len = (uint32_t)LABEL_V11_LEN << ix->labelsize;
	uint64_t room = (len - ix->labeloff) / la->label_len;
	la->nslot = ix->nslot < room ? ix->nslot : (uint32_t)room;
	if (la->nslot > LABEL_SLOTS_MAX)
		la->nslot = LABEL_SLOTS_MAX;
	la->slots = arena_array(a, la->nslot, sizeof(*la->slots));
	for (uint32_t i = 0; la->slots && i < la->nslot; i++)
		slot_read(la, a, i, at + ix->labeloff + (uint64_t)i * la->label_len);
	node_fact_uint(a, la->node, "slots", KIND_UINT, la->nslot);
	node_fact_uint(a, la->node, "current index", KIND_UINT, (uint64_t)la->current);
	return la;
}
