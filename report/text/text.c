#include "report/text/text.h"

#include "analyzer/facts/ending.h"
#include "formats/base/digest.h"
#include "report/outcome.h"
#include "report/place.h"
#include "report/tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES_TOLD = 3, SAME_TOLD = 5, ACTIVITIES_TOLD = 20, CHANGES_TOLD = 3, STEPS_TOLD = 20, UNREAD_TOLD = 4,
       REASONS_TOLD = 20 };

static enum page_style style_of(enum severity s)
{
	return s == ERROR ? STYLE_BAD : s == WARNING ? STYLE_WARN : STYLE_FAINT;
}

static enum page_style style_of_verdict(const struct result *r)
{
	if (r->status != STATUS_OK)
		return STYLE_BAD;
	if (strcmp(r->verdict, "clean") == 0)
		return STYLE_GOOD;
	return strcmp(r->verdict, "damaged") == 0 ? STYLE_BAD : STYLE_WARN;
}

static void name(const struct page *p, const char *text, struct buf *out)
{
	if (text && !redact_value(p->redact, TOLD_NAME, text, strlen(text), out))
		buf_puts(out, "(left out)");
}

static void source_name(const struct page *p, const struct source *s, struct buf *out)
{
	if (p->numbers)
		buf_printf(out, "source %" PRIu32, s->idx);
	else
		name(p, tell_last_part(s->path), out);
}

static void origin(const struct page *p, const struct origin *o, struct buf *out)
{
	if (o->source)
		source_name(p, o->source, out);
	else
		buf_puts(out, "in no file:");
	buf_printf(out, " byte %" PRIu64, o->at);
}

void text_start(const struct page *p, struct place at, struct buf *out)
{
	struct origin o;

	if (place_piece(&at, &o))
		origin(p, &o, out);
}

void text_place(const struct page *p, struct place at, struct buf *out)
{
	struct origin o;
	unsigned nr = 0;

	while (nr < PIECES_TOLD && place_piece(&at, &o)) {
		buf_puts(out, nr++ ? "; " : "");
		origin(p, &o, out);
		buf_puts(out, ", ");
		tell_number(o.len, "byte", out);
	}
	if (at.image && at.len)
		buf_puts(out, "; and on");
}

void text_verdict(const struct result *r, struct page *p)
{
	struct buf label = { .p = NULL }, b = { .p = NULL };
	size_t len = strlen(r->path);

	name(p, r->path, &label);
	if (r->status == STATUS_OK) {
		tell_counts(r->findings, &b);
	} else { /* the message opens with the path */
		const char *text = r->problem.text;

		if (strncmp(text, r->path, len) == 0 && strncmp(text + len, ": ", 2) == 0)
			text += len + 2;
		page_sentence(p, text, &b);
	}
	page_row(p, buf_text(&label), style_of_verdict(r), r->verdict, buf_text(&b));
	buf_free(&b);
	buf_free(&label);
}

static void finding(const struct finding *f, struct page *p)
{
	struct buf path = { .p = NULL }, b = { .p = NULL }, place = { .p = NULL };
	const char *text;

	place_finding_path(f, &path);
	text_place(p, place_of_finding(f), &place);
	page_styled(p, 4, STYLE_STRONG, path.len ? buf_text(&path) : "the whole");
	text = page_sentence(p, f->detail, &b);
	if (text)
		page_text(p, 6, "%s", text);
	text = page_sentence(p, f->expected, &b);
	if (text)
		page_term(p, 6, 10, "expected", text);
	text = page_sentence(p, f->actual, &b);
	if (text)
		page_term(p, 6, 10, "found", text);
	if (place.len)
		page_term(p, 6, 10, "at", buf_text(&place));
	for (const struct alternative *a = f->alternatives; a; a = a->next) {
		struct buf way = { .p = NULL };

		buf_printf(&way, "believing %s: %s; loses %s", a->witness, a->does, a->loses ? a->loses : "nothing");
		text = page_sentence(p, buf_text(&way), &b);
		if (text)
			page_term(p, 6, 10, "by", text);
		buf_free(&way);
	}
	buf_free(&path);
	buf_free(&b);
	buf_free(&place);
}

static uint64_t total_of(const struct findings *fs, const struct check *by)
{
	for (size_t i = 0; i < fs->tallies_nr; i++)
		if (fs->tallies[i].by == by)
			return fs->tallies[i].nr;
	return 0;
}

static const char *repair_words(enum remedy_class c)
{
	static const char *const words[] = {
		[REPAIR_NONE] = "cannot be mended here", [REPAIR_SAFE] = "safe to mend",
		[REPAIR_ASK] = "can be mended, needs a decision", [REPAIR_ADVANCED] = "mending it loses something",
	};

	return words[c];
}

static bool same_group(const struct finding *a, const struct finding *b)
{
	return a->by == b->by && a->severity == b->severity;
}

/* All of one check and severity, told at the first of them. */
static void group(const struct findings *fs, const struct finding *first, struct page *p)
{
	uint64_t told = 0, listed = 0, total = total_of(fs, first->by);
	char term[16];

	snprintf(term, sizeof(term), "%s", outcome_severity(first->severity));
	page_term_styled(p, 0, 9, style_of(first->severity), term, first->by->says);
	page_text(p, 2, "[%s] %s", first->by->id, first->severity == NOTE ? "" : repair_words(first->repair));
	for (const struct finding *f = first; f; f = f->next)
		if (same_group(f, first) && listed++ < SAME_TOLD) {
			finding(f, p);
			told++;
		}
	if (listed > told)
		page_text(p, 4, "and %" PRIu64 " more places", listed - told);
	if (total > outcome_listed(fs, first->by))
		page_text(p, 4, "%" PRIu64 " in all; --max-findings lists more of them", total);
}

/* The first findings of each group, in order. A group is a check and a severity: there are some hundreds. */
static const struct finding **groups(const struct findings *fs, size_t *nr)
{
	const struct finding **list = NULL;
	size_t room = 0;

	*nr = 0;
	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next) {
		size_t i = 0;

		while (i < *nr && !same_group(list[i], f))
			i++;
		if (i < *nr)
			continue;
		if (*nr == room) {
			room = room ? 2 * room : 32;
			const struct finding **more = realloc(list, room * sizeof(*more));
			if (more == NULL)
				break;
			list = more;
		}
		list[(*nr)++] = f;
	}
	return list;
}

void text_findings(const struct findings *fs, struct page *p)
{
	size_t nr;
	const struct finding **list = groups(fs, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (i)
			page_gap(p);
		group(fs, list[i], p);
	}
	free(list);
}

static void line(struct page *p, unsigned indent, unsigned width, const char *term, const char *text)
{
	struct buf b = { .p = NULL };
	const char *told = page_sentence(p, text, &b);

	if (told)
		page_term(p, indent, width, term, told);
	buf_free(&b);
}

static bool same_words(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Nothing but the actor is another: told once for all in a row. */
static bool alike(const struct activity *a, const struct activity *b)
{
	return a->state == b->state && same_words(a->stage, b->stage) && same_words(a->says, b->says) &&
	       same_words(a->outcome, b->outcome) && a->changes_nr == 0 && b->changes_nr == 0;
}

static void activity(const struct activity *a, const struct activity *last, struct page *p)
{
	static const char *const words[ACTIVITY_STATES] = {
		[ACTIVITY_FORWARD] = "will be finished", [ACTIVITY_BACK] = "will be taken back",
		[ACTIVITY_TORN] = "will be ignored", [ACTIVITY_UNSURE] = "in doubt", [ACTIVITY_PAST] = "over",
	};
	struct buf b = { .p = NULL }, place = { .p = NULL };
	unsigned told = 0;

	if (page_sentence(p, a->actor, &b) == NULL)
		buf_puts(&b, "somebody");
	if (last != a && redact_shows(p->redact, TOLD_SENTENCE))
		buf_printf(&b, " to %s", last->actor);
	page_text(p, 2, "%s: %s (%s)", buf_text(&b), a->stage ? a->stage : "at work", words[a->state]);
	if (page_sentence(p, a->says, &b))
		page_text(p, 4, "%s", buf_text(&b));
	if (page_sentence(p, a->outcome, &b))
		page_text(p, 4, "%s", buf_text(&b));
	for (const struct change *c = a->first; c && told < CHANGES_TOLD; c = c->next, told++) {
		buf_cut(&place, 0);
		text_place(p, (struct place){ c->image, c->at, c->len }, &place);
		if (page_sentence(p, c->what, &b) == NULL)
			buf_puts(&b, "bytes");
		buf_printf(&b, " (%s)", buf_text(&place));
		page_item(p, 4, buf_text(&b));
	}
	if (a->changes_nr > told)
		page_text(p, 4, "and %" PRIu64 " more places", a->changes_nr - told);
	buf_free(&b);
	buf_free(&place);
}

static void activities(const struct story *s, struct page *p)
{
	struct buf b = { .p = NULL };
	uint64_t all = 0, told = 0;
	unsigned nr = 0;

	page_heading(p, "What was happening");
	if (page_sentence(p, s->summary, &b))
		page_text(p, 2, "%s", buf_text(&b));
	for (const struct activity *a = s->first; a && nr < ACTIVITIES_TOLD; a = a->next, nr++) {
		const struct activity *first = a;

		for (told++; a->next && alike(first, a->next); told++)
			a = a->next;
		activity(first, a, p);
	}
	for (int i = 0; i < ACTIVITY_STATES; i++)
		all += s->nr[i];
	if (all > told)
		page_text(p, 2, "and %" PRIu64 " more; the JSON report lists them", all - told);
	buf_free(&b);
}

static void recovery(const struct recovery *rec, struct page *p)
{
	struct buf b = { .p = NULL };
	unsigned nr = 0;

	page_heading(p, "At its next open");
	page_sentence(p, rec->by, &b);
	const char *by = b.len ? buf_text(&b) : "its library";
	page_text(p, 2, rec->refused ? "%s would not get through:" : rec->needed ? "%s would do this:" : "%s finds nothing to do.", by);
	if (page_sentence(p, rec->refused, &b))
		page_text(p, 4, "%s", buf_text(&b));
	for (const struct recovery_step *s = rec->first; s && nr < STEPS_TOLD; s = s->next, nr++)
		if (page_sentence(p, s->says, &b))
			page_item(p, 4, buf_text(&b));
	if (rec->steps_nr > nr)
		page_text(p, 4, "and %" PRIu64 " more steps", rec->steps_nr - nr);
	line(p, 2, 17, "not simulated", rec->not_simulated);
	if (rec->after) {
		struct buf c = { .p = NULL };

		tell_counts(rec->findings, &c);
		page_text(p, 2, "%" PRIu64 " bytes would change; checked afterwards: %s.", rec->changed, buf_text(&c));
		buf_free(&c);
	}
	buf_free(&b);
}

static void ids_of(const struct unchecked *first, struct buf *out)
{
	const struct check *last = NULL;

	for (const struct unchecked *u = first; u; u = u->next)
		if (strcmp(u->why, first->why) == 0 && u->by != last) {
			buf_printf(out, "%s%s", out->len ? ", " : "", u->by->id);
			last = u->by;
		}
}

/* Each reason once, with the checks that gave it. */
static void not_checked(const struct findings *fs, struct page *p)
{
	const struct unchecked *told[REASONS_TOLD];
	struct buf b = { .p = NULL };
	uint64_t left = 0;
	size_t nr = 0;

	page_heading(p, "Not checked");
	for (const struct unchecked *u = fs->unchecked; u; u = u->next) {
		size_t i = 0;

		while (i < nr && strcmp(told[i]->why, u->why) != 0)
			i++;
		left += i == REASONS_TOLD;
		if (i < nr || i == REASONS_TOLD)
			continue;
		told[nr++] = u;
		page_text(p, 2, "%s", page_sentence(p, u->why, &b) ? buf_text(&b) : "(left out)");
		buf_cut(&b, 0);
		ids_of(u, &b);
		page_styled(p, 4, STYLE_FAINT, buf_text(&b));
	}
	if (left)
		page_text(p, 2, "and %" PRIu64 " more; the JSON report lists them", left);
	buf_free(&b);
}

static void mending(const struct result *r, struct page *p)
{
	static const char *const words[] = {
		[REPAIR_SAFE] = "safe to mend", [REPAIR_ASK] = "need a decision", [REPAIR_ADVANCED] = "lose something when mended",
	};
	struct buf b = { .p = NULL };
	uint64_t nr[4];

	outcome_repairs(r->findings, nr);
	for (int c = REPAIR_SAFE; c <= REPAIR_ADVANCED; c++)
		if (nr[c])
			buf_printf(&b, "%s%" PRIu64 " %s", b.len ? ", " : "", nr[c], words[c]);
	if (b.len)
		page_text(p, 0, "Of the findings %s; 'pmemscope repair' shows the steps and writes nothing without being told.",
			  buf_text(&b));
	buf_free(&b);
}

static void source(const struct source *s, struct page *p)
{
	struct buf b = { .p = NULL };
	char size[32], hex[2 * DIGEST_LEN + 1];

	source_name(p, s, &b);
	page_text(p, 2, "%s (%s, %s)", buf_text(&b), s->role, page_size(s->size, size));
	buf_cut(&b, 0);
	for (const struct layer *l = s->layers; l; l = l->next) {
		buf_printf(&b, "%s%s", b.len ? " > " : "", l->kind);
		if (l->name) {
			buf_puts(&b, " ");
			name(p, l->name, &b);
		}
	}
	page_term(p, 4, 10, "layers", buf_text(&b));
	line(p, 4, 10, "found", strcmp(s->found, "given") == 0 ? NULL : s->found);
	if (redact_shows(p->redact, TOLD_DIGEST) && (s->stored_hashed || s->decoded_hashed || s->decoded_tree_hashed)) {
		digest_text(s->stored_hashed ? s->stored_sha256 : s->decoded_hashed ? s->decoded_sha256 : s->decoded_tree_sha256,
			    hex);
		page_term(p, 4, 10, s->stored_hashed ? "sha256" : s->decoded_hashed ? "decoded" : "tree", hex);
	}
	if (s->unread.nr) {
		unsigned nr = 0;

		buf_cut(&b, 0);
		buf_printf(&b, "%" PRIu64 " bytes in %" PRIu64 " range%s:", s->unread.total, s->unread.nr,
			   s->unread.nr == 1 ? "" : "s");
		for (const struct range *r = s->unread.first; r && nr < UNREAD_TOLD; r = r->next, nr++)
			buf_printf(&b, " %" PRIu64 "+%" PRIu64, r->at, r->len);
		if (s->unread.nr > nr)
			buf_puts(&b, " and more");
		page_term_styled(p, 4, 10, STYLE_WARN, "unread", buf_text(&b));
	}
	line(p, 4, 10, "note", s->note);
	buf_free(&b);
}

enum status text_report(const struct result *r, const struct report_options *o, struct page *p)
{
	const struct findings *fs = r->findings;
	struct buf b = { .p = NULL };

	p->numbers = o->reproducible;
	if (!p->numbers)
		name(p, r->path, &b);
	buf_printf(&b, "%s%s", b.len ? ": " : "", r->verdict);
	page_styled(p, 0, style_of_verdict(r), buf_text(&b));
	if (page_sentence(p, r->sentence, &b))
		page_text(p, 0, "%s", buf_text(&b));
	line(p, 0, 7, "Next:", r->next_step);
	if (fs && fs->first) {
		buf_cut(&b, 0);
		buf_puts(&b, "Findings: ");
		tell_counts(fs, &b);
		page_heading(p, buf_text(&b));
		text_findings(fs, p);
		page_gap(p);
		page_text(p, 0, "'pmemscope explain ID' tells what one means and what to do.");
		mending(r, p);
	}
	if (r->story && (r->story->first || r->story->summary))
		activities(r->story, p);
	if (r->recovery)
		recovery(r->recovery, p);
	if (fs && fs->unchecked)
		not_checked(fs, p);
	if (r->intake.sources.first)
		page_heading(p, "Sources");
	for (const struct source *s = r->intake.sources.first; s; s = s->next)
		source(s, p);
	buf_free(&b);
	return fflush(p->f) == 0 && !ferror(p->f) ? STATUS_OK : STATUS_IO;
}

void text_check(const struct check *c, struct page *p)
{
	page_styled(p, 0, style_of(c->severity), c->id);
	page_term(p, 2, 10, "says", c->says);
	page_term(p, 2, 10, "severity", outcome_severity(c->severity));
	if (c->means)
		page_term(p, 2, 10, "means", c->means);
	if (c->remedy)
		page_term(p, 2, 10, "do next", c->remedy);
	if (c->after)
		page_term(p, 2, 10, "after", c->after);
	if (c->source)
		page_term(p, 2, 10, "source", c->source);
	if (c->covers)
		page_term(p, 2, 10, "covers", c->covers);
}
