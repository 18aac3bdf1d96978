#include "formats/ns/label.h"

#include "formats/base/checksum.h"

#include <string.h>

enum {
	LABEL_AREA_LEN = 131072,        /* behind the memory; alone an area may have any length */
	LABEL_ALONE_MAX = 4 << 20,      /* bytes of an image that is searched for labels without an index */
	LABEL_MEMORY_UNIT = 16 << 20,   /* memory comes in multiples of it */
};

#define SELF label_index
static const struct field label_index_fields[] = { LABEL_INDEX(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout label_index_layout = LAYOUT(
	label_index, "Linux drivers/nvdimm/label.h, struct nd_namespace_index", LABEL_INDEX_HEAD,
	label_index_fields);

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

bool label_index_free(struct span block, uint32_t slot)
{
	uint64_t at = LABEL_INDEX_HEAD + slot / 8;

	return at >= block.len || (block.p[at] >> slot % 8 & 1);
}

/* The slot's node, and its place among those kept. */
static void slot_keep(struct label_area *la, struct arena *a, const struct label_slot *s, uint64_t at)
{
	const struct layout *l = label_slot_layout(s, la->label_len);
	struct node *n = node_decode(a, la->node, "label", l, la->image, at);

	if (n == NULL)
		return;
	n->numbered = true;
	n->idx = s->idx;
	la->slots[la->slots_nr] = *s;
	la->slots[la->slots_nr++].node = n;
}

static void slots_tell(struct label_area *la, struct arena *a)
{
	static const char *const kinds[] = { "", "a region of a CXL device", "a namespace of a CXL device" };

	for (uint32_t i = 0; i < la->slots_nr; i++) {
		const struct label_slot *s = &la->slots[i];

		node_fact_text(a, s->node, "slot is", s->free ? "free: an older label" : "in use");
		if (s->kind != LABEL_NVDIMM)
			node_fact_text(a, s->node, "label of", kinds[s->kind]);
		if (la->label_len == LABEL_V12_LEN && s->read && s->kind != LABEL_CXL_REGION)
			node_fact_text(a, s->node, "claims", label_claim_name(label_claim(s->label.abstraction_guid)));
	}
	node_fact_uint(a, la->node, "slots", KIND_UINT, la->nslot);
}

static bool blank(const struct label_slot *s)
{
	static const struct label_v12 none;

	return s->read && memcmp(&s->label, &none, sizeof(none)) == 0;
}

/* Room for every slot from first on; false: there is none, or no memory. */
static bool slots_room(struct label_area *la, struct arena *a, uint64_t first, uint32_t nslot)
{
	uint64_t room = first < la->len ? (la->len - first) / la->label_len : 0;

	la->nslot = nslot < room ? nslot : (uint32_t)room;
	if (la->nslot > LABEL_SLOTS_MAX)
		la->nslot = LABEL_SLOTS_MAX;
	la->slots = arena_array(a, la->nslot, sizeof(*la->slots));
	return la->slots != NULL;
}

static void slots_by_index(struct label_area *la, struct arena *a)
{
	const struct label_block *b = &la->block[la->current];
	const struct label_index *ix = b->index;

	if (ix->labelsize > 1)
		return;
	la->label_len = (uint32_t)LABEL_V11_LEN << ix->labelsize;
	if (!slots_room(la, a, ix->labeloff, ix->nslot))
		return;
	for (uint32_t i = 0; i < la->nslot; i++) {
		uint64_t at = la->at + ix->labeloff + (uint64_t)i * la->label_len;
		struct label_slot s;

		label_slot_read(la->image, at, la->label_len, i, &s);
		s.free = label_index_free(b->bytes, i);
		/* what is free holds an older label, or never did, or no longer does */
		if (!s.free || (s.plausible && !blank(&s)))
			slot_keep(la, a, &s, at);
	}
	node_fact_uint(a, la->node, "current index", KIND_UINT, (uint64_t)la->current);
}

/* Without an index: of the labels of one namespace, one that is not being updated is taken for the current one. */
static void scan_choose(struct label_area *la)
{
	for (uint32_t i = 0; i < la->slots_nr; i++)
		for (uint32_t k = 0; k < i; k++) {
			struct label_slot *s = &la->slots[i], *o = &la->slots[k];

			if (o->free || o->kind != s->kind || !uuid_same(o->label.uuid, s->label.uuid) ||
			    o->label.position != s->label.position)
				continue;
			if (o->label.flags & LABEL_FLAG_UPDATING)
				o->free = true;
			else
				s->free = true;
		}
}

static uint32_t scan_count(const struct label_area *la, uint32_t label_len)
{
	uint64_t first = 2 * label_index_len(la->len, label_len);
	uint32_t nr = 0;

	for (uint32_t i = 0; i < LABEL_SLOTS_MAX && first + (uint64_t)(i + 1) * label_len <= la->len; i++) {
		struct label_slot s;

		label_slot_read(la->image, la->at + first + (uint64_t)i * label_len, label_len, i, &s);
		nr += label_slot_holds(&s, label_len);
	}
	return nr;
}

static void slots_by_scan(struct label_area *la, struct arena *a)
{
	/* checksums do not hold by chance: the longer labels first */
	la->label_len = scan_count(la, LABEL_V12_LEN) ? LABEL_V12_LEN : scan_count(la, LABEL_V11_LEN) ? LABEL_V11_LEN : 0;
	if (la->label_len == 0)
		return;
	uint64_t first = 2 * label_index_len(la->len, la->label_len);
	if (!slots_room(la, a, first, LABEL_SLOTS_MAX))
		return;
	for (uint32_t i = 0; i < la->nslot; i++) {
		uint64_t at = la->at + first + (uint64_t)i * la->label_len;
		struct label_slot s;

		label_slot_read(la->image, at, la->label_len, i, &s);
		if (label_slot_holds(&s, la->label_len))
			slot_keep(la, a, &s, at);
	}
	scan_choose(la);
}

static bool signed_at(struct image *image, struct arena *a, uint64_t at)
{
	struct span s;

	return image_span(image, a, at, 16, &s) && !span_lost(s) && memcmp(s.p, "NAMESPACE_INDEX", 16) == 0;
}

enum { INDEX_UNIT = 256, INDEX_USUAL = 1024 }; /* an index block is a multiple of bytes, and seldom longer */

/* With a lost first one the second is at its size. */
static bool index_there(struct image *image, struct arena *a, uint64_t at)
{
	for (uint64_t off = 0; off <= INDEX_USUAL; off += INDEX_UNIT)
		if (signed_at(image, a, at + off))
			return true;
	return false;
}

/* Where the second block is: where the first one says, unless it is seen elsewhere. */
static uint64_t second_at(const struct label_area *la, struct arena *a)
{
	const struct label_index *first = la->block[0].index;
	bool told = first && index_signed(first) && first->mysize && first->mysize % INDEX_UNIT == 0 && first->mysize < la->len;

	if (told && signed_at(la->image, a, la->at + first->mysize))
		return la->at + first->mysize;
	for (uint64_t off = INDEX_UNIT; off <= INDEX_USUAL; off += INDEX_UNIT)
		if (signed_at(la->image, a, la->at + off))
			return la->at + off;
	return la->at + (told ? first->mysize : INDEX_UNIT);
}

static bool slots_there(struct image *image, uint64_t at, uint64_t len)
{
	struct label_area la = { .image = image, .at = at, .len = len };

	/* without a checksum the length is half of the evidence */
	return scan_count(&la, LABEL_V12_LEN) || (len == LABEL_AREA_LEN && scan_count(&la, LABEL_V11_LEN));
}

static bool zeros_there(struct image *image, uint64_t at, uint64_t len)
{
	uint8_t buf[4096], lost[4096];

	for (; len; at += sizeof(buf), len -= sizeof(buf))
		if (!image_read(image, at, sizeof(buf), buf, lost) || memchr(lost, 1, sizeof(lost)) || buf[0] ||
		    memcmp(buf, buf + 1, sizeof(buf) - 1) != 0)
			return false;
	return true;
}

bool label_find(struct image *image, struct arena *a, uint64_t *at, enum label_found *by)
{
	bool behind = image->size > LABEL_AREA_LEN;
	uint64_t tail = behind ? image->size - LABEL_AREA_LEN : 0;

	*by = LABEL_BY_INDEX;
	*at = 0;
	if (index_there(image, a, 0))
		return true;
	*at = tail;
	if (behind && index_there(image, a, tail))
		return true;
	*by = LABEL_BY_SLOTS;
	if (behind && slots_there(image, tail, LABEL_AREA_LEN))
		return true;
	*at = 0;
	if (image->size <= LABEL_ALONE_MAX && slots_there(image, 0, image->size))
		return true;
	*by = LABEL_BY_SIZE;
	*at = tail;
	return behind && tail % LABEL_MEMORY_UNIT == 0 && zeros_there(image, tail, LABEL_AREA_LEN);
}

uint64_t label_index_len(uint64_t area_len, uint32_t label_len)
{
	uint64_t slots = area_len / label_len;

	return (LABEL_INDEX_HEAD + (slots + 7) / 8 + 255) / 256 * 256;
}

const char *label_found_text(enum label_found f)
{
	static const char *const texts[] = {
		"the signature of an index block",
		"labels that bear the numbers of their slots; no index block is left",
		"the length of the capture: 128 KiB of zeros behind the memory",
	};

	return texts[f];
}

struct label_area *label_decode(struct arena *a, struct node *parent, struct image *image, uint64_t at,
				uint64_t len, enum label_found found)
{
	struct label_area *la = ARENA_NEW(a, struct label_area);

	if (la == NULL)
		return NULL;
	*la = (struct label_area){ .image = image, .at = at, .len = len, .found = found, .current = -1 };
	la->node = node_group(a, parent, "labels");
	block_read(la, a, 0, at);
	block_read(la, a, 1, second_at(la, a));
	if (la->node == NULL || la->block[0].node == NULL || la->block[1].node == NULL)
		return NULL;
	node_fact_text(a, la->node, "found by", label_found_text(found));
	choose(la);
	if (la->current >= 0)
		slots_by_index(la, a);
	else
		slots_by_scan(la, a);
	slots_tell(la, a);
	return la;
}
