#include "formats/pool/set_work.h"

#include <string.h>

enum { BYTES_NEAR = 2 }; /* of a signature's eight may differ for a header that is sane otherwise */

bool set_cand_in_tar(const struct item *item)
{
	for (const struct layer *l = item->source ? item->source->layers : NULL; l; l = l->next)
		if (strcmp(l->kind, "tar") == 0)
			return true;
	return false;
}

/* A header whose signature and checksum are both gone is still known by the rest of its fields. */
static bool sane(const struct pool_hdr *h)
{
	static const char near[8] = "PMEM";
	int differ = h->signature[7] != 0;

	for (int i = 0; i < 4; i++)
		differ += h->signature[i] != (uint8_t)near[i];
	return differ <= BYTES_NEAR && h->machine_class == 2 && (h->data == 1 || h->data == 2) &&
	       uuid_random_pmdk(h->poolset_uuid) && uuid_random_pmdk(h->uuid);
}

static bool is_header(const struct pool_hdr *h, enum pool_hdr_sum sum)
{
	if (pool_hdr_type(h) != POOL_UNKNOWN)
		return true;
	/* the kernel's info blocks are as long, and summed alike: they name no machine */
	return (sum != POOL_HDR_SUM_BAD && !uuid_null(h->poolset_uuid) && h->machine_class && h->data) || sane(h);
}

void set_cand_look(struct set_cand *c, struct image *im)
{
	uint8_t page[POOL_HDR_LEN], lost[POOL_HDR_LEN];
	uint64_t announced;
	struct pool_hdr h;
	enum { HEAD = 64 };

	if (!image_read(im, 0, POOL_HDR_LEN, page, lost)) {
		size_t len = im->size < HEAD ? (size_t)im->size : HEAD;

		c->set_file = image_read(im, 0, len, page, lost) && poolset_is((struct span){ page, lost, 0, len });
		return;
	}
	struct span s = { page, lost, 0, POOL_HDR_LEN };
	c->set_file = poolset_is(s);
	if (!layout_decode(&pool_hdr_layout, s, 0, &h))
		return;
	enum pool_hdr_sum sum = pool_hdr_sum(s, &h, &announced);
	if (!is_header(&h, sum))
		return;
	c->header = true;
	c->sum_good = sum != POOL_HDR_SUM_BAD;
	c->type = pool_hdr_type(&h);
	c->major = h.major;
	c->incompat = h.incompat;
	memcpy(c->poolset, h.poolset_uuid, UUID_LEN);
	memcpy(c->uuid, h.uuid, UUID_LEN);
	memcpy(c->prev_part, h.prev_part_uuid, UUID_LEN);
	memcpy(c->next_part, h.next_part_uuid, UUID_LEN);
	memcpy(c->prev_repl, h.prev_repl_uuid, UUID_LEN);
	memcpy(c->next_repl, h.next_repl_uuid, UUID_LEN);
}

struct set_cand *set_cand_add(struct set_work *w, struct item *item)
{
	struct set_cand *c = ARENA_NEW(w->arena, struct set_cand);

	if ((w->nr & (w->nr - 1)) == 0) { /* full at every power of two */
		struct set_cand **grown = arena_array(w->arena, w->nr ? (size_t)w->nr * 2 : 1, sizeof(*grown));

		if (grown && w->nr)
			memcpy(grown, w->cands, w->nr * sizeof(*grown));
		w->cands = grown ? grown : w->cands;
		if (grown == NULL)
			c = NULL;
	}
	if (c == NULL) {
		set_part_nomem(w);
		return NULL;
	}
	c->idx = w->nr;
	w->cands[w->nr++] = c;
	c->item = item;
	if (item) {
		c->name = item->name;
		c->size = item->image->unsettled ? 0 : item->image->size;
		set_cand_look(c, item->image);
	}
	return c;
}
