#include "analyzer/facts/obj_past.h"

#include <stdlib.h>

enum { EXTENSION_MAX = 65536 };

/* Undo entries begin at multiples of 64 behind the header. */
static void take(const struct obj_pool *p, uint64_t start, uint64_t end, uint64_t gen, uint64_t *budget, struct obj_past *out)
{
	for (uint64_t at = start; at < end && out->nr < OBJ_PAST_MAX;) {
		struct obj_ulog_entry e;
		uint64_t sum, g;

		if (obj_ulog_entry_read(p->image, at, &e) && e.op == OBJ_ULOG_BUF_CPY && e.data_len && e.data_len < end - start &&
		    e.len <= end - at && e.len <= *budget && obj_ulog_entry_sum(p->image, &e, &sum) &&
		    obj_ulog_generation(sum, e.checksum, &g) && g < gen) {
			out->image[out->nr++] = (struct obj_past_image){ g, e };
			*budget -= e.len;
			at += e.len;
		} else {
			at += OBJ_ULOG_ALIGN;
		}
	}
}

static int newer_first(const void *p, const void *q)
{
	const struct obj_past_image *a = p, *b = q;

	if (a->gen != b->gen)
		return a->gen > b->gen ? -1 : 1;
	return a->e.at < b->e.at ? -1 : a->e.at > b->e.at;
}

bool obj_past(struct arena *a, const struct obj_pool *p, const struct obj_log *undo, uint64_t *budget, struct obj_past *out)
{
	struct obj_ulog ext;

	*out = (struct obj_past){ .image = arena_array(a, OBJ_PAST_MAX, sizeof(*out->image)) };
	if (out->image == NULL)
		return false;
	/* generations at or past the log's are under way, not past; major 5 zeroes what it used */
	if (p->major < 6 || undo->state == OBJ_LOG_LOST || undo->hdr.gen_num == 0)
		return true;
	out->room[0].start = undo->at + OBJ_ULOG_HDR_LEN;
	out->room[0].end = out->room[0].start + OBJ_LANE_UNDO_LEN;
	uint64_t at = (undo->hdr.next + OBJ_ULOG_ALIGN - 1) / OBJ_ULOG_ALIGN * OBJ_ULOG_ALIGN;
	if (undo->hdr.next && obj_ulog_read(p->image, at, &ext)) {
		out->room[1].start = at + OBJ_ULOG_HDR_LEN;
		out->room[1].end = out->room[1].start + (ext.capacity < EXTENSION_MAX ? ext.capacity : EXTENSION_MAX);
	}
	for (int i = 0; i < 2; i++)
		take(p, out->room[i].start, out->room[i].end, undo->hdr.gen_num, budget, out);
	qsort(out->image, out->nr, sizeof(*out->image), newer_first);
	return true;
}

size_t obj_past_last(const struct obj_past *past, bool *all)
{
	size_t n = 0;

	*all = false;
	for (int i = 0; i < 2; i++) {
		uint64_t at = past->room[i].start, end = past->room[i].end;

		if (at == 0)
			break;
		for (; n < past->nr && past->image[n].gen == past->image[0].gen && past->image[n].e.at == at; n++)
			at += past->image[n].e.len;
		/* a log is filled to its end, as far as an entry with a byte of data fits, before it goes on elsewhere */
		*all = n > 0 && end - at >= OBJ_ULOG_ALIGN;
		if (*all)
			break;
	}
	/* more of that generation lie where they do not follow: there is a gap */
	size_t nr = n;
	while (nr < past->nr && past->image[nr].gen == past->image[0].gen)
		nr++;
	*all = *all && nr == n;
	return nr;
}
