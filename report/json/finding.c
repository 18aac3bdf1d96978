#include "report/json/parts.h"

#include "analyzer/fingerprint.h"
#include "report/outcome.h"

#include <stdlib.h>
#include <string.h>

void json_path(struct json *j, const char *key, const struct node *n)
{
	struct buf b = { .p = NULL };

	place_path(n, &b);
	j->told.failed |= b.failed;
	json_word(j, key, buf_text(&b));
	buf_free(&b);
}

void json_evidence(struct json *j, const char *key, struct place p)
{
	struct origin o;

	json_open_array(j, key);
	while (place_piece(&p, &o)) {
		json_open_object(j, NULL);
		if (o.source)
			json_number(j, "source", o.source->idx);
		else
			json_nothing(j, "source");
		json_number(j, "offset", o.at);
		json_number(j, "length", o.len);
		json_close_object(j);
	}
	json_close_array(j);
}

static void json_alternatives(struct json *j, const struct alternative *a)
{
	json_open_array(j, "alternatives");
	for (; a; a = a->next) {
		json_open_object(j, NULL);
		json_word(j, "id", a->id);
		json_sentence(j, "witness", a->witness);
		json_sentence(j, "does", a->does);
		json_sentence(j, "loses", a->loses);
		json_word(j, "repair", outcome_repair(a->repair));
		json_close_object(j);
	}
	json_close_array(j);
}

void json_finding(struct json *j, const struct finding *f)
{
	char print[FINGERPRINT_LEN + 1];
	struct buf path = { .p = NULL };
	bool detail = f->detail && redact_shows(j->redact, TOLD_SENTENCE);

	fingerprint_of(f, print);
	place_finding_path(f, &path);
	json_word(j, "id", f->by->id);
	json_word(j, "severity", outcome_severity(f->severity));
	json_word(j, "verdict", outcome_verdict(f->verdict));
	if (detail)
		json_sentence(j, "message", f->detail);
	else
		json_word(j, "message", f->by->says);
	json_word(j, "path", buf_text(&path));
	json_path(j, "node", f->node);
	if (f->field)
		json_word(j, "field", f->field->name);
	if (f->numbered)
		json_number(j, "element", f->idx);
	json_word(j, "fingerprint", print);
	json_evidence(j, "evidence", place_of_finding(f));
	json_sentence(j, "expected", f->expected);
	json_sentence(j, "actual", f->actual);
	json_word(j, "repair", outcome_repair(f->repair));
	if (f->alternatives)
		json_alternatives(j, f->alternatives);
	j->told.failed |= path.failed;
	buf_free(&path);
}

void json_findings(struct json *j, const char *key, const struct findings *fs)
{
	json_open_array(j, key);
	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next) {
		json_line(j);
		json_open_object(j, NULL);
		json_finding(j, f);
		json_close_object(j);
	}
	json_close_array(j);
}

void json_counts(struct json *j, const char *key, const struct findings *fs)
{
	json_open_object(j, key);
	for (int s = ERROR; s >= NOTE; s--)
		json_number(j, outcome_severity((enum severity)s), fs->nr[s]);
	json_close_object(j);
}

/* covers is "PH-05 PS-06" in the table, a list in JSON. */
static void covers(struct json *j, const char *rows)
{
	char row[32];

	json_open_array(j, "covers");
	while (rows && *(rows += strspn(rows, " "))) {
		size_t len = strcspn(rows, " ");

		if (len < sizeof(row)) {
			memcpy(row, rows, len);
			row[len] = '\0';
			json_word(j, NULL, row);
		}
		rows += len;
	}
	json_close_array(j);
}

void json_check(struct json *j, const char *key, const struct check *c)
{
	json_open_object(j, key);
	if (key == NULL)
		json_word(j, "id", c->id);
	json_word(j, "severity", outcome_severity(c->severity));
	covers(j, c->covers);
	json_word(j, "says", c->says);
	if (c->means)
		json_word(j, "means", c->means);
	if (c->remedy)
		json_word(j, "remedy", c->remedy);
	if (c->source)
		json_word(j, "source", c->source);
	json_close_object(j);
}

static bool names(const struct findings *fs, const struct check *c)
{
	for (const struct finding *f = fs ? fs->first : NULL; f; f = f->next)
		if (f->by == c)
			return true;
	for (const struct unchecked *u = fs ? fs->unchecked : NULL; u; u = u->next)
		if (u->by == c)
			return true;
	return false;
}

const struct check **json_checks_list(const struct result *r, size_t *nr)
{
	const struct check **list;
	size_t all = 0;

	for (size_t t = 0; t < check_tables_nr; t++)
		all += check_tables[t]->nr;
	*nr = 0;
	list = calloc(all + 1, sizeof(*list));
	for (size_t t = 0; list && t < check_tables_nr; t++)
		for (size_t i = 0; i < check_tables[t]->nr; i++) {
			const struct check *c = &check_tables[t]->checks[i];

			if (names(r->findings, c) || (r->recovery && names(r->recovery->findings, c)))
				list[(*nr)++] = c;
		}
	return list;
}

bool json_checks_named(struct json *j, const struct result *r)
{
	size_t nr;
	const struct check **list = json_checks_list(r, &nr);

	json_open_object(j, "checks");
	for (size_t i = 0; i < nr; i++)
		json_check(j, list[i]->id, list[i]);
	json_close_object(j);
	free(list);
	return list != NULL;
}
