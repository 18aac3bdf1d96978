#include "formats/obj/run.h"

#define SELF obj_run_hdr
static const struct field obj_run_hdr_fields[] = { OBJ_RUN_HDR(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout obj_run_hdr_layout =
	LAYOUT(obj_run_hdr, "PMDK src/libpmemobj/heap_layout.h, struct chunk_run_header", OBJ_RUN_HDR_LEN,
	       obj_run_hdr_fields);

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static void geometry(struct obj_run *r)
{
	uint64_t unit = r->hdr.block_size;
	uint64_t content = (uint64_t)r->block.len * OBJ_CHUNK_LEN - OBJ_RUN_HDR_LEN;
	uint64_t over;

	if (unit < OBJ_RUN_UNIT_MIN || unit % 8 || unit > content)
		return;
	if (r->block.flags & OBJ_CHUNK_FLEX) {
		r->words = round_up((content / unit + 63) / 64 + 2, 8) - 2;
		if (r->words * 8 > content)
			return;
		r->nbits = (content - r->words * 8) / unit;
	} else {
		r->words = OBJ_RUN_FIXED_WORDS;
		r->nbits = (content - OBJ_RUN_FIXED_WORDS * 8) / unit;
		r->nbits = r->nbits < OBJ_RUN_FIXED_BITS ? r->nbits : OBJ_RUN_FIXED_BITS;
	}
	if (r->alignment && r->nbits)
		r->nbits--;
	over = (r->words * 64 - r->nbits) / 64;
	r->used_words = r->words - over;
	r->bitmap_at = r->block.at + OBJ_RUN_HDR_LEN;
	r->first_at = r->bitmap_at + r->words * 8;
	if (r->alignment)
		r->first_at = round_up(r->first_at + r->hdr_len, r->alignment) - r->hdr_len;
	r->unit_good = r->nbits > 0;
}

static struct span head_of(const struct obj_run *r)
{
	return (struct span){ r->bytes, r->flags, r->block.at, r->head_len };
}

bool obj_run_read(const struct obj_zone_map *m, const struct obj_block *b, struct obj_run *out)
{
	return obj_run_read_along(m, b, 0, out);
}

bool obj_run_as(const struct obj_block *b, uint64_t unit, uint64_t alignment, struct obj_run *out)
{
	*out = (struct obj_run){ .block = *b, .hdr = { .block_size = unit, .alignment = alignment }, .aligned_good = true,
				 .alignment = alignment, .hdr_len = obj_object_hdr_len(b->flags) };
	geometry(out);
	return out->nbits > 0;
}

bool obj_run_read_along(const struct obj_zone_map *m, const struct obj_block *b, uint64_t words,
			struct obj_run *out)
{
	out->head_len = OBJ_RUN_HDR_LEN + 8 * (size_t)(words < OBJ_RUN_FIXED_WORDS ? words : OBJ_RUN_FIXED_WORDS);

	out->block = *b;
	out->hdr = (struct obj_run_hdr){ 0 };
	out->unit_good = false;
	out->aligned_good = true;
	out->alignment = out->nbits = out->words = out->used_words = out->bitmap_at = out->first_at = 0;
	out->hdr_len = obj_object_hdr_len(b->flags);
	out->lost = !image_read(m->heap->image, b->at, out->head_len, out->bytes, out->flags) ||
		    !layout_decode(&obj_run_hdr_layout, head_of(out), 0, &out->hdr);
	if (out->lost)
		return false;
	if (b->flags & OBJ_CHUNK_ALIGNED) {
		uint64_t to = out->hdr.alignment;

		out->aligned_good = to && (to & (to - 1)) == 0 && to <= OBJ_RUN_ALIGN_MAX &&
				    out->hdr.block_size % to == 0;
		out->alignment = out->aligned_good ? to : 0;
	}
	geometry(out);
	return out->nbits > 0;
}

bool obj_run_words(const struct obj_zone_map *m, const struct obj_run *r, uint64_t first, uint32_t nr,
		   uint64_t *words, uint8_t *lost)
{
	uint8_t bytes[OBJ_RUN_STEP * 8], flags[OBJ_RUN_STEP * 8];
	struct span s;

	if (nr > OBJ_RUN_STEP || first > r->words || nr > r->words - first)
		return false;
	if (!span_cut(head_of(r), OBJ_RUN_HDR_LEN + first * 8, (uint64_t)nr * 8, &s)) {
		s = (struct span){ bytes, flags, r->bitmap_at + first * 8, (size_t)nr * 8 };
		if (!image_read(m->heap->image, s.at, s.len, bytes, flags))
			return false;
	}
	for (uint32_t i = 0; i < nr; i++) {
		words[i] = UINT64_MAX;
		lost[i] = !span_le64(s, (uint64_t)i * 8, &words[i]);
	}
	return true;
}

uint64_t obj_run_padding(const struct obj_run *r, uint64_t idx)
{
	if (idx * 64 >= r->nbits)
		return UINT64_MAX;
	return r->nbits - idx * 64 >= 64 ? 0 : UINT64_MAX << (r->nbits - idx * 64);
}

bool obj_run_plausible(const struct obj_zone_map *m, const struct obj_block *b)
{
	uint64_t word;
	struct obj_run r;
	uint8_t lost;
	bool any = false;

	if (!obj_run_read(m, b, &r) || !r.aligned_good || (r.alignment == 0 && m->heap->major >= 5 && r.hdr.alignment))
		return false;
	for (uint64_t i = r.nbits / 64; i < r.words; i++) {
		if (obj_run_padding(&r, i) == 0)
			continue;
		if (!obj_run_words(m, &r, i, 1, &word, &lost) || lost || obj_run_padding(&r, i) & ~word)
			return false;
		any = true;
	}
	return any;
}

uint16_t obj_run_flags_usual(uint32_t major)
{
	return major >= 5 ? OBJ_CHUNK_COMPACT | OBJ_CHUNK_FLEX : major == 4 ? OBJ_CHUNK_COMPACT : 0;
}
