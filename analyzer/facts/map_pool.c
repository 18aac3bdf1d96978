#include "analyzer/facts/map_draw.h"

#include "formats/pool/set.h"

#include <inttypes.h>

enum {
	TILES_OF_TREE = 512, /* structures drawn along the address space */
	CHILDREN_DRAWN = 64, /* more of one parent are left to its own band */
	TREE_DEPTH = 6,
};

static void put_unread(struct map *m, struct map_band *b, const struct source *s)
{
	uint32_t lost = map_class(m, "unreadable", "Bytes that could not be read.", MAP_LOST);

	for (const struct range *r = s->unread.first; r; r = r->next)
		map_put(b, (struct map_tile){ r->at, r->len, MAP_USED_UNKNOWN, lost, .label = "unreadable" });
}

static const struct map_band *part_band(struct map *m, const struct pool_part *p)
{
	struct image *im = p->item->image;
	uint32_t meta = map_class(m, "structure", "Bookkeeping of the format: headers, tables, logs.", MAP_META);
	uint32_t data = map_class(m, "content", "Bytes of the pool's address space.", MAP_DATA);
	struct map_band *b = map_band(m, (struct map_band){
		.group = "Part files", .shape = MAP_LINE, .image = im, .node = p->node, .len = im->size,
		.title = arena_printf(m->arena, "replica %u, part %u", p->replica, p->idx),
		.says = "The file as it lies on the medium.",
	});

	map_put(b, (struct map_tile){ p->data_off, p->data_len, MAP_USED_UNKNOWN, data, .label = "content" });
	if (p->header)
		map_put(b, (struct map_tile){ p->header->at, p->header->len, MAP_USED_UNKNOWN, meta,
					      .label = "pool header", .node = p->header });
	if (b)
		put_unread(m, b, p->item->source);
	return b;
}

static void replica_band(struct map *m, const struct pool_set *s, const struct pool_replica *r)
{
	uint32_t part = map_class(m, "part", "A part file that was found.", MAP_DATA);
	uint32_t gone = map_class(m, "missing", "Not found, or not analysed.", MAP_LOST);
	uint64_t len = r->size > s->size ? r->size : s->size;
	struct map_band *b = map_band(m, (struct map_band){
		.group = "Replicas", .shape = MAP_LINE, .image = r->logical, .node = r->node, .len = len,
		.title = arena_printf(m->arena, "replica %u", r->idx),
		.says = r->remote ? "On another node: not analysed." : NULL,
	});

	if (r->remote)
		map_put(b, (struct map_tile){ 0, len, MAP_USED_UNKNOWN, gone, .label = "remote", .node = r->node });
	for (uint32_t i = 0; i < r->nr && !r->remote; i++) {
		const struct pool_part *p = r->parts[i];

		map_put(b, (struct map_tile){
			.at = p->logical_at, .len = p->data_len, .used = MAP_USED_UNKNOWN,
			.class = p->item ? part : gone, .node = p->node,
			.label = arena_printf(m->arena, "part %u", p->idx),
			.inside = p->item ? part_band(m, p) : NULL,
		});
	}
}

/* A structure lies over the one that holds it. */
static void put_tree(struct map *m, struct map_band *b, const struct node *n, int depth)
{
	uint32_t meta = map_class(m, "structure", "Bookkeeping of the format: headers, tables, logs.", MAP_META);
	uint32_t data = map_class(m, "content", "Bytes of the pool's address space.", MAP_DATA);
	uint32_t lost = map_class(m, "unreadable", "Bytes that could not be read.", MAP_LOST);
	uint32_t children = 0;

	/* what fills the band whole would only hide it */
	if (n->image == b->image && n->len && n->len < b->len && n->state != NODE_OUTSIDE)
		map_put(b, (struct map_tile){
			.at = n->at, .len = n->len, .used = MAP_USED_UNKNOWN, .node = n,
			.class = n->state == NODE_LOST ? lost : n->layout ? meta : data,
			.label = n->numbered ? arena_printf(m->arena, "%s[%" PRIu64 "]", n->name, n->idx)
					     : n->name,
		});
	for (const struct node *c = n->child; c && depth < TREE_DEPTH && children < CHILDREN_DRAWN; c = c->next) {
		children++;
		put_tree(m, b, c, depth + 1);
	}
}

void map_pool(struct map *m, const struct model *in)
{
	const struct pool_set *s = in->pool;

	for (uint32_t i = 0; s && i < s->nr; i++)
		replica_band(m, s, s->replicas[i]);
	if (in->logical == NULL)
		return;
	struct map_band *b = map_band(m, (struct map_band){
		.group = "Address space", .title = "pool", .shape = MAP_LINE, .image = in->logical,
		.len = in->logical->size, .max = TILES_OF_TREE,
		.says = "The structures of the pool, from its first byte to its last.",
	});
	if (b)
		put_tree(m, b, in->root, 0);
}
