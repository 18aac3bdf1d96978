#include "report/text/plan.h"

#include "report/buf.h"
#include "report/outcome.h"

#include <inttypes.h>
#include <string.h>

enum { EDITS_SHOWN = 8, BYTES_SHOWN = 16 };

static const char *hex(const uint8_t *bytes, uint64_t len, char *out)
{
	uint64_t shown = len < BYTES_SHOWN ? len : BYTES_SHOWN;

	for (uint64_t i = 0; i < shown; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
	strcpy(out + 2 * shown, shown < len ? "..." : "");
	return out;
}

static void edit(const struct edit *e, struct page *p)
{
	char was[2 * BYTES_SHOWN + 4], now[2 * BYTES_SHOWN + 4];

	page_text(p, 4, "%s byte %" PRIu64 ", %" PRIu64 " byte%s: %s becomes %s", e->item->name, e->at, e->len,
		  e->len == 1 ? "" : "s", hex(e->was, e->len, was), hex(e->now, e->len, now));
}

void text_step(const struct step *s, struct page *p)
{
	uint64_t left = s->edits_nr;

	page_text(p, 0, "%" PRIu32 ". [%s] %s", s->nr, outcome_repair(s->class), s->says);
	page_text(p, 4, "for %s at %s", s->by->id, s->path ? s->path : "");
	if (s->loses)
		page_text(p, 4, "loses: %s", s->loses);
	if (s->rejected)
		page_text(p, 4, "not made: %s", s->rejected);
	if (s->alternative_to)
		page_text(p, 4, "instead of step %" PRIu32, s->alternative_to);
	else if (!s->chosen)
		page_text(p, 4, "not chosen");
	for (const struct edit *e = s->first; e && s->edits_nr - left < EDITS_SHOWN; e = e->next, left--)
		edit(e, p);
	if (left)
		page_text(p, 4, "and %" PRIu64 " edits more", left);
}

void text_plan(const struct repair *rep, struct page *p)
{
	const struct plan *plan = rep->plan;
	uint32_t made = 0;

	page_heading(p, "Plan");
	if (plan->first == NULL) {
		page_text(p, 2, "There is nothing that could be mended.");
		return;
	}
	for (const struct step *s = plan->first; s; s = s->next) {
		text_step(s, p);
		made += plan_made(s);
	}
	page_gap(p);
	if (made == 0)
		page_text(p, 0, "No step is chosen: nothing would be written.");
	else
		page_text(p, 0, "Afterwards: %s. %s", rep->after.verdict, rep->after.sentence);
}
