#include "analyzer/facts/facts.h"

const struct btt_blocks *facts_btt_blocks(struct facts *f, const struct btt *b, uint32_t idx)
{
	if (f->btt != b) {
		f->btt = b;
		f->btt_blocks = arena_array(f->arena, b->nr, sizeof(*f->btt_blocks));
	}
	if (f->btt_blocks == NULL)
		return NULL;
	if (f->btt_blocks[idx] == NULL)
		f->btt_blocks[idx] = btt_blocks(f->arena, b, &b->arenas[idx], f->keep, 0);
	return f->btt_blocks[idx];
}

const struct obj_account *facts_obj_heap(struct facts *f, const struct obj_heap *h, bool deep)
{
	if (f->obj_account == NULL)
		f->obj_account = obj_account(f->arena, h, deep, f->keep, 0);
	return f->obj_account;
}
