#include "formats/pool/set_work.h"

#include <stdlib.h>

uint64_t pool_set_descr_at(const struct pool_set *s)
{
	if (s->descr_at)
		return s->descr_at;
	if (s->voted)
		return pool_hdr_len(s->voted);
	const struct pool_part *first = s->nr && s->replicas[0]->nr ? s->replicas[0]->parts[0] : NULL;
	return first && first->hdr ? pool_hdr_len(first->hdr) : POOL_HDR_LEN;
}

/* Of several set files the first that can be read is meant. */
static enum status text_take(struct set_work *w)
{
	struct pool_set *s = w->s;

	for (uint32_t i = 0; i < w->nr && s->text == NULL; i++) {
		struct image *im = w->cands[i]->item->image;

		if (!w->cands[i]->set_file || !image_settle(im) || im->size > POOLSET_TEXT_MAX ||
		    !image_span(im, w->arena, 0, im->size, &s->text_bytes))
			continue;
		w->cands[i]->taken = true;
		s->text_item = w->cands[i]->item;
		s->text_item->source->role = "set file";
		s->text = poolset_parse(w->arena, s->text_bytes);
		if (s->text == NULL || !set_tree_text(w))
			return set_part_nomem(w);
	}
	return STATUS_OK;
}

static const char *format_name(const struct pool_set *s)
{
	if (s->type != POOL_UNKNOWN)
		return pool_type_name(s->type);
	return s->text ? "poolset" : "unknown";
}

enum status pool_set_decode(struct model *m, const struct set_options *o, struct problem *p)
{
	struct set_work w = { .m = m, .arena = m->arena, .in = m->intake, .o = o, .p = p,
			      .group = m->intake->group };
	enum status st;

	w.s = ARENA_NEW(m->arena, struct pool_set);
	if (w.s == NULL)
		return set_part_nomem(&w);
	for (struct item *it = m->intake->first; it; it = it->next)
		if (set_cand_add(&w, it) == NULL)
			return p->status;
	st = text_take(&w);
	if (st != STATUS_OK)
		return st;
	st = w.s->text ? set_find(&w) : set_alone(&w);
	if (st != STATUS_OK)
		return st;
	set_vote(&w);
	if (!set_layout(&w))
		return p->status;
	if (!set_bad(&w))
		return set_part_nomem(&w);
	w.s->settled = !m->logical || !m->logical->unsettled;
	set_tree(&w);
	m->pool = w.s;
	m->format = format_name(w.s);
	return arena_failed(m->arena) ? set_part_nomem(&w) : STATUS_OK;
}

const struct pool_part *pool_set_part_of(const struct pool_set *s, const struct item *item)
{
	for (uint32_t i = 0; s && i < s->nr; i++)
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++)
			if (s->replicas[i]->parts[k]->item == item)
				return s->replicas[i]->parts[k];
	return NULL;
}

const struct pool_part *pool_set_part_here(const struct pool_set *s)
{
	for (uint32_t i = 0; s && i < s->nr; i++)
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++)
			if (s->replicas[i]->parts[k]->item)
				return s->replicas[i]->parts[k];
	return NULL;
}
