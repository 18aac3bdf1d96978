#include "analyzer/manage/agree.h"

#include "analyzer/analyze.h"
#include "analyzer/facts/obj_idle.h"
#include "analyzer/manage/copy.h"
#include "formats/obj/obj.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RUNS_MAX = 1 << 16 /* ranges judged one by one; where more differ, the whole is judged at once */ };

/* A replica by itself: what is wrong inside it. */
struct opinion {
	bool known;              /* it was complete enough to be looked at */
	uint64_t wrong;          /* findings of its structures that its own library would not mend */
	struct place { uint64_t at, len; } *places;
	uint32_t places_nr;
	struct obj_idle idle;    /* by the best replica's heap, for pairs with this one */
};

struct court {
	struct health *h;
	struct opinion *of;      /* each replica's */
	struct result best;      /* of the replica that has least wrong; arena NULL: of none */
	uint32_t best_replica;
	struct manage_error *e;
};

static bool complete(const struct health *h, uint32_t replica)
{
	for (uint32_t i = 0; i < health_parts(h, replica); i++)
		if (health_part(h, replica, i)->state != PART_WELL)
			return false;
	return true;
}

/* A set file that names one replica alone, in memory. */
static int set_of(const struct health *h, uint32_t replica)
{
	struct arena *a = h->m->arena;
	const char *text = arena_printf(a, "PMEMPOOLSET\n%s", h->single ? "OPTION SINGLEHDR\n" : "");
	int fd = memfd_create("replica", MFD_CLOEXEC);

	for (uint32_t i = 0; text && i < health_parts(h, replica); i++) {
		const struct member *m = health_part(h, replica, i)->m;

		text = arena_printf(a, "%s%" PRIu64 " %s\n", text, m->size, m->path);
	}
	if (fd >= 0 && (text == NULL || write(fd, text, strlen(text)) != (ssize_t)strlen(text))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool bad(const struct finding *f)
{
	return f->severity != NOTE;
}

static void opinion_take(struct court *c, uint32_t replica, const struct result *r)
{
	struct opinion *o = &c->of[replica];
	bool heals = r->recovery && r->recovery->needed && r->recovery->refused == NULL && r->recovery->findings &&
		     r->recovery->findings->nr[ERROR] + r->recovery->findings->nr[WARNING] == 0;
	uint32_t nr = 0;

	o->known = r->status == STATUS_OK && r->model.obj != NULL;
	if (!o->known || heals)
		return;
	o->wrong = r->findings->nr[ERROR] + r->findings->nr[WARNING];
	for (const struct finding *f = r->findings->first; f; f = f->next)
		nr += bad(f);
	o->places = arena_array(c->h->m->arena, nr ? nr : 1, sizeof(*o->places));
	for (const struct finding *f = r->findings->first; o->places && f; f = f->next)
		if (bad(f) && f->node->image == r->model.obj->image)
			o->places[o->places_nr++] = f->len ? (struct place){ f->at, f->len } : (struct place){
				f->node->at + (f->field ? f->field->off : 0), f->field ? f->field->width : f->node->len };
}

static bool replica_analyze(struct court *c, uint32_t replica)
{
	static const char *const inside[] = { "obj*" };
	struct analyze_options o = ANALYZE_OPTIONS;
	struct result r;
	int fd = set_of(c->h, replica);
	const char *path = fd < 0 ? NULL : arena_printf(c->h->m->arena, "/proc/self/fd/%d", fd);

	if (path == NULL)
		return manage_fail(c->e, fd < 0 ? errno : ENOMEM, "%s: looking into replica %" PRIu32 " failed", c->h->m->path, replica);
	o.only = inside;
	o.only_nr = 1;
	o.quick = o.no_map = true;
	analyze(path, &o, &r);
	close(fd);
	opinion_take(c, replica, &r);
	const struct opinion *mine = &c->of[replica], *theirs = &c->of[c->best_replica];
	if (mine->known && (c->best.arena == NULL || mine->wrong < theirs->wrong)) {
		if (c->best.arena)
			analyze_close(&c->best);
		c->best = r;
		c->best_replica = replica;
	} else {
		analyze_close(&r);
	}
	return true;
}

static uint64_t wrong_there(const struct opinion *o, uint64_t at, uint64_t end)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < o->places_nr; i++)
		nr += o->places[i].at < end && o->places[i].at + o->places[i].len > at;
	return nr;
}

/* Do the two replicas differ in the range where it counts? both: both have all of it. */
static bool pair_differs(struct court *c, uint32_t a, uint32_t b, uint64_t at, uint64_t end, struct obj_idle *idle, bool *both)
{
	uint8_t one[COPY_BLOCK], two[COPY_BLOCK];
	struct taken ta, tb;
	bool differs = false;

	*both = true;
	while (at < end) {
		uint64_t len = end - at < COPY_BLOCK ? end - at : COPY_BLOCK;

		if (!pick_holds(c->h, a, at, false, &len, &ta) || !pick_holds(c->h, b, at, false, &len, &tb) ||
		    !copy_read(c->h->parts[ta.part].m, one, (size_t)len, ta.off) ||
		    !copy_read(c->h->parts[tb.part].m, two, (size_t)len, tb.off))
			*both = false;
		else
			differs |= agree_differ(c->h, one, two, at, (size_t)len, idle);
		at += len;
	}
	return differs;
}

static uint32_t agreeing(struct court *c, uint32_t replica, uint64_t at, uint64_t end)
{
	uint32_t nr = 0;
	bool both;

	for (uint32_t r = 0; r < c->h->m->replicas; r++)
		nr += r != replica && !pair_differs(c, replica, r, at, end, NULL, &both) && both;
	return nr;
}

/* Who is right in [at, end)? UINT32_MAX: nobody has all of it. */
static uint32_t winner(struct court *c, uint64_t at, uint64_t end)
{
	uint32_t best = UINT32_MAX, best_same = 0;
	uint64_t best_there = 0, best_all = 0;

	for (uint32_t r = 0; r < c->h->m->replicas; r++) {
		const struct opinion *o = &c->of[r];
		/* one that is not complete cannot be looked at as a whole: it is believed after the others */
		uint64_t there = o->known ? wrong_there(o, at, end) : 0, all = o->known ? o->wrong : UINT64_MAX;
		uint32_t same;
		bool has;

		pair_differs(c, r, r, at, end, NULL, &has);
		if (!has)
			continue;
		same = c->h->m->replicas > 2 ? agreeing(c, r, at, end) : 0;
		if (best == UINT32_MAX || there < best_there || (there == best_there && (all < best_all ||
		    (all == best_all && same > best_same)))) {
			best = r;
			best_there = there;
			best_all = all;
			best_same = same;
		}
	}
	return best;
}

/* The parts of a replica that differ from the winner's are to be made anew. */
static bool loser_mark(struct court *c, uint32_t right, uint32_t r, uint64_t from, uint64_t end)
{
	const struct opinion *mine = &c->of[r], *theirs = &c->of[right];
	bool any = false, both;

	for (uint64_t at = from, stop; at < end; at = stop) {
		const struct space_piece *p = space_find(&c->h->spaces[r], at);

		stop = p && p->at + p->len < end ? p->at + p->len : end;
		if (p == NULL || !pair_differs(c, right, r, at, stop, &c->of[r].idle, &both))
			continue;
		any = true;
		if (c->h->parts[p->part].state == PART_WELL)
			health_fault(c->h, p->part, PART_DIFFERS,
				     arena_printf(c->h->m->arena, "from byte 0x%" PRIx64 " of the pool on it is other than in replica %" PRIu32
						  ", %s", at, right, mine->wrong > theirs->wrong ? "whose structures are whole"
						  : "which is believed"));
	}
	return any;
}

static void right_add(struct court *c, struct rights *rights, uint64_t at, uint64_t end)
{
	uint32_t right = winner(c, at, end);
	struct right *last = rights->nr ? &rights->list[rights->nr - 1] : NULL;
	bool any = false;

	if (right == UINT32_MAX)
		return;
	for (uint32_t r = 0; r < c->h->m->replicas; r++)
		any |= r != right && loser_mark(c, right, r, at, end);
	if (any && last && last->end == at && last->replica == right)
		last->end = end;
	else if (any)
		rights->list[rights->nr++] = (struct right){ at, end, right };
}

static bool bit(const struct differing *d, uint64_t n)
{
	return n < d->blocks_nr && d->bits[n / 8] & 1 << n % 8;
}

/* The next run of blocks that differ, from *n on, in bytes of the pool. */
static bool run_next(const struct court *c, const struct differing *d, uint64_t *n, uint64_t *at, uint64_t *end)
{
	while (*n < d->blocks_nr && !bit(d, *n))
		++*n;
	if (*n >= d->blocks_nr)
		return false;
	*at = *n * d->block;
	while (bit(d, *n))
		++*n;
	*end = *n * d->block < c->h->pool_size ? *n * d->block : c->h->pool_size;
	if (*at < POOL_HDR_LEN) /* a block may begin with a header */
		*at = POOL_HDR_LEN;
	return true;
}

static bool rights_make(struct court *c, const struct differing *d, struct rights *rights)
{
	uint64_t runs = 0, at = 0, end = 0, first = UINT64_MAX;

	for (uint64_t n = 0; run_next(c, d, &n, &at, &end); runs++)
		first = at < first ? at : first;
	*rights = (struct rights){ .list = arena_array(c->h->m->arena, runs < RUNS_MAX ? (size_t)runs + 1 : 1, sizeof(*rights->list)) };
	if (rights->list == NULL)
		return manage_fail(c->e, ENOMEM, "%s: no memory", c->h->m->path);
	if (runs > RUNS_MAX)
		right_add(c, rights, first, end);
	for (uint64_t n = 0; runs <= RUNS_MAX && run_next(c, d, &n, &at, &end);)
		right_add(c, rights, at, end);
	return true;
}

bool agree_judge(struct health *h, struct differing *d, struct rights *rights, struct manage_error *e)
{
	struct court c = { .h = h, .e = e };
	bool ok = true;

	*rights = (struct rights){ 0 };
	if (d->found == 0)
		return true;
	c.of = arena_array(h->m->arena, h->m->replicas, sizeof(*c.of));
	if (c.of == NULL)
		return manage_fail(e, ENOMEM, "%s: no memory", h->m->path);
	for (uint32_t r = 0; ok && r < h->m->replicas; r++)
		ok = !complete(h, r) || replica_analyze(&c, r);
	for (uint32_t r = 0; r < h->m->replicas; r++)
		obj_idle_start(&c.of[r].idle, c.best.arena && c.best.model.obj ? c.best.model.obj->heap : NULL);
	ok = ok && rights_make(&c, d, rights);
	for (uint32_t r = 0; r < h->m->replicas; r++)
		obj_idle_end(&c.of[r].idle);
	if (c.best.arena)
		analyze_close(&c.best);
	return ok;
}
