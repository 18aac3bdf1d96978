/*
 * A replica whose parts are numbered files of directories: %06u.pmem, the counter running over the
 * whole replica, the directory chosen in turn. A number without a file is a missing part. In an
 * archive the files are known by their names alone.
 */
#include "formats/pool/set_work.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 65536, GAP_MAX = 1024 };

struct numbered {
	uint32_t number;
	const char *path;
	struct set_cand *cand; /* NULL: to be opened */
};

struct files {
	struct numbered *file;
	uint32_t nr, room;
	uint32_t left; /* more than are taken */
};

static bool number_of(const char *name, uint32_t *out)
{
	static const char end[] = ".pmem";
	size_t len = set_name_len(name), end_len = sizeof(end) - 1;
	const char *p = name;
	uint64_t n = 0;

	if (len <= end_len || memcmp(name + len - end_len, end, end_len) != 0 || *p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9' && n <= UINT32_MAX; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*out = (uint32_t)n;
	return n < UINT32_MAX;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The directory at path, or at what --map makes of it, or of that name beside the set file. NULL: none. */
static const char *directory_at(const struct set_work *w, const char *path)
{
	const char *own = w->s->text_item->path, *slash = strrchr(own, '/'), *to;
	size_t len = SIZE_MAX;

	if (is_directory(path))
		return path;
	while ((to = set_find_mapped(w, path, &len)) != NULL)
		if (is_directory(to))
			return to;
	if (slash == NULL)
		return NULL;
	to = arena_printf(w->arena, "%.*s/%s", (int)(slash - own), own, set_name_last(path));
	return is_directory(to) ? to : NULL;
}

/* Files of an archive that are numbered as a directory's are; of several replicas nothing tells whose. */
static bool offered(const struct set_work *w)
{
	uint32_t number;

	if (!w->s->text->singlehdr || w->s->text->replicas_nr != 1)
		return false;
	for (uint32_t i = 0; i < w->nr; i++)
		if (number_of(w->cands[i]->name, &number) && number == 0 && w->cands[i]->header)
			return true;
	return false;
}

bool set_dirs_is(const struct set_work *w, const struct poolset_replica *t)
{
	if (t->nr == 0)
		return false;
	return set_find_in_archive(w) ? offered(w) : directory_at(w, t->parts[0]->path) != NULL;
}

/* False without memory. path or cand, and the name. */
static bool files_add(struct set_work *w, struct files *f, const char *name, const char *dir, struct set_cand *cand)
{
	uint32_t number;

	if (!number_of(name, &number))
		return true;
	if (f->nr == FILES_MAX) {
		f->left++;
		return true;
	}
	if (f->nr == f->room) {
		uint32_t room = f->room ? f->room * 2 : 16;
		struct numbered *grown = arena_array(w->arena, room, sizeof(*grown));

		if (grown == NULL)
			return false;
		if (f->nr)
			memcpy(grown, f->file, f->nr * sizeof(*grown));
		f->file = grown;
		f->room = room;
	}
	const char *path = dir ? arena_printf(w->arena, "%s/%s", dir, name) : name;
	f->file[f->nr++] = (struct numbered){ number, path, cand };
	return path != NULL;
}

static bool directory_read(struct set_work *w, struct files *f, const char *dir)
{
	DIR *d = opendir(dir);
	bool ok = true;

	if (d == NULL)
		return true;
	for (struct dirent *e; ok && (e = readdir(d)) != NULL;)
		ok = files_add(w, f, e->d_name, dir, NULL);
	closedir(d);
	return ok;
}

/* dirs: where each line's directory is, or NULL. False without memory. */
static bool files_read(struct set_work *w, struct pool_replica *r, const struct poolset_replica *t, const char **dirs,
		       struct files *f)
{
	bool ok = true;

	for (uint32_t i = 0; ok && i < t->nr; i++) {
		const struct poolset_line *l = t->parts[i];

		dirs[i] = set_find_in_archive(w) ? l->path : directory_at(w, l->path);
		if (dirs[i] == NULL)
			continue;
		node_fact_text(w->arena, r->node, "directory", l->path);
		node_fact_uint(w->arena, r->node, "room set aside", KIND_SIZE, l->size);
		if (!set_find_in_archive(w))
			ok = directory_read(w, f, dirs[i]);
	}
	for (uint32_t i = 0; ok && set_find_in_archive(w) && i < w->nr; i++)
		ok = files_add(w, f, w->cands[i]->name, NULL, w->cands[i]);
	return ok;
}

static int by_number(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->path, y->path);
}

static struct pool_part *part_make(struct set_work *w, struct pool_replica *r, const struct poolset_line *l)
{
	struct pool_part *p = set_part_add(w, r);

	if (p == NULL)
		return NULL;
	p->line = l;
	p->header_expected = set_find_header(w->s->text, p->idx);
	return p;
}

static bool file_take(struct set_work *w, struct pool_part *p, const struct numbered *n)
{
	p->path = n->path;
	if (n->cand)
		(void)set_part_take_cand(w, p, n->cand, n->cand->header ? PART_BESIDE_UUID : PART_BESIDE_NAME);
	else
		(void)set_find_path(w, p, n->path, PART_SET_PATH);
	return w->p->status == STATUS_OK;
}

/* Two files of one number: the first by path is the part. */
static bool second(struct set_work *w, const struct pool_part *twin, const struct numbered *n)
{
	struct problem own = { STATUS_OK, "" };
	struct item *before = w->in->last;
	struct set_cand *c = n->cand;

	if (c == NULL) {
		if (intake_open(w->in, n->path, "other file", "in a directory of the set file", &own) != STATUS_OK ||
		    w->in->last == before)
			return true;
		c = set_cand_add(w, before ? before->next : w->in->first);
	}
	return c && set_part_stray(w, c, STRAY_DUPLICATE, twin);
}

/* A line that is no directory, where stock would refuse the whole. */
static bool other_line(struct set_work *w, struct pool_replica *r, const struct poolset_line *l)
{
	struct pool_part *p = part_make(w, r, l);

	if (p) {
		p->path = l->path;
		p->why_missing = "it is no directory, while others of the replica are";
	}
	return p != NULL;
}

static bool numbers_take(struct set_work *w, struct pool_replica *r, const struct poolset_replica *t, const char **dirs,
			 const struct files *f)
{
	uint32_t next = 0;

	while (next < f->nr && f->file[next].number - r->nr <= GAP_MAX) {
		uint32_t turn = r->nr % t->nr;
		struct pool_part *p = part_make(w, r, t->parts[turn]);

		if (p == NULL)
			return false;
		if (f->file[next].number != p->idx) {
			p->path = arena_printf(w->arena, "%s/%06" PRIu32 ".pmem", dirs[turn] ? dirs[turn] : "", p->idx);
			p->why_missing = "there is no file of this number";
			continue;
		}
		if (!file_take(w, p, &f->file[next]))
			return false;
		for (next++; next < f->nr && f->file[next].number == p->idx; next++)
			if (!second(w, p, &f->file[next]))
				return false;
	}
	if (next < f->nr || f->left)
		r->node->note = arena_printf(w->arena, "%" PRIu32 " more numbered files are left out: too many, or too far "
					     "behind the last number", f->nr - next + f->left);
	return true;
}

bool set_dirs(struct set_work *w, struct pool_replica *r, const struct poolset_replica *t)
{
	const char **dirs = arena_array(w->arena, t->nr, sizeof(*dirs));
	struct files f = { NULL, 0, 0, 0 };

	r->directory = true;
	if (dirs == NULL || !files_read(w, r, t, dirs, &f)) {
		set_part_nomem(w);
		return false;
	}
	if (f.nr)
		qsort(f.file, f.nr, sizeof(*f.file), by_number);
	if (!numbers_take(w, r, t, dirs, &f))
		return false;
	if (r->nr == 0) {
		struct pool_part *p = part_make(w, r, t->parts[0]);

		if (p == NULL)
			return false;
		p->path = t->parts[0]->path;
		p->why_missing = "there are no numbered files in it";
	}
	for (uint32_t i = 0; i < t->nr; i++)
		if (dirs[i] == NULL && !other_line(w, r, t->parts[i]))
			return false;
	return true;
}
