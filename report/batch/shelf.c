#include "report/batch/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool head_read(const char *path, uint8_t *head, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = pread(fd, head, SNIFF_HEAD_LEN, 0);
	close(fd);
	*len = n > 0 ? (size_t)n : 0;
	return true; /* what cannot be read has no head, and is judged by its length */
}

static void say(struct batch_find *f, const char *path, const char *why)
{
	struct buf b = { .p = NULL };

	f->failed++;
	buf_printf(&b, "%s: %s; it is left out", path, why);
	if (f->say)
		f->say(f->ctx, buf_text(&b));
	buf_free(&b);
}

static enum status add(struct batch_shelf *s, const char *path, const struct stat *st, bool given, struct batch_find *f,
		       struct problem *p)
{
	uint8_t head[SNIFF_HEAD_LEN];
	size_t len;

	if (st->st_size == 0)
		return STATUS_OK;
	if (!head_read(path, head, &len)) {
		say(f, path, strerror(errno));
		return STATUS_OK;
	}
	if (s->nr == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct batch_shelf_file *more = realloc(s->files, room * sizeof(*more));

		if (more == NULL)
			return problem_set(p, STATUS_NOMEM, "no memory for the names of %zu files", room);
		s->files = more;
		s->room = room;
	}
	struct batch_shelf_file *it = &s->files[s->nr];
	*it = (struct batch_shelf_file){ .path = realpath(path, NULL), .size = (uint64_t)st->st_size, .dev = st->st_dev,
				   .ino = st->st_ino, .sniff = sniff_head(head, len), .given = given };
	if (it->path == NULL)
		return problem_set(p, errno == ENOMEM ? STATUS_NOMEM : STATUS_IO, "%s: %s", path, strerror(errno));
	s->nr++;
	return STATUS_OK;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Results of an earlier run inside of the tree are no evidence. */
static bool is_results(const char *dir)
{
	char *mark = NULL;
	bool is = asprintf(&mark, "%s/" BATCH_FIND_RESULTS, dir) > 0 && access(mark, F_OK) == 0;

	free(mark);
	return is;
}

static enum status tree_walk(struct batch_shelf *s, const char *path, struct batch_find *f, struct problem *p)
{
	char *const roots[] = { (char *)(uintptr_t)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	enum status st = STATUS_OK;
	FTSENT *e;

	if (tree == NULL)
		return problem_set(p, STATUS_IO, "%s: %s", path, strerror(errno));
	while (st == STATUS_OK && (e = fts_read(tree)) != NULL) {
		if (f->go_on && !f->go_on(f->ctx))
			st = problem_set(p, STATUS_INTERRUPTED, "interrupted");
		else if (e->fts_info == FTS_D && is_results(e->fts_accpath))
			fts_set(tree, e, FTS_SKIP);
		else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS)
			say(f, e->fts_path, strerror(e->fts_errno));
		else if (e->fts_info == FTS_F && S_ISREG(e->fts_statp->st_mode))
			st = add(s, e->fts_path, e->fts_statp, false, f, p);
	}
	fts_close(tree);
	return st;
}

enum status batch_shelf_walk(struct batch_shelf *s, const char *path, struct batch_find *f, struct problem *p)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return problem_set(p, STATUS_IO, "%s: %s; check the path and your permissions", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return tree_walk(s, path, f, p);
	if (!S_ISREG(st.st_mode))
		return problem_set(p, STATUS_UNSUPPORTED, "%s: neither a file nor a directory: a batch takes no devices", path);
	return add(s, path, &st, true, f, p);
}

static int by_path(const void *a, const void *b)
{
	const struct batch_shelf_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* One path given twice, or a file below a directory that was given too, is one file. */
void batch_shelf_sort(struct batch_shelf *s)
{
	size_t kept = 0;

	if (s->nr)
		qsort(s->files, s->nr, sizeof(*s->files), by_path);
	for (size_t i = 0; i < s->nr; i++) {
		if (kept && strcmp(s->files[kept - 1].path, s->files[i].path) == 0) {
			s->files[kept - 1].given |= s->files[i].given;
			free(s->files[i].path);
		} else {
			s->files[kept++] = s->files[i];
		}
	}
	s->nr = kept;
}

void batch_shelf_free(struct batch_shelf *s)
{
	for (size_t i = 0; i < s->nr; i++)
		free(s->files[i].path);
	free(s->files);
}
