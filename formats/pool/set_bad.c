/* The recovery files of an interrupted repair of bad blocks: beside the set file, or beside a pool of one file. */
#include "formats/pool/set_work.h"

#include <string.h>
#include <unistd.h>

/* One that was offered, in a directory or an archive. */
static struct item *offered(const struct set_work *w, const char *name)
{
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->cands[i]->item && strcmp(w->cands[i]->item->name, name) == 0)
			return w->cands[i]->item;
	return NULL;
}

static struct item *beside(struct set_work *w, const char *path)
{
	struct item *last = w->in->last;
	struct problem own = { STATUS_OK, "" };

	if (access(path, R_OK) != 0 || intake_open(w->in, path, "recovery file", "beside", &own) != STATUS_OK)
		return NULL;
	return last ? last->next : w->in->first;
}

static bool take(struct set_work *w, struct pool_part *p, struct item *it)
{
	struct span text;

	if (it == NULL || !image_settle(it->image) || it->image->size > BADBLOCKS_TEXT_MAX ||
	    !image_span(it->image, w->arena, 0, it->image->size, &text))
		return true;
	it->source->role = "recovery file";
	p->bad = badblocks_parse(w->arena, text);
	p->bad_node = node_place(w->arena, p->node, "bad_blocks", it->image, 0, it->image->size);
	if (p->bad == NULL || p->bad_node == NULL)
		return false;
	node_fact_text(w->arena, p->bad_node, "file", it->name);
	node_fact_uint(w->arena, p->bad_node, "ranges", KIND_UINT, p->bad->nr);
	node_fact_uint(w->arena, p->bad_node, "bytes in them", KIND_SIZE, p->bad->total);
	node_fact_text(w->arena, p->bad_node, "complete", p->bad->marker ? "yes" : "no");
	return true;
}

bool set_bad(struct set_work *w)
{
	struct pool_set *s = w->s;
	const struct item *named = s->text_item;

	if (named == NULL && s->nr == 1 && s->replicas[0]->nr == 1)
		named = s->replicas[0]->parts[0]->item;
	for (uint32_t r = 0; named && r < s->nr; r++)
		for (uint32_t i = 0; !s->replicas[r]->remote && i < s->replicas[r]->nr; i++) {
			const char *name = badblocks_name(w->arena, named->name, r, i);
			const char *path = badblocks_name(w->arena, named->path, r, i);

			if (name == NULL || path == NULL)
				return false;
			struct item *it = offered(w, name);
			if (it == NULL && !set_cand_in_tar(named))
				it = beside(w, path);
			if (!take(w, s->replicas[r]->parts[i], it))
				return false;
		}
	return true;
}
