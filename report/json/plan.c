/* What could be mended, in which way, byte by byte. */
#include "report/json/parts.h"

#include "analyzer/repair/rounds.h"
#include "report/outcome.h"

enum { EDITS_LISTED = 64 };

/* Bytes of structures may spell what the filter replaces elsewhere: all of them or none. */
static void bytes(struct json *j, const char *key, const uint8_t *p, size_t len)
{
	if (redact_level(j->redact) == REDACT_NONE)
		json_bytes(j, key, TOLD_BYTES, p, len);
	else
		json_redacted(j, key, "bytes", len);
}

static void edits(struct json *j, const struct step *s)
{
	unsigned nr = 0;

	json_open_array(j, "edits");
	for (const struct edit *e = s->first; e && nr < EDITS_LISTED; e = e->next, nr++) {
		json_open_object(j, NULL);
		json_number(j, "source", e->item->source->idx);
		json_number(j, "offset", e->at);
		json_number(j, "length", e->len);
		bytes(j, "was", e->was, (size_t)e->len);
		bytes(j, "now", e->now, (size_t)e->len);
		json_sentence(j, "why", e->why);
		json_close_object(j);
	}
	json_close_array(j);
	json_number(j, "edits_total", s->edits_nr);
}

static void step(struct json *j, const struct step *s)
{
	json_line(j);
	json_open_object(j, NULL);
	json_number(j, "nr", s->nr);
	json_word(j, "id", s->by->id);
	if (s->path)
		json_word(j, "path", s->path);
	json_word(j, "fingerprint", s->fingerprint);
	json_word(j, "class", outcome_repair(s->class));
	json_sentence(j, "says", s->says);
	json_sentence(j, "loses", s->loses);
	json_bool(j, "chosen", plan_made(s));
	json_sentence(j, "rejected", s->rejected);
	if (s->alternative_to)
		json_number(j, "alternative_to", s->alternative_to);
	edits(j, s);
	json_close_object(j);
}

void json_plan(struct json *j, const struct result *r, const struct repair *rep)
{
	const struct findings *after = rep && rep->analyzed ? rep->after.findings : NULL;
	uint64_t nr[4];

	outcome_repairs(r->findings, nr);
	json_open_object(j, "plan");
	json_open_object(j, "counts");
	json_number(j, "safe", nr[REPAIR_SAFE]);
	json_number(j, "ask", nr[REPAIR_ASK]);
	json_number(j, "advanced", nr[REPAIR_ADVANCED]);
	json_number(j, "none", nr[REPAIR_NONE]);
	json_close_object(j);
	json_open_array(j, "steps");
	for (const struct step *s = rep && rep->plan ? rep->plan->first : NULL; s; s = s->next)
		step(j, s);
	json_close_array(j);
	if (after) {
		json_open_object(j, "after");
		json_word(j, "verdict", rep->after.verdict);
		json_sentence(j, "sentence", rep->after.sentence);
		json_counts(j, "counts", after);
		json_close_object(j);
	}
	json_close_object(j);
}
