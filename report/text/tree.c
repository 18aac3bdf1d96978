#include "report/text/tree.h"

#include "report/outcome.h"
#include "report/place.h"
#include "report/tell.h"
#include "report/text/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_COLUMN = 34, VALUE_COLUMN = 26 };

static void comma(struct buf *b)
{
	if (b->len)
		buf_puts(b, ", ");
}

/* "pool_hdr, 4 KiB at pool.obj byte 0" */
static void about(const struct page *p, const struct node *n, struct buf *b)
{
	struct buf note = { .p = NULL };
	char size[32];

	if (n->state != NODE_READ && n->state != NODE_GROUP)
		buf_puts(b, outcome_node(n->state));
	if (n->layout) {
		comma(b);
		buf_puts(b, n->layout->name);
		if (n->count)
			buf_printf(b, " x %" PRIu64, n->count);
	}
	if (n->image && n->len) {
		comma(b);
		buf_printf(b, "%s at ", page_size(n->len, size));
		text_start(p, place_of_node(n), b);
	}
	if (n->state != NODE_READ && page_sentence(p, n->note, &note)) {
		comma(b);
		buf_puts(b, buf_text(&note));
	}
	buf_free(&note);
}

static uint64_t children(const struct node *n)
{
	uint64_t nr = 0;

	for (const struct node *c = n->child; c; c = c->next)
		nr++;
	return nr;
}

static void segment(const struct node *n, struct buf *b)
{
	buf_puts(b, n->name);
	if (n->numbered)
		buf_printf(b, "[%" PRIu64 "]", n->idx);
}

static void branch(struct page *p, const struct node *n, unsigned depth, struct tree_limits l)
{
	struct buf name = { .p = NULL }, text = { .p = NULL };

	segment(n, &name);
	about(p, n, &text);
	if (depth + 1 >= l.depth && n->child)
		buf_printf(&text, "%s(%" PRIu64 " below)", text.len ? " " : "", children(n));
	page_term(p, 2 * depth, depth * 2 < NAME_COLUMN - 12 ? NAME_COLUMN - 2 * depth : 12, buf_text(&name), buf_text(&text));
	buf_free(&name);
	buf_free(&text);
}

static const struct node *skip_alike(struct page *p, const struct node *n, unsigned depth)
{
	const struct node *first = n;
	uint64_t nr = 1;

	while (n->next && strcmp(n->next->name, n->name) == 0) {
		n = n->next;
		nr++;
	}
	page_line(p, 2 * depth, "... %" PRIu64 " more: %s[%" PRIu64 "] to %s[%" PRIu64 "]", nr, first->name, first->idx, n->name,
		  n->idx);
	return n;
}

void tree_below(struct page *p, const struct node *top, struct tree_limits l)
{
	const struct node *n = top->child;
	uint64_t before[TREE_DEPTH_MAX] = { 0 }; /* neighbours of the same name that stand before n, at each depth */
	unsigned depth = 0;

	if (l.depth > TREE_DEPTH_MAX)
		l.depth = TREE_DEPTH_MAX;
	while (n && l.depth) {
		if (n->numbered && before[depth] >= l.alike) {
			n = skip_alike(p, n, depth);
		} else {
			branch(p, n, depth, l);
			if (n->child && depth + 1 < l.depth) {
				n = n->child;
				before[++depth] = 0;
				continue;
			}
		}
		while (n->next == NULL && n->parent != top) {
			n = n->parent;
			depth--;
		}
		before[depth] = n->next && strcmp(n->next->name, n->name) == 0 ? before[depth] + 1 : 0;
		n = n->next;
	}
}

static void row(struct page *p, const char *name, const struct buf *value, const char *doc)
{
	struct buf b = { .p = NULL };

	buf_puts(&b, buf_text(value));
	if (doc && p->width >= 100)
		buf_printf(&b, "  -- %s", doc);
	page_term(p, 2, VALUE_COLUMN, name, buf_text(&b));
	buf_free(&b);
}

void tree_node(struct page *p, const struct node *n, struct tree_limits l)
{
	struct buf b = { .p = NULL };

	place_path(n, &b);
	if (b.len)
		page_styled(p, 0, STYLE_STRONG, buf_text(&b));
	buf_cut(&b, 0);
	about(p, n, &b);
	if (b.len)
		page_text(p, 0, "%s", buf_text(&b));
	if (n->state == NODE_READ && page_sentence(p, n->note, &b))
		page_text(p, 0, "%s", buf_text(&b));
	for (const struct fact *f = n->facts; f; f = f->next) {
		buf_cut(&b, 0);
		tell_fact(p->redact, f, &b);
		row(p, f->name, &b, NULL);
	}
	if (n->facts && n->host)
		page_gap(p);
	for (uint32_t i = 0; n->layout && n->host && i < n->layout->nr; i++) {
		const struct field *f = &n->layout->fields[i];

		buf_cut(&b, 0);
		tell_field(p->redact, f, n->host, &b);
		if (f->kind != KIND_PAD || strcmp(buf_text(&b), "zero") != 0)
			row(p, f->name, &b, f->doc);
	}
	for (uint64_t i = 0; i < n->count && i < l.alike; i++)
		tree_element(p, n, i);
	if (n->count > l.alike)
		page_text(p, 2, "%" PRIu64 " more elements: [a-b] behind the path shows others", n->count - l.alike);
	if (n->child && n->parent)
		page_gap(p);
	tree_below(p, n, l);
	buf_free(&b);
}

void tree_element(struct page *p, const struct node *array, uint64_t i)
{
	void *host = malloc(array->layout->host_size);
	struct buf b = { .p = NULL };
	char term[32];

	if (host == NULL)
		return;
	snprintf(term, sizeof(term), "[%" PRIu64 "]", i);
	if (i >= array->count)
		buf_puts(&b, "outside: the array has no such element");
	else if (!node_element(array, i, host))
		buf_puts(&b, "lost: it could not be read");
	else
		for (uint32_t n = 0; n < array->layout->nr; n++) {
			const struct field *f = &array->layout->fields[n];

			if (f->kind == KIND_PAD)
				continue;
			buf_printf(&b, "%s%s=", b.len ? "  " : "", f->name);
			tell_field(p->redact, f, host, &b);
		}
	page_term(p, 2, 12, term, buf_text(&b));
	free(host);
	buf_free(&b);
}
