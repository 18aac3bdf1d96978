#include "formats/log/log.h"

#define SELF log_descr
static const struct field log_descr_fields[] = { LOG_DESCR(ROW_LE, ROW_RAW) };
#undef SELF
const struct layout log_descr_layout =
	LAYOUT(log_descr, "PMDK 1.12 src/libpmemlog/log.h, struct pmemlog", LOG_DESCR_LEN, log_descr_fields);

struct log_pool *log_decode(struct arena *a, struct node *parent, struct image *logical,
			    uint64_t pool_size, uint64_t data_at)
{
	struct log_pool *l = ARENA_NEW(a, struct log_pool);

	if (l == NULL)
		return NULL;
	l->image = logical;
	l->size = pool_size;
	l->start = data_at;
	l->node = node_group(a, parent, "log");
	/* the descriptor fills the page before the data on 4 KiB machines, the 64 KiB page elsewhere */
	l->descr_node = node_decode(a, l->node, "pmemlog", &log_descr_layout, logical,
				    data_at == LOG_DATA_AT ? LOG_DESCR_AT : data_at / 2);
	if (l->node == NULL || l->descr_node == NULL)
		return NULL;
	l->descr = l->descr_node->host;
	if (l->descr == NULL)
		return l;
	const struct log_descr *d = l->descr;
	l->usable = d->start_offset <= d->write_offset && d->write_offset <= d->end_offset &&
		    d->end_offset <= pool_size;
	if (l->usable) {
		l->text_at = d->start_offset;
		l->text_len = d->write_offset - d->start_offset;
		node_place(a, l->node, "text", logical, l->text_at, l->text_len);
		node_fact_uint(a, l->node, "log bytes", KIND_SIZE, l->text_len);
		node_fact_uint(a, l->node, "room left", KIND_SIZE, d->end_offset - d->write_offset);
	}
	return l;
}
