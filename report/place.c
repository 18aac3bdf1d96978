#include "report/place.h"

#include "formats/image/image.h"

#include <inttypes.h>

void place_path(const struct node *n, struct buf *b)
{
	if (n == NULL || n->parent == NULL)
		return;
	size_t before = b->len;
	place_path(n->parent, b);
	if (b->len > before)
		buf_puts(b, ".");
	buf_puts(b, n->name);
	if (n->numbered)
		buf_printf(b, "[%" PRIu64 "]", n->idx);
}

void place_finding_path(const struct finding *f, struct buf *b)
{
	size_t before = b->len;

	place_path(f->node, b);
	if (f->field && b->len > before)
		buf_puts(b, ".");
	if (f->field)
		buf_puts(b, f->field->name);
	if (f->numbered)
		buf_printf(b, "[%" PRIu64 "]", f->idx);
}

struct place place_of_node(const struct node *n)
{
	if (n->image == NULL)
		return (struct place){ .image = NULL };
	return (struct place){ n->image, n->at, n->len };
}

struct place place_of_finding(const struct finding *f)
{
	if (f->node->image == NULL)
		return (struct place){ .image = NULL };
	if (f->len)
		return (struct place){ f->node->image, f->at, f->len };
	if (f->field)
		return (struct place){ f->node->image, f->node->at + f->field->off, f->field->width };
	return place_of_node(f->node);
}

bool place_piece(struct place *p, struct origin *out)
{
	if (p->image == NULL || p->len == 0)
		return false;
	if (p->at >= p->image->size)
		*out = (struct origin){ .source = NULL, .at = p->at, .len = p->len };
	else
		*out = image_origin(p->image, p->at);
	if (out->source == NULL)
		out->at = p->at;
	if (out->len == 0 || out->len > p->len)
		out->len = p->len;
	p->at += out->len;
	p->len -= out->len;
	return true;
}
