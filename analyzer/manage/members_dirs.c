#include "analyzer/manage/members_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	NUMBER_MAX = 65536, /* part files of a replica: far more than a pool can have by its size */
	LINES_MAX = 1024,   /* directories of a set: each is compared with all others */
};

static bool is_directory(const char *path, struct stat *st)
{
	return stat(path, st) == 0 && S_ISDIR(st->st_mode);
}

bool members_dirs_is(const struct poolset *t)
{
	struct stat st;

	for (const struct poolset_replica *r = t->replicas; r; r = r->next)
		for (uint32_t i = 0; i < r->nr; i++)
			if (is_directory(r->parts[i]->path, &st))
				return true;
	return false;
}

static bool number_of(const char *name, uint32_t *out)
{
	char *end;
	unsigned long n;

	if (*name < '0' || *name > '9')
		return false;
	errno = 0;
	n = strtoul(name, &end, 10);
	*out = (uint32_t)n;
	return errno == 0 && n < UINT32_MAX && strcmp(end, ".pmem") == 0;
}

/* What is found of one replica: for each number the path, NULL where there is no such file. */
struct numbered {
	const char **path;
	uint32_t end; /* one past the highest number */
};

static bool directory_read(struct members *m, const char *dir, struct numbered *n, struct manage_error *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	uint32_t number;
	bool ok = true;

	if (d == NULL)
		return manage_fail(e, errno, "%s: %s: %s", m->path, dir, strerror(errno));
	while (ok && (entry = readdir(d)) != NULL) {
		if (!number_of(entry->d_name, &number))
			continue;
		if (number >= NUMBER_MAX)
			ok = manage_fail(e, EFBIG, "%s: %s/%s: part numbers end at %d", m->path, dir, entry->d_name,
					 NUMBER_MAX - 1);
		else if (n->path[number])
			ok = manage_fail(e, EEXIST, "%s: part %" PRIu32 " is there twice: %s and %s/%s", m->path, number,
					 n->path[number], dir, entry->d_name);
		else if ((n->path[number] = arena_printf(m->arena, "%s/%s", dir, entry->d_name)) == NULL)
			ok = manage_fail(e, ENOMEM, "%s: no memory", m->path);
		else if (number >= n->end)
			n->end = number + 1;
	}
	closedir(d);
	return ok;
}

static bool lines_judge(struct members *m, const struct poolset_replica *r, struct manage_error *e)
{
	struct stat a, b;

	for (uint32_t i = 0; i < r->nr; i++) {
		const struct poolset_line *l = r->parts[i];

		if (!is_directory(l->path, &a))
			return manage_fail(e, EINVAL, "%s:%" PRIu32 ": %s: it is no directory, and other parts are: all or none",
					   m->path, l->number, l->path);
		for (const struct poolset_replica *q = m->text->replicas; q; q = q->next)
			for (uint32_t k = 0; k < q->nr && q->parts[k] != l; k++)
				if (q->parts[k]->number < l->number && is_directory(q->parts[k]->path, &b) &&
				    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
					return manage_fail(e, EEXIST, "%s:%" PRIu32 ": %s: the same directory as line %" PRIu32,
							   m->path, l->number, l->path, q->parts[k]->number);
	}
	return true;
}

static bool replica_fill(struct members *m, const struct poolset_replica *r, uint32_t idx, struct manage_error *e)
{
	struct numbered n = { .path = arena_array(m->arena, NUMBER_MAX, sizeof(*n.path)) };

	if (n.path == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	for (uint32_t i = 0; i < r->nr; i++)
		if (!directory_read(m, r->parts[i]->path, &n, e))
			return false;
	if (n.end == 0 && m->flags & MEMBERS_EMPTY_DIRS)
		return true;
	if (n.end == 0)
		return manage_fail(e, ENOENT, "%s:%" PRIu32 ": %s: no part files (000000.pmem, ...) are in it: the pool was not "
				   "made yet, or they are lost", m->path, r->parts[0]->number, r->parts[0]->path);
	struct member *grown = arena_array(m->arena, (size_t)m->nr + n.end, sizeof(*grown));
	if (grown == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", m->path);
	if (m->nr)
		memcpy(grown, m->list, m->nr * sizeof(*grown));
	m->list = grown;
	for (uint32_t i = 0; i < n.end; i++) {
		struct member *p = &m->list[m->nr++];

		*p = (struct member){ .replica = idx, .part = i, .path = n.path[i], .line = r->parts[i % r->nr], .fd = -1 };
		if (p->path == NULL)
			p->path = arena_printf(m->arena, "%s/%06" PRIu32 ".pmem", p->line->path, i);
		if (p->path == NULL)
			return manage_fail(e, ENOMEM, "%s: no memory", m->path);
		if (!members_look(m, p, e))
			return false;
	}
	return true;
}



bool members_dirs(struct members *m, struct manage_error *e)
{
	uint32_t idx = 0, lines = 0;

	m->directories = true;
	for (const struct poolset_replica *r = m->text->replicas; r; r = r->next)
		lines += r->nr;
	if (lines > LINES_MAX)
		return manage_fail(e, EFBIG, "%s: more than %d directories", m->path, LINES_MAX);
	for (const struct poolset_replica *r = m->text->replicas; r; r = r->next)
		if (!lines_judge(m, r, e))
			return false;
	for (const struct poolset_replica *r = m->text->replicas; r; r = r->next, idx++)
		if (r->nr && !replica_fill(m, r, idx, e))
			return false;
	return true;
}
