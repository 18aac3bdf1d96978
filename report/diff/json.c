#include "report/diff/diff.h"

#include "report/json/json.h"
#include "report/json/parts.h"
#include "report/outcome.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[CHANGES] = {
	[CHANGE_NEW] = "new",	  [CHANGE_GONE] = "gone",   [CHANGE_STATE] = "state", [CHANGE_LAYOUT] = "layout",
	[CHANGE_COUNT] = "count", [CHANGE_FIELD] = "field", [CHANGE_FACT] = "fact",   [CHANGE_ELEMENTS] = "elements",
};

static void side(struct json *j, const char *key, const struct result *r, const struct report_options *o)
{
	json_open_object(j, key);
	if (!o->reproducible)
		json_name(j, "source", r->path);
	json_word(j, "format", r->model.format);
	json_word(j, "verdict", r->verdict);
	json_sentence(j, "sentence", r->sentence);
	if (r->status != STATUS_OK)
		json_sentence(j, "problem", r->problem.text);
	if (r->findings)
		json_counts(j, "counts", r->findings);
	json_close_object(j);
}

static void finding_list(struct json *j, const char *key, const struct finding_list *l)
{
	json_open_array(j, key);
	for (size_t i = 0; i < l->nr; i++) {
		json_line(j);
		json_open_object(j, NULL);
		json_finding(j, l->list[i]);
		json_close_object(j);
	}
	json_close_array(j);
}

/* The fields of the first element of a range that are not the same. */
static void element(struct json *j, const struct difference *c)
{
	const struct layout *l = c->was->layout;
	void *was = calloc(1, l->host_size), *now = calloc(1, l->host_size);
	bool there[2] = { was && node_element(c->was, c->first, was), now && node_element(c->now, c->first, now) };

	json_open_array(j, "fields");
	for (uint32_t i = 0; there[0] && there[1] && i < l->nr; i++) {
		const struct field *f = &l->fields[i];
		bool same = f->rep == REP_RAW ? memcmp(layout_bytes(f, was), layout_bytes(f, now), f->width) == 0
					      : layout_value(f, was) == layout_value(f, now);
		if (same)
			continue;
		json_open_object(j, NULL);
		json_word(j, "field", f->name);
		json_field(j, "was", f, was);
		json_field(j, "now", f, now);
		json_close_object(j);
	}
	json_close_array(j);
	if (!there[0])
		json_word(j, "was", outcome_node(NODE_LOST));
	if (!there[1])
		json_word(j, "now", outcome_node(NODE_LOST));
	j->told.failed |= was == NULL || now == NULL;
	free(was);
	free(now);
}

static void layout_name(struct json *j, const char *key, const struct node *n)
{
	if (n->layout)
		json_word(j, key, n->layout->name);
}

static void change(struct json *j, const struct difference *c)
{
	json_line(j);
	json_open_object(j, NULL);
	json_word(j, "kind", kinds[c->kind]);
	json_path(j, "path", c->now ? c->now : c->was);
	switch (c->kind) {
	case CHANGE_NEW:
	case CHANGE_GONE:
		json_number(j, "nr", c->nr);
		if (c->nr > 1)
			json_path(j, "last", c->last);
		layout_name(j, "layout", c->last);
		break;
	case CHANGE_STATE:
		json_word(j, "was", outcome_node(c->was->state));
		json_word(j, "now", outcome_node(c->now->state));
		break;
	case CHANGE_LAYOUT:
		layout_name(j, "was", c->was);
		layout_name(j, "now", c->now);
		break;
	case CHANGE_COUNT:
		json_number(j, "was", c->was->count);
		json_number(j, "now", c->now->count);
		break;
	case CHANGE_FIELD:
		json_word(j, "field", c->field->name);
		json_field(j, "was", c->field, c->was->host);
		json_field(j, "now", c->field, c->now->host);
		break;
	case CHANGE_FACT:
		json_word(j, "field", (c->now_fact ? c->now_fact : c->was_fact)->name);
		if (c->was_fact)
			json_fact(j, "was", c->was_fact);
		if (c->now_fact)
			json_fact(j, "now", c->now_fact);
		break;
	default:
		json_number(j, "first", c->first);
		json_number(j, "nr", c->nr);
		element(j, c);
	}
	json_close_object(j);
}

enum status diff_json(const struct result *a, const struct result *b, const struct comparison *cmp,
		      const struct report_options *o, FILE *f)
{
	struct json j = { .f = f, .redact = o->redact, .lines = 2 };
	uint64_t all = 0;
	bool written;

	json_open_object(&j, NULL);
	json_word(&j, "schema_version", JSON_SCHEMA_VERSION);
	json_word(&j, "document", "diff");
	side(&j, "before", a, o);
	side(&j, "after", b, o);
	json_bool(&j, "same", cmp->same);
	json_open_object(&j, "counts");
	for (int k = 0; k < CHANGES; k++) {
		json_number(&j, kinds[k], cmp->nr[k]);
		all += cmp->nr[k];
	}
	json_close_object(&j);
	json_number(&j, "changes_total", all);
	json_open_object(&j, "findings");
	finding_list(&j, "new", &cmp->fresh);
	finding_list(&j, "gone", &cmp->gone);
	finding_list(&j, "unchanged", &cmp->kept);
	json_close_object(&j);
	json_open_array(&j, "changes");
	for (const struct difference *c = cmp->first; c; c = c->next)
		change(&j, c);
	json_close_array(&j);
	json_open_object(&j, "redaction");
	json_word(&j, "level", redact_names[redact_level(o->redact)]);
	json_close_object(&j);
	json_close_object(&j);
	written = !ferror(f);
	if (json_end(&j))
		return STATUS_OK;
	return written && !ferror(f) ? STATUS_NOMEM : STATUS_IO;
}

json_t *diff_document(const struct result *a, const struct result *b, const struct comparison *cmp,
		      const struct report_options *o)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	json_t *doc = NULL;
	bool good = f && diff_json(a, b, cmp, o, f) == STATUS_OK;

	good = f && fclose(f) == 0 && good;
	if (good)
		doc = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	free(text);
	return doc;
}
