#include "formats/formats.h"

#include "formats/blk/blk.h"
#include "formats/image/bad.h"
#include "formats/image/mapfile.h"
#include "formats/image/window.h"
#include "formats/log/log.h"
#include "formats/ns/ns.h"
#include "formats/obj/obj.h"

/* How the content of a pool type is decoded, once its header and parts are known. False: no memory. */
struct content {
	enum pool_type type;
	bool (*decode)(struct model *m, struct node *parent);
};

/* Where the data behind the descriptor's page starts: pages are 4 KiB, or 64 KiB with a 64 KiB header. */
static uint64_t data_at(const struct pool_set *s)
{
	return pool_set_descr_at(s) * 2;
}

static const uint8_t *poolset_uuid(const struct pool_set *s)
{
	return s->voted ? s->voted->poolset_uuid : NULL;
}

static bool log_content(struct model *m, struct node *parent)
{
	m->log = log_decode(m->arena, parent, m->logical, m->pool->size, data_at(m->pool));
	return m->log != NULL;
}

static bool blk_content(struct model *m, struct node *parent)
{
	m->blk = blk_decode(m->arena, parent, m->logical, m->pool->size, data_at(m->pool), poolset_uuid(m->pool));
	if (m->blk)
		m->btt = m->blk->btt;
	return m->blk != NULL;
}

static bool obj_content(struct model *m, struct node *parent)
{
	const struct pool_set *s = m->pool;

	m->obj = obj_decode(m->arena, parent, m->logical, s->size, s->voted ? s->voted->major : 0,
			    (uint32_t)pool_set_descr_at(s), poolset_uuid(s));
	return m->obj != NULL;
}

static const struct content contents[] = {
	{ POOL_OBJ, obj_content },
	{ POOL_LOG, log_content },
	{ POOL_BLK, blk_content },
};

enum status formats_decode_content(struct model *m, struct node *parent, struct problem *p)
{
	if (m->pool == NULL || m->logical == NULL)
		return STATUS_OK; /* no part is there: the set's own findings say so */
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		if (contents[i].type == m->pool->type && !contents[i].decode(m, parent))
			return problem_set(p, STATUS_NOMEM, "%s: no memory to decode it", m->logical->label);
	return STATUS_OK;
}

/* A model of its own for what lies inside m, below node. NULL without memory. */
static struct model *model_inside(struct model *m, struct node *node)
{
	struct model *in = ARENA_NEW(m->arena, struct model), **end = &m->inside;

	if (in == NULL)
		return NULL;
	*in = (struct model){ .arena = m->arena, .intake = m->intake, .root = node, .format = "unknown",
			      .up = m };
	while (*end)
		end = &(*end)->next;
	*end = in;
	return in;
}

/* The data of a namespace, offered as a pool file would be. */
static enum status pool_inside(struct model *m, const struct ns *n, struct item *outer,
			       const struct set_options *o, struct problem *p)
{
	struct problem none = { STATUS_OK, "" };
	struct intake *in = ARENA_NEW(m->arena, struct intake);
	struct item *it = ARENA_NEW(m->arena, struct item);
	struct model *inside;

	if (in == NULL || it == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory to look inside", outer->name);
	*it = *outer;
	it->image = n->inside;
	it->next = NULL;
	*in = (struct intake){ .arena = m->arena, .options = m->intake->options, .sources = m->intake->sources,
			       .first = it, .last = it, .nr = 1 };
	struct model probe = { .arena = m->arena, .intake = in, .root = n->node, .format = "unknown" };
	enum status st = pool_set_decode(&probe, o, &none);
	if (st == STATUS_UNSUPPORTED)
		return STATUS_OK;
	if (st != STATUS_OK)
		return problem_set(p, st, "%s", none.text);
	inside = model_inside(m, n->node);
	if (inside == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory to look inside", outer->name);
	probe.up = m;
	*inside = probe; /* it is the last of its list */
	return formats_decode_content(inside, n->node, p);
}

static enum status namespaces_decode(struct model *m, struct item *item, const struct set_options *o,
				     struct problem *p)
{
	m->ns = ns_decode(m->arena, m->root, item->image);
	if (m->ns == NULL)
		return problem_set(p, STATUS_NOMEM, "%s: no memory to decode it", item->name);
	m->format = m->ns->nr == 1 && m->ns->labels == NULL && m->ns->first->btt ? "btt" : "namespace";
	for (struct ns *n = m->ns->first; n; n = n->next) {
		struct model *at = m;

		if (n->btt && m->btt) { /* one BTT a model */
			at = model_inside(m, n->node);
			if (at == NULL)
				return problem_set(p, STATUS_NOMEM, "%s: no memory to look inside", item->name);
			at->format = "btt";
		}
		if (n->btt)
			at->btt = n->btt;
		enum status st = n->inside ? pool_inside(m, n, item, o, p) : STATUS_OK;
		if (st != STATUS_OK)
			return st;
	}
	return STATUS_OK;
}

static enum status captures_decode(struct model *m, const struct set_options *o, struct problem *p)
{
	struct model *at = m;
	uint32_t nr = 0;

	for (struct item *it = m->intake->first; it; it = it->next) {
		if (!image_settle(it->image))
			return problem_set(p, it->image->problem.status, "%s", it->image->problem.text);
		if (!ns_probe(it->image, m->arena))
			continue;
		if (m->ns) { /* several captures in one directory or archive */
			struct node *node = node_group_idx(m->arena, m->root, "capture", nr);

			at = node ? model_inside(m, node) : NULL;
			if (at == NULL)
				return problem_set(p, STATUS_NOMEM, "%s: no memory to decode it", it->name);
		}
		nr++;
		enum status st = namespaces_decode(at, it, o, p);
		if (st != STATUS_OK)
			return st;
	}
	return m->ns ? STATUS_OK : STATUS_UNSUPPORTED;
}

static enum status pool_decode(struct model *m, const struct set_options *o, struct problem *p)
{
	enum status st = pool_set_decode(m, o, p);

	return st == STATUS_OK ? formats_decode_content(m, m->root, p) : st;
}

/* Places in the tree for what is said of whole sources: ranges of them that were not read. */
static bool sources_tell(struct model *m)
{
	for (struct source *s = m->intake->sources.first; s; s = s->next) {
		if (s->map == NULL && s->bad == NULL)
			continue;
		s->node = node_group_idx(m->arena, m->root, "source", s->idx);
		if (s->node == NULL)
			return false;
		node_fact_text(m->arena, s->node, "file", s->path);
		if (s->map) {
			node_fact_uint(m->arena, s->node, "never read, by its mapfile", KIND_SIZE, s->map->lost);
			node_fact_uint(m->arena, s->node, "of these tried and failed", KIND_UINT, s->map->failed_nr);
		}
		if (s->bad)
			node_fact_uint(m->arena, s->node, "bad by the kernel's list", KIND_SIZE, s->bad->total);
	}
	return true;
}

enum status formats_decode(struct model *m, const struct set_options *o, struct problem *p)
{
	struct problem first = { STATUS_OK, "" };
	enum status st = pool_decode(m, o, &first);

	if (st != STATUS_OK && st != STATUS_UNSUPPORTED)
		return problem_set(p, st, "%s", first.text);
	if (st == STATUS_UNSUPPORTED) {
		m->format = "unknown";
		st = captures_decode(m, o, p);
		if (st == STATUS_UNSUPPORTED)
			problem_set(p, st, "%s", first.text); /* the pool decoder's words for what it saw */
	}
	if (st == STATUS_OK && !sources_tell(m))
		return problem_set(p, STATUS_NOMEM, "no memory to tell of the sources");
	return st;
}

enum status formats_settle(struct model *m, const struct set_options *o, bool *again, struct problem *p)
{
	*again = pool_set_settle(m);
	if (!*again)
		return STATUS_OK;
	/* the stream is not as long as the pool in it says: all of it is read by the true length */
	*m = (struct model){ .arena = m->arena, .intake = m->intake, .format = "unknown",
			     .root = node_group(m->arena, NULL, ""), .up = m->up };
	if (m->root == NULL)
		return problem_set(p, STATUS_NOMEM, "no memory to decode it again");
	return formats_decode(m, o, p);
}
