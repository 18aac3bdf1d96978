/* What the parts of a set are told by, beyond their bytes. */
#include "formats/pool/set_work.h"

#include <inttypes.h>

static const char *sum_text(enum pool_hdr_sum sum)
{
	switch (sum) {
	case POOL_HDR_SUM_ANNOUNCED:
		return "as the feature word announces";
	case POOL_HDR_SUM_2K:
		return "the first 2048 bytes only, against the feature word";
	case POOL_HDR_SUM_4K:
		return "the whole header, against the feature word";
	case POOL_HDR_SUM_14:
		return "the first 2032 bytes, as PMDK 1.4 wrote it";
	case POOL_HDR_SUM_BAD:
		break;
	}
	return "none";
}

static bool line_tell(struct set_work *w, struct node *parent, struct image *im, const struct poolset_line *l)
{
	struct node *n = node_group_idx(w->arena, parent, "line", l->number);

	if (n == NULL) {
		set_part_nomem(w);
		return false;
	}
	n->state = NODE_READ;
	n->image = im;
	n->at = l->at;
	n->len = l->len;
	if (l->fault != POOLSET_OK)
		n->note = poolset_fault_text(l->fault);
	if (l->kind == POOLSET_LINE_PART) {
		node_fact_text(w->arena, n, "path", l->path);
		if (l->is_auto)
			node_fact_text(w->arena, n, "declared", "AUTO");
		else
			node_fact_uint(w->arena, n, "declared", KIND_SIZE, l->size);
	} else if (l->kind == POOLSET_LINE_REPLICA && l->remote) {
		node_fact_text(w->arena, n, "remote", l->node);
		node_fact_text(w->arena, n, "descriptor", l->descriptor);
	}
	return true;
}

bool set_tree_text(struct set_work *w)
{
	struct pool_set *s = w->s;
	struct item *it = s->text_item;

	s->text_node = node_place(w->arena, w->m->root, "set_file", it->image, 0, s->text_bytes.len);
	if (s->text_node == NULL) {
		set_part_nomem(w);
		return false;
	}
	node_fact_text(w->arena, s->text_node, "file", it->name);
	node_fact_uint(w->arena, s->text_node, "replicas", KIND_UINT, s->text->replicas_nr);
	if (s->text->singlehdr)
		node_fact_text(w->arena, s->text_node, "option", "SINGLEHDR");
	if (s->text->nohdrs)
		node_fact_text(w->arena, s->text_node, "option", "NOHDRS");
	if (s->text->dropped)
		node_fact_uint(w->arena, s->text_node, "lines not read", KIND_UINT, s->text->dropped);
	for (const struct poolset_line *l = s->text->lines; l; l = l->next)
		if (!line_tell(w, s->text_node, it->image, l))
			return false;
	return true;
}

static void part_tell(struct arena *a, struct pool_part *p)
{
	struct node *n = p->node;

	if (p->item)
		node_fact_text(a, n, "file", p->item->name);
	else if (p->path)
		node_fact_text(a, n, "path", p->path);
	node_fact_text(a, n, "found", part_found_text(p->found));
	if (p->why_missing)
		node_fact_text(a, n, "why", p->why_missing);
	if (!uuid_null(p->uuid) && p->hdr == NULL)
		node_fact_uuid(a, n, "uuid by its neighbours", p->uuid);
	if (p->hdr)
		node_fact_text(a, p->header, "checksum covers", sum_text(p->sum));
	if (p->declared)
		node_fact_uint(a, n, "declared", KIND_SIZE, p->declared);
	if (p->item == NULL)
		n->note = p->found == PART_NO_ACCESS ? "it cannot be opened" : "it is missing";
	else if (p->same_file)
		n->note = "the same file as an earlier part";
	else if (p->gap_before)
		n->note = "links break before it: further parts may be missing";
}

static void part_tell_sizes(struct arena *a, struct pool_part *p)
{
	struct node *n = p->node;

	if (p->item) {
		n->len = p->file_size;
		node_fact_uint(a, n, "size", KIND_SIZE, p->file_size);
	}
	node_fact_uint(a, n, "usable", KIND_SIZE, p->usable);
	if (p->size_how)
		node_fact_text(a, n, "usable by", p->size_how);
	node_fact_uint(a, n, "data from", KIND_SIZE, p->data_off);
	node_fact_uint(a, n, "place in the pool", KIND_OFF, p->logical_at);
	node_fact_uint(a, n, "bytes in the pool", KIND_SIZE, p->data_len);
}

void set_tree_sizes(struct arena *a, const struct pool_set *s)
{
	for (uint32_t i = 0; i < s->nr; i++) {
		struct pool_replica *r = s->replicas[i];

		for (uint32_t k = 0; k < r->nr; k++)
			part_tell_sizes(a, r->parts[k]);
		if (r->remote)
			continue;
		node_fact_uint(a, r->node, "size", KIND_SIZE, r->size);
		r->node->image = r->logical;
		r->node->len = r->size;
	}
}

void set_tree(struct set_work *w)
{
	struct pool_set *s = w->s;

	for (uint32_t i = 0; i < s->nr; i++) {
		struct pool_replica *r = s->replicas[i];

		if (r->remote) {
			node_fact_text(w->arena, r->node, "remote", r->remote_node);
			node_fact_text(w->arena, r->node, "descriptor", r->remote_descriptor);
			r->node->note = "a remote replica: declared, not analysed";
		}
		if (r->directory)
			node_fact_text(w->arena, r->node, "parts", "numbered files of directories");
		for (uint32_t k = 0; k < r->nr; k++)
			part_tell(w->arena, r->parts[k]);
	}
	if (s->settled)
		set_tree_sizes(w->arena, s);
}
