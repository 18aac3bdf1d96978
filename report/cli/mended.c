#include "report/cli/mended.h"

#include "analyzer/repair/apply.h"
#include "formats/pool/set.h"
#include "report/outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A name of its own in the directory: the part's old one when no other part has it. */
static char *copy_path(const struct result *r, const struct item *item, const struct pool_part *p, const char *dir)
{
	char *path;
	bool clash = false;

	for (const struct item *it = r->intake.first; it; it = it->next)
		clash |= it != item && strcmp(it->name, item->name) == 0;
	if (clash || item->name[0] == '\0' || strchr(item->name, '/') || strcmp(item->name, "pool.set") == 0)
		return asprintf(&path, "%s/replica%" PRIu32 "-part%" PRIu32, dir, p->replica, p->idx) < 0 ? NULL : path;
	return asprintf(&path, "%s/%s", dir, item->name) < 0 ? NULL : path;
}

static void set_begin(FILE *set, const struct result *r)
{
	fprintf(set, "PMEMPOOLSET\n%s", r->model.pool->singlehdr ? "OPTION SINGLEHDR\n" : "");
}

static int copies_write(struct cli *c, const char *to, const struct result *r, const struct repair *rep)
{
	struct problem problem = { STATUS_OK, "" };
	char *dir = NULL, *set_path = NULL;
	FILE *set = NULL;
	uint32_t i = 0, replica = 0;
	enum status st = STATUS_OK;

	if (mkdir(to, 0700) != 0 || (dir = realpath(to, NULL)) == NULL)
		return cli_error(c, EXIT_FAILED, "%s: %s; name a new directory", to, strerror(errno));
	if (asprintf(&set_path, "%s/pool.set", dir) >= 0 && (set = fopen(set_path, "wxe")) != NULL)
		set_begin(set, r);
	for (const struct item *it = r->intake.first; set && st == STATUS_OK && it; it = it->next, i++) {
		const struct pool_part *p = pool_set_part_of(r->model.pool, it);
		char *path;

		if (p == NULL)
			continue;
		path = copy_path(r, it, p, dir);
		if (p->replica != replica)
			fprintf(set, "REPLICA\n");
		replica = p->replica;
		st = path ? apply_copy(rep->edited[i], path, &problem)
			  : problem_set(&problem, STATUS_NOMEM, "%s: no memory", dir);
		if (path)
			fprintf(set, "%" PRIu64 " %s\n", it->image->size, path);
		free(path);
	}
	if (set == NULL || fclose(set) != 0)
		st = problem_set(&problem, STATUS_IO, "%s/pool.set: %s", dir, strerror(errno));
	free(set_path);
	free(dir);
	return st == STATUS_OK ? EXIT_CLEAN : cli_error(c, (int)outcome_of_status(st), "%s", problem.text);
}

int mended_copy(struct cli *c, const char *to, const struct result *r, const struct repair *rep)
{
	struct problem problem = { STATUS_OK, "" };

	if (r->intake.nr > 1)
		return copies_write(c, to, r, rep);
	enum status st = apply_copy(rep->edited[0], to, &problem);
	return st == STATUS_OK ? EXIT_CLEAN : cli_error(c, (int)outcome_of_status(st), "%s", problem.text);
}

int mended_set(struct cli *c, const char *path, const struct result *r)
{
	const struct pool_set *s = r->model.pool;
	FILE *set;
	bool good = true;

	for (uint32_t i = 0; s && i < s->nr; i++)
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++)
			good &= s->replicas[i]->parts[k]->item != NULL && s->replicas[i]->parts[k]->item->source->layers &&
				s->replicas[i]->parts[k]->item->source->layers->next == NULL && !s->replicas[i]->parts[k]->gap_before;
	if (s == NULL || s->nr == 0 || !good)
		return cli_error(c, EXIT_USAGE, "%s: parts are missing, compressed or in an archive: a set file cannot name them",
				 r->path);
	set = fopen(path, "wxe");
	if (set == NULL)
		return cli_error(c, EXIT_USAGE, "%s: %s; name a new file", path, strerror(errno));
	set_begin(set, r);
	for (uint32_t i = 0; i < s->nr; i++) {
		if (i)
			fprintf(set, "REPLICA\n");
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++) {
			const struct item *it = s->replicas[i]->parts[k]->item;
			char whole[PATH_MAX];

			good &= realpath(it->path, whole) != NULL;
			if (good)
				fprintf(set, "%" PRIu64 " %s\n", it->image->size, whole);
		}
	}
	good &= ferror(set) == 0;
	if (fclose(set) != 0 || !good)
		return cli_error(c, EXIT_FAILED, "%s: %s", path, strerror(errno));
	return EXIT_CLEAN;
}

void mended_losses(const struct result *r, const struct repair *rep, struct page *p)
{
	const struct result *after = rep->analyzed ? &rep->after : r;
	uint64_t nr = 0;

	page_heading(p, "Not in the mended pool");
	for (const struct item *it = r->intake.first; it; it = it->next) {
		uint64_t lost = 0;

		for (uint64_t at = 0; at < it->image->size;) {
			struct extent e = image_extent(it->image, at);

			if (e.len == 0)
				break;
			lost += e.kind == EXTENT_LOST ? e.len : 0;
			at += e.len;
		}
		if (lost)
			page_text(p, 2, "%s: %" PRIu64 " bytes could not be read; they are zero now", it->name, lost);
		nr += lost != 0;
	}
	for (const struct step *s = rep->plan->first; s; s = s->next)
		if (plan_made(s) && s->loses) {
			page_text(p, 2, "by step %" PRIu32 ", for %s: %s", s->nr, s->path ? s->path : s->by->id, s->loses);
			nr++;
		}
	for (const struct finding *f = after->findings ? after->findings->first : NULL; f; f = f->next)
		if (f->severity == ERROR) {
			page_text(p, 2, "still wrong: %s at %s", f->by->says, finding_path(r->arena, f));
			nr++;
		}
	if (nr == 0)
		page_text(p, 2, "nothing: all that was there is there");
}
