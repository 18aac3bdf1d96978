/* The header of a pmemobj heap, and its zones. */
#include "analyzer/checks/obj_faults.h"
#include "analyzer/checks/tables.h"
#include "analyzer/repair/obj_heap.h"
#include "formats/obj/heap.h"

#include <inttypes.h>
#include <string.h>

/* ---- the heap's header: every byte of it is known ---- */

static const struct obj_heap *heap_of(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;

	if (h && h->hdr == NULL) {
		findings_unchecked(out, self, h->hdr_node, "the heap's header could not be read");
		return NULL;
	}
	return h;
}

static bool is_signed(const struct obj_heap *h)
{
	return memcmp(h->hdr->signature, OBJ_HEAP_SIGNATURE, sizeof(OBJ_HEAP_SIGNATURE)) == 0;
}

static void lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	if (m->obj && m->obj->heap->hdr == NULL)
		findings_add(out, (struct finding){ .by = self, .verdict = UNVERIFIED, .node = m->obj->heap->hdr_node,
						    .repair = REPAIR_SAFE });
}

static void signature_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = heap_of(self, m, out);

	if (h && !is_signed(h))
		findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = h->hdr_node,
						    .field = layout_field(&obj_heap_hdr_layout, "signature"),
						    .expected = OBJ_HEAP_SIGNATURE, .repair = REPAIR_SAFE });
}

static void checksum_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = heap_of(self, m, out);

	if (h == NULL || !is_signed(h) || h->hdr->checksum == h->hdr_sum)
		return;
	findings_add(out, (struct finding){ .by = self, .verdict = CORRUPT, .node = h->hdr_node,
					    .field = layout_field(&obj_heap_hdr_layout, "checksum"),
					    .expected = arena_printf(out->arena, "0x%016" PRIx64, h->hdr_sum),
					    .actual = arena_printf(out->arena, "0x%016" PRIx64, h->hdr->checksum),
					    .repair = REPAIR_SAFE });
}

static void constants_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = heap_of(self, m, out);

	if (h == NULL || !is_signed(h))
		return;
	const struct { const char *field; uint64_t value, expected; } words[] = {
		{ "major", h->hdr->major, 1 },
		{ "minor", h->hdr->minor, 0 },
		{ "chunksize", h->hdr->chunksize, OBJ_CHUNK_LEN },
		{ "chunks_per_zone", h->hdr->chunks_per_zone, OBJ_ZONE_CHUNKS },
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].value != words[i].expected)
			findings_add(out, (struct finding){
						  .by = self, .verdict = CORRUPT, .node = h->hdr_node,
						  .field = layout_field(&obj_heap_hdr_layout, words[i].field),
						  .expected = arena_printf(out->arena, "%" PRIu64, words[i].expected),
						  .actual = arena_printf(out->arena, "%" PRIu64, words[i].value),
						  .repair = REPAIR_SAFE });
}

static void size_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = heap_of(self, m, out);

	if (h == NULL || h->major > 3 || !is_signed(h) || h->hdr->size == h->len)
		return;
	findings_add(out, (struct finding){ .by = self, .verdict = CONFLICT, .node = h->hdr_node,
					    .field = layout_field(&obj_heap_hdr_layout, "size"),
					    .expected = arena_printf(out->arena, "%" PRIu64, h->len),
					    .actual = arena_printf(out->arena, "%" PRIu64, h->hdr->size),
					    .repair = REPAIR_SAFE });
}

/* ---- zones ---- */

static struct finding at_zone(const struct check *by, enum verdict v, const struct obj_zone *z, const char *field)
{
	return (struct finding){ .by = by, .verdict = v, .node = z->hdr_node,
				 .field = field ? layout_field(&obj_zone_hdr_layout, field) : NULL };
}

static void zone_lost_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;

	for (uint32_t i = 0; h && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];

		if (z->state != OBJ_ZONE_LOST)
			continue;
		struct finding f = at_zone(self, UNVERIFIED, z, NULL);
		f.detail = z->chunks ? "its chunk headers make a whole: the zone is read by them"
				     : "its chunk headers make no whole either: what the zone holds is not told";
		f.repair = z->chunks ? REPAIR_SAFE : REPAIR_NONE;
		findings_add(out, f);
	}
}

static void magic_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;

	for (uint32_t i = 0; h && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];

		if ((z->state != OBJ_ZONE_HIDDEN && z->state != OBJ_ZONE_WRONG) || z->hdr == NULL ||
		    z->hdr->magic == 0)
			continue;
		struct finding f = at_zone(self, CORRUPT, z, "magic");
		f.expected = arena_printf(out->arena, "0x%08" PRIx32, OBJ_ZONE_MAGIC);
		f.actual = arena_printf(out->arena, "0x%08" PRIx32, z->hdr->magic);
		f.repair = z->state == OBJ_ZONE_HIDDEN ? REPAIR_SAFE : REPAIR_ASK;
		findings_add(out, f);
	}
}

static void hidden_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;

	for (uint32_t i = 0; h && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];

		if (z->state != OBJ_ZONE_HIDDEN || z->hdr == NULL || z->hdr->magic)
			continue;
		struct finding f = at_zone(self, CONFLICT, z, "magic");
		f.expected = arena_printf(out->arena, "0x%08" PRIx32, OBJ_ZONE_MAGIC);
		f.actual = "0x00000000";
		f.repair = REPAIR_SAFE;
		findings_add(out, f);
	}
}

/* Zones are laid out one after the other: none is skipped. */
static void order_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;
	const struct obj_zone *virgin = NULL;

	for (uint32_t i = 0; h && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];

		if (z->state == OBJ_ZONE_VIRGIN && virgin == NULL)
			virgin = z;
		if (z->state != OBJ_ZONE_USED || virgin == NULL)
			continue;
		struct finding f = at_zone(self, CONFLICT, z, NULL);
		f.at = virgin->at;
		f.len = OBJ_ZONE_HDR_LEN;
		f.detail = arena_printf(out->arena, "zone %" PRIu32 " says that it was never used", virgin->idx);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
		virgin = NULL;
	}
}

/* The chunks of the heap's last zone as writers up to 1.7.0 counted them: they forgot its header. */
static uint32_t overrun_chunks(const struct obj_heap *h, const struct obj_zone *z)
{
	return z->idx + 1 == h->zones_all ? obj_zone_expected(h->len + OBJ_HEAP_HDR_LEN, z->idx, h->zones_all) : 0;
}

/* A heap whose rest behind the last zone is too short for a zone: its chunks were added to the zone. */
static bool is_overlaid(const struct obj_heap *h, const struct obj_zone *z)
{
	return z->hdr && z->idx + 1 == h->zones_all && z->hdr->size_idx > OBJ_ZONE_CHUNKS &&
	       z->hdr->size_idx <= OBJ_ZONE_CHUNKS + 2;
}

static bool has_overrun(const struct obj_heap *h, const struct obj_zone *z)
{
	return z->hdr && z->hdr->size_idx == z->expected + 1 && z->hdr->size_idx == overrun_chunks(h, z) &&
	       !is_overlaid(h, z);
}

static void overrun_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;

	for (uint32_t i = 0; h && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];

		if (z->chunks == 0 || !has_overrun(h, z))
			continue;
		struct finding f = at_zone(self, CORRUPT, z, "size_idx");
		f.expected = arena_printf(out->arena, "%" PRIu32, z->expected);
		f.actual = arena_printf(out->arena, "%" PRIu32, z->hdr->size_idx);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
}

static void overlay_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_heap *h = m->obj ? m->obj->heap : NULL;

	for (uint32_t i = 0; h && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];

		if (z->chunks == 0 || !is_overlaid(h, z))
			continue;
		struct finding f = at_zone(self, CORRUPT, z, "size_idx");
		f.expected = arena_printf(out->arena, "at most %d", OBJ_ZONE_CHUNKS);
		f.actual = arena_printf(out->arena, "%" PRIu32, z->hdr->size_idx);
		f.repair = REPAIR_ASK;
		findings_add(out, f);
	}
}

/* Has the heap's size, which zones are measured by, been found to be wrong? */
static bool heap_too_short(const struct findings *out)
{
	return findings_hit(out, "pool.set.inner-size", NULL) || findings_hit(out, "obj.words.heap-size", NULL) ||
	       findings_hit(out, "obj.words.heap-small", NULL);
}

/* What the zone's header, the heap's size and the blocks themselves say of its length. */
static void zone_size_verify(const struct check *self, const struct model *m, struct findings *out)
{
	const struct obj_account *acc = obj_faults_account(self, m, out);
	const struct obj_heap *h = acc ? acc->heap : NULL;

	for (uint32_t i = 0; h && i < h->zones_nr; i++) {
		const struct obj_zone *z = &h->zones[i];
		const struct obj_space *s = &acc->zones[i];

		if (z->chunks == 0 || z->hdr == NULL || z->hdr->size_idx == z->expected || has_overrun(h, z) ||
		    is_overlaid(h, z))
			continue;
		uint32_t stored = z->hdr->size_idx;
		bool agreed = s->whole && s->walked == stored;
		if (agreed && stored > z->expected && heap_too_short(out))
			continue;
		struct finding f = at_zone(self, CONFLICT, z, "size_idx");
		f.expected = arena_printf(out->arena, "%" PRIu32, z->expected);
		f.actual = arena_printf(out->arena, "%" PRIu32, stored);
		if (agreed && stored < z->expected) {
			f.detail = "the heap has grown and the zone not yet: the library extends it at its next open";
			findings_add_as(out, NOTE, f);
			continue;
		}
		f.detail = agreed ? "its blocks end where it says, past the heap's end: the heap's size is too small"
			   : s->whole ? "its blocks end where the heap's size says"
				      : "its blocks do not tell which of the two is right";
		f.repair = !agreed && s->whole ? REPAIR_SAFE : REPAIR_ASK;
		findings_add(out, f);
	}
}

#define SOURCE "PMDK src/libpmemobj/heap.c heap_check, heap_verify_header, heap_verify_zone"

static const struct check checks[] = {
	{ .id = "obj.heap.unread", .covers = "H-1", .severity = ERROR,
	  .says = "the heap's header could not be read",
	  .means = "The library refuses to open the pool. The header holds constants only: nothing is lost with it.",
	  .remedy = "Capture these bytes again, or rebuild the header from the constants.",
	  .source = SOURCE, .verify = lost_verify,
	  .repair = obj_heap_repair_header },
	{ .id = "obj.heap.signature", .covers = "H-1", .severity = ERROR,
	  .says = "the heap's header has no signature",
	  .means = "The library refuses to open the pool. The header holds constants only: nothing is lost with it.",
	  .remedy = "Rebuild the header from the constants; first check that the heap begins here.",
	  .source = SOURCE, .verify = signature_verify,
	  .repair = obj_heap_repair_header },
	{ .id = "obj.heap.checksum", .after = "obj.heap.signature", .covers = "H-1", .severity = ERROR,
	  .says = "the checksum of the heap's header does not hold",
	  .means = "The library refuses to open the pool. The header holds constants only: nothing is lost with it.",
	  .remedy = "Rebuild the header from the constants.", .source = SOURCE, .verify = checksum_verify,
	  .repair = obj_heap_repair_header },
	{ .id = "obj.heap.constants", .covers = "H-1", .severity = ERROR,
	  .says = "the heap's header says what no version of the library writes",
	  .means = "The library opens such a pool and ignores these words; something wrote where it should not.",
	  .remedy = "Rebuild the header from the constants.", .source = SOURCE, .verify = constants_verify,
	  .repair = obj_heap_repair_header },
	{ .id = "obj.heap.size", .covers = "H-15", .severity = ERROR,
	  .says = "the heap's header and the descriptor disagree about the heap's size",
	  .means = "The library of this version refuses to open the pool.",
	  .remedy = "The descriptor's checksum decides: where it holds, the header takes its size.",
	  .source = "PMDK 1.0 to 1.2 src/libpmemobj/heap.c", .verify = size_verify,
	  .repair = obj_heap_repair_header },
	{ .id = "obj.zone.unread", .covers = "H-2", .severity = ERROR,
	  .says = "the header of a zone could not be read",
	  .means = "Without it the library takes the zone for something else.",
	  .remedy = "Capture these bytes again, or rebuild the header from the chunk headers.",
	  .source = SOURCE, .verify = zone_lost_verify,
	  .repair = obj_heap_repair_zone },
	{ .id = "obj.zone.magic", .covers = "H-2", .severity = ERROR,
	  .says = "the header of a zone does not begin with its magic number",
	  .means = "The library refuses to open the pool.",
	  .remedy = "Where the chunk headers make a whole, restore the magic number.",
	  .source = SOURCE, .verify = magic_verify,
	  .repair = obj_heap_repair_zone },
	{ .id = "obj.zone.hidden", .covers = "H-2", .severity = ERROR,
	  .says = "a zone that is in use says that it was never used",
	  .means = "The library opens the pool, sees none of the objects in the zone, and overwrites them when it "
		   "needs the space.",
	  .remedy = "Do not open the pool. Restore the magic number: the chunk headers make a whole.",
	  .source = SOURCE, .verify = hidden_verify,
	  .repair = obj_heap_repair_zone },
	{ .id = "obj.zone.order", .covers = "H-2", .severity = ERROR,
	  .says = "a zone is in use and an earlier one was never used",
	  .means = "Zones are laid out in order. What the earlier one held, if anything, is invisible to the library.",
	  .remedy = "Look at the earlier zone before anything opens the pool: its headers may have been wiped.",
	  .source = SOURCE, .verify = order_verify },
	{ .id = "obj.zone.overrun", .covers = "K-1", .severity = ERROR,
	  .says = "the last zone is one chunk too long: a defect of PMDK up to 1.6 and of 1.7.0",
	  .means = "The last chunk sticks out of the pool. PMDK 1.7.1 and later crash when they open it.",
	  .remedy = "Where the zone's last block is free, shorten it and the zone by one chunk.",
	  .source = "PMDK src/libpmemobj/heap.c zone_calc_size_idx, mended in 1.7.1", .verify = overrun_verify,
	  .repair = obj_heap_repair_overrun },
	{ .id = "obj.zone.overlay", .covers = "K-2", .severity = ERROR,
	  .says = "a zone has more chunks than it has headers: a defect of all versions of PMDK",
	  .means = "The headers of the last chunks lie over the first bytes of the zone's first chunk, whose contents "
		   "are damaged by that.",
	  .remedy = "Restore the first chunk from its objects' headers, then cut the zone to 65528 chunks.",
	  .source = "PMDK src/libpmemobj/heap.c zone_calc_size_idx", .verify = overlay_verify,
	  .repair = obj_heap_repair_overlay },
	{ .id = "obj.zone.size", .after = "pool.set.inner-size", .covers = "H-3 X-1", .severity = ERROR,
	  .says = "the length of a zone does not agree with the heap's size",
	  .means = "The library refuses to open the pool, or crashes doing so.",
	  .remedy = "Where the zone's blocks end decides: the header takes that number.",
	  .source = SOURCE, .verify = zone_size_verify,
	  .repair = obj_heap_repair_zone },
};

const struct check_table obj_heap_checks = { checks, sizeof(checks) / sizeof(checks[0]) };
