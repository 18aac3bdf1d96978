/*
 * A replica whose parts are numbered files of directories: %06u.pmem, the counter running over the
 * whole replica, the directory chosen in turn. A number without a file is a missing part.
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
};

struct files {
	struct numbered *file;
	uint32_t nr, room;
	uint32_t left; /* more than are taken */
};

bool set_dirs_is(const struct set_work *w, const struct poolset_replica *t)
{
	struct stat st;

	return t->nr && set_dirs_path(w, t->parts[0]->path, &st) && S_ISDIR(st.st_mode);
}

static bool number_of(const char *name, uint32_t *out)
{
	size_t len = strlen(name);
	uint64_t n = 0;
	const char *p = name;

	if (len < 6 || strcmp(name + len - 5, ".pmem") != 0 || *p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9' && n <= UINT32_MAX; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*out = (uint32_t)n;
	return n < UINT32_MAX;
}

static bool files_add(struct set_work *w, struct files *f, const char *dir, const char *name)
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
	f->file[f->nr] = (struct numbered){ number, arena_printf(w->arena, "%s/%s", dir, name) };
	return f->file[f->nr++].path != NULL;
}

static bool files_read(struct set_work *w, struct files *f, const char *dir)
{
	DIR *d = opendir(dir);
	bool ok = true;

	if (d == NULL)
		return true;
	for (struct dirent *e; ok && (e = readdir(d)) != NULL;)
		ok = files_add(w, f, dir, e->d_name);
	closedir(d);
	return ok;
}

static int by_number(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->path, y->path);
}

static struct pool_part *part_make(struct set_work *w, struct pool_replica *r, const struct poolset_line *l, const char *dir)
{
	struct pool_part *p = set_part_add(w, r);

	if (p == NULL)
		return NULL;
	p->line = l;
	p->path = arena_printf(w->arena, "%s/%06" PRIu32 ".pmem", dir, p->idx);
	p->header_expected = set_find_header(w->s->text, p->idx);
	p->why_missing = "there is no file of this number";
	return p;
}

/* Two files of one number: the first by path is the part. */
static bool second(struct set_work *w, const struct pool_part *twin, const char *path)
{
	struct problem own = { STATUS_OK, "" };
	struct item *before = w->in->last;

	if (intake_open(w->in, path, "other file", "in a directory of the set file", &own) != STATUS_OK ||
	    w->in->last == before)
		return true;
	struct set_cand *c = set_cand_add(w, before ? before->next : w->in->first);
	return c && set_part_stray(w, c, STRAY_DUPLICATE, twin);
}

/* The lines that are no directories, where stock would refuse the whole. */
static bool others(struct set_work *w, struct pool_replica *r, const struct poolset_replica *t)
{
	for (uint32_t i = 0; i < t->nr; i++) {
		struct stat st;

		if (set_dirs_path(w, t->parts[i]->path, &st) && S_ISDIR(st.st_mode))
			continue;
		struct pool_part *p = set_part_add(w, r);
		if (p == NULL)
			return false;
		p->line = t->parts[i];
		p->path = t->parts[i]->path;
		p->header_expected = set_find_header(w->s->text, p->idx);
		p->why_missing = "it is no directory, while others of the replica are";
	}
	return true;
}

bool set_dirs(struct set_work *w, struct pool_replica *r, const struct poolset_replica *t)
{
	const char **dirs = arena_array(w->arena, t->nr, sizeof(*dirs));
	struct files f = { NULL, 0, 0, 0 };
	uint32_t dirs_nr = 0, next = 0;

	r->directory = true;
	for (uint32_t i = 0; dirs && i < t->nr; i++) {
		struct stat st;
		const char *dir = set_dirs_path(w, t->parts[i]->path, &st);

		if (dir == NULL || !S_ISDIR(st.st_mode))
			continue;
		dirs[dirs_nr++] = dir;
		node_fact_text(w->arena, r->node, "directory", dir);
		node_fact_uint(w->arena, r->node, "room set aside", KIND_SIZE, t->parts[i]->size);
		if (!files_read(w, &f, dir))
			dirs = NULL;
	}
	if (dirs == NULL) {
		set_part_nomem(w);
		return false;
	}
	if (f.nr)
		qsort(f.file, f.nr, sizeof(*f.file), by_number);
	while (next < f.nr && f.file[next].number - r->nr <= GAP_MAX) {
		struct pool_part *p = part_make(w, r, t->parts[r->nr % t->nr], dirs[r->nr % dirs_nr]);

		if (p == NULL)
			return false;
		if (f.file[next].number != p->idx)
			continue;
		p->path = f.file[next].path;
		(void)set_find_path(w, p, p->path, PART_SET_PATH);
		for (next++; next < f.nr && f.file[next].number == p->idx; next++)
			if (!second(w, p, f.file[next].path))
				return false;
	}
	if (r->nr == 0 && part_make(w, r, t->parts[0], dirs[0]) == NULL)
		return false;
	if (next < f.nr || f.left)
		r->node->note = arena_printf(w->arena, "%" PRIu32 " more numbered files are left out: too many, or too far "
					     "behind the last number", f.nr - next + f.left);
	return others(w, r, t) && w->p->status == STATUS_OK;
}
