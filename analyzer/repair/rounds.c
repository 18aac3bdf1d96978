#include "analyzer/repair/rounds.h"

#include "analyzer/repair/replica.h"
#include "formats/image/overlay.h"

#include <string.h>

enum {
	ROUNDS_MAX = 24,
	LOOKS_MAX = 128, /* analyses to tell apart the steps of a plan that raises findings */
};

/* Fresh overlays over all items. False without memory. */
static bool overlays_open(const struct result *r, struct repair *rep)
{
	uint32_t i = 0;

	rep->edited = arena_array(r->arena, r->intake.nr, sizeof(struct image *));
	if (rep->edited == NULL)
		return false;
	for (const struct item *it = r->intake.first; it; it = it->next, i++)
		if ((rep->edited[i] = overlay_open(r->arena, it->image)) == NULL)
			return false;
	return true;
}

static struct image *edited(const struct intake *in, const struct repair *rep, const struct item *item)
{
	uint32_t i = 0;

	for (const struct item *it = in->first; it != item; it = it->next)
		i++;
	return rep->edited[i];
}

static bool step_lay(const struct intake *in, struct repair *rep, const struct step *s)
{
	if (s->longer && edited(in, rep, s->longer)->size < s->longer_len &&
	    !overlay_resize(edited(in, rep, s->longer), s->longer_len))
		return false;
	for (const struct edit *e = s->first; e; e = e->next)
		if (!overlay_write(edited(in, rep, e->item), e->at, e->now, (size_t)e->len))
			return false;
	return true;
}

/* The analysis of what the overlays show; the one before is given up. */
static enum status look_again(const struct result *r, const struct analyze_options *o, struct repair *rep)
{
	if (rep->analyzed)
		analyze_close(&rep->after);
	rep->analyzed = true;
	enum status st = analyze_again(r, rep->edited, o, &rep->after);
	/* that nothing of it is a pool any more is for the judge to see */
	return st == STATUS_UNSUPPORTED ? STATUS_OK : st;
}

/* What a sound replica holds comes before what is made anew, but not before what is safe. */
static void steps_ask(struct plan *p, const struct result *now, const struct replicas *rs)
{
	p->findings = now->findings;
	for (const struct finding *f = now->findings ? now->findings->first : NULL; f; f = f->next) {
		const struct step *before = p->last;
		/* label areas tell of each other, so that captures of namespaces are seen all at once */
		const struct model *of = f->of && f->of->ns == NULL ? f->of : &now->model;

		if (f->by->repair)
			f->by->repair(f->by, f, of, p);
		const struct step *own = before ? before->next : p->first;
		if (own == NULL || own->class != REPAIR_SAFE)
			replica_offer(rs, f, &now->model, p);
	}
}

/* Why the same step was put aside by a plan before this one; NULL: it was not. */
static const char *put_aside_before(const struct plan *before, const struct step *s)
{
	for (const struct step *o = before ? before->first : NULL; o; o = o->next)
		if (o->rejected && strcmp(o->fingerprint, s->fingerprint) == 0 && strcmp(o->says, s->says) == 0)
			return o->rejected;
	return NULL;
}

/* Chooses among the steps of one finding, from its proposal on. */
static void step_choose(const struct plan *p, const struct repair_options *ro, const struct plan *before, struct step *proposal)
{
	int which = ro->choose ? ro->choose(ro->ctx, p, proposal) : 0;
	struct step *s = which < 0 ? NULL : plan_which(p, proposal, which);

	if (s && s->class <= ro->most && s->edits_nr) {
		s->chosen = true;
		s->rejected = put_aside_before(before, s);
	}
}

static uint32_t steps_choose(struct plan *p, const struct repair_options *ro, const struct plan *before)
{
	uint32_t nr = 0;

	for (struct step *s = p->first; s; s = s->next)
		if (s->round == p->round && s->alternative_to == 0)
			step_choose(p, ro, before, s);
	for (struct step *s = p->first; s; s = s->next)
		nr += s->round == p->round && plan_made(s);
	return nr;
}

/* Was the same found before, by r or as something that could not be looked at? */
static bool known(const struct result *r, const struct finding *f)
{
	char mine[FINGERPRINT_LEN + 1], other[FINGERPRINT_LEN + 1];

	fingerprint_of(f, mine);
	for (const struct finding *g = r->findings->first; g; g = g->next) {
		fingerprint_of(g, other);
		if (strcmp(mine, other) == 0)
			return true;
	}
	for (const struct unchecked *u = r->findings->unchecked; u; u = u->next)
		if (u->by == f->by)
			return true;
	return false;
}

/* Is it the mark that a step leaves where something is lost? */
static bool meant(const struct plan *p, const struct finding *f)
{
	for (const struct step *s = p->first; s; s = s->next)
		if (plan_made(s) && s->leaves && strcmp(s->leaves, f->by->id) == 0)
			return true;
	return false;
}

/* Findings beyond notes that the edits brought: not there before, looked for, and not meant. NULL: none. */
static const struct finding *raised(const struct result *r, const struct plan *p, const struct result *after)
{
	const char *path;

	if (after->findings == NULL)
		return NULL;
	for (const struct finding *f = after->findings->first; f; f = f->next) {
		const char *rest;

		if (f->severity == NOTE || known(r, f) || meant(p, f))
			continue;
		/* a structure that could not be seen before cannot have been judged before */
		path = node_path(after->arena, f->node);
		const struct node *n = path ? node_find(r->model.root, path, &rest) : NULL;
		if (n && rest[0] == '\0' && n->state != NODE_LOST && n->state != NODE_OUTSIDE && n->state != NODE_ABSENT)
			return f;
	}
	return NULL;
}

static bool worse(const struct result *r, const struct repair *rep)
{
	return rep->after.status != STATUS_OK || raised(r, rep->plan, &rep->after) != NULL;
}

struct sieve {
	const struct result *r;
	const struct analyze_options *o;
	struct repair *rep;
	struct step **steps; /* all that were to be made, in order */
	uint32_t looks;
};

/* Shows what the first nr steps do on fresh overlays, without those put aside. */
static enum status sieve_look(struct sieve *v, uint32_t nr)
{
	v->looks++;
	if (!overlays_open(v->r, v->rep))
		return problem_set(&v->rep->problem, STATUS_NOMEM, "%s: no memory to judge the plan", v->r->path);
	for (uint32_t i = 0; i < nr; i++)
		if (plan_made(v->steps[i]) && !step_lay(&v->r->intake, v->rep, v->steps[i]))
			return problem_set(&v->rep->problem, STATUS_NOMEM, "%s: no memory to judge the plan", v->r->path);
	return look_again(v->r, v->o, v->rep);
}

static void put_aside(struct sieve *v, uint32_t from, uint32_t to)
{
	const struct finding *f = raised(v->r, v->rep->plan, &v->rep->after);
	const char *why = "the pool could not be read after it";

	if (f)
		why = arena_printf(v->r->arena, "%s would raise %s at %s", to - from == 1 ? "it" : "with those beside it, it",
				   f->by->id, finding_path(v->r->arena, f));
	for (uint32_t i = from; i < to; i++)
		v->steps[i]->rejected = why ? why : "it would raise a new finding";
}

/*
 * What raises a finding is not offered: such steps are looked for by halves, each half upon what stands before it. Where
 * there are many, no half is cut any more after LOOKS_MAX analyses: it is put aside whole. What is shown has the steps up to
 * `to`, and is worse than the pool was.
 */
static enum status steps_sift(struct sieve *v, uint32_t from, uint32_t to)
{
	const uint32_t middle = from + (to - from) / 2, starts[] = { from, middle }, ends[] = { middle, to };
	enum status st = STATUS_OK;

	if (to - from == 1 || v->looks >= LOOKS_MAX) {
		put_aside(v, from, to);
		return STATUS_OK;
	}
	for (int i = 0; i < 2 && st == STATUS_OK; i++) {
		st = sieve_look(v, ends[i]);
		if (st == STATUS_OK && worse(v->r, v->rep))
			st = steps_sift(v, starts[i], ends[i]);
	}
	return st;
}

static enum status plan_sift(const struct result *r, const struct analyze_options *o, struct repair *rep)
{
	struct sieve v = { .r = r, .o = o, .rep = rep };
	uint32_t nr = 0;

	for (struct step *s = rep->plan->first; s; s = s->next)
		nr += plan_made(s);
	v.steps = arena_array(r->arena, nr + 1, sizeof(struct step *));
	if (v.steps == NULL)
		return problem_set(&rep->problem, STATUS_NOMEM, "%s: no memory to judge the plan", r->path);
	nr = 0;
	for (struct step *s = rep->plan->first; s; s = s->next)
		if (plan_made(s))
			v.steps[nr++] = s;
	enum status st = nr ? steps_sift(&v, 0, nr) : STATUS_OK; /* the rounds have shown all of them */
	return st == STATUS_OK ? sieve_look(&v, nr) : st;
}

/* before: a plan whose steps that were put aside are not made; NULL: there is none. */
static enum status rounds_run(const struct result *r, const struct analyze_options *o,
			      const struct repair_options *ro, const struct replicas *rs, const struct plan *before,
			      struct repair *rep)
{
	struct plan *p = rep->plan;
	const struct result *now = r;

	while (rep->rounds < ROUNDS_MAX) {
		p->round = rep->rounds + 1;
		steps_ask(p, now, rs);
		if (p->problem.status != STATUS_OK)
			return problem_set(&rep->problem, p->problem.status, "%s: %s", r->path, p->problem.text);
		if (steps_choose(p, ro, before) == 0)
			return STATUS_OK;
		for (const struct step *s = p->first; s; s = s->next)
			if (s->round == p->round && plan_made(s) && !step_lay(&r->intake, rep, s))
				return problem_set(&rep->problem, STATUS_NOMEM, "%s: no memory for the plan", r->path);
		rep->rounds++;
		enum status st = look_again(r, o, rep);
		if (st != STATUS_OK)
			return st;
		now = &rep->after;
	}
	return STATUS_OK;
}

/* A fresh plan, and nothing made. False without memory. */
static bool plan_open(const struct result *r, struct repair *rep)
{
	rep->plan = ARENA_NEW(r->arena, struct plan);
	if (rep->plan == NULL || !overlays_open(r, rep))
		return false;
	*rep->plan = (struct plan){ .arena = r->arena, .intake = &r->intake };
	rep->rounds = 0;
	return true;
}

/* Were steps made in rounds after that of a step that was put aside? They may be for what only that one brought about. */
static bool built_on_sand(const struct plan *p)
{
	uint32_t first = UINT32_MAX;

	for (const struct step *s = p->first; s; s = s->next) {
		if (s->rejected && s->round < first)
			first = s->round;
		if (plan_made(s) && s->round > first)
			return true;
	}
	return false;
}

enum status repair_plan(const struct result *r, const struct analyze_options *o, const struct repair_options *ro,
			struct repair *out)
{
	struct replicas rs;
	enum status st;

	*out = (struct repair){ .plan = NULL };
	if (!plan_open(r, out))
		return problem_set(&out->problem, STATUS_NOMEM, "%s: no memory for a plan", r->path);
	st = replica_look(r, o, &rs, &out->problem);
	if (st == STATUS_OK)
		st = rounds_run(r, o, ro, &rs, NULL, out);
	if (st == STATUS_OK && out->analyzed && !ro->forced && worse(r, out))
		st = plan_sift(r, o, out);
	if (st == STATUS_OK && built_on_sand(out->plan)) {
		const struct plan *before = out->plan;

		st = plan_open(r, out) ? rounds_run(r, o, ro, &rs, before, out)
				       : problem_set(&out->problem, STATUS_NOMEM, "%s: no memory for a plan", r->path);
		if (st == STATUS_OK && out->rounds == 0)
			st = look_again(r, o, out); /* what was shown last had steps that are not made */
		if (st == STATUS_OK && worse(r, out))
			st = plan_sift(r, o, out);
	}
	replica_close(&rs);
	if (st == STATUS_OK && !plan_finish(out->plan))
		st = problem_set(&out->problem, STATUS_NOMEM, "%s: no memory for the plan", r->path);
	return st;
}

void repair_close(struct repair *rep)
{
	if (rep->analyzed)
		analyze_close(&rep->after);
	rep->analyzed = false;
}

int repair_choose_safe(void *ctx, const struct plan *p, const struct step *proposal)
{
	(void)ctx;
	(void)p;
	return proposal->class == REPAIR_SAFE ? 0 : -1;
}

bool repair_mendable(const struct findings *fs)
{
	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next)
		if (f->repair != REPAIR_NONE)
			return true;
	return false;
}
