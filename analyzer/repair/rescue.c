#include "analyzer/repair/rescue.h"

#include "formats/image/mapfile.h"

#include <inttypes.h>

enum { MEMORY = 512 << 20 }; /* a mapfile may have millions of lines */

/* Is a byte of [at, at+len) in none of the ranges that were read? */
static bool unread(const struct mapfile *m, uint64_t at, uint64_t len)
{
	uint64_t end = at + len;

	for (size_t i = 0; m && i < m->nr && at < end && m->runs[i].at <= at; i++)
		if (m->runs[i].at + m->runs[i].len > at)
			at = m->runs[i].at + m->runs[i].len;
	return m && at < end;
}

static enum status refuse(const char *path, uint64_t at, struct problem *problem)
{
	return problem_set(problem, STATUS_USAGE, "%s: its mapfile says that the bytes at 0x%" PRIx64 " were never read: what is written "
			   "there goes on to be unread, and ddrescue would write over it; nothing was written: write a mended copy "
			   "with --to", path, at);
}

enum status rescue_plan(const struct repair *rep, struct problem *problem)
{
	for (const struct step *s = rep->plan->first; s; s = s->next)
		for (const struct edit *e = plan_made(s) ? s->first : NULL; e; e = e->next)
			if (unread(e->item->source->map, e->at, e->len))
				return refuse(e->item->source->path, e->at, problem);
	return STATUS_OK;
}

enum status rescue_target(const struct plan_file *p, uint32_t target, const char *path, struct problem *problem)
{
	struct arena *a = arena_open(MEMORY);
	struct intake in = { .arena = a };
	struct problem quiet = { STATUS_OK, "" };
	enum status st = STATUS_OK;

	if (a == NULL)
		return problem_set(problem, STATUS_NOMEM, "%s: no memory", path);
	/* a target that cannot be opened is told by whoever writes to it; a mapfile that cannot be read, here */
	if (intake_open(&in, path, "target", "given", &quiet) == STATUS_UNSUPPORTED || quiet.status == STATUS_USAGE)
		st = problem_set(problem, quiet.status, "%s", quiet.text);
	const struct mapfile *m = in.first ? in.first->source->map : NULL;
	for (uint64_t i = 0; st == STATUS_OK && i < p->edits_nr; i++)
		if (p->edits[i].target == target && unread(m, p->edits[i].at, p->edits[i].len))
			st = refuse(path, p->edits[i].at, problem);
	intake_close(&in);
	arena_close(a);
	return st;
}
