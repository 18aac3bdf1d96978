#include "report/json/json.h"

#include "analyzer/facts/ending.h"
#include "report/json/parts.h"
#include "report/outcome.h"

#include <stdlib.h>

static void tool(struct json *j)
{
	json_open_object(j, "tool");
	json_word(j, "name", "pmemscope");
	json_word(j, "version", PMEMSCOPE_VERSION);
	json_close_object(j);
}

static void list(struct json *j, const char *key, const char *const *ids, size_t nr)
{
	if (nr == 0)
		return;
	json_open_array(j, key);
	for (size_t i = 0; i < nr; i++)
		json_sentence(j, NULL, ids[i]);
	json_close_array(j);
}

static void roots(struct json *j, const struct analyze_options *o)
{
	if (o->roots_nr == 0)
		return;
	json_open_array(j, "roots");
	for (size_t i = 0; i < o->roots_nr; i++) {
		json_open_object(j, NULL);
		json_number(j, "first", o->roots[i].first);
		json_number(j, "last", o->roots[i].last);
		json_close_object(j);
	}
	json_close_array(j);
}

static void run(struct json *j, const struct result *r, const struct report_options *o)
{
	json_open_object(j, "run");
	json_bool(j, "reproducible", o->reproducible);
	json_bool(j, "deep", o->analyze->deep);
	json_number(j, "max_findings", o->analyze->max_findings);
	list(j, "only", o->analyze->only, o->analyze->only_nr);
	list(j, "skip", o->analyze->skip, o->analyze->skip_nr);
	roots(j, o->analyze);
	if (!o->reproducible) {
		json_name(j, "source", r->path);
		if (redact_shows(j->redact, TOLD_NUMBER) && o->now)
			json_time(j, "time", o->now);
		json_name(j, "host", o->host);
	}
	json_word(j, "status", outcome_status(r->status));
	if (r->status != STATUS_OK)
		json_sentence(j, "problem", r->problem.text);
	json_close_object(j);
}

static void by_check(struct json *j, const struct findings *fs)
{
	json_open_array(j, "by_check");
	for (size_t i = 0; fs && i < fs->tallies_nr; i++) {
		const struct tally *t = &fs->tallies[i];

		if (t->nr == 0)
			continue;
		json_open_object(j, NULL);
		json_word(j, "id", t->by->id);
		json_number(j, "total", t->nr);
		json_number(j, "listed", outcome_listed(fs, t->by));
		json_close_object(j);
	}
	json_close_array(j);
}

static void summary(struct json *j, const struct result *r, const struct report_options *o)
{
	const struct findings *fs = r->findings;
	uint64_t listed = 0;

	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next)
		listed++;
	json_open_object(j, "summary");
	json_word(j, "verdict", r->verdict);
	json_sentence(j, "sentence", r->sentence);
	json_sentence(j, "next_step", r->next_step);
	json_open_object(j, "ending");
	json_word(j, "state", outcome_ending(r->ending));
	if (r->ending != ENDING_UNKNOWN) {
		json_word(j, "sentence", ending_text(r->ending));
		json_word(j, "advice", ending_advice(r->ending));
	}
	json_close_object(j);
	json_number(j, "exit_status", outcome_of(r, o->fail_on));
	json_open_object(j, "counts");
	for (int s = ERROR; s >= NOTE; s--)
		json_number(j, outcome_severity((enum severity)s), fs ? fs->nr[s] : 0);
	json_number(j, "listed", listed);
	json_number(j, "not_checked", fs ? fs->unchecked_nr : 0);
	json_close_object(j);
	by_check(j, fs);
	json_close_object(j);
}

static void not_checked(struct json *j, const struct findings *fs)
{
	json_open_array(j, "not_checked");
	for (const struct unchecked *u = fs ? fs->unchecked : NULL; u; u = u->next) {
		json_line(j);
		json_open_object(j, NULL);
		json_word(j, "id", u->by->id);
		if (u->node)
			json_path(j, "path", u->node);
		json_sentence(j, "why", u->why);
		json_close_object(j);
	}
	json_close_array(j);
}

static void redaction(struct json *j)
{
	json_open_object(j, "redaction");
	json_word(j, "level", redact_names[redact_level(j->redact)]);
	json_bool(j, "user_bytes", redact_user_bytes(j->redact));
	json_number(j, "tokens", redact_level(j->redact) == REDACT_NONE ? 0 : redact_tokens(j->redact));
	json_close_object(j);
}

static void head(struct json *j, const struct result *r, const struct report_options *o)
{
	json_word(j, "schema_version", JSON_SCHEMA_VERSION);
	tool(j);
	run(j, r, o);
	summary(j, r, o);
	json_sources(j, r, o);
	json_pool(j, r);
}

static bool middle(struct json *j, const struct result *r, const struct report_options *o)
{
	bool good;

	json_activities(j, r->story);
	json_recovery(j, r->recovery);
	json_plan(j, r, o->repair);
	not_checked(j, r->findings);
	good = json_checks_named(j, r);
	redaction(j);
	return good;
}

static enum status finish(struct json *j, bool good)
{
	bool written = !ferror(j->f);

	good = json_end(j) && good;
	return good ? STATUS_OK : written && !ferror(j->f) ? STATUS_NOMEM : STATUS_IO;
}

enum status json_report(const struct result *r, const struct report_options *o, FILE *f)
{
	struct json j = { .f = f, .redact = o->redact, .lines = 2 };
	bool good;

	json_open_object(&j, NULL);
	head(&j, r, o);
	json_findings(&j, "findings", r->findings);
	good = middle(&j, r, o);
	json_map(&j, r->map);
	if (r->model.root) {
		good &= json_layouts(&j, r->model.root);
		json_model(&j, "model", r->model.root);
	}
	json_close_object(&j);
	return finish(&j, good);
}

enum status json_lines(const struct result *r, const struct report_options *o, FILE *f)
{
	struct json j = { .f = f, .redact = o->redact };
	enum status st;
	bool good;

	json_open_object(&j, NULL);
	json_word(&j, "record", "report");
	head(&j, r, o);
	good = middle(&j, r, o);
	json_close_object(&j);
	st = finish(&j, good);
	for (const struct finding *one = r->findings ? r->findings->first : NULL; one && st == STATUS_OK; one = one->next) {
		j = (struct json){ .f = f, .redact = o->redact };
		json_open_object(&j, NULL);
		json_word(&j, "record", "finding");
		json_finding(&j, one);
		json_close_object(&j);
		st = finish(&j, true);
	}
	return st;
}

enum status json_checks(const struct check *only, const struct check_table *more, FILE *f)
{
	struct json j = { .f = f, .lines = 1 };

	if (only) {
		json_check(&j, NULL, only);
		return finish(&j, true);
	}
	json_open_array(&j, NULL);
	for (size_t t = 0; t < check_tables_nr; t++)
		for (size_t i = 0; i < check_tables[t]->nr; i++)
			json_check(&j, NULL, &check_tables[t]->checks[i]);
	for (size_t i = 0; i < more->nr; i++)
		json_check(&j, NULL, &more->checks[i]);
	json_close_array(&j);
	return finish(&j, true);
}

enum status json_node(const struct node *n, const struct redact *rd, FILE *f)
{
	struct json j = { .f = f, .redact = rd, .lines = 1 };

	json_model(&j, NULL, n);
	return finish(&j, true);
}

enum status json_elements(const struct node *array, uint64_t first, uint64_t nr, const struct redact *rd, FILE *f)
{
	struct json j = { .f = f, .redact = rd, .lines = 1 };
	void *host = malloc(array->layout->host_size);

	if (host == NULL)
		return STATUS_NOMEM;
	json_open_array(&j, NULL);
	for (uint64_t i = first; i - first < nr; i++) {
		json_open_object(&j, NULL);
		json_number(&j, "element", i);
		if (node_element(array, i, host))
			json_fields(&j, "fields", array->layout, host);
		else
			json_word(&j, "state", outcome_node(NODE_LOST));
		json_close_object(&j);
	}
	json_close_array(&j);
	free(host);
	return finish(&j, true);
}
