#include "formats/base/node.h"

#include "formats/image/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void node_join(struct node *parent, struct node *n)
{
	n->parent = parent;
	if (parent == NULL)
		return;
	if (parent->last_child)
		parent->last_child->next = n;
	else
		parent->child = n;
	parent->last_child = n;
}

static struct node *node_new(struct arena *a, struct node *parent, const char *name, size_t host_size)
{
	/* host struct behind the node, in the same memory, aligned for any type */
	const size_t align = _Alignof(max_align_t);
	size_t own = (sizeof(struct node) + align - 1) / align * align;
	struct node *n = arena_alloc(a, own + host_size);

	if (n == NULL)
		return NULL;
	n->name = name;
	if (host_size)
		n->host = (unsigned char *)n + own;
	node_join(parent, n);
	return n;
}

struct node *node_group(struct arena *a, struct node *parent, const char *name)
{
	struct node *n = node_new(a, parent, name, 0);

	if (n)
		n->state = NODE_GROUP;
	return n;
}

struct node *node_group_idx(struct arena *a, struct node *parent, const char *name, uint64_t idx)
{
	struct node *n = node_group(a, parent, name);

	if (n) {
		n->numbered = true;
		n->idx = idx;
	}
	return n;
}

struct node *node_decode(struct arena *a, struct node *parent, const char *name,
			 const struct layout *l, struct image *im, uint64_t at)
{
	struct node *n = node_new(a, parent, name, l->host_size);
	struct span s;

	if (n == NULL)
		return NULL;
	n->layout = l;
	n->image = im;
	n->at = at;
	n->len = l->size;
	if (!image_span(im, a, at, l->size, &s))
		n->state = NODE_OUTSIDE;
	else if (!layout_decode(l, s, 0, n->host))
		n->state = NODE_LOST;
	else
		n->state = NODE_READ;
	if (n->state != NODE_READ)
		n->host = NULL;
	return n;
}

struct node *node_array(struct arena *a, struct node *parent, const char *name,
			const struct layout *l, struct image *im, uint64_t at, uint64_t count,
			uint64_t stride)
{
	struct node *n = node_new(a, parent, name, 0);
	uint64_t len;

	if (n == NULL)
		return NULL;
	n->layout = l;
	n->image = im;
	n->at = at;
	n->count = count;
	n->stride = stride;
	n->state = NODE_READ;
	if (__builtin_mul_overflow(count, stride, &len) || at > im->size || len > im->size - at)
		n->state = NODE_OUTSIDE;
	else
		n->len = len;
	return n;
}

bool node_element(const struct node *array, uint64_t i, void *host)
{
	uint8_t bytes[512], lost[512];
	uint64_t off, at;
	const struct layout *l = array->layout;

	if (i >= array->count || l->size > sizeof(bytes) ||
	    __builtin_mul_overflow(i, array->stride, &off) ||
	    __builtin_add_overflow(array->at, off, &at))
		return false;
	if (!image_read(array->image, at, l->size, bytes, lost))
		return false;
	return layout_decode(l, (struct span){ bytes, lost, at, l->size }, 0, host);
}

struct node *node_place(struct arena *a, struct node *parent, const char *name, struct image *im,
			uint64_t at, uint64_t len)
{
	struct node *n = node_new(a, parent, name, 0);

	if (n == NULL)
		return NULL;
	n->image = im;
	n->at = at;
	n->len = len;
	n->state = at <= im->size && len <= im->size - at ? NODE_READ : NODE_OUTSIDE;
	return n;
}

static struct fact *fact_add(struct arena *a, struct node *n, const char *name, enum kind kind)
{
	struct fact *f = n ? ARENA_NEW(a, struct fact) : NULL;

	if (f == NULL)
		return NULL;
	f->name = name;
	f->kind = kind;
	if (n->last_fact)
		n->last_fact->next = f;
	else
		n->facts = f;
	n->last_fact = f;
	return f;
}

void node_fact_uint(struct arena *a, struct node *n, const char *name, enum kind kind, uint64_t value)
{
	struct fact *f = fact_add(a, n, name, kind);

	if (f)
		f->value = value;
}

void node_fact_text(struct arena *a, struct node *n, const char *name, const char *text)
{
	struct fact *f = fact_add(a, n, name, KIND_TEXT);

	if (f)
		f->text = text ? arena_text(a, text) : "";
}

void node_fact_uuid(struct arena *a, struct node *n, const char *name, const uint8_t uuid[16])
{
	struct fact *f = fact_add(a, n, name, KIND_UUID);

	if (f)
		f->bytes = (const uint8_t *)arena_copy(a, uuid, 16);
}

const char *node_path(struct arena *a, const struct node *n)
{
	const char *up;

	if (n == NULL || n->parent == NULL)
		return "";
	up = node_path(a, n->parent);
	if (up == NULL)
		return "";
	const char *dot = *up ? "." : "";
	const char *path = n->numbered
				   ? arena_printf(a, "%s%s%s[%" PRIu64 "]", up, dot, n->name, n->idx)
				   : arena_printf(a, "%s%s%s", up, dot, n->name);
	return path ? path : "";
}

static const struct node *child_named(const struct node *n, const char *name, size_t len, bool numbered,
				      uint64_t idx)
{
	for (const struct node *c = n->child; c; c = c->next)
		if (strlen(c->name) == len && memcmp(c->name, name, len) == 0 &&
		    c->numbered == numbered && (!numbered || c->idx == idx))
			return c;
	return NULL;
}

const struct node *node_find(const struct node *root, const char *path, const char **rest)
{
	const struct node *n = root;

	while (*path) {
		size_t len = strcspn(path, ".[");
		const char *after = path + len;
		bool numbered = *after == '[';
		uint64_t idx = 0;

		if (numbered) {
			char *end;
			idx = strtoull(after + 1, &end, 10);
			if (*end != ']')
				break;
			after = end + 1;
		}
		const struct node *c = child_named(n, path, len, numbered, idx);
		if (c == NULL && numbered) {
			/* an element of an array node: the element stays in *rest */
			c = child_named(n, path, len, false, 0);
			if (c == NULL || c->count == 0)
				break;
			n = c;
			path += len;
			break;
		}
		if (c == NULL)
			break;
		n = c;
		path = *after == '.' ? after + 1 : after;
	}
	*rest = path;
	return n == root && **rest ? NULL : n;
}

const struct node *node_find_within(struct arena *a, const struct node *root, const char *path, const char **rest)
{
	const struct node *n = node_find(root, path, rest);

	while (n && **rest == '[' && n->element) {
		char *end;
		uint64_t i = strtoull(*rest + 1, &end, 10);
		const struct node *e = end[0] == ']' && (end[1] == '.' || end[1] == '\0') ? n->element(a, n, i) : NULL;

		if (e == NULL)
			break;
		n = e;
		*rest = end[1] == '.' ? end + 2 : end + 1;
		if (**rest == '\0')
			break;
		const char *more = *rest;
		const struct node *below = node_find(e, more, rest);
		if (below == NULL) {
			*rest = more;
			break;
		}
		n = below;
	}
	return n;
}
