#include "analyzer/repair/replica.h"

#include "formats/obj/obj.h"
#include "formats/pool/set.h"

#include <inttypes.h>
#include <string.h>

enum { PAGE = 4096, PAGES_MAX = 64 };

/* In the pool's content; that replicas differ says nothing of which of them is wrong. */
static bool in_content(const struct finding *f, const struct model *m)
{
	return f->by->repair != replica_repair_data && f->node && m->logical && f->node->image == m->logical && f->severity != NOTE;
}

static bool errs(const struct result *r)
{
	for (const struct finding *f = r->findings ? r->findings->first : NULL; f; f = f->next)
		if (in_content(f, &r->model) && f->severity == ERROR)
			return true;
	return false;
}

enum status replica_look(const struct result *r, const struct analyze_options *o, struct replicas *out,
			 struct problem *problem)
{
	const struct pool_set *s = r->model.pool;
	struct image **as_they_are;

	*out = (struct replicas){ .closed = r->ending == ENDING_CLOSED };
	if (s == NULL || s->nr < 2 || !errs(r))
		return STATUS_OK;
	out->others = arena_array(r->arena, s->nr, sizeof(*out->others));
	as_they_are = arena_array(r->arena, r->intake.nr, sizeof(struct image *));
	if (out->others == NULL || as_they_are == NULL)
		return problem_set(problem, STATUS_NOMEM, "%s: no memory to look at its replicas", r->path);
	for (uint32_t i = 0; i < s->nr; i++) {
		struct analyze_options mine = *o;

		if (i == r->model.replica || s->replicas[i]->remote)
			continue;
		mine.replica = i + 1;
		mine.quick = mine.no_map = true;
		struct result *other = &out->others[out->nr++];
		enum status st = analyze_again(r, as_they_are, &mine, other);
		if (st != STATUS_OK && st != STATUS_UNSUPPORTED)
			return problem_set(problem, st, "%s", other->problem.text);
		if (st != STATUS_OK || other->model.replica != i)
			analyze_close(&out->others[--out->nr]);
	}
	return STATUS_OK;
}

void replica_close(struct replicas *rs)
{
	while (rs->nr)
		analyze_close(&rs->others[--rs->nr]);
}

/* Where the finding is, in its image. */
static void range_of(const struct finding *f, uint64_t *at, uint64_t *end)
{
	uint64_t len = f->len ? f->len : f->field ? f->field->width : f->node->len;

	*at = f->len ? f->at : f->node->at + (f->field ? f->field->off : 0);
	*end = *at + (len ? len : 1);
}

static bool witness(const struct result *other, uint64_t from, uint64_t end)
{
	for (const struct finding *f = other->findings->first; f; f = f->next) {
		uint64_t at, stop;

		if (!in_content(f, &other->model))
			continue;
		range_of(f, &at, &stop);
		if (at < end && from < stop)
			return false;
	}
	return true;
}

/* Both have all of the page; is it the same? */
static bool page_differs(struct image *a, struct image *b, uint64_t at, uint8_t *theirs)
{
	uint8_t mine[PAGE], lost[PAGE];

	if (at % PAGE || !image_read(b, at, PAGE, theirs, lost) || memchr(lost, 1, PAGE))
		return false;
	return image_read(a, at, PAGE, mine, lost) && (memchr(lost, 1, PAGE) || memcmp(mine, theirs, PAGE) != 0);
}

/* Pages of one fault: those around it as far as they differ. A page is what goes wrong at once. */
static void pages_put(struct plan *p, struct step *s, const struct model *m, struct image *from, uint64_t at, uint64_t end,
		      uint64_t least)
{
	uint8_t page[PAGE];
	uint64_t first = at - at % PAGE;

	for (int i = 0; i < PAGES_MAX && first > least && page_differs(m->logical, from, first - PAGE, page); i++)
		first -= PAGE;
	for (int i = 0; i < 2 * PAGES_MAX; i++, first += PAGE) {
		bool differs = page_differs(m->logical, from, first, page);

		if (differs && !plan_put(p, s, m->logical, first, page, PAGE, "another replica has it so"))
			return;
		if (!differs && first >= end)
			return;
	}
}

void replica_offer(const struct replicas *rs, const struct finding *f, const struct model *m, struct plan *p)
{
	uint64_t at, end, least = POOL_HDR_LEN;
	/* the page of the descriptor differs by design, in what the running process keeps there */
	uint64_t around = m->obj ? m->obj->lanes_at : least;
	uint8_t page[PAGE];

	if (rs->nr == 0 || !in_content(f, m))
		return;
	range_of(f, &at, &end);
	if (at < least || end - at > (uint64_t)PAGES_MAX * PAGE)
		return;
	for (uint32_t i = 0; i < rs->nr; i++) {
		const struct result *other = &rs->others[i];
		bool differs = false;

		for (uint64_t pg = at - at % PAGE; pg < end; pg += PAGE)
			differs |= page_differs(m->logical, other->model.logical, pg, page);
		if (!differs || !witness(other, at, end))
			continue;
		struct step *s = plan_step(p, f, rs->closed ? REPAIR_SAFE : REPAIR_ASK,
					   arena_printf(p->arena, "takes the pages of this structure from replica %" PRIu32
							", where it holds", other->model.replica));
		if (s == NULL)
			return;
		s->loses = rs->closed ? NULL : "writes of the last moment that reached this replica alone";
		pages_put(p, s, m, other->model.logical, at, end, around);
		plan_propose(p, s);
		return;
	}
}

static bool holds(struct image *im, uint64_t at, uint8_t *bytes, size_t len)
{
	return at <= im->size && len <= im->size - at && image_read(im, at, len, bytes, bytes + len) &&
	       memchr(bytes + len, 1, len) == NULL && (bytes[0] || memcmp(bytes, bytes + 1, len - 1) != 0);
}

void replica_repair_cleared(const struct check *by, const struct finding *f, const struct model *m, struct plan *p)
{
	const struct pool_set *s = m->pool;
	const struct pool_part *part = NULL;
	enum { LEN_MAX = 1 << 20 };

	(void)by;
	for (uint32_t i = 0; i < s->nr; i++)
		for (uint32_t k = 0; k < s->replicas[i]->nr; k++)
			if (s->replicas[i]->parts[k]->node == f->node)
				part = s->replicas[i]->parts[k];
	uint8_t *bytes = part && f->len && f->len <= LEN_MAX ? arena_array(p->arena, 2, (size_t)f->len) : NULL;
	for (uint32_t i = 0; bytes && i < s->nr; i++) {
		struct image *other = i == part->replica ? NULL : s->replicas[i]->logical;

		if (other == NULL || !holds(other, part->logical_at + f->at - part->data_off, bytes, (size_t)f->len))
			continue;
		struct step *step = plan_step(p, f, f->repair, arena_printf(p->arena, "takes the %" PRIu64 " bytes that were cleared from "
									    "replica %" PRIu32, f->len, i));
		if (step)
			plan_put(p, step, part->item->image, f->at, bytes, (size_t)f->len, "another replica has it so");
		return;
	}
}

/* One of the two: the master, which the library reads, or the replica. */
void replica_repair_data(const struct check *by, const struct finding *f, const struct model *m, struct plan *p)
{
	const struct pool_set *s = m->pool;
	const struct pool_replica *master = s->replicas[0], *r = NULL;
	enum { LEN_MAX = 1 << 20 };

	(void)by;
	for (uint32_t i = 1; i < s->nr; i++)
		if (s->replicas[i]->node == f->node)
			r = s->replicas[i];
	if (r == NULL || f->len == 0 || f->len > LEN_MAX || m->replica != 0)
		return;
	/* while structures of the master are wrong it is no witness */
	for (const struct finding *g = p->findings->first; g; g = g->next)
		if (in_content(g, m) && g->severity == ERROR)
			return;
	uint8_t *bytes = arena_array(p->arena, 2, (size_t)f->len);
	const struct { const struct pool_replica *from, *to; const char *says, *loses; } ways[] = {
		{ master, r, "copies the master's bytes over the replica's: its structures hold", "what the replica alone holds" },
		{ r, master, "copies the replica's bytes over the master's", "what the master alone holds" },
	};
	for (size_t i = 0; bytes && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!image_read(ways[i].from->logical, f->at, (size_t)f->len, bytes, bytes + f->len) ||
		    memchr(bytes + f->len, 1, (size_t)f->len))
			continue;
		struct step *step = plan_step(p, f, i ? REPAIR_ADVANCED : REPAIR_ASK, ways[i].says);
		if (step == NULL)
			return;
		step->loses = ways[i].loses;
		plan_put(p, step, ways[i].to->logical, f->at, bytes, (size_t)f->len, "the other replica has it so");
	}
}
