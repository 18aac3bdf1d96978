/* What was happening at the crash, and what the library would make of it. */
#include "report/json/parts.h"

#include "formats/image/overlay.h"
#include "report/outcome.h"

enum { RUNS_LISTED = 256 };

static void change(struct json *j, const struct change *c)
{
	enum told what = c->user_data ? TOLD_USER : TOLD_BYTES;

	json_open_object(j, NULL);
	json_sentence(j, "what", c->what);
	if (c->node)
		json_path(j, "path", c->node);
	json_number(j, "offset", c->at);
	json_number(j, "length", c->len);
	json_evidence(j, "evidence", (struct place){ c->image, c->at, c->len });
	json_bool(j, "user_data", c->user_data);
	if (c->before)
		json_bytes(j, "before", what, c->before, c->shown);
	if (c->after)
		json_bytes(j, "after", what, c->after, c->shown);
	json_close_object(j);
}

static void activity(struct json *j, const struct activity *a)
{
	json_line(j);
	json_open_object(j, NULL);
	json_word(j, "state", outcome_activity(a->state));
	json_sentence(j, "actor", a->actor);
	json_sentence(j, "stage", a->stage);
	json_sentence(j, "says", a->says);
	json_sentence(j, "outcome", a->outcome);
	if (a->node)
		json_path(j, "path", a->node);
	json_number(j, "changes_total", a->changes_nr);
	json_open_array(j, "changes");
	for (const struct change *c = a->first; c; c = c->next)
		change(j, c);
	json_close_array(j);
	json_close_object(j);
}

void json_activities(struct json *j, const struct story *s)
{
	if (s == NULL) {
		json_nothing(j, "activities");
		return;
	}
	json_open_object(j, "activities");
	json_sentence(j, "summary", s->summary);
	json_number(j, "actors", s->actors);
	json_number(j, "idle", s->idle);
	json_open_object(j, "counts");
	for (int i = 0; i < ACTIVITY_STATES; i++)
		json_number(j, outcome_activity((enum activity_state)i), s->nr[i]);
	json_close_object(j);
	json_open_array(j, "list");
	for (const struct activity *a = s->first; a; a = a->next)
		activity(j, a);
	json_close_array(j);
	json_close_object(j);
}

static void runs(struct json *j, struct image *after)
{
	uint64_t nr = 0;
	struct extent e;

	json_open_array(j, "changes");
	for (uint64_t at = 0; (e = overlay_next(after, at)).len; at = e.at + e.len)
		if (nr++ < RUNS_LISTED) {
			json_open_object(j, NULL);
			json_number(j, "offset", e.at);
			json_number(j, "length", e.len);
			json_evidence(j, "evidence", (struct place){ after, e.at, e.len });
			json_close_object(j);
		}
	json_close_array(j);
	json_number(j, "changes_total", nr);
}

void json_recovery(struct json *j, const struct recovery *rec)
{
	if (rec == NULL) {
		json_nothing(j, "recovery");
		return;
	}
	json_open_object(j, "recovery");
	json_sentence(j, "by", rec->by);
	json_bool(j, "needed", rec->needed);
	json_sentence(j, "refused", rec->refused);
	json_open_array(j, "steps");
	for (const struct recovery_step *s = rec->first; s; s = s->next) {
		json_line(j);
		json_open_object(j, NULL);
		json_sentence(j, "says", s->says);
		if (s->node)
			json_path(j, "path", s->node);
		json_close_object(j);
	}
	json_close_array(j);
	json_number(j, "steps_total", rec->steps_nr);
	json_sentence(j, "not_simulated", rec->not_simulated);
	json_bool(j, "simulated", rec->after != NULL);
	if (rec->after) {
		json_number(j, "changed_bytes", rec->changed);
		runs(j, rec->after);
	}
	if (rec->findings) {
		json_findings(j, "findings", rec->findings);
		json_counts(j, "counts", rec->findings);
	}
	json_close_object(j);
}
