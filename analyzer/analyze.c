#include "analyzer/analyze.h"

#include "analyzer/capture/told.h"
#include "analyzer/facts/ending.h"
#include "analyzer/device/device.h"
#include "analyzer/facts/btt_recovery.h"
#include "analyzer/facts/btt_story.h"
#include "analyzer/facts/facts.h"
#include "analyzer/facts/obj_tell.h"
#include "analyzer/facts/obj_recovery.h"
#include "analyzer/facts/obj_story.h"
#include "analyzer/verdict.h"
#include "formats/formats.h"

#include <string.h>

enum { COUNTERS_MAX = 4 << 20 }; /* bytes of `ndctl list` output looked at */

static bool matches(const char *const *list, size_t nr, const char *id)
{
	for (size_t i = 0; i < nr; i++) {
		size_t len = strlen(list[i]);

		if (len && list[i][len - 1] == '*' ? strncmp(list[i], id, len - 1) == 0 : strcmp(list[i], id) == 0)
			return true;
	}
	return false;
}

static bool wanted(void *ctx, const struct check *c)
{
	const struct analyze_options *o = ctx;

	return (o->only_nr == 0 || matches(o->only, o->only_nr, c->id)) && !matches(o->skip, o->skip_nr, c->id);
}

/* The device's counters now, from a file that somebody made beside the capture. */
static enum status counters_take(const struct analyze_options *o, struct arena *a, struct counters **out,
				 struct problem *p)
{
	struct intake in = { .arena = a, .options = o->intake };
	const char *why = NULL;
	struct span text;

	if (o->ndctl_json == NULL)
		return STATUS_OK;
	in.options.overlap = false;
	enum status st = intake_open(&in, o->ndctl_json, "device counters", "given", p);
	if (st == STATUS_OK) {
		struct image *im = in.first ? in.first->image : NULL;

		*out = ARENA_NEW(a, struct counters);
		if (*out == NULL)
			st = problem_set(p, STATUS_NOMEM, "%s: no memory", o->ndctl_json);
		else if (im == NULL || im->size > COUNTERS_MAX || !image_span(im, a, 0, im->size, &text) ||
			 !counters_read((const char *)text.p, text.len, *out, &why))
			st = problem_set(p, STATUS_USAGE, "%s: %s; give the output of 'ndctl list -D -H'", o->ndctl_json,
					 why ? why : "it could not be read");
	}
	intake_close(&in);
	return st;
}

/*
 * The same from the capture, as its machine saw them then, or from this machine, when the pool is live; and only
 * when the state of one of its replicas names a device at all.
 */
static void counters_ask(const struct result *r, const struct analyze_options *o, struct counters **out)
{
	const struct pool_set *s = r->model.pool;
	bool named = false;
	const char *why;

	for (uint32_t i = 0; s && i < s->nr; i++) {
		const struct pool_hdr *h = s->replicas[i]->nr ? s->replicas[i]->parts[0]->hdr : NULL;

		named |= h && (h->sds_usc || h->sds_uuid);
	}
	if (!named)
		return;
	*out = ARENA_NEW(r->arena, struct counters);
	if (*out && !told_counters(r->intake.manifest, *out) && !device_counters(s, *out, &why) && o->in_place)
		**out = (struct counters){ .known = true };
}

static struct findings *judge(const struct model *m, const struct analyze_options *o, struct arena *a,
			      const struct counters *now)
{
	struct findings *fs = findings_open(a, o->max_findings);

	if (fs) {
		fs->deep = o->deep;
		fs->facts->counters = now;
		fs->facts->root_types = o->roots;
		fs->facts->root_types_nr = o->roots_nr;
		fs->facts->take_back = o->take_back;
		checks_run(m, fs, wanted, (void *)(uintptr_t)o);
	}
	return fs;
}

/*
 * What was going on, what the library would make of it, and what the checks say of that. They look at
 * the content alone: recovery leaves headers and set files as they are.
 */
static enum status foresee(struct result *r, const struct analyze_options *o)
{
	for (const struct model *m = NULL; (m = model_next(&r->model, m)) != NULL && r->recovery == NULL;) {
		r->story = m->obj ? obj_story(r->arena, m, !o->quick) : btt_story(r->arena, m);
		r->recovery = m->obj ? obj_recovery(r->arena, m) : btt_recovery(r->arena, m);
		if (r->recovery == NULL || r->recovery->after == NULL || r->recovery->findings)
			continue;
		struct model *after = ARENA_NEW(r->arena, struct model);
		struct node *root = node_group(r->arena, NULL, "");

		if (after == NULL || root == NULL)
			return problem_set(&r->problem, STATUS_NOMEM, "%s: no memory to simulate recovery", r->path);
		*after = (struct model){ .arena = r->arena, .intake = m->intake, .root = root, .format = m->format,
					 .pool = m->pool, .logical = r->recovery->after, .replica = m->replica };
		enum status st = formats_decode_content(after, root, &r->problem);
		if (st != STATUS_OK)
			return st;
		after->pool = NULL;
		r->recovery->model = after;
		r->recovery->findings = judge(after, o, r->arena, NULL);
		if (r->recovery->findings == NULL)
			return problem_set(&r->problem, STATUS_NOMEM, "%s: no memory to simulate recovery", r->path);
	}
	return STATUS_OK;
}

/* What is wrong; read in the evidence's order while it still comes, so before its end is waited for. */
static enum status find(struct result *r, const struct analyze_options *o, const struct set_options *set,
			const struct counters *now)
{
	enum status st;
	bool again;

	do {
		r->findings = judge(&r->model, o, r->arena, now);
		if (r->findings == NULL)
			return problem_set(&r->problem, STATUS_NOMEM, "%s: no memory", r->path);
		st = formats_settle(&r->model, set, &again, &r->problem);
	} while (st == STATUS_OK && again);
	return st;
}

static enum status sources_open(struct result *r, const char *path, const struct analyze_options *o)
{
	enum status st = intake_open(&r->intake, path, "source", "given", &r->problem);

	for (size_t i = 0; st == STATUS_OK && i < o->beside_nr; i++)
		st = intake_open(&r->intake, o->beside[i], "source", "given", &r->problem);
	r->intake.group |= o->beside_nr > 0;
	return st;
}

/* A stream whose end is not known may have to be opened again, by its true length. */
static bool settled(const struct intake *in)
{
	for (const struct item *it = in->first; it; it = it->next)
		if (it->image->unsettled)
			return false;
	return true;
}

static enum status look(const char *path, const struct analyze_options *o, struct result *r)
{
	struct set_options set = { .maps = o->maps, .maps_nr = o->maps_nr, .replica = o->replica };
	struct counters *now = NULL;
	enum status st;

	r->model.root = node_group(r->arena, NULL, "");
	if (r->model.root == NULL)
		return problem_set(&r->problem, STATUS_NOMEM, "%s: no memory", path);
	st = counters_take(o, r->arena, &now, &r->problem);
	if (st == STATUS_OK)
		st = sources_open(r, path, o);
	if (st == STATUS_OK)
		st = formats_decode(&r->model, &set, &r->problem);
	if (st != STATUS_OK)
		return st;
	if (now == NULL)
		counters_ask(r, o, &now);
	bool all_open = settled(&r->intake);
	if (all_open && o->opened)
		o->opened(o->opened_ctx);
	st = find(r, o, &set, now);
	if (st != STATUS_OK)
		return st;
	if (!all_open && o->opened)
		o->opened(o->opened_ctx);
	obj_tell(r->arena, &r->model, r->findings->facts);
	if (r->model.pool)
		r->ending = ending_of(r->model.pool, now);
	return foresee(r, o);
}

/* What our own work could not do although the evidence is there: out of memory, or reading failed. */
static enum status hidden_failure(struct result *r)
{
	if (arena_failed(r->arena))
		return problem_set(&r->problem, STATUS_NOMEM,
				   "%s: the memory set aside for one analysis ran out; give more with --memory", r->path);
	for (const struct item *it = r->intake.first; it; it = it->next)
		if (it->image->problem.status != STATUS_OK)
			return problem_set(&r->problem, it->image->problem.status, "%s", it->image->problem.text);
	return STATUS_OK;
}

static bool begin(const char *path, const struct analyze_options *o, struct result *out)
{
	*out = (struct result){ .path = path, .verdict = "unread" };
	out->arena = arena_open(o->memory);
	if (out->arena == NULL) {
		out->status = problem_set(&out->problem, STATUS_NOMEM, "%s: no memory", path);
		out->sentence = out->problem.text;
		return false;
	}
	out->intake = (struct intake){ .arena = out->arena, .options = o->intake };
	out->model = (struct model){ .arena = out->arena, .intake = &out->intake, .format = "unknown" };
	return true;
}

static enum status end(struct result *out, const struct analyze_options *o, enum status st)
{
	if (st == STATUS_OK && !o->no_map)
		out->map = map_make(out->arena, &out->model, out->findings, out->story);
	out->status = st == STATUS_OK ? hidden_failure(out) : st;
	verdict_make(out);
	return out->status;
}

enum status analyze(const char *path, const struct analyze_options *o, struct result *out)
{
	enum status st, late;

	if (!begin(path, o, out))
		return out->status;
	st = look(path, o, out);
	/* also after a failure: what was hashed and counted by then is told */
	late = intake_finish(&out->intake, &out->problem);
	return end(out, o, st == STATUS_OK ? late : st);
}

enum status analyze_again(const struct result *first, struct image *const *images, const struct analyze_options *o,
			  struct result *out)
{
	struct intake_again again = { &first->intake, images };
	enum status st;

	if (!begin(first->path, o, out))
		return out->status;
	out->intake.again = &again;
	st = look(first->path, o, out);
	out->intake.again = NULL;
	return end(out, o, st);
}

void analyze_close(struct result *r)
{
	intake_close(&r->intake);
	arena_close(r->arena);
	r->arena = NULL;
}
