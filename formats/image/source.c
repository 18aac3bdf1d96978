#include "formats/image/source.h"

enum { RANGES_MAX = 4 << 20 }; /* bytes kept of one source's ranges */

struct source *source_add(struct sources *list, struct arena *a, const char *path, const char *role,
			  const char *found)
{
	struct source *s = ARENA_NEW(a, struct source);

	if (s == NULL)
		return NULL;
	s->ranges = arena_open(RANGES_MAX);
	if (s->ranges == NULL)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
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
	if (s->layers && s->layers->next == NULL) { /* what was lost so far is of the file alone */
		s->stored_unread = s->unread;
		s->unread = (struct range_list){ 0 };
	}
	while (*end)
		end = &(*end)->next;
	*end = l;
	return l;
}

bool source_peeled(const struct source *s)
{
	return s->layers && s->layers->next;
}

void source_note(struct source *s, struct arena *a, const char *note)
{
	if (note)
		s->note = s->note ? arena_printf(a, "%s; %s", s->note, note) : arena_text(a, note);
}

/* With the lock. The range joins those it touches. */
static void list_add(struct range_list *list, struct arena *a, uint64_t at, uint64_t end)
{
	struct range *before = NULL, *r = list->first;

	if (list->last && list->last->at <= at) { /* most readings go forward */
		r = list->last;
		if (r->at + r->len < at) {
			before = r;
			r = NULL;
		}
	}
	while (r && r->at + r->len < at) {
		before = r;
		r = r->next;
	}
	if (r == NULL || r->at > end) {
		struct range *n = ARENA_NEW(a, struct range);

		if (n == NULL) {
			list->cut = true;
			return;
		}
		*n = (struct range){ at, end - at, r };
		if (before)
			before->next = n;
		else
			list->first = n;
		if (r == NULL)
			list->last = n;
		list->nr++;
		list->total += n->len;
		return;
	}
	list->total -= r->len;
	end = end > r->at + r->len ? end : r->at + r->len;
	r->at = at < r->at ? at : r->at;
	for (; r->next && r->next->at <= end; list->nr--) {
		struct range *gone = r->next;

		end = end > gone->at + gone->len ? end : gone->at + gone->len;
		list->total -= gone->len;
		r->next = gone->next;
		if (gone == list->last)
			list->last = r;
	}
	r->len = end - r->at;
	list->total += r->len;
}

static void add(struct source *s, struct range_list *list, uint64_t at, uint64_t len)
{
	if (len == 0 || at > UINT64_MAX - len)
		return;
	pthread_mutex_lock(&s->lock);
	list_add(list, s->ranges, at, at + len);
	pthread_mutex_unlock(&s->lock);
}

void source_unread(struct source *s, uint64_t at, uint64_t len)
{
	add(s, &s->unread, at, len);
}

void source_file_unread(struct source *s, uint64_t at, uint64_t len)
{
	add(s, source_peeled(s) ? &s->stored_unread : &s->unread, at, len);
}

void source_file_read(struct source *s, uint64_t len)
{
	pthread_mutex_lock(&s->lock);
	s->read += len;
	pthread_mutex_unlock(&s->lock);
}

bool sources_left_out(const struct sources *list)
{
	for (const struct source *s = list->first; s; s = s->next)
		if (s->left_out)
			return true;
	return false;
}

void sources_close(struct sources *list)
{
	for (struct source *s = list->first; s; s = s->next) {
		arena_close(s->ranges);
		pthread_mutex_destroy(&s->lock);
	}
	*list = (struct sources){ 0 };
}
