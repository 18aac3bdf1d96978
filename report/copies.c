#include "report/copies.h"

#include "analyzer/repair/apply.h"
#include "formats/pool/set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A name of its own in the directory: the part's old one when no other part has it. */
static char *copy_path(const struct result *r, const struct item *item, const struct pool_part *p, const char *dir)
{
	char *path;
	bool clash = false;

	for (const struct item *it = r->intake.first; it; it = it->next)
		clash |= it->source != item->source && strcmp(it->name, item->name) == 0;
	if (clash || item->name[0] == '\0' || strchr(item->name, '/') || strcmp(item->name, "pool.set") == 0)
		return asprintf(&path, "%s/replica%" PRIu32 "-part%" PRIu32, dir, p->replica, p->idx) < 0 ? NULL : path;
	return asprintf(&path, "%s/%s", dir, item->name) < 0 ? NULL : path;
}

void copies_set_begin(FILE *set, const struct result *r)
{
	fprintf(set, "PMEMPOOLSET\n%s", r->model.pool->singlehdr ? "OPTION SINGLEHDR\n" : "");
}

/* r: what was repaired, whose items the edited images are of; part may be of the analysis after it. */
static enum status part_write(const struct result *r, const struct repair *rep, const struct pool_part *part, const char *dir,
			      FILE *set, struct problem *p)
{
	uint32_t i = 0;

	if (part->item == NULL || part->same_file)
		return STATUS_OK;
	for (const struct item *it = r->intake.first; it && it->source != part->item->source; it = it->next)
		i++;
	char *path = copy_path(r, part->item, part, dir);
	enum status st = path ? apply_copy(rep->edited[i], path, p) : problem_set(p, STATUS_NOMEM, "%s: no memory", dir);
	if (path)
		fprintf(set, "%" PRIu64 " %s\n", rep->edited[i]->size, path);
	free(path);
	return st;
}

static enum status several(const char *to, const struct result *r, const struct repair *rep, struct problem *p)
{
	/* a set file that is mended may list the parts in another order */
	const struct result *now = rep->analyzed && rep->after.model.pool ? &rep->after : r;
	const struct pool_set *s = now->model.pool;
	char *dir = NULL, *set_path = NULL;
	FILE *set = NULL;
	enum status st = STATUS_OK;

	if (mkdir(to, 0700) != 0 || (dir = realpath(to, NULL)) == NULL)
		return problem_set(p, STATUS_IO, "%s: %s; name a new directory", to, strerror(errno));
	if (asprintf(&set_path, "%s/pool.set", dir) >= 0 && (set = fopen(set_path, "wxe")) != NULL)
		copies_set_begin(set, now);
	for (uint32_t k = 0; set && s && k < s->nr; k++) {
		bool any = false;

		for (uint32_t n = 0; n < s->replicas[k]->nr; n++)
			any |= s->replicas[k]->parts[n]->item != NULL;
		if (k && any)
			fprintf(set, "REPLICA\n");
		for (uint32_t n = 0; st == STATUS_OK && n < s->replicas[k]->nr; n++)
			st = part_write(r, rep, s->replicas[k]->parts[n], dir, set, p);
	}
	if (set == NULL || fclose(set) != 0)
		st = problem_set(p, STATUS_IO, "%s/pool.set: %s", dir, strerror(errno));
	free(set_path);
	free(dir);
	return st;
}

enum status copies_write(const char *to, const struct result *r, const struct repair *rep, struct problem *p)
{
	return r->intake.nr > 1 ? several(to, r, rep, p) : apply_copy(rep->edited[0], to, p);
}
