#include "formats/obj/heap.h"

#include "formats/base/checksum.h"
#include "formats/obj/obj.h"
#include "formats/obj/block.h"
#include "formats/obj/zone.h"

#include <string.h>

enum { PAGE = 4096 }; /* that pools' files end on */

#define SELF obj_heap_hdr
static const struct field obj_heap_hdr_fields[] = { OBJ_HEAP_HDR(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_heap_hdr_layout =
	LAYOUT(obj_heap_hdr, "PMDK src/libpmemobj/heap_layout.h, struct heap_header", OBJ_HEAP_HDR_LEN,
	       obj_heap_hdr_fields);

#define SELF obj_zone_hdr
static const struct field obj_zone_hdr_fields[] = { OBJ_ZONE_HDR(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_zone_hdr_layout =
	LAYOUT(obj_zone_hdr, "PMDK src/libpmemobj/heap_layout.h, struct zone_header", OBJ_ZONE_HDR_LEN,
	       obj_zone_hdr_fields);

static uint64_t zones_of(uint64_t len)
{
	uint64_t rest = len > OBJ_HEAP_HDR_LEN ? len - OBJ_HEAP_HDR_LEN : 0;

	return rest / OBJ_ZONE_STRIDE + (rest % OBJ_ZONE_STRIDE >= OBJ_ZONE_MIN);
}

uint32_t obj_zone_expected(uint64_t len, uint64_t idx, uint64_t nr)
{
	uint64_t gone = idx * OBJ_ZONE_STRIDE + OBJ_ZONE_META + OBJ_HEAP_HDR_LEN;
	uint64_t chunks = gone < len ? (len - gone) / OBJ_CHUNK_LEN : 0;

	return idx + 1 < nr || chunks > OBJ_ZONE_CHUNKS ? OBJ_ZONE_CHUNKS : (uint32_t)chunks;
}

uint64_t obj_heap_whole_zones(uint64_t zones)
{
	return (OBJ_HEAP_HDR_LEN + zones * OBJ_ZONE_STRIDE + PAGE - 1) / PAGE * PAGE;
}

/*
 * Chunks to walk: the larger of what the header and the heap's size say. Known writers stored up to
 * two more than a zone can hold; anything past that is no count. Only the headers must be there: of
 * a file cut short they tell what was behind the cut.
 */
static uint32_t chunks_of(const struct obj_heap *h, const struct obj_zone *z, uint32_t stored)
{
	uint64_t first = z->at + OBJ_ZONE_HDR_LEN, chunks = z->expected;

	if (stored > chunks && stored <= OBJ_ZONE_CHUNKS + 2)
		chunks = stored;
	uint64_t room = first < h->image->size ? (h->image->size - first) / OBJ_CHUNK_HDR_LEN : 0;
	return (uint32_t)(chunks < room ? chunks : room);
}

uint64_t obj_heap_by_zones(const struct obj_heap *h)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];

		if (z->hdr && z->hdr->magic == OBJ_ZONE_MAGIC && z->hdr->size_idx <= OBJ_ZONE_CHUNKS)
			end = z->at + OBJ_ZONE_META + (uint64_t)z->hdr->size_idx * OBJ_CHUNK_LEN;
	}
	return end > h->at ? (end - h->at + PAGE - 1) / PAGE * PAGE : 0;
}

bool obj_heap_zones_fill(const struct obj_heap *h, uint64_t len)
{
	uint64_t zones = obj_heap_by_zones(h);

	return zones && zones <= len && len - zones < OBJ_CHUNK_LEN + OBJ_ZONE_MIN;
}

/*
 * True when the zone's chunk headers, taken as they are, make a whole. first: the first of them; the
 * library zeroes it when it lays the heap out, so of a zone never used the rest need not be read.
 */
static bool makes_whole(const struct obj_heap *h, const struct obj_zone *z, struct span first)
{
	struct obj_zone_map m;

	if (span_zero(first))
		return false;
	bool whole = obj_zone_open(h, z, &m) && obj_zone_whole(&m);

	obj_zone_close(&m);
	return whole;
}

/*
 * A zone is laid out by its first chunk header, one free block for all of it, and then its own: cut off
 * between the two it holds nothing yet.
 */
static bool laid_out_half(const struct obj_zone *z, const struct obj_zone_hdr *hdr, struct span first)
{
	uint64_t word;

	return hdr->magic == 0 && hdr->size_idx == 0 && span_le64(first, 0, &word) &&
	       word == (OBJ_CHUNK_FREE | (uint64_t)z->expected << 32);
}

static bool zone_decode(struct arena *a, struct obj_heap *h, struct obj_zone *z)
{
	uint8_t bytes[OBJ_ZONE_HDR_LEN + OBJ_CHUNK_HDR_LEN], lost[sizeof(bytes)];
	struct span s = { bytes, lost, z->at, sizeof(bytes) }, first;
	struct obj_zone_hdr hdr = { 0 };

	if (!image_read(h->image, z->at, sizeof(bytes), bytes, lost))
		return true; /* not there: the pool was cut off before it, and its size tells that */
	span_cut(s, OBJ_ZONE_HDR_LEN, OBJ_CHUNK_HDR_LEN, &first);
	bool read = layout_decode(&obj_zone_hdr_layout, s, 0, &hdr);
	z->chunks = chunks_of(h, z, hdr.size_idx);
	if (!read)
		z->state = OBJ_ZONE_LOST;
	else if (hdr.magic == OBJ_ZONE_MAGIC)
		z->state = OBJ_ZONE_USED;
	else if (!laid_out_half(z, &hdr, first) && makes_whole(h, z, first))
		z->state = OBJ_ZONE_HIDDEN;
	else
		z->state = hdr.magic ? OBJ_ZONE_WRONG : OBJ_ZONE_VIRGIN;
	if (z->state == OBJ_ZONE_VIRGIN || (z->state == OBJ_ZONE_LOST && !makes_whole(h, z, first)))
		z->chunks = 0;
	if (z->state == OBJ_ZONE_VIRGIN)
		return true;

	z->node = node_group_idx(a, h->node, "zone", z->idx);
	z->hdr_node = node_decode(a, z->node, "header", &obj_zone_hdr_layout, h->image, z->at);
	z->chunk_node = node_array(a, z->node, "chunk", &obj_chunk_hdr_layout, h->image, obj_chunk_hdr_at(z, 0),
				   z->chunks, OBJ_CHUNK_HDR_LEN);
	if (z->node == NULL || z->hdr_node == NULL || z->chunk_node == NULL)
		return false;
	z->hdr = z->hdr_node->host;
	z->chunk_node->element = obj_block_node;
	z->chunk_node->element_ctx = h;
	node_fact_uint(a, z->node, "chunks by the heap's size", KIND_UINT, z->expected);
	if (z->state == OBJ_ZONE_HIDDEN)
		z->node->note = "its magic does not say that it is in use, its chunk headers do: read as in use";
	h->used_nr += z->chunks > 0;
	return true;
}

static void header_decode(struct arena *a, struct obj_heap *h)
{
	struct span s;

	h->hdr_node = node_decode(a, h->node, "header", &obj_heap_hdr_layout, h->image, h->at);
	if (h->hdr_node == NULL || h->hdr_node->state != NODE_READ ||
	    !image_span(h->image, a, h->at, OBJ_HEAP_HDR_LEN, &s))
		return;
	h->hdr = h->hdr_node->host;
	h->hdr_sum = checksum_fletcher64(s, OBJ_HEAP_HDR_LEN - 8, CHECKSUM_NO_SKIP);
	h->hdr_good = memcmp(h->hdr->signature, OBJ_HEAP_SIGNATURE, sizeof(OBJ_HEAP_SIGNATURE)) == 0 &&
		      h->hdr->checksum == h->hdr_sum;
}

struct obj_heap *obj_heap_decode(struct arena *a, struct node *parent, struct obj_pool *pool)
{
	struct obj_heap *h = ARENA_NEW(a, struct obj_heap);

	if (h == NULL)
		return NULL;
	*h = (struct obj_heap){ .pool = pool, .image = pool->image, .at = pool->heap_at, .len = pool->heap_len,
				.major = pool->major ? pool->major : 6 };
	h->node = node_group(a, parent, "heap");
	if (h->node == NULL)
		return NULL;
	header_decode(a, h);
	h->zones_all = zones_of(h->len);
	h->zones_nr = (uint32_t)(h->zones_all < OBJ_ZONES_MAX ? h->zones_all : OBJ_ZONES_MAX);
	h->zones = arena_array(a, h->zones_nr, sizeof(*h->zones));
	if (h->hdr_node == NULL || h->zones == NULL)
		return NULL;
	for (uint32_t i = 0; i < h->zones_nr; i++) {
		struct obj_zone *z = &h->zones[i];

		z->idx = i;
		z->at = h->at + OBJ_HEAP_HDR_LEN + i * OBJ_ZONE_STRIDE;
		z->expected = obj_zone_expected(h->len, i, h->zones_all);
		if (!zone_decode(a, h, z))
			return NULL;
	}
	node_fact_uint(a, h->node, "zones", KIND_UINT, h->zones_all);
	node_fact_uint(a, h->node, "zones in use", KIND_UINT, h->used_nr);
	if (h->zones_all > h->zones_nr)
		h->node->note = "zones past the 65536th are counted and not decoded";
	return h;
}
