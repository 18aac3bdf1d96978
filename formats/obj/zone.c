#include "formats/obj/zone.h"

#include "formats/obj/run.h"

enum { ROW = 4 }; /* blocks that must follow one another before a header is taken for a block's start */

const struct name_of obj_chunk_types[] = {
	{ OBJ_CHUNK_UNKNOWN, "unknown" }, { OBJ_CHUNK_FOOTER, "footer" }, { OBJ_CHUNK_FREE, "free" },
	{ OBJ_CHUNK_USED, "used" }, { OBJ_CHUNK_RUN, "run" }, { OBJ_CHUNK_RUN_DATA, "run data" }, { 0, NULL },
};
const struct name_of obj_chunk_flags[] = {
	{ OBJ_CHUNK_COMPACT, "compact header" }, { OBJ_CHUNK_NO_HDR, "no header" },
	{ OBJ_CHUNK_ALIGNED, "aligned" }, { OBJ_CHUNK_FLEX, "flexible bitmap" }, { 0, NULL },
};

#define SELF obj_chunk_hdr
static const struct field obj_chunk_hdr_fields[] = { OBJ_CHUNK_HDR(ROW_NAMED, ROW_LE) };
#undef SELF
const struct layout obj_chunk_hdr_layout =
	LAYOUT(obj_chunk_hdr, "PMDK src/libpmemobj/heap_layout.h, struct chunk_header", OBJ_CHUNK_HDR_LEN,
	       obj_chunk_hdr_fields);

const char *obj_chunk_type_name(enum obj_chunk_type t)
{
	return t < OBJ_CHUNK_TYPES ? obj_chunk_types[t].name : "no type";
}

uint16_t obj_chunk_flags_known(uint32_t major)
{
	return major >= 5 ? 0xF : major == 4 ? 0x3 : 0x2;
}

uint32_t obj_object_hdr_len(uint16_t flags)
{
	return flags & OBJ_CHUNK_COMPACT ? 16 : flags & OBJ_CHUNK_NO_HDR ? 0 : 64;
}

const char *obj_block_witness_text(enum obj_block_witness w)
{
	static const char *const texts[] = {
		"its header", "its own size, which leads to a block", "the run-data headers behind it",
		"its footer", "the header of the object in it", "the next header that begins a row of blocks",
		"nothing: the zone's end",
	};

	return texts[w];
}

bool obj_zone_chunk(const struct obj_zone_map *m, uint32_t chunk, struct obj_chunk_hdr *out)
{
	*out = (struct obj_chunk_hdr){ 0 };
	uint64_t off = (uint64_t)chunk * OBJ_CHUNK_HDR_LEN, word;

	if (!span_le64(m->headers, off, &word))
		return false;
	*out = (struct obj_chunk_hdr){ (uint16_t)word, (uint16_t)(word >> 16), (uint32_t)(word >> 32) };
	return true;
}

/* Flags that mean something in this pool; before major 4 they were marks of the running process. */
static uint16_t flags_meant(const struct obj_zone_map *m, uint16_t flags)
{
	return m->heap->major >= 4 ? flags & obj_chunk_flags_known(m->heap->major) : 0;
}

/* What is wrong with a header at a block's start, by itself. */
static unsigned wrong_with(const struct obj_zone_map *m, uint32_t chunk, struct obj_chunk_hdr *h)
{
	unsigned wrong = 0;

	if (!obj_zone_chunk(m, chunk, h))
		return OBJ_BLOCK_LOST;
	if (h->type < OBJ_CHUNK_FREE || h->type > OBJ_CHUNK_RUN)
		wrong |= OBJ_BLOCK_TYPE;
	if (h->size_idx == 0)
		wrong |= OBJ_BLOCK_EMPTY;
	if (h->size_idx > m->chunks - chunk)
		wrong |= OBJ_BLOCK_LONG;
	return wrong;
}

static bool is_data(const struct obj_zone_map *m, uint32_t chunk, uint32_t back)
{
	struct obj_chunk_hdr h;

	return obj_zone_chunk(m, chunk, &h) && h.type == OBJ_CHUNK_RUN_DATA && h.size_idx == back;
}

/* Could a block begin at chunk? The zone's end is where the last one ends. */
static bool begins(const struct obj_zone_map *m, uint32_t chunk, uint32_t *len)
{
	struct obj_chunk_hdr h;

	if (chunk >= m->chunks || wrong_with(m, chunk, &h) ||
	    (h.flags & ~obj_chunk_flags_known(m->heap->major)))
		return false;
	*len = h.size_idx;
	return h.type != OBJ_CHUNK_RUN || h.size_idx == 1 || is_data(m, chunk + 1, 1);
}

/* Blocks in a row from chunk on, up to ROW; the zone's end counts as a whole row. */
static unsigned row(const struct obj_zone_map *m, uint32_t chunk)
{
	unsigned nr = 0;
	uint32_t len;

	while (nr < ROW && chunk != m->chunks && begins(m, chunk, &len)) {
		chunk += len;
		nr++;
	}
	return chunk == m->chunks ? ROW : nr;
}

/* Chunks of a run by the run-data headers behind chunk; 1: there are none. */
static uint32_t data_len(const struct obj_zone_map *m, uint32_t chunk)
{
	uint32_t len = 1;

	while (len < m->chunks - chunk && is_data(m, chunk + len, len))
		len++;
	return len;
}

/* Chunks of a huge object by its own header, or 0. */
static uint32_t object_len(const struct obj_zone_map *m, const struct obj_block *b)
{
	uint32_t hdr = obj_object_hdr_len(b->flags);
	uint8_t bytes[16], lost[16];
	uint64_t size;

	if (hdr == 0 || !image_read(m->heap->image, b->at, sizeof(bytes), bytes, lost))
		return 0;
	struct span s = { bytes, lost, b->at, sizeof(bytes) };
	if (!span_le64(s, hdr == 64 ? 8 : 0, &size))
		return 0;
	if (hdr == 16)
		size &= (UINT64_C(1) << 48) - 1;
	if (size == 0 || size % OBJ_CHUNK_LEN || size / OBJ_CHUNK_LEN > m->chunks - b->chunk)
		return 0;
	return (uint32_t)(size / OBJ_CHUNK_LEN);
}

static bool read_as(struct obj_block *b, uint32_t len, enum obj_block_witness w)
{
	b->len = len;
	b->witness = w;
	return true;
}

/* The length of a block whose header is wrong, by its second witnesses. False: none speaks. */
static bool witnessed(const struct obj_zone_map *m, struct obj_block *b)
{
	bool typed = !(b->wrong & (OBJ_BLOCK_LOST | OBJ_BLOCK_TYPE));
	uint32_t c = b->chunk, len;

	if (!(b->wrong & (OBJ_BLOCK_LOST | OBJ_BLOCK_EMPTY | OBJ_BLOCK_LONG)) && row(m, c + b->hdr.size_idx))
		return read_as(b, b->hdr.size_idx, OBJ_WITNESS_SIZE);
	if (!typed || b->type == OBJ_CHUNK_RUN) {
		len = data_len(m, c);
		if ((len > 1 || typed) && row(m, c + len)) {
			b->type = OBJ_CHUNK_RUN;
			return read_as(b, len, OBJ_WITNESS_DATA);
		}
	}
	if (typed && b->type == OBJ_CHUNK_USED) {
		len = object_len(m, b);
		if (len && row(m, c + len))
			return read_as(b, len, OBJ_WITNESS_OBJECT);
	}
	if (b->type != OBJ_CHUNK_RUN && m->footers && m->footers[c])
		return read_as(b, m->footers[c] - c + 1, OBJ_WITNESS_FOOTER);
	return false;
}

/* Where only the type is gone, the run's own bytes may tell that it is one. */
static void type_guess(const struct obj_zone_map *m, struct obj_block *b)
{
	struct obj_block as_run = *b;

	if (b->type != OBJ_CHUNK_UNKNOWN)
		return;
	if (b->witness == OBJ_WITNESS_SIZE && b->len > 1 && data_len(m, b->chunk) == b->len)
		b->type = OBJ_CHUNK_RUN;
	as_run.type = OBJ_CHUNK_RUN;
	if (b->witness == OBJ_WITNESS_SIZE && b->len == 1 && obj_run_plausible(m, &as_run))
		b->type = OBJ_CHUNK_RUN;
}

/* Where a run's flags went with its header: those that libraries of this major give it, if its bytes agree. */
static void flags_guess(const struct obj_zone_map *m, struct obj_block *b)
{
	struct obj_block usual = *b;

	if (b->type != OBJ_CHUNK_RUN || obj_run_plausible(m, b))
		return;
	usual.flags = obj_run_flags_usual(m->heap->major);
	if (obj_run_plausible(m, &usual))
		b->flags = usual.flags;
}

/* Goes on behind a header that is wrong: a length, and what can be said of the type. */
static void resync(const struct obj_zone_map *m, struct obj_block *b)
{
	if (witnessed(m, b)) {
		type_guess(m, b);
		if (b->wrong & (OBJ_BLOCK_LOST | OBJ_BLOCK_TYPE))
			flags_guess(m, b);
		return;
	}
	if (b->wrong & (OBJ_BLOCK_EMPTY | OBJ_BLOCK_LONG))
		b->type = OBJ_CHUNK_UNKNOWN;
	for (uint32_t c = b->chunk + 1; c < m->chunks; c++)
		if (row(m, c) == ROW) {
			read_as(b, c - b->chunk, OBJ_WITNESS_NEXT);
			return;
		}
	read_as(b, m->chunks - b->chunk, OBJ_WITNESS_NONE);
}

/*
 * A header that holds by itself may still lead into nothing. Where what it describes tells another
 * length that leads to blocks, its size is what is wrong; else the next header is.
 */
static void length_doubt(const struct obj_zone_map *m, struct obj_block *b)
{
	struct obj_block other = *b;
	struct obj_chunk_hdr next;

	if (b->type == OBJ_CHUNK_FREE || b->chunk + b->len == m->chunks ||
	    !wrong_with(m, b->chunk + b->len, &next) ||
	    (b->type == OBJ_CHUNK_RUN && obj_run_plausible(m, b)))
		return;
	other.wrong = OBJ_BLOCK_LONG;
	if (witnessed(m, &other) && other.len != b->len)
		*b = other;
}

bool obj_block_next(const struct obj_zone_map *m, struct obj_block *b)
{
	uint32_t chunk = b->chunk + b->len;

	if (chunk >= m->chunks)
		return false;
	*b = (struct obj_block){ .chunk = chunk, .at = obj_chunk_at(m->zone, chunk),
				 .hdr_at = obj_chunk_hdr_at(m->zone, chunk) };
	b->wrong = wrong_with(m, chunk, &b->hdr);
	b->flags = flags_meant(m, b->hdr.flags);
	if (!(b->wrong & (OBJ_BLOCK_LOST | OBJ_BLOCK_TYPE)))
		b->type = (enum obj_chunk_type)b->hdr.type;
	b->len = b->hdr.size_idx;
	if (b->wrong)
		resync(m, b);
	else
		length_doubt(m, b);
	return true;
}

/* Who ends where, by footers that are followed by a row of blocks: found once, for a zone with a fault. */
static void footers_find(struct obj_zone_map *m)
{
	struct obj_chunk_hdr h;

	m->footers = arena_array(m->own, m->chunks, sizeof(*m->footers));
	for (uint32_t f = 1; m->footers && f < m->chunks; f++)
		if (obj_zone_chunk(m, f, &h) && h.type == OBJ_CHUNK_FOOTER && h.size_idx >= 2 &&
		    h.size_idx <= f + 1 && m->footers[f + 1 - h.size_idx] == 0 && row(m, f + 1) == ROW)
			m->footers[f + 1 - h.size_idx] = f;
}

/* Walks by the headers alone. Fills which of two chunk counts a block ends at. */
static bool walk_plain(const struct obj_zone_map *m, uint32_t a, uint32_t b, bool *at_a, bool *at_b)
{
	struct obj_chunk_hdr h;
	uint32_t c = 0;

	*at_a = *at_b = false;
	while (c < m->chunks && !wrong_with(m, c, &h)) {
		c += h.size_idx;
		*at_a = *at_a || c == a;
		*at_b = *at_b || c == b;
	}
	return c == m->chunks;
}

bool obj_zone_whole(const struct obj_zone_map *m)
{
	bool a, b;

	return m->chunks && walk_plain(m, 0, 0, &a, &b);
}

bool obj_zone_open(const struct obj_heap *h, const struct obj_zone *z, struct obj_zone_map *out)
{
	uint64_t len = (uint64_t)z->chunks * OBJ_CHUNK_HDR_LEN;
	uint32_t stored = z->hdr ? z->hdr->size_idx : 0;
	bool at_stored, at_expected;

	*out = (struct obj_zone_map){ .heap = h, .zone = z, .chunks = z->chunks };
	/* the headers and their flags of loss, what the walk may need behind a fault, and a little */
	out->own = arena_open((size_t)len * 3 + (1 << 20));
	if (out->own == NULL || !image_span(h->image, out->own, obj_chunk_hdr_at(z, 0), len, &out->headers)) {
		obj_zone_close(out);
		return false;
	}
	walk_plain(out, stored, z->expected, &at_stored, &at_expected);
	if (!at_stored && at_expected)
		out->chunks = z->expected;
	else if (stored && stored <= z->chunks)
		out->chunks = stored;
	if (!obj_zone_whole(out))
		footers_find(out);
	return true;
}

void obj_zone_close(struct obj_zone_map *m)
{
	arena_close(m->own);
	*m = (struct obj_zone_map){ 0 };
}
