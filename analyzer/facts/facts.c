#include "analyzer/facts/facts.h"

struct facts_btt {
	const struct btt *btt;
	struct btt_blocks **blocks; /* per arena */
	struct facts_btt *next;
};

static struct facts_btt *btt_of(struct facts *f, const struct btt *b)
{
	struct facts_btt *fb = f->btt;

	while (fb && fb->btt != b)
		fb = fb->next;
	if (fb)
		return fb;
	fb = ARENA_NEW(f->arena, struct facts_btt);
	if (fb == NULL)
		return NULL;
	*fb = (struct facts_btt){ b, arena_array(f->arena, b->nr, sizeof(struct btt_blocks *)), f->btt };
	f->btt = fb;
	return fb;
}

const struct btt_blocks *facts_btt_blocks(struct facts *f, const struct btt *b, uint32_t idx)
{
	struct facts_btt *fb = btt_of(f, b);

	if (fb == NULL || fb->blocks == NULL)
		return NULL;
	if (fb->blocks[idx] == NULL)
		fb->blocks[idx] = btt_blocks(f->arena, b, &b->arenas[idx], f->keep, 0);
	return fb->blocks[idx];
}

const struct obj_account *facts_obj_heap(struct facts *f, const struct obj_heap *h, bool deep)
{
	if (f->obj_account == NULL)
		f->obj_account = obj_account(f->arena, h, deep, f->keep, 0);
	return f->obj_account;
}

const struct obj_refs *facts_obj_refs(struct facts *f, const struct obj_pool *p)
{
	if (f->obj_refs == NULL)
		f->obj_refs = obj_refs(f->arena, p, f->root_types, f->root_types_nr, f->keep);
	return f->obj_refs;
}

const struct obj_lists *facts_obj_lists(struct facts *f, const struct obj_pool *p)
{
	const struct obj_refs *refs = facts_obj_refs(f, p);

	if (f->obj_lists == NULL && refs)
		f->obj_lists = obj_lists(f->arena, p, refs, f->keep);
	return f->obj_lists;
}
