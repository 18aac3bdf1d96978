#include "report/batch/collect.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct batch_entry *at;
	size_t nr, room;
};

static bool add(struct list *l, const char *id, const char *results, size_t rank)
{
	if (l->nr == l->room) {
		size_t room = l->room ? l->room * 2 : 256;
		struct batch_entry *more = realloc(l->at, room * sizeof(*more));

		if (more == NULL)
			return false;
		l->at = more;
		l->room = room;
	}
	memcpy(l->at[l->nr].id, id, BATCH_ID_LEN + 1);
	l->at[l->nr].rank = rank;
	l->at[l->nr++].results = results;
	return true;
}

/* One of the 256: that it is not there is no fault. */
static bool shelf_read(struct list *l, const char *results, size_t rank, unsigned nr)
{
	char *path = NULL, two[3];
	bool good = asprintf(&path, "%s/%02x", results, nr) > 0;
	DIR *d = good ? opendir(path) : NULL;

	snprintf(two, sizeof(two), "%02x", nr);
	for (struct dirent *e; good && d && (e = readdir(d)) != NULL;)
		if (batch_id_good(e->d_name) && strncmp(e->d_name, two, 2) == 0)
			good = add(l, e->d_name, results, rank);
	if (d)
		closedir(d);
	free(path);
	return good;
}

static int by_id(const void *a, const void *b)
{
	const struct batch_entry *x = a, *y = b;
	int cmp = strcmp(x->id, y->id);

	return cmp ? cmp : (x->rank > y->rank) - (x->rank < y->rank);
}

struct batch_entry *batch_collect(const char *const *results, size_t nr, size_t *out_nr, struct problem *p)
{
	struct list l = { .at = NULL };
	size_t kept = 0;

	for (size_t i = 0; i < nr; i++) {
		DIR *d = opendir(results[i]);

		if (d == NULL) {
			problem_set(p, STATUS_IO, "%s: %s; name a directory that 'pmemscope batch' wrote", results[i], strerror(errno));
			free(l.at);
			return NULL;
		}
		closedir(d);
		for (unsigned two = 0; two < 256; two++)
			if (!shelf_read(&l, results[i], i, two)) {
				problem_set(p, STATUS_NOMEM, "no memory");
				free(l.at);
				return NULL;
			}
	}
	if (l.nr)
		qsort(l.at, l.nr, sizeof(*l.at), by_id);
	for (size_t i = 0; i < l.nr; i++)
		if (kept == 0 || strcmp(l.at[kept - 1].id, l.at[i].id) != 0)
			l.at[kept++] = l.at[i];
	*out_nr = kept;
	if (kept)
		return l.at;
	problem_set(p, STATUS_UNSUPPORTED, "%s: no result of 'pmemscope batch' there", nr ? results[0] : "");
	free(l.at);
	return NULL;
}
