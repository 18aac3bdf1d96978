#include "formats/blk/blk.h"

#define SELF blk_descr
static const struct field blk_descr_fields[] = { BLK_DESCR(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout blk_descr_layout =
	LAYOUT(blk_descr, "PMDK 1.12 src/libpmemblk/blk.h, struct pmemblk", BLK_DESCR_LEN, blk_descr_fields);

struct blk_pool *blk_decode(struct arena *a, struct node *parent, struct image *logical,
			    uint64_t pool_size, uint64_t data_at, const uint8_t *poolset_uuid)
{
	struct blk_pool *b = ARENA_NEW(a, struct blk_pool);

	if (b == NULL)
		return NULL;
	b->image = logical;
	b->size = pool_size;
	b->data_at = data_at;
	b->node = node_group(a, parent, "blk");
	b->descr_node = node_decode(a, b->node, "pmemblk", &blk_descr_layout, logical,
				    data_at == BLK_DATA_AT ? BLK_DESCR_AT : data_at / 2);
	if (b->node == NULL || b->descr_node == NULL)
		return NULL;
	b->descr = b->descr_node->host;
	b->btt = btt_decode(a, b->node, logical, data_at, pool_size > data_at ? pool_size - data_at : 0,
			    BTT_IN_POOL, b->descr ? b->descr->bsize : 0, poolset_uuid);
	return b->btt ? b : NULL;
}
