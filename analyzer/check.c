#include "analyzer/check.h"

#include "analyzer/facts/facts.h"

#include <stdlib.h>
#include <string.h>

struct findings *findings_open(struct arena *a, uint32_t keep)
{
	struct findings *fs = ARENA_NEW(a, struct findings);
	size_t nr = 0;

	for (size_t t = 0; t < check_tables_nr; t++)
		nr += check_tables[t]->nr;
	if (fs == NULL)
		return NULL;
	fs->arena = a;
	fs->keep = keep;
	fs->tallies = arena_array(a, nr, sizeof(*fs->tallies));
	fs->facts = ARENA_NEW(a, struct facts);
	if (fs->tallies == NULL || fs->facts == NULL)
		return NULL;
	*fs->facts = (struct facts){ .arena = a, .keep = keep };
	for (size_t t = 0; t < check_tables_nr; t++)
		for (size_t i = 0; i < check_tables[t]->nr; i++)
			fs->tallies[fs->tallies_nr++].by = &check_tables[t]->checks[i];
	return fs;
}

static struct tally *tally_of(struct findings *fs, const struct check *by)
{
	for (size_t i = 0; i < fs->tallies_nr; i++)
		if (fs->tallies[i].by == by)
			return &fs->tallies[i];
	return NULL;
}

/* What another check said of the same structure explains this one. */
static bool silenced(struct findings *fs, const struct finding *f)
{
	const struct tally *first = f->by->after ? tally_of(fs, check_find(f->by->after)) : NULL;

	for (const struct finding *g = fs->first; first && first->nr > 0 && g; g = g->next)
		if (g->by == first->by && g->node == f->node && (!g->numbered || !f->numbered || g->idx == f->idx))
			return true;
	return false;
}

void findings_add_as(struct findings *fs, enum severity severity, struct finding f)
{
	struct tally *t = tally_of(fs, f.by);

	/* past what is kept they are counted without a look: it would be one for each finding at each finding */
	if (t && t->nr < fs->keep && silenced(fs, &f))
		return;
	fs->nr[severity]++;
	if (t && t->nr++ >= fs->keep)
		return;
	struct finding *kept = ARENA_NEW(fs->arena, struct finding);
	if (kept == NULL)
		return;
	*kept = f;
	kept->severity = severity;
	kept->of = fs->of;
	kept->next = NULL;
	if (fs->last)
		fs->last->next = kept;
	else
		fs->first = kept;
	fs->last = kept;
}

void findings_add(struct findings *fs, struct finding f)
{
	findings_add_as(fs, f.by->severity, f);
}

void findings_alternative(struct findings *fs, struct finding *f, struct alternative way)
{
	struct alternative *a = ARENA_NEW(fs->arena, struct alternative);
	const struct alternative *last = f->alternatives;

	if (a == NULL)
		return;
	*a = way;
	a->next = NULL;
	if (last == NULL) {
		f->alternatives = a;
		f->repair = way.repair;
		return;
	}
	while (last->next)
		last = last->next;
	((struct alternative *)(uintptr_t)last)->next = a; /* ours: made here a moment ago */
}

void findings_more(struct findings *fs, const struct check *by, uint64_t nr)
{
	struct tally *t = tally_of(fs, by);

	fs->nr[by->severity] += nr;
	if (t)
		t->nr += nr;
}

static void unchecked_keep(struct findings *fs, const struct check *by, const struct node *node, const char *why)
{
	struct unchecked *u = ARENA_NEW(fs->arena, struct unchecked);

	if (u == NULL)
		return;
	*u = (struct unchecked){ by, node, why, NULL };
	if (fs->last_unchecked)
		fs->last_unchecked->next = u;
	else
		fs->unchecked = u;
	fs->last_unchecked = u;
}

void findings_unchecked(struct findings *fs, const struct check *by, const struct node *node,
			const char *why)
{
	struct tally *t = tally_of(fs, by);

	if (t && t->unchecked > fs->keep) {
		t->unchecked++;
		fs->unchecked_nr++;
		return;
	}
	for (const struct unchecked *u = fs->unchecked; u; u = u->next)
		if (u->by == by && u->node == node && strcmp(u->why, why) == 0)
			return; /* said already */
	fs->unchecked_nr++;
	if (t && t->unchecked++ == fs->keep)
		unchecked_keep(fs, by, NULL, "further places were not looked at: only the first are listed");
	else
		unchecked_keep(fs, by, node, why);
}

bool findings_hit(const struct findings *fs, const char *id, const struct node *node)
{
	for (const struct finding *f = fs->first; f; f = f->next)
		if (strcmp(f->by->id, id) == 0 && (node == NULL || f->node == node))
			return true;
	return false;
}

/* A node's place in the order of the tree: the path of sibling numbers from the root. */
static size_t depth_of(const struct node *n)
{
	size_t d = 0;

	for (; n && n->parent; n = n->parent)
		d++;
	return d;
}

static const struct node *up(const struct node *n, size_t steps)
{
	while (steps--)
		n = n->parent;
	return n;
}

/* Negative when a comes before b in the tree. */
static int tree_order(const struct node *a, const struct node *b)
{
	if (a == b || a == NULL || b == NULL)
		return a == b ? 0 : a ? 1 : -1;
	size_t da = depth_of(a), db = depth_of(b);
	const struct node *x = da > db ? up(a, da - db) : a;
	const struct node *y = db > da ? up(b, db - da) : b;

	if (x == y)
		return da < db ? -1 : 1;
	while (x->parent != y->parent) {
		x = x->parent;
		y = y->parent;
	}
	for (const struct node *n = x->next; n; n = n->next)
		if (n == y)
			return -1;
	return 1;
}

static int finding_order(const void *p, const void *q)
{
	const struct finding *a = *(const struct finding *const *)p, *b = *(const struct finding *const *)q;
	int order;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	order = tree_order(a->node, b->node);
	if (order)
		return order;
	order = strcmp(a->by->id, b->by->id);
	if (order)
		return order;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->idx != b->idx)
		return a->idx < b->idx ? -1 : 1;
	return 0;
}

static void put_in_order(struct findings *fs)
{
	size_t nr = 0;

	for (const struct finding *f = fs->first; f; f = f->next)
		nr++;
	struct finding **all = arena_array(fs->arena, nr, sizeof(*all));
	if (all == NULL || nr == 0)
		return;
	nr = 0;
	for (struct finding *f = fs->first; f; f = f->next)
		all[nr++] = f;
	qsort(all, nr, sizeof(struct finding *), finding_order);
	for (size_t i = 0; i + 1 < nr; i++)
		all[i]->next = all[i + 1];
	all[nr - 1]->next = NULL;
	fs->first = all[0];
	fs->last = all[nr - 1];
}

void checks_run(const struct model *m, struct findings *fs, bool (*select)(void *, const struct check *),
		void *ctx)
{
	const struct model *outer = fs->of; /* a check that lets others run, over what it made itself */

	for (const struct model *at = NULL; (at = model_next(m, at)) != NULL;) {
		fs->of = outer ? outer : at->up ? at : NULL;
		for (size_t i = 0; i < fs->tallies_nr; i++) {
			const struct check *c = fs->tallies[i].by;

			if (select == NULL || select(ctx, c))
				c->verify(c, at, fs);
		}
	}
	fs->of = outer;
	put_in_order(fs);
}
