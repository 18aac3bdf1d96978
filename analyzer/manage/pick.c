#include "analyzer/manage/pick.h"

static bool state_holds(const struct part *p, bool spares)
{
	return p->readable && (p->state == PART_WELL || p->state == PART_LOST || p->state == PART_DIFFERS || (spares && p->spare));
}

/* False: byte off is lost. *len is cut where that changes. */
static bool not_lost(const struct health *h, uint32_t part, uint64_t off, uint64_t *len)
{
	bool ok = true;

	for (const struct lost *l = h->lost; l; l = l->next) {
		if (l->part != part || l->len == 0 || (off >= l->off && off - l->off >= l->len))
			continue;
		uint64_t border = off >= l->off ? l->len - (off - l->off) : l->off - off;

		ok &= off < l->off;
		if (border < *len)
			*len = border;
	}
	return ok;
}

bool pick_holds(const struct health *h, uint32_t replica, uint64_t at, bool spares, uint64_t *len, struct taken *out)
{
	const struct space_piece *p = space_find(&h->spaces[replica], at);
	uint64_t off;

	if (p == NULL)
		return false;
	if (p->len - (at - p->at) < *len)
		*len = p->len - (at - p->at);
	off = p->off + (at - p->at);
	/* a part that became shorter has what is left of it */
	if (!state_holds(&h->parts[p->part], spares) || off >= h->parts[p->part].m->size || !not_lost(h, p->part, off, len))
		return false;
	if (h->parts[p->part].m->size - off < *len)
		*len = h->parts[p->part].m->size - off;
	*out = (struct taken){ .part = p->part, .off = off, .len = *len };
	return true;
}

/* The replica that is right at byte at, or UINT32_MAX: all are; *len is cut where that changes. */
static uint32_t right_at(const struct rights *rights, uint64_t at, uint64_t *len)
{
	uint32_t lo = 0, hi = rights ? rights->nr : 0;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (rights->list[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (rights == NULL || lo == rights->nr)
		return UINT32_MAX;
	bool inside = rights->list[lo].at <= at;
	uint64_t border = inside ? rights->list[lo].end : rights->list[lo].at;
	if (border - at < *len)
		*len = border - at;
	return inside ? rights->list[lo].replica : UINT32_MAX;
}

bool pick_at(const struct health *h, const struct rights *rights, uint64_t at, uint64_t end, struct taken *out)
{
	uint64_t len = end - at;
	uint32_t best = right_at(rights, at, &len);

	if (best != UINT32_MAX && pick_holds(h, best, at, false, &len, out))
		return true;
	for (int spares = 0; spares < 2; spares++)
		for (uint32_t r = 0; r < h->m->replicas; r++)
			if (pick_holds(h, r, at, spares, &len, out))
				return true;
	return false;
}
