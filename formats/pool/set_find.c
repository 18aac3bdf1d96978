/* The files that a set file names: at its paths, or by --map. */
#include "formats/pool/set_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct item *item_same(const struct set_work *w, const struct stat *st)
{
	for (uint32_t i = 0; i < w->nr; i++) {
		struct item *it = w->cands[i]->item;

		if (it && it->dev == st->st_dev && it->ino == st->st_ino && !set_cand_in_tar(it))
			return it;
	}
	return NULL;
}

/*
 * Opens path as part p. False: it is not there or cannot be opened, and p says why, unless it says
 * of an earlier try that a file is there.
 */
static bool path_try(struct set_work *w, struct pool_part *p, const char *path, enum part_found found)
{
	struct problem own = { STATUS_OK, "" };
	struct item *before = w->in->last;
	struct stat st;

	if (stat(path, &st) != 0) {
		if (p->found == PART_MISSING)
			p->why_missing = arena_text(w->arena, strerror(errno));
		return false;
	}
	const struct pool_part *same = set_part_same(w, st.st_dev, st.st_ino);
	struct item *item = same ? same->item : item_same(w, &st);
	if (item)
		return set_part_take(w, p, item, found);
	p->found = PART_NO_ACCESS;
	if (access(path, R_OK) != 0)
		p->why_missing = arena_text(w->arena, strerror(errno));
	else if (S_ISREG(st.st_mode) && st.st_size == 0)
		p->why_missing = "the file is empty";
	else if (S_ISDIR(st.st_mode))
		p->why_missing = "it is a directory";
	else if (intake_open(w->in, path, "part", part_found_text(found), &own) != STATUS_OK || w->in->last == before)
		p->why_missing = arena_text(w->arena, own.text);
	else
		return set_part_take(w, p, before ? before->next : w->in->first, found);
	return false;
}

static bool maps_try(struct set_work *w, struct pool_part *p)
{
	size_t done = SIZE_MAX; /* longest first: those of this length and more were tried */

	while (done) {
		const char *best = NULL;
		size_t best_len = 0;

		for (size_t i = 0; i < w->o->maps_nr; i++) {
			const char *eq = strchr(w->o->maps[i], '=');
			size_t len = eq ? (size_t)(eq - w->o->maps[i]) : 0;

			if (len && len < done && len > best_len && strncmp(p->path, w->o->maps[i], len) == 0 &&
			    (p->path[len] == '/' || p->path[len] == '\0' || p->path[len - 1] == '/')) {
				best = eq + 1;
				best_len = len;
			}
		}
		if (best == NULL)
			return false;
		const char *path = arena_printf(w->arena, "%s%s", best, p->path + best_len);
		if (path && path_try(w, p, path, PART_MAPPED))
			return true;
		done = best_len;
	}
	return false;
}

static bool header_expected(const struct poolset *t, uint32_t idx)
{
	return !t->nohdrs && (!t->singlehdr || idx == 0);
}

static bool part_find(struct set_work *w, struct pool_replica *r, struct poolset_line *l)
{
	struct pool_part *p = set_part_add(w, r);

	if (p == NULL)
		return false;
	p->line = l;
	p->path = l->path;
	p->declared = l->is_auto ? 0 : l->size;
	p->header_expected = header_expected(w->s->text, p->idx);
	if (!path_try(w, p, p->path, PART_SET_PATH))
		(void)maps_try(w, p);
	return w->p->status == STATUS_OK;
}

enum status set_find(struct set_work *w)
{
	for (struct poolset_replica *t = w->s->text->replicas; t; t = t->next) {
		struct pool_replica *r = set_part_replica(w);

		if (r == NULL)
			return w->p->status;
		r->remote = t->remote;
		r->remote_node = t->node;
		r->remote_descriptor = t->descriptor;
		for (uint32_t i = 0; i < t->nr; i++)
			if (!part_find(w, r, t->parts[i]))
				return w->p->status;
	}
	return STATUS_OK;
}
