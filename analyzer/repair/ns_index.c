#include "analyzer/repair/ns_index.h"

#include "analyzer/repair/ns_area.h"

#include <inttypes.h>
#include <string.h>

/* A block that is being made. */
struct block {
	const struct label_area *la;
	int k;
	uint32_t label_len, nslot;
	uint64_t len;
	uint8_t bytes[NS_AREA_INDEX_MAX];
};

static uint32_t room(const struct label_area *la, uint64_t len, uint32_t label_len)
{
	uint64_t slots = 2 * len < la->len ? (la->len - 2 * len) / label_len : 0, bits = (len - LABEL_INDEX_HEAD) * 8;

	slots = slots < bits ? slots : bits;
	return slots < LABEL_SLOTS_MAX ? (uint32_t)slots : LABEL_SLOTS_MAX;
}

/* Does block k describe the area? */
static bool right(const struct label_area *la, int k, const struct label_index *ix)
{
	static const uint8_t zeros[sizeof(ix->flags)];
	uint64_t len = ix->mysize;

	return memcmp(ix->sig, "NAMESPACE_INDEX", sizeof(ix->sig)) == 0 && memcmp(ix->flags, zeros, sizeof(zeros)) == 0 &&
	       ix->labelsize == (ix->minor >= 2) && ix->major == 1 && ix->minor >= 1 && ix->minor <= 2 &&
	       len >= 256 && len % 256 == 0 && len <= NS_AREA_INDEX_MAX && ix->myoff == (k ? len : 0) &&
	       ix->otheroff == (k ? 0 : len) && ix->labeloff == 2 * len && ix->seq >= 1 && ix->seq <= 3 && ix->nslot &&
	       ix->nslot <= room(la, len, (uint32_t)LABEL_V11_LEN << ix->labelsize);
}

static bool trusted(const struct label_area *la, int k)
{
	return la->block[k].good && right(la, k, la->block[k].index);
}

/* Do all slots that the block calls used hold labels? */
static bool used_hold(const struct block *b)
{
	for (uint32_t i = 0; i < b->nslot; i++) {
		struct label_slot s;

		if (label_index_free((struct span){ .p = b->bytes, .len = (size_t)b->len }, i))
			continue;
		label_slot_read(b->la->image, b->la->at + 2 * b->len + (uint64_t)i * b->label_len, b->label_len, i, &s);
		if (!label_slot_holds(&s, b->label_len))
			return false;
	}
	return true;
}

/* What follows the bits is zero. */
static uint64_t bits_end(const struct block *b)
{
	return LABEL_INDEX_HEAD + (b->nslot + 7) / 8;
}

static bool fits(const void *ctx, const uint8_t *bytes)
{
	const struct block *b = ctx;
	struct label_index ix;

	return layout_decode(&label_index_layout, (struct span){ .p = bytes, .len = (size_t)b->len }, 0, &ix) && right(b->la, b->k, &ix) &&
	       ix.mysize == b->len && (uint32_t)LABEL_V11_LEN << ix.labelsize == b->label_len && ix.nslot == b->nslot &&
	       span_zero_bytes(bytes + bits_end(b), (size_t)(b->len - bits_end(b))) && used_hold(b);
}

/* The words that follow from the area, and the number. */
static void head_put(struct block *b, uint32_t seq)
{
	struct label_index ix = {
		.labelsize = b->label_len == LABEL_V12_LEN, .seq = seq, .myoff = b->k ? b->len : 0, .mysize = b->len,
		.otheroff = b->k ? 0 : b->len, .labeloff = 2 * b->len, .nslot = b->nslot, .major = 1,
		.minor = b->label_len == LABEL_V12_LEN ? 2 : 1,
	};

	span_le64((struct span){ .p = b->bytes, .len = (size_t)b->len }, ns_area_index(b->bytes, b->len).sum_off, &ix.checksum);
	memcpy(ix.sig, "NAMESPACE_INDEX", sizeof(ix.sig));
	layout_encode(&label_index_layout, &ix, b->bytes);
}

/* Its size and the slots', and the bytes that stand there, zeros for what is lost. False: nothing tells the sizes. */
static bool block_open(const struct label_area *la, int k, struct block *b)
{
	const struct label_index *own = la->block[k].index, *other = trusted(la, !k) ? la->block[!k].index : NULL;
	uint8_t lost[NS_AREA_INDEX_MAX];

	*b = (struct block){ .la = la, .k = k };
	if (other)
		b->label_len = (uint32_t)LABEL_V11_LEN << other->labelsize;
	else if (own && own->major == 1 && (own->minor == 1 || own->minor == 2) && own->labelsize == (own->minor == 2))
		b->label_len = (uint32_t)LABEL_V11_LEN << own->labelsize;
	else
		b->label_len = la->label_len;
	if (b->label_len == 0)
		return false;
	b->len = other ? other->mysize : label_index_len(la->len, b->label_len);
	if (b->len > NS_AREA_INDEX_MAX || 2 * b->len >= la->len)
		return false;
	uint32_t most = room(la, b->len, b->label_len);
	b->nslot = other ? other->nslot : own && own->nslot && own->nslot <= most ? own->nslot : most;
	if (b->nslot == 0 || !image_read(la->image, la->at + (k ? b->len : 0), (size_t)b->len, b->bytes, lost))
		return false;
	for (uint64_t i = 0; i < b->len; i++)
		if (lost[i])
			b->bytes[i] = 0;
	return true;
}

/* made: some words are tried. Half a checksum that holds is no proof then: a number that was tried may be what makes it hold. */
static bool proved(struct block *b, bool made)
{
	struct ns_sum s = ns_area_index(b->bytes, b->len);
	uint32_t at;

	return (ns_sum_holds(s) && fits(b, b->bytes)) ||
	       (ns_sum_word(s, fits, b, &at) && !(made && at >= s.sum_off && at < s.sum_off + 8));
}

/* The block that the stored checksum is of. False, and the bytes as they were: none is known. */
static bool restore(struct block *b)
{
	/* as read; as current writers count the slots, and as older kernels did */
	const uint32_t own_nslot = b->nslot, nslots[] = { own_nslot, room(b->la, b->len, b->label_len),
							  (uint32_t)(b->la->len / (b->label_len + 1)) };
	uint8_t own[NS_AREA_INDEX_MAX];

	memcpy(own, b->bytes, sizeof(own));
	if (proved(b, false))
		return true;
	for (size_t i = 0; i < sizeof(nslots) / sizeof(nslots[0]); i++)
		for (uint32_t seq = 1; seq <= 3 && nslots[i] && nslots[i] <= nslots[1]; seq++) {
			b->nslot = nslots[i];
			head_put(b, seq);
			memset(b->bytes + bits_end(b), 0, (size_t)(b->len - bits_end(b)));
			if (proved(b, true))
				return true;
			memcpy(b->bytes, own, sizeof(own));
		}
	b->nslot = own_nslot;
	return false;
}

/* The block as it is, where all that can be told of it agrees: the checksum alone is made anew. */
static bool agrees(struct block *b)
{
	const struct label_index *own = b->la->block[b->k].index;

	if (own == NULL || own->seq < 1 || own->seq > 3 || memcmp(own->sig, "NAMESPACE_INDEX", sizeof(own->sig)) != 0)
		return false;
	head_put(b, own->seq);
	return used_hold(b);
}

static uint32_t before(uint32_t seq)
{
	return (seq & 3) == 1 ? 3 : (seq & 3) - 1;
}

/* The other block's state under the number before its own, so that the other one stays the current one. */
static void mirror(struct block *b)
{
	const struct label_block *other = &b->la->block[!b->k];

	memcpy(b->bytes, other->bytes.p, (size_t)b->len);
	head_put(b, before(other->index->seq));
}

/* The block that a finding is about. */
static bool block_of(const struct model *m, const struct finding *f, struct block *b)
{
	const struct label_area *la = ns_area_of(m, f->node);

	return la && block_open(la, la->block[1].node == f->node, b);
}

static struct step *put(struct block *b, const struct finding *f, enum remedy_class class, const char *says, const char *why,
			struct plan *plan)
{
	return ns_area_index_put(b->la, b->k, f, class, says, b->bytes, b->len, why, plan);
}

static struct step *restored_put(struct block *b, const struct finding *f, struct plan *plan)
{
	const char *why = "the stored checksum is that of this block, and every slot that it calls used holds a label";

	return put(b, f, REPAIR_SAFE, arena_printf(plan->arena, "restores index block %d: %s", b->k, why), why, plan);
}

void ns_index_repair_block(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const char *why = "every slot that the block calls used holds a label";
	struct block b;

	(void)by;
	if (!block_of(m, f, &b))
		return;
	if (restore(&b)) {
		restored_put(&b, f, plan);
		return;
	}
	if (!trusted(b.la, !b.k))
		return;
	struct block whole = b;
	struct step *s = agrees(&whole) ? put(&whole, f, REPAIR_ASK, arena_printf(plan->arena, "makes the checksum of index block %d anew "
										   "over what it says: %s", b.k, why), why, plan)
					: NULL;
	if (s)
		s->loses = "the only sign of a damaged bit of it";
	mirror(&b);
	s = put(&b, f, REPAIR_ASK, arena_printf(plan->arena, "writes index block %d anew with what the other says, as the state before it", b.k),
		"the kernel goes by the other block, and writes this one with the next change of a label", plan);
	if (s)
		s->loses = "what the damaged block said, if it was the newer one";
}

void ns_index_repair_places(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct block b;

	(void)by;
	if (!block_of(m, f, &b))
		return;
	const struct label_index *own = b.la->block[b.k].index;
	bool sizes = b.nslot == own->nslot && (uint32_t)LABEL_V11_LEN << own->labelsize == b.label_len;
	if (b.len > own->mysize) /* bits that the block never had */
		memset(b.bytes + own->mysize, 0xff, (size_t)(b.len - own->mysize));
	head_put(&b, own->seq);
	struct step *s = put(&b, f, sizes || trusted(b.la, !b.k) ? REPAIR_SAFE : REPAIR_ASK,
			     arena_printf(plan->arena, "sets the places and sizes of index block %d to those of the area it lies in", b.k),
			     "they follow from the area's length and the size of a label", plan);
	if (s && !sizes && !trusted(b.la, !b.k))
		s->loses = "nothing else tells how large a slot is, or how many there are";
}

void ns_index_repair_sequence(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	struct block b;

	(void)by;
	if (!block_of(m, f, &b))
		return;
	const struct label_index *own = b.la->block[b.k].index, *other = b.la->block[!b.k].index;
	uint32_t low = own->seq & 3;
	if ((low == 0 && !trusted(b.la, !b.k)) || own->mysize != b.len)
		return;
	struct label_index ix = *own;
	ix.seq = low ? low : before(other->seq);
	layout_encode(&label_index_layout, &ix, b.bytes);
	struct step *s = put(&b, f, low ? REPAIR_SAFE : REPAIR_ASK,
			     arena_printf(plan->arena, "sets the number of index block %d to %" PRIu32 ", %s", b.k, ix.seq,
					  low ? "its low bits, which are all that is read" : "the one before the other block's"),
			     low ? "only the low two bits are read" : "the kernel does not read a block whose low bits are zero", plan);
	if (s && !low)
		s->loses = "what the block says, if it was the newer one";
}

/* Both blocks, as far as their checksums tell what they were. */
static bool restore_any(const struct label_area *la, const struct finding *f, struct plan *plan)
{
	for (int k = 0; k < 2; k++) {
		struct block b;

		if (block_open(la, k, &b) && restore(&b) && restored_put(&b, f, plan))
			return true; /* the other one is then told by itself */
	}
	return false;
}

/* Where two of the labels share memory, only what an info block names was in use. */
static bool chosen(const struct label_area *la, const struct label_slot *s, struct arena *a)
{
	return !s->free && (ns_area_shared(la, s) == NULL || ns_area_vouched(la, a, s));
}

void ns_index_repair_lost(const struct check *by, const struct finding *f, const struct model *m, struct plan *plan)
{
	const struct label_area *la = ns_area_of(m, f->node);
	const char *why = "the labels bear the numbers of their slots";
	struct block b[2];
	uint32_t nr = 0;

	(void)by;
	if (la == NULL || restore_any(la, f, plan) || la->slots_nr == 0)
		return;
	for (int k = 0; k < 2; k++) {
		if (!block_open(la, k, &b[k]) || b[k].label_len != la->label_len)
			return;
		memset(b[k].bytes, 0, sizeof(b[k].bytes));
		memset(b[k].bytes + LABEL_INDEX_HEAD, 0xff, (b[k].nslot + 7) / 8);
		for (uint32_t i = 0; i < la->slots_nr; i++)
			if (chosen(la, &la->slots[i], plan->arena)) {
				ns_area_mark(b[k].bytes, la->slots[i].idx, true);
				nr += k == 0;
			}
		/* as a kernel lays them out: the first is the newer one */
		head_put(&b[k], k ? 2 : 3);
	}
	struct step *s = nr ? put(&b[0], f, REPAIR_ASK,
				  arena_printf(plan->arena, "writes both index blocks anew, for the %" PRIu32 " label%s that %s found slot by "
							    "slot", nr, nr == 1 ? "" : "s", nr == 1 ? "is" : "are"), why, plan) : NULL;
	if (s == NULL)
		return;
	s->loses = "which labels were in use: a namespace that was deleted comes back, if nothing lies where it was";
	ns_area_index_more(la, 1, s, b[1].bytes, b[1].len, why, plan);
}
