/*
 * Files beside the set file, looked at only when parts are missing. Each is opened, its first page
 * read, and closed again; those that have a place are opened for good later. Those with a name of
 * the set file come first, so that the bound on their number leaves out the unlikely ones.
 */
#include "formats/pool/set_work.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOKED_AT_MAX = 1024, NAMES_MAX = 100000 };

struct names {
	const char **name;
	size_t nr, room;
};

static int by_cmp(const void *a, const void *b)
{
	return set_name_cmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* False without memory. */
static bool names_add(struct set_work *w, struct names *n, const char *name)
{
	if (n->nr == n->room) {
		size_t room = n->room ? n->room * 2 : 64;
		const char **grown = arena_array(w->arena, room, sizeof(*grown));

		if (grown == NULL)
			return false;
		if (n->nr)
			memcpy(grown, n->name, n->nr * sizeof(*grown));
		n->name = grown;
		n->room = room;
	}
	n->name[n->nr++] = name;
	return true;
}

/* The names of the parts that are missing, in their order of set_name_cmp. */
static bool names_wanted(struct set_work *w, struct names *out)
{
	*out = (struct names){ NULL, 0, 0 };
	for (uint32_t r = 0; r < w->s->nr; r++)
		for (uint32_t i = 0; i < w->s->replicas[r]->nr; i++) {
			const struct pool_part *p = w->s->replicas[r]->parts[i];

			if (p->item == NULL && p->path && !names_add(w, out, set_name_last(p->path)))
				return false;
		}
	if (out->nr)
		qsort(out->name, out->nr, sizeof(*out->name), by_cmp);
	return true;
}

static bool names_have(const struct names *n, const char *name)
{
	return n->nr && bsearch(&name, n->name, n->nr, sizeof(*n->name), by_cmp) != NULL;
}

/* What lies in dir: those that are wanted by name, then the others; each in order. */
static bool names_read(struct set_work *w, const char *dir, const struct names *wanted, struct names *out)
{
	struct names other = { NULL, 0, 0 };
	DIR *d = opendir(dir);
	bool ok = true;

	*out = (struct names){ NULL, 0, 0 };
	if (d == NULL)
		return true;
	for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
		if (e->d_type != DT_REG && e->d_type != DT_LNK && e->d_type != DT_UNKNOWN)
			continue;
		if (out->nr + other.nr == NAMES_MAX) {
			w->s->beside_left++;
			continue;
		}
		const char *name = arena_text(w->arena, e->d_name);
		ok = name && names_add(w, names_have(wanted, name) ? out : &other, name);
	}
	closedir(d);
	if (out->nr)
		qsort(out->name, out->nr, sizeof(*out->name), by_bytes);
	if (other.nr)
		qsort(other.name, other.nr, sizeof(*other.name), by_bytes);
	for (size_t i = 0; ok && i < other.nr; i++)
		ok = names_add(w, out, other.name[i]);
	return ok;
}

/* Reads the first page of path, through what compression there is. False without memory. */
static bool look(struct set_work *w, const char *path, bool wanted)
{
	struct intake probe = { .arena = w->arena, .options = w->in->options, .again = w->in->again };
	struct problem own = { STATUS_OK, "" };
	struct set_cand c = { .item = NULL };

	probe.options.overlap = true; /* its end is of no interest */
	probe.options.hash_plain = false;
	probe.options.mapfile = NULL;
	enum status st = intake_open(&probe, path, "part", "beside", &own);
	if (st == STATUS_OK && probe.nr == 1) {
		c.size = probe.first->image->unsettled ? 0 : probe.first->image->size;
		set_cand_look(&c, probe.first->image);
	}
	bool kept = probe.nr == 1 && !c.set_file && (c.header || wanted);
	intake_close(&probe);
	if (!kept)
		return st != STATUS_NOMEM;
	struct set_cand *added = set_cand_add(w, NULL);
	if (added == NULL)
		return false;
	c.idx = added->idx;
	*added = c;
	added->path = path;
	added->name = set_name_last(path);
	return true;
}

bool set_beside(struct set_work *w)
{
	const struct item *text = w->s->text_item;
	const char *slash = strrchr(text->path, '/');
	struct names wanted, names;

	if (slash == NULL)
		return true;
	const char *dir = arena_copy(w->arena, text->path, (size_t)(slash - text->path) + 1);
	if (dir == NULL || !names_wanted(w, &wanted) || !names_read(w, dir, &wanted, &names)) {
		set_part_nomem(w);
		return false;
	}
	for (size_t i = 0; i < names.nr; i++) {
		const char *path = arena_printf(w->arena, "%s%s", dir, names.name[i]);
		struct stat st;

		if (path == NULL) {
			set_part_nomem(w);
			return false;
		}
		if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
		    (st.st_dev == text->dev && st.st_ino == text->ino) || set_part_same(w, st.st_dev, st.st_ino))
			continue;
		if (w->s->beside_seen == LOOKED_AT_MAX) {
			w->s->beside_left++;
			continue;
		}
		w->s->beside_seen++;
		if (!look(w, path, names_have(&wanted, names.name[i]))) {
			set_part_nomem(w);
			return false;
		}
	}
	return true;
}
