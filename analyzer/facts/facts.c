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
