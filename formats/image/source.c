#include "formats/image/source.h"

struct source *source_add(struct sources *list, struct arena *a, const char *path, const char *role,
			  const char *found)
{
	struct source *s = ARENA_NEW(a, struct source);

	if (s == NULL)
		return NULL;
	s->idx = list->nr++;
	s->path = arena_text(a, path);
	s->role = role;
	s->found = found;
	if (list->last)
		list->last->next = s;
	else
		list->first = s;
	list->last = s;
	return s;
}

struct layer *source_layer(struct source *s, struct arena *a, const char *kind, const char *name,
			   uint64_t size)
{
	struct layer *l = ARENA_NEW(a, struct layer);
	struct layer **end = &s->layers;

	if (l == NULL)
		return NULL;
	*l = (struct layer){ .kind = kind, .name = name ? arena_text(a, name) : NULL, .size = size };
	while (*end)
		end = &(*end)->next;
	*end = l;
	return l;
}

void source_unread(struct source *s, struct arena *a, uint64_t at, uint64_t len)
{
	struct range_list *list = &s->unread;

	if (len == 0)
		return;
	list->total += len;
	if (list->last && list->last->at + list->last->len == at) {
		list->last->len += len;
		return;
	}
	struct range *r = ARENA_NEW(a, struct range);
	if (r == NULL)
		return;
	*r = (struct range){ at, len, NULL };
	if (list->last)
		list->last->next = r;
	else
		list->first = r;
	list->last = r;
	list->nr++;
}
