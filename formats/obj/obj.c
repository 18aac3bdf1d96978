#include "formats/obj/obj.h"

#include "formats/base/checksum.h"
#include "formats/obj/descr.h"
#include "formats/obj/heap.h"
#include "formats/obj/lane_old.h"
#include "formats/obj/vos.h"
#include "formats/pool/hdr.h"

#include <string.h>

static uint64_t up(uint64_t x, uint64_t a)
{
	return (x + a - 1) / a * a;
}

static bool descr_decode(struct arena *a, struct obj_pool *p, uint32_t page)
{
	struct span s;

	p->descr_node = node_decode(a, p->node, "descriptor", &obj_descr_layout, p->image, page);
	if (p->descr_node == NULL)
		return false;
	p->descr = p->descr_node->host;
	if (p->descr && image_span(p->image, a, page, OBJ_DESCR_LEN, &s)) {
		p->descr_sum = checksum_fletcher64(s, OBJ_DESCR_SUM_OFF, CHECKSUM_NO_SKIP);
		p->descr_good = p->descr_sum == p->descr->checksum;
	}
	return true;
}

/* Majors 5 and 6 number or sum their undo entries; the first entry that only fits one of them tells. */
static uint32_t new_major(const struct obj_pool *p)
{
	for (uint32_t i = 0; i < p->lanes_nr; i++) {
		uint64_t at = p->lanes_at + (uint64_t)i * OBJ_LANE_LEN + OBJ_LANE_UNDO_OFF, sum;
		struct obj_ulog_entry e;
		struct obj_ulog h;

		if (!obj_ulog_read(p->image, at, &h))
			continue;
		if (h.gen_num || h.flags)
			return 6;
		if (obj_ulog_entry_read(p->image, at + OBJ_ULOG_HDR_LEN, &e) && e.op == OBJ_ULOG_BUF_CPY &&
		    e.data_len <= OBJ_LANE_UNDO_LEN && obj_ulog_entry_sum(p->image, &e, &sum))
			return sum == e.checksum ? 5 : 6;
	}
	return 6; /* without any entry the two are the same */
}

static uint32_t old_major(const struct obj_pool *p)
{
	uint64_t word;

	for (uint32_t i = 0; i < p->lanes_nr; i++) {
		uint64_t undo = p->lanes_at + (uint64_t)i * OBJ_LANE_LEN + OBJ_OLD_TX_OFF + 8;

		/* a list head holds the pool's id, a vector the place of its own first array */
		if (obj_ulog_word(p->image, undo, &word) && word)
			return p->has_uuid_lo && word == p->uuid_lo ? 1 : word == undo + OBJ_OLD_EMBEDDED_OFF ? 3 : 4;
	}
	return 4;
}

static void major_guess(struct obj_pool *p)
{
	uint64_t capacity = 0;

	p->major_guessed = true;
	(void)obj_ulog_word(p->image, p->lanes_at + OBJ_LANE_UNDO_OFF + 16, &capacity);
	if (capacity == OBJ_LANE_UNDO_LEN)
		p->major = new_major(p);
	else
		p->major = p->descr && p->descr->heap_size_old ? old_major(p) : 6;
}

static void places_set(struct obj_pool *p, uint32_t page)
{
	const struct obj_descr *d = p->descr;
	uint64_t lanes_len = (uint64_t)OBJ_LANES_NR * OBJ_LANE_LEN;

	p->lanes_at = 2 * (uint64_t)page;
	p->lanes_nr = OBJ_LANES_NR;
	p->heap_at = up(p->lanes_at + lanes_len, page);
	p->places_how = "constants of the format";
	/* page sizes up to 64 KiB move both places, and nothing else does */
	if (d && d->nlanes == OBJ_LANES_NR && d->lanes_offset % 4096 == 0 && d->lanes_offset >= p->lanes_at &&
	    d->lanes_offset <= 2 * UINT64_C(65536) && d->heap_offset % 4096 == 0 &&
	    d->heap_offset >= d->lanes_offset + lanes_len && d->heap_offset < d->lanes_offset + lanes_len + 65536) {
		p->lanes_at = d->lanes_offset;
		p->heap_at = d->heap_offset;
		p->places_how = "the descriptor";
	}
	if (p->lanes_at > p->size)
		p->lanes_nr = 0;
	else if (p->lanes_nr > (p->size - p->lanes_at) / OBJ_LANE_LEN)
		p->lanes_nr = (uint32_t)((p->size - p->lanes_at) / OBJ_LANE_LEN);
}

static bool words_decode(struct arena *a, struct obj_pool *p, uint32_t page)
{
	const struct layout *l = p->major >= 4 ? &obj_words_layout : &obj_words_old_layout;
	uint64_t at = page + (OBJ_WORDS_AT - OBJ_DESCR_AT);

	p->words_node = node_decode(a, p->node, "words", l, p->image, at);
	if (p->words_node == NULL)
		return false;
	p->words = p->words_node->host;
	return node_decode(a, p->node, "runtime", &obj_runtime_layout, p->image,
			   p->major >= 4 ? page + (OBJ_RUNTIME_AT - OBJ_DESCR_AT) : at + l->size) != NULL;
}

static void sizes_set(struct obj_pool *p)
{
	uint64_t room = p->heap_at < p->size ? p->size - p->heap_at : 0, said = 0, word;

	if (p->words && p->major >= 4)
		said = p->words->heap_size;
	if (said == 0 && p->descr && p->major <= 4)
		said = p->descr->heap_size_old;
	p->heap_len = said && said <= room ? said : room;
	if (p->words == NULL || p->words->root_offset == 0)
		return;
	p->root_at = p->words->root_offset;
	if (p->major >= 4)
		p->root_len = p->words->root_size;
	else if (p->root_at >= 16 && obj_ulog_word(p->image, p->root_at - 16, &word))
		p->root_len = word & ~(UINT64_C(1) << 63); /* its header's word, less the flag of an internal object */
}

struct obj_pool *obj_decode(struct arena *a, struct node *parent, struct image *logical, uint64_t pool_size,
			    uint32_t major, uint32_t page, const uint8_t *poolset_uuid)
{
	struct obj_pool *p = ARENA_NEW(a, struct obj_pool);

	if (p == NULL)
		return NULL;
	p->image = logical;
	p->size = pool_size < logical->size ? pool_size : logical->size;
	p->major = major <= 6 ? major : 0;
	if (poolset_uuid) {
		p->has_uuid_lo = true;
		p->uuid_lo = pool_hdr_uuid_lo(poolset_uuid);
	}
	p->node = node_group(a, parent, "obj");
	if (p->node == NULL || !descr_decode(a, p, page))
		return NULL;
	places_set(p, page);
	if (p->major == 0)
		major_guess(p);
	if (!words_decode(a, p, page))
		return NULL;
	sizes_set(p);
	node_fact_uint(a, p->node, "layout version", KIND_UINT, p->major);
	if (p->major_guessed)
		p->node->note = "the layout version is told from the structures: no header says it";
	node_fact_text(a, p->node, "places by", p->places_how);
	if (p->has_uuid_lo)
		node_fact_uint(a, p->node, "pool id in pointers", KIND_ID, p->uuid_lo);
	p->lanes = obj_lane_decode(a, parent, p);
	if (p->lanes == NULL)
		return NULL;
	p->heap = obj_heap_decode(a, parent, p);
	struct obj_vos *vos = ARENA_NEW(a, struct obj_vos);
	p->vos = vos;
	return p->heap && vos && obj_vos_look(a, p->node, p, vos) ? p : NULL;
}
