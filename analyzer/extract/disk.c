/* The flat block devices that a capture holds. */
#include "analyzer/extract/kinds.h"

#include "formats/blk/blk.h"
#include "formats/btt/disk.h"
#include "formats/ns/content.h"
#include "formats/ns/ns.h"

static const enum btt_view views[] = {
	[EXTRACT_STARTED] = BTT_VIEW_RECOVERED, [EXTRACT_STORED] = BTT_VIEW_MAPPED, [EXTRACT_BEFORE] = BTT_VIEW_BEFORE,
};

static bool btt_disk(struct arena *a, const struct btt *b, enum extract_when when, struct extract_content *out)
{
	uint32_t block = btt_disk_sector(b);
	struct image *im = block && b->nlba ? btt_disk_open(a, b, views[when], block) : NULL;

	if (im == NULL)
		return false;
	*out = (struct extract_content){ .image = im, .what = "the disk inside a BTT", .holds = content_name(im, a),
					 .node = b->node, .block = block };
	if (!b->written)
		out->note = "no block of it was ever written: it reads as zeros";
	for (uint32_t k = 0; b->written && k < b->nr; k++)
		if (b->arenas[k].from == BTT_FROM_NONE)
			out->note = "an arena has no info block that holds: its blocks are missing";
	return true;
}

static bool ns_disk(struct arena *a, const struct ns *n, enum extract_when when, struct extract_content *out)
{
	if (n->btt)
		return btt_disk(a, n->btt, when, out);
	if (n->inside == NULL)
		return false;
	*out = (struct extract_content){ .image = n->inside, .what = "the data of a namespace", .holds = n->inside_is,
					 .node = n->node };
	return true;
}

bool extract_disk(struct arena *a, const struct model *m, enum extract_when when, uint32_t nr,
		  struct extract_content *out)
{
	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;) {
		if (at->blk && btt_disk(a, at->blk->btt, when, out) && nr-- == 0)
			return true;
		for (const struct ns *n = at->ns ? at->ns->first : NULL; n; n = n->next)
			if (ns_disk(a, n, when, out) && nr-- == 0)
				return true;
	}
	return false;
}
