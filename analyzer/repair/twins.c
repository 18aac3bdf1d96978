#include "analyzer/repair/twins.h"

#include "formats/base/uuid.h"
#include "formats/pool/set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a file is, and what its header says that it is. */
struct who {
	bool there, told;
	struct stat st;
	char pool[UUID_TEXT_LEN], part[UUID_TEXT_LEN];
};

static const struct pool_part *first_part(const struct pool_set *s)
{
	return s && s->nr && s->replicas[0]->nr ? s->replicas[0]->parts[0] : NULL;
}

static void who_is(const char *path, struct who *out)
{
	static const char *const none[] = { "" };
	struct analyze_options o = ANALYZE_OPTIONS;
	struct result r;

	*out = (struct who){ .there = false };
	out->there = stat(path, &out->st) == 0;
	if (!out->there)
		return;
	o.only = none; /* where things are, and no more */
	o.only_nr = 1;
	o.quick = true;
	analyze(path, &o, &r);
	const struct pool_part *p = r.status == STATUS_OK ? first_part(r.model.pool) : NULL;
	/* a set file is no part: it names all of them */
	out->told = p && p->hdr && p->sum != POOL_HDR_SUM_BAD && r.model.pool->text == NULL;
	if (out->told) {
		uuid_text_pmdk(p->hdr->poolset_uuid, out->pool);
		uuid_text_pmdk(p->hdr->uuid, out->part);
	}
	analyze_close(&r);
}

static bool same_file(const struct who *a, const struct who *b)
{
	bool device = S_ISCHR(a->st.st_mode) || S_ISBLK(a->st.st_mode);

	if (!a->there || !b->there || (a->st.st_mode & S_IFMT) != (b->st.st_mode & S_IFMT))
		return false;
	return device ? a->st.st_rdev == b->st.st_rdev : a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino;
}

static enum status among_themselves(const struct twins_place *places, const struct who *who, uint32_t i, struct problem *problem)
{
	for (uint32_t k = 0; k < i; k++) {
		if (places[k].path == NULL)
			continue;
		if (same_file(&who[k], &who[i]))
			return problem_set(problem, STATUS_USAGE, "%s: it is the same file as %s; nothing was written", places[i].path,
					   places[k].path);
		if (who[k].told && who[i].told && strcmp(who[k].part, who[i].part) == 0)
			return problem_set(problem, STATUS_USAGE, "%s: it is a twin of %s: both are part %s; nothing was written",
					   places[i].path, places[k].path, who[i].part);
	}
	return STATUS_OK;
}

static enum status of_the_plan(const struct plan_file *p, const struct twins_place *place, const struct who *who, bool copy_meant,
			       struct problem *problem)
{
	struct who original;

	if (who->told && p->pool[0] && strcmp(who->pool, p->pool) != 0 && strcmp(who->pool, p->pool_after) != 0)
		return problem_set(problem, STATUS_USAGE, "%s: it is of the pool %s, and the plan was made for %s; nothing was "
				   "written", place->path, who->pool, p->pool);
	if (place->original == NULL || copy_meant)
		return STATUS_OK;
	who_is(place->original, &original);
	if (!original.told || !who->told || same_file(&original, who) || strcmp(original.part, who->part) != 0)
		return STATUS_OK;
	return problem_set(problem, STATUS_USAGE, "%s: it is a twin of %s, which the plan was made for: both are part %s; nothing "
			   "was written: give no target to mend that one, or --copy if this one is meant", place->path,
			   place->original, who->part);
}

enum status twins_look(const struct plan_file *p, const struct twins_place *places, bool copy_meant, struct problem *problem)
{
	struct who *who = calloc(p->targets_nr ? p->targets_nr : 1, sizeof(*who));
	enum status st = who ? STATUS_OK : problem_set(problem, STATUS_NOMEM, "no memory to look at the targets");

	for (uint32_t i = 0; st == STATUS_OK && i < p->targets_nr; i++) {
		if (places[i].path == NULL)
			continue;
		who_is(places[i].path, &who[i]);
		st = among_themselves(places, who, i, problem);
		if (st == STATUS_OK)
			st = of_the_plan(p, &places[i], &who[i], copy_meant, problem);
	}
	free(who);
	return st;
}

static bool edited(const struct plan_file *p, const struct pool_part *part)
{
	char label[64];

	snprintf(label, sizeof(label), "replica[%" PRIu32 "].part[%" PRIu32 "]", part->replica, part->idx);
	for (uint64_t i = 0; i < p->edits_nr; i++)
		if (strcmp(p->targets[p->edits[i].target].label, label) == 0)
			return true;
	return false;
}

enum status twins_stray(const struct result *r, const struct plan_file *p, struct problem *problem)
{
	char uuid[UUID_TEXT_LEN];

	for (const struct pool_stray *t = r->model.pool ? r->model.pool->strays : NULL; t; t = t->next) {
		if (t->why != STRAY_DUPLICATE || t->twin == NULL || t->twin->item == NULL || t->hdr == NULL || !edited(p, t->twin))
			continue;
		uuid_text_pmdk(t->hdr->uuid, uuid);
		return problem_set(problem, STATUS_USAGE, "%s: it is a twin of %s: both are part %s; nothing was written: take away "
				   "the one that is not the pool's", t->twin->item->path, t->item->path, uuid);
	}
	return STATUS_OK;
}
