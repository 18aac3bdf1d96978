#include "analyzer/repair/plan.h"

#include "formats/image/overlay.h"

#include <string.h>

struct step *plan_step(struct plan *p, const struct finding *f, enum remedy_class class, const char *says)
{
	struct step *s;
	char fingerprint[FINGERPRINT_LEN + 1];
	uint32_t proposal = 0;

	fingerprint_of(f, fingerprint);
	for (s = p->first; s; s = s->next) {
		if (strcmp(s->fingerprint, fingerprint) != 0)
			continue;
		if (s->round != p->round)
			return NULL;
		if (proposal == 0)
			proposal = s->nr;
	}
	s = ARENA_NEW(p->arena, struct step);
	if (s == NULL || says == NULL) {
		problem_set(&p->problem, STATUS_NOMEM, "no memory for the plan");
		return NULL;
	}
	*s = (struct step){ .nr = ++p->steps_nr, .round = p->round, .by = f->by, .class = class, .says = says,
			    .alternative_to = proposal };
	s->path = finding_path(p->arena, f);
	memcpy(s->fingerprint, fingerprint, sizeof(fingerprint));
	if (p->last)
		p->last->next = s;
	else
		p->first = s;
	p->last = s;
	return s;
}

void plan_propose(struct plan *p, struct step *s)
{
	uint32_t was = s->alternative_to;

	if (was == 0)
		return;
	for (struct step *o = p->first; o; o = o->next)
		if (o != s && (o->nr == was || o->alternative_to == was))
			o->alternative_to = s->nr;
	s->alternative_to = 0;
}

struct step *plan_which(const struct plan *p, const struct step *proposal, int which)
{
	for (struct step *s = p->first; s; s = s->next)
		if (which == 0 ? s == proposal : s->alternative_to == proposal->nr && --which == 0)
			return s;
	return NULL;
}

static bool give_up(struct plan *p, struct step *s, enum status status, const char *text)
{
	if (status != STATUS_OK)
		problem_set(&p->problem, status, "%s", text);
	s->first = s->last = NULL;
	s->edits_nr = s->bytes = 0;
	return false;
}

static const struct item *item_of(const struct intake *in, const struct source *source)
{
	for (const struct item *it = in->first; it; it = it->next)
		if (it->source == source)
			return it;
	return NULL;
}

static bool edit_add(struct plan *p, struct step *s, const struct item *item, uint64_t at, const uint8_t *was,
		     const uint8_t *now, size_t len, const char *why)
{
	struct edit *e = ARENA_NEW(p->arena, struct edit);

	if (e)
		*e = (struct edit){ .item = item, .at = at, .len = len,
				    .was = (const uint8_t *)arena_copy(p->arena, was, len),
				    .now = (const uint8_t *)arena_copy(p->arena, now, len), .why = why };
	if (e == NULL || e->was == NULL || e->now == NULL)
		return give_up(p, s, STATUS_NOMEM, "no memory for the plan");
	if (s->last)
		s->last->next = e;
	else
		s->first = e;
	s->last = e;
	s->edits_nr++;
	s->bytes += len;
	return true;
}

/* The part of a piece that differs, so that an edit of a word does not claim its whole structure. */
static bool piece_put(struct plan *p, struct step *s, const struct item *item, uint64_t at, const uint8_t *was,
		      const uint8_t *lost, const uint8_t *now, size_t len, const char *why)
{
	size_t from = 0, end = len;

	while (from < end && was[from] == now[from] && !lost[from])
		from++;
	while (end > from && was[end - 1] == now[end - 1] && !lost[end - 1])
		end--;
	return from == end || edit_add(p, s, item, at + from, was + from, now + from, end - from, why);
}

bool plan_put(struct plan *p, struct step *s, struct image *image, uint64_t at, const void *now, size_t len,
	      const char *why)
{
	uint8_t *was = arena_array(p->arena, 2, len ? len : 1);

	if (was == NULL)
		return give_up(p, s, STATUS_NOMEM, "no memory for the plan");
	if (!image_read(image, at, len, was, was + len))
		return give_up(p, s, image->problem.status, image->problem.text);
	for (size_t done = 0; done < len;) {
		struct origin o = image_origin(image, at + done);
		const struct item *item = o.source ? item_of(p->intake, o.source) : NULL;
		size_t n = o.len < len - done ? (size_t)o.len : len - done;

		if (item == NULL || n == 0)
			return give_up(p, s, STATUS_OK, "");
		if (!piece_put(p, s, item, o.at, was + done, was + len + done, (const uint8_t *)now + done, n, why))
			return false;
		done += n;
	}
	return true;
}

bool plan_put_text(struct plan *p, struct step *s, struct image *image, const char *text, const char *why)
{
	size_t len = strlen(text), is = (size_t)image->size, all = len > is ? len : is;
	uint8_t *now = arena_array(p->arena, 2, all ? all : 1);

	if (now == NULL)
		return give_up(p, s, STATUS_NOMEM, "no memory for the plan");
	memset(now, '\n', len < is ? is : 0); /* lines that say nothing */
	memcpy(now, text, len);
	if (!plan_put(p, s, image, 0, now, is, why))
		return false;
	if (len <= is)
		return true;
	struct origin o = image_origin(image, 0);
	s->longer = o.source ? item_of(p->intake, o.source) : NULL;
	s->longer_len = len;
	memset(now + all, 0, all);
	return s->longer ? edit_add(p, s, s->longer, is, now + all, now + is, len - is, why) : give_up(p, s, STATUS_OK, "");
}

bool plan_put_struct(struct plan *p, struct step *s, struct image *image, uint64_t at, const struct layout *l,
		     const void *host, const char *why)
{
	uint8_t *bytes = arena_array(p->arena, 1, l->size);

	if (bytes == NULL)
		return give_up(p, s, STATUS_NOMEM, "no memory for the plan");
	layout_encode(l, host, bytes);
	return plan_put(p, s, image, at, bytes, l->size, why);
}

bool plan_put_rows(struct plan *p, struct step *s, struct image *image, uint64_t at, const struct layout *l,
		   const uint8_t *bytes, const char *why)
{
	for (uint32_t i = 0; i < l->nr; i++)
		if (!plan_put(p, s, image, at + l->fields[i].off, bytes + l->fields[i].off, l->fields[i].width, why))
			return false;
	return true;
}

bool plan_put_value(struct plan *p, struct step *s, const struct node *node, const struct field *f,
		    uint64_t value, const char *why)
{
	uint8_t bytes[8];

	for (uint32_t i = 0; i < f->width && i < sizeof(bytes); i++)
		bytes[f->rep == REP_BE ? f->width - 1 - i : i] = (uint8_t)(value >> 8 * i);
	return plan_put(p, s, node->image, node->at + f->off, bytes, f->width, why);
}

bool plan_put_bytes(struct plan *p, struct step *s, const struct node *node, const struct field *f,
		    const uint8_t *bytes, const char *why)
{
	return plan_put(p, s, node->image, node->at + f->off, bytes, f->width, why);
}

static bool step_edits(const struct step *s, const struct source *source, uint64_t at, uint64_t len)
{
	for (const struct edit *e = s->first; e; e = e->next)
		if (e->item->source == source && e->at < at + len && at < e->at + e->len)
			return true;
	return false;
}

bool plan_edited(const struct plan *p, const struct finding *f, struct image *image, uint64_t at, uint64_t len)
{
	char mine[FINGERPRINT_LEN + 1];

	fingerprint_of(f, mine);
	for (uint64_t done = 0; done < len;) {
		struct origin o = image_origin(image, at + done);
		uint64_t n = o.len < len - done ? o.len : len - done;

		for (const struct step *s = p->first; s && o.source; s = s->next)
			if (s->round == p->round && strcmp(s->fingerprint, mine) != 0 && step_edits(s, o.source, o.at, n))
				return true;
		if (n == 0)
			return false;
		done += n;
	}
	return false;
}

/* What later edits have written already, for each item of the intake in its order. */
struct claims {
	const struct intake *intake;
	struct image **overlays;
};

static struct image *claims_of(const struct claims *c, const struct item *item)
{
	uint32_t i = 0;

	for (const struct item *it = c->intake->first; it != item; it = it->next)
		i++;
	return c->overlays[i];
}

/* What the evidence holds there; zeros where a file becomes longer. */
static bool evidence_read(struct image *im, uint64_t at, size_t len, uint8_t *bytes, uint8_t *lost)
{
	size_t inside = at >= im->size ? 0 : len < im->size - at ? len : (size_t)(im->size - at);

	memset(bytes + inside, 0, len - inside);
	memset(lost, 0, len);
	return inside == 0 || image_read(im, at, inside, bytes, lost);
}

/* The bytes of e that no later edit writes and that are not as they should be already. */
static bool edit_trim(struct plan *p, struct step *s, const struct edit *e, const struct claims *claims)
{
	struct image *claimed = claims_of(claims, e->item);
	uint64_t end = e->at + e->len;

	for (uint64_t at = e->at; at < end;) {
		struct extent taken = overlay_next(claimed, at);
		uint64_t stop = taken.len && taken.at < end ? taken.at : end;
		size_t len = (size_t)(stop - at);

		if (len) {
			uint8_t *was = arena_array(p->arena, 2, len);

			if (was == NULL || !evidence_read(e->item->image, at, len, was, was + len))
				return false;
			if (!piece_put(p, s, e->item, at, was, was + len, e->now + (at - e->at), len, e->why))
				return false;
		}
		at = taken.len && taken.at < end ? taken.at + taken.len : end;
	}
	return overlay_write(claimed, e->at, e->now, (size_t)e->len);
}

static bool step_trim(struct plan *p, struct step *s, const struct claims *claims)
{
	struct edit **all = arena_array(p->arena, s->edits_nr, sizeof(struct edit *)), *mine = NULL;
	uint64_t nr = 0, bytes = 0;

	if (all == NULL)
		return false;
	for (struct edit *e = s->first; e; e = e->next)
		all[nr++] = e;
	/* the last edit of a step wins over the earlier ones, too: from the back, put together at the front */
	for (uint64_t left = nr; left--;) {
		s->first = s->last = NULL;
		if (!edit_trim(p, s, all[left], claims))
			return false;
		if (s->last) {
			s->last->next = mine;
			mine = s->first;
		}
	}
	s->first = mine;
	s->last = NULL;
	s->edits_nr = 0;
	for (struct edit *e = mine; e; e = e->next) {
		s->last = e;
		s->edits_nr++;
		bytes += e->len;
	}
	s->bytes = bytes;
	return true;
}

bool plan_finish(struct plan *p)
{
	struct claims claims = { .intake = p->intake,
				 .overlays = arena_array(p->arena, p->intake->nr, sizeof(struct image *)) };
	struct step **steps = arena_array(p->arena, p->steps_nr, sizeof(struct step *));
	uint32_t nr = 0, i = 0;

	if (claims.overlays == NULL || steps == NULL)
		return false;
	for (const struct item *it = p->intake->first; it; it = it->next, i++)
		if ((claims.overlays[i] = overlay_open(p->arena, it->image)) == NULL)
			return false;
	for (struct step *s = p->first; s; s = s->next) {
		struct image *claimed = s->longer ? claims_of(&claims, s->longer) : NULL;

		if (claimed && claimed->size < s->longer_len)
			(void)overlay_resize(claimed, s->longer_len);
		steps[nr++] = s;
	}
	while (nr--)
		if (plan_made(steps[nr]) && !step_trim(p, steps[nr], &claims)) {
			problem_set(&p->problem, STATUS_NOMEM, "no memory for the plan");
			return false;
		}
	return true;
}

bool plan_made(const struct step *s)
{
	return s->chosen && s->rejected == NULL;
}
