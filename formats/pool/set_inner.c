/*
 * What the pool inside says of itself, independent of any header or set file: the type, by what
 * lies behind the header, and the size, by what the structures of that type cover.
 */
#include "formats/pool/set_work.h"

#include "formats/base/checksum.h"
#include "formats/btt/geom.h"
#include "formats/btt/info.h"
#include "formats/obj/heap.h"
#include "formats/obj/obj.h"

#include <string.h>

enum {
	PAGE_LEN = 4096,
	OBJ_SUMMED = 2048, OBJ_SUM_OFF = 2040, OBJ_HEAP_OFF = 1040, OBJ_HEAP_SIZE_OLD = 1048, OBJ_HEAP_SIZE = 2080,
	OBJ_MAJOR_WORDS = 4,        /* from this major on heap_size lies behind the checksum */
	LOG_MIN = 2 << 20,
	LOG_STALE_SIZE = 32, BLK_STALE_SIZE = 16, BLK_STALE_DATA_LEN = 40,
};

/* The type's page, or the one that its data begins with. */
struct page {
	uint8_t bytes[PAGE_LEN], lost[PAGE_LEN];
	struct span s;
};

static bool page_read(struct page *g, struct image *im, uint64_t at)
{
	g->s = (struct span){ g->bytes, g->lost, at, PAGE_LEN };
	return image_read(im, at, PAGE_LEN, g->bytes, g->lost);
}

static bool obj_is(const struct page *g)
{
	struct span summed;
	uint64_t sum, heap;

	return span_cut(g->s, 0, OBJ_SUMMED, &summed) && !span_lost(summed) && span_le64(summed, OBJ_SUM_OFF, &sum) &&
	       span_le64(summed, OBJ_HEAP_OFF, &heap) && heap != 0 &&
	       checksum_fletcher64(summed, OBJ_SUM_OFF, CHECKSUM_NO_SKIP) == sum;
}

/* Where the descriptor is gone: lanes have one length in every major, and the heap begins behind them. */
static bool obj_heap_is(struct image *im, uint64_t at)
{
	uint64_t heap_at = at * 2 + (uint64_t)OBJ_LANES_NR * OBJ_LANE_LEN;
	struct obj_heap_hdr hdr;
	struct page g;

	return page_read(&g, im, heap_at) && layout_decode(&obj_heap_hdr_layout, g.s, 0, &hdr) &&
	       memcmp(hdr.signature, OBJ_HEAP_SIGNATURE, sizeof(OBJ_HEAP_SIGNATURE)) == 0 &&
	       checksum_fletcher64((struct span){ .p = g.bytes, .len = OBJ_HEAP_HDR_LEN },
				   OBJ_HEAP_HDR_LEN - sizeof(hdr.checksum), CHECKSUM_NO_SKIP) == hdr.checksum;
}

/* heap_size moved behind the checksum in 1.4; pools of 1.3 have it at the old place, the new one zero. */
static void obj_size(const struct page *g, uint32_t major, struct set_inner *out)
{
	uint64_t heap, old = 0, words = 0, size;

	if (!span_le64(g->s, OBJ_HEAP_OFF, &heap) || heap == 0 || heap % PAGE_LEN)
		return;
	bool old_known = span_le64(g->s, OBJ_HEAP_SIZE_OLD, &old);
	bool words_known = span_le64(g->s, OBJ_HEAP_SIZE, &words);
	if (major >= OBJ_MAJOR_WORDS && words_known && words)
		size = words;
	else if (old_known && old)
		size = old;
	else if (major == 0 && words_known)
		size = words;
	else
		return;
	if (size == 0 || __builtin_add_overflow(heap, size, &size))
		return;
	out->size_known = true;
	out->size = size;
	out->size_how = "heap_offset + heap_size of the pmemobj descriptor";
}

struct log_words {
	uint64_t start, end, write, stale;
};

static bool log_words(const struct page *g, struct log_words *l)
{
	*l = (struct log_words){ 0 };
	(void)span_le64(g->s, LOG_STALE_SIZE, &l->stale);
	return span_le64(g->s, 0, &l->start) && span_le64(g->s, 8, &l->end) && span_le64(g->s, 16, &l->write);
}

static bool log_is(const struct page *g, uint64_t at)
{
	struct log_words l;

	return log_words(g, &l) && l.start == at * 2 && l.start <= l.write && l.write <= l.end && l.end >= LOG_MIN &&
	       l.end % PAGE_LEN == 0;
}

static void log_size(const struct page *g, uint64_t at, struct set_inner *out)
{
	struct log_words l;

	if (!log_words(g, &l))
		return;
	bool end = l.end > at * 2 && l.end % PAGE_LEN == 0, stale = l.stale >= LOG_MIN && l.stale % PAGE_LEN == 0;
	if ((!end && !stale) || (end && stale && l.end != l.stale))
		return; /* where the two disagree, one of the words is damaged */
	out->size_known = true;
	out->size = end ? l.end : l.stale;
	out->size_how = end ? "end_offset of the pmemlog descriptor"
			    : "the size that the last process left in the pmemlog descriptor";
}

static bool info_read(struct image *im, uint64_t at, struct btt_info *info)
{
	struct page g;

	return page_read(&g, im, at) && layout_decode(&btt_info_layout, g.s, 0, info) && btt_info_signed(info) &&
	       btt_info_sum(g.s) == info->checksum;
}

/*
 * Arenas are 512 GiB each but for the last, whose second info block is its last page. Behind a last
 * one of full length there may be less than another arena: then the size is not known.
 */
static bool btt_size(struct image *im, uint64_t data_at, struct set_inner *out)
{
	struct btt_info info;
	uint64_t at = data_at;

	while (info_read(im, at, &info)) {
		if (info.nextoff == BTT_ARENA_MAX && at <= UINT64_MAX - BTT_ARENA_MAX - PAGE_LEN) {
			at += BTT_ARENA_MAX;
			continue;
		}
		if (info.nextoff || info.infooff >= BTT_ARENA_MAX - PAGE_LEN || info.infooff % PAGE_LEN)
			return false;
		out->size_known = true;
		out->size = at + info.infooff + PAGE_LEN;
		out->size_how = "the length of the BTT, by its info block";
		return true;
	}
	return false;
}

static void blk_size(struct image *im, const struct page *g, uint64_t at, struct set_inner *out)
{
	uint64_t size, data_len;

	if (btt_size(im, at * 2, out))
		return;
	if (!span_le64(g->s, BLK_STALE_SIZE, &size) || !span_le64(g->s, BLK_STALE_DATA_LEN, &data_len) || size <= at * 2 ||
	    size - at * 2 != data_len || size % PAGE_LEN)
		return;
	out->size_known = true;
	out->size = size;
	out->size_how = "the size that the last process left in the pmemblk descriptor";
}

/* The last page of the file is the backup of an info block that lies where that of a pmemblk pool does. */
static bool blk_backup_is(struct image *im, uint64_t at)
{
	struct btt_info info;
	uint64_t backup = im->unsettled ? 0 : im->size / PAGE_LEN * PAGE_LEN;

	return backup > PAGE_LEN && info_read(im, backup - PAGE_LEN, &info) && info.major == 1 &&
	       info.infooff < BTT_ARENA_MAX && backup - PAGE_LEN - info.infooff == at * 2;
}

static void look_at(struct image *im, enum pool_type type, uint32_t major, uint64_t at, struct set_inner *out)
{
	struct btt_info info;
	struct page g;

	if (!page_read(&g, im, at))
		return;
	if (obj_is(&g)) {
		out->type = POOL_OBJ;
		out->how = "the checksum of a pmemobj descriptor behind the header";
	} else if (log_is(&g, at)) {
		out->type = POOL_LOG;
		out->how = "the three offsets of a pmemlog descriptor behind the header";
	} else if (info_read(im, at * 2, &info) && info.major == 1) {
		out->type = POOL_BLK;
		out->how = "a BTT info block where that of a pmemblk pool lies";
	} else if (blk_backup_is(im, at)) {
		out->type = POOL_BLK;
		out->how = "the backup of a BTT info block whose first copy would lie where that of a pmemblk pool does";
	} else if (obj_heap_is(im, at)) {
		out->type = POOL_OBJ;
		out->how = "the header of a pmemobj heap where that of every such pool lies";
	}
	if (type == POOL_UNKNOWN)
		type = out->type;
	if (out->type != POOL_UNKNOWN)
		out->descr_at = at;
	if (type == POOL_OBJ)
		obj_size(&g, major, out);
	else if (type == POOL_LOG)
		log_size(&g, at, out);
	else if (type == POOL_BLK)
		blk_size(im, &g, at, out);
}

void set_inner_look(struct image *im, enum pool_type type, uint32_t major, uint64_t at, struct set_inner *out)
{
	*out = (struct set_inner){ .type = POOL_UNKNOWN };
	look_at(im, type, major, at ? at : POOL_HDR_LEN, out);
	if (at == 0 && out->type == POOL_UNKNOWN && !out->size_known)
		look_at(im, type, major, POOL_HDR_LEN_64K, out);
}

void set_inner(struct set_work *w)
{
	struct pool_set *s = w->s;
	uint32_t major = s->voted ? s->voted->major : 0;
	uint64_t at = s->voted ? pool_hdr_len(s->voted) : 0;

	for (uint32_t i = 0; i < s->nr && !s->inner_known; i++) {
		const struct pool_replica *r = s->replicas[i];
		struct set_inner in;

		if (r->remote || r->nr == 0 || r->parts[0]->item == NULL)
			continue;
		if (major == 0 && r->parts[0]->hdr && r->parts[0]->hdr->major <= 6)
			major = r->parts[0]->hdr->major;
		set_inner_look(r->parts[0]->item->image, s->type, major, at, &in);
		if (s->type == POOL_UNKNOWN && in.type != POOL_UNKNOWN) {
			s->type = in.type;
			s->type_how = in.how;
		}
		if (in.type != POOL_UNKNOWN && in.type == s->type && s->descr_at == 0)
			s->descr_at = in.descr_at;
		s->inner_known = in.size_known;
		s->inner_size = in.size;
		s->inner_how = in.size_how;
	}
}
