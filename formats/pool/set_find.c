/*
 * The files that a set file names. Given alone, they are looked for at its paths, then by --map,
 * then beside it. Given with other files, in a directory or an archive, these come first: the
 * paths may exist on this machine and be something else.
 */
#include "formats/pool/set_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An offered file that is the very file at a path. */
static struct item *item_same(const struct set_work *w, const struct stat *st)
{
	for (uint32_t i = 0; i < w->nr; i++) {
		struct item *it = w->cands[i]->item;

		if (it && it->dev == st->st_dev && it->ino == st->st_ino && !set_cand_in_tar(it)) {
			w->cands[i]->taken = true;
			return it;
		}
	}
	return NULL;
}

/* Opens what stat(2) found at path as p. False: it cannot be opened, and p says why. */
static bool path_open(struct set_work *w, struct pool_part *p, const char *path, const struct stat *st,
		      enum part_found found)
{
	struct problem own = { STATUS_OK, "" };
	struct item *before = w->in->last;

	p->found = PART_NO_ACCESS;
	if (access(path, R_OK) != 0)
		p->why_missing = arena_text(w->arena, strerror(errno));
	else if (S_ISREG(st->st_mode) && st->st_size == 0)
		p->why_missing = "the file is empty";
	else if (S_ISDIR(st->st_mode))
		p->why_missing = "it is a directory";
	else if (intake_open(w->in, path, "part", part_found_text(found), &own) != STATUS_OK)
		p->why_missing = arena_text(w->arena, own.text);
	else if (w->in->last == before)
		p->why_missing = "there is nothing in it";
	else
		return set_part_take(w, p, before ? before->next : w->in->first, found);
	return false;
}

bool set_find_path(struct set_work *w, struct pool_part *p, const char *path, enum part_found found)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		if (p->found == PART_MISSING)
			p->why_missing = arena_text(w->arena, strerror(errno));
		return false;
	}
	struct pool_part *same = set_part_same(w, st.st_dev, st.st_ino);
	struct item *item = same ? same->item : item_same(w, &st);
	return item ? set_part_take(w, p, item, found) : path_open(w, p, path, &st, found);
}

const char *set_find_mapped(const struct set_work *w, const char *path, size_t *len)
{
	const char *to = NULL;
	size_t best = 0;

	for (size_t i = 0; i < w->o->maps_nr; i++) {
		const char *map = w->o->maps[i], *eq = strchr(map, '=');
		size_t n = eq ? (size_t)(eq - map) : 0;

		if (n > best && n < *len && strncmp(path, map, n) == 0 &&
		    (path[n] == '/' || path[n] == '\0' || path[n - 1] == '/')) {
			to = eq + 1;
			best = n;
		}
	}
	*len = best;
	return to ? arena_printf(w->arena, "%s%s", to, path + best) : NULL;
}

static bool maps_try(struct set_work *w, struct pool_part *p)
{
	size_t len = SIZE_MAX;

	for (const char *to; (to = set_find_mapped(w, p->path, &len)) != NULL;)
		if (set_find_path(w, p, to, PART_MAPPED))
			return true;
	return false;
}

bool set_find_in_archive(const struct set_work *w)
{
	return set_cand_in_tar(w->s->text_item);
}

bool set_find_header(const struct poolset *t, uint32_t idx)
{
	return !t->nohdrs && (!t->singlehdr || idx == 0);
}

/* At the very path, and one of the files offered. */
static bool offered_try(struct set_work *w, struct pool_part *p)
{
	struct stat st;
	struct item *item;

	if (stat(p->path, &st) != 0)
		return false;
	struct pool_part *same = set_part_same(w, st.st_dev, st.st_ino);
	item = same ? same->item : item_same(w, &st);
	return item && set_part_take(w, p, item, PART_SET_PATH);
}

static bool replica_make(struct set_work *w, const struct poolset_replica *t)
{
	struct pool_replica *r = set_part_replica(w);

	if (r == NULL)
		return false;
	r->remote = t->remote;
	r->remote_node = t->node;
	r->remote_descriptor = t->descriptor;
	if (set_dirs_is(w, t))
		return set_dirs(w, r, t);
	for (uint32_t i = 0; i < t->nr; i++) {
		struct pool_part *p = set_part_add(w, r);

		if (p == NULL)
			return false;
		p->line = t->parts[i];
		p->path = p->line->path;
		p->declared = p->line->is_auto ? 0 : p->line->size;
		p->header_expected = set_find_header(w->s->text, i);
	}
	return true;
}

/* Calls try for every part that is not found yet; *left: those that still are not. */
static bool parts_try(struct set_work *w, bool (*try)(struct set_work *, struct pool_part *), uint32_t *left)
{
	*left = 0;
	for (uint32_t r = 0; r < w->s->nr; r++)
		for (uint32_t i = 0; i < w->s->replicas[r]->nr; i++) {
			struct pool_part *p = w->s->replicas[r]->parts[i];

			if (p->item || p->path == NULL || w->s->replicas[r]->directory)
				continue;
			*left += !try(w, p);
			if (w->p->status != STATUS_OK)
				return false;
		}
	return true;
}

static bool path_try(struct set_work *w, struct pool_part *p)
{
	return set_find_path(w, p, p->path, PART_SET_PATH);
}

static const char *member_name(const struct item *it)
{
	const char *name = NULL;

	for (const struct layer *l = it->source ? it->source->layers : NULL; l; l = l->next)
		if (strcmp(l->kind, "tar") == 0)
			name = l->name;
	return name ? name : "";
}

static int by_member(const void *a, const void *b)
{
	const struct set_cand *x = *(struct set_cand *const *)a, *y = *(struct set_cand *const *)b;
	int d = strcmp(member_name(x->item), member_name(y->item));

	return d ? d : (x->idx > y->idx) - (x->idx < y->idx);
}

/* The members of archives by name: what lay at a path is there without the slash, as tar takes it off. */
static bool members_sort(struct set_work *w)
{
	w->members = arena_array(w->arena, w->nr, sizeof(*w->members));
	if (w->members == NULL) {
		set_part_nomem(w);
		return false;
	}
	for (uint32_t i = 0; i < w->nr; i++)
		if (w->cands[i]->item)
			w->members[w->members_nr++] = w->cands[i];
	if (w->members_nr)
		qsort(w->members, w->members_nr, sizeof(*w->members), by_member);
	return true;
}

static struct set_cand *member_find(const struct set_work *w, const char *name)
{
	uint32_t lo = 0, hi = w->members_nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(member_name(w->members[mid]->item), name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < w->members_nr && strcmp(member_name(w->members[lo]->item), name) == 0 ? w->members[lo] : NULL;
}

static bool archive_try(struct set_work *w, struct pool_part *p)
{
	const char *name = p->path + strspn(p->path, "/");
	struct set_cand *c = *name ? member_find(w, name) : NULL;

	if (c && set_cand_in_tar(c->item)) {
		const struct pool_part *twin = c->taken ? set_part_with(w, c->item) : NULL;

		p->same_file = twin;
		return set_part_take_cand(w, p, c, PART_SET_PATH);
	}
	p->why_missing = "it is not in the archive";
	return false;
}

enum status set_find(struct set_work *w)
{
	uint32_t left;

	for (const struct poolset_replica *t = w->s->text->replicas; t; t = t->next)
		if (!replica_make(w, t))
			return w->p->status;
	if (w->group && !members_sort(w))
		return w->p->status;
	if (!parts_try(w, w->group && !set_find_in_archive(w) ? offered_try : w->group ? archive_try : path_try, &left))
		return w->p->status;
	if (left && !parts_try(w, maps_try, &left))
		return w->p->status;
	if (left && ((!w->group && !set_beside(w)) || !set_match(w)))
		return w->p->status;
	if (left && w->group && !set_find_in_archive(w) && !parts_try(w, path_try, &left))
		return w->p->status;
	return set_strays(w) ? STATUS_OK : w->p->status;
}
