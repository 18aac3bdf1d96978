#include "report/sarif/sarif.h"

#include "analyzer/fingerprint.h"
#include "analyzer/repair/rounds.h"
#include "formats/base/digest.h"
#include "report/json/parts.h"
#include "report/outcome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_OUT "[left out]"

enum { FIX_EDITS_MAX = 256 }; /* a fix of more is told by the plan alone */

/* The rules of this run in the order they are listed: those that a result or a notification names. */
struct rules {
	const struct check *const *list;
	size_t nr;
};

/* SARIF wants a string whatever is left out of it. */
static void message(struct json *j, const char *key, const char *text)
{
	json_open_object(j, key);
	if (redact_shows(j->redact, TOLD_SENTENCE))
		json_told(j, "text", TOLD_SENTENCE, text, strlen(text));
	else
		json_word(j, "text", LEFT_OUT);
	json_close_object(j);
}

static void words(struct json *j, const char *key, const char *text)
{
	json_open_object(j, key);
	json_word(j, "text", text);
	json_close_object(j);
}

static size_t rule_index(const struct rules *rules, const struct check *c)
{
	size_t i = 0;

	while (i < rules->nr && rules->list[i] != c)
		i++;
	return i;
}

static void rule(struct json *j, const struct check *c)
{
	struct buf help = { .p = NULL };

	buf_printf(&help, "%s %s", c->means ? c->means : "", c->remedy ? c->remedy : "");
	json_line(j);
	json_open_object(j, NULL);
	json_word(j, "id", c->id);
	words(j, "shortDescription", c->says);
	if (c->means)
		words(j, "fullDescription", c->means);
	words(j, "help", buf_text(&help));
	json_open_object(j, "defaultConfiguration");
	json_word(j, "level", outcome_severity(c->severity));
	json_close_object(j);
	json_open_object(j, "properties");
	if (c->covers)
		json_word(j, "covers", c->covers);
	if (c->source)
		json_word(j, "source", c->source);
	json_close_object(j);
	json_close_object(j);
	buf_free(&help);
}

static void driver(struct json *j, const struct rules *rules)
{
	json_open_object(j, "tool");
	json_open_object(j, "driver");
	json_word(j, "name", "pmemscope");
	json_word(j, "version", PMEMSCOPE_VERSION);
	json_open_array(j, "rules");
	for (size_t i = 0; i < rules->nr; i++)
		rule(j, rules->list[i]);
	json_close_array(j);
	json_close_object(j);
	json_close_object(j);
}

/* A file's name as a URI reference: what is none of its plain characters is told in percent. */
static void uri(const struct report_options *o, const struct source *s, struct buf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
	struct buf path = { .p = NULL };

	if (o->reproducible) {
		buf_printf(out, "source-%" PRIu32, s->idx);
		return;
	}
	if (s->path[0] == '/' && redact_level(o->redact) == REDACT_NONE)
		buf_puts(out, "file://");
	redact_value(o->redact, TOLD_NAME, s->path, strlen(s->path), &path);
	for (size_t i = 0; i < path.len; i++)
		if (strchr(plain, path.p[i]))
			buf_add(out, &path.p[i], 1);
		else
			buf_printf(out, "%%%02X", (uint8_t)path.p[i]);
	out->failed |= path.failed;
	buf_free(&path);
}

static uint64_t layers_nr(const struct source *s)
{
	uint64_t nr = 0;

	for (const struct layer *l = s->layers; l; l = l->next)
		nr++;
	return nr ? nr : 1;
}

/* The artifact that a source's offsets count in: its innermost layer. */
static uint64_t artifact_of(const struct result *r, const struct source *of)
{
	uint64_t nr = 0;

	for (const struct source *s = r->intake.sources.first; s; s = s->next) {
		nr += layers_nr(s);
		if (s == of)
			break;
	}
	return nr - 1;
}

static void hash(struct json *j, bool known, const uint8_t sum[DIGEST_LEN])
{
	char text[2 * DIGEST_LEN + 1];

	if (!known || !redact_shows(j->redact, TOLD_DIGEST))
		return;
	digest_text(sum, text);
	json_open_object(j, "hashes");
	json_word(j, "sha-256", text);
	json_close_object(j);
}

static void artifacts(struct json *j, const struct result *r, const struct report_options *o)
{
	uint64_t idx = 0;

	json_open_array(j, "artifacts");
	for (const struct source *s = r->intake.sources.first; s; s = s->next) {
		uint64_t nr = layers_nr(s);
		const struct layer *l = s->layers;
		struct buf name = { .p = NULL };

		uri(o, s, &name);
		for (uint64_t i = 0; i < nr; i++, idx++, l = l ? l->next : NULL) {
			json_line(j);
			json_open_object(j, NULL);
			json_open_object(j, "location");
			if (i)
				buf_printf(&name, "/%s", l ? l->kind : "");
			json_word(j, "uri", buf_text(&name));
			json_close_object(j);
			if (i)
				json_number(j, "parentIndex", idx - 1);
			json_number(j, "length", i == nr - 1 ? s->size : i ? l->size : s->stored_size);
			json_open_array(j, "roles");
			json_word(j, NULL, "analysisTarget");
			json_close_array(j);
			if (i == 0)
				hash(j, s->stored_hashed, s->stored_sha256);
			else if (i == nr - 1)
				hash(j, s->decoded_hashed, s->decoded_sha256);
			json_close_object(j);
		}
		j->told.failed |= name.failed;
		buf_free(&name);
	}
	json_close_array(j);
}

static void logical(struct json *j, const char *path)
{
	json_open_array(j, "logicalLocations");
	json_open_object(j, NULL);
	json_word(j, "fullyQualifiedName", path);
	json_word(j, "kind", "object");
	json_close_object(j);
	json_close_array(j);
}

static void locations(struct json *j, const struct result *r, struct place at, const char *path)
{
	struct origin o;
	bool any = false;

	json_open_array(j, "locations");
	while (place_piece(&at, &o)) {
		if (o.source == NULL || o.at > INT64_MAX >> 10)
			continue; /* no integer that every reader takes */
		json_open_object(j, NULL);
		json_open_object(j, "physicalLocation");
		json_open_object(j, "artifactLocation");
		json_number(j, "index", artifact_of(r, o.source));
		json_close_object(j);
		json_open_object(j, "region");
		json_number(j, "byteOffset", o.at);
		json_number(j, "byteLength", o.len);
		json_close_object(j);
		json_close_object(j);
		if (!any)
			logical(j, path);
		json_close_object(j);
		any = true;
	}
	if (!any) {
		json_open_object(j, NULL);
		logical(j, path);
		json_close_object(j);
	}
	json_close_array(j);
}

static void base64(const uint8_t *p, size_t len, struct buf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);
		char four[4] = { digits[v >> 18], digits[v >> 12 & 63], i + 1 < len ? digits[v >> 6 & 63] : '=',
				 i + 2 < len ? digits[v & 63] : '=' };

		buf_add(out, four, sizeof(four));
	}
}

static void replacement(struct json *j, const struct edit *e)
{
	struct buf text = { .p = NULL };

	json_open_object(j, NULL);
	json_open_object(j, "deletedRegion");
	json_number(j, "byteOffset", e->at);
	json_number(j, "byteLength", e->len);
	json_close_object(j);
	json_open_object(j, "insertedContent");
	base64(e->now, (size_t)e->len, &text);
	json_word(j, "binary", buf_text(&text));
	json_close_object(j);
	json_close_object(j);
	j->told.failed |= text.failed;
	buf_free(&text);
}

/* One change for each run of edits in one file. */
static void fix(struct json *j, const struct result *r, const struct step *s)
{
	json_open_object(j, NULL);
	message(j, "description", s->says);
	json_open_array(j, "artifactChanges");
	for (const struct edit *e = s->first; e;) {
		const struct item *item = e->item;

		json_open_object(j, NULL);
		json_open_object(j, "artifactLocation");
		json_number(j, "index", artifact_of(r, item->source));
		json_close_object(j);
		json_open_array(j, "replacements");
		for (; e && e->item == item; e = e->next)
			replacement(j, e);
		json_close_array(j);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

/* A fix spells bytes: only without redaction. Steps of later rounds belong to what comes up then. */
static void fixes(struct json *j, const struct result *r, const struct repair *rep, const char *print)
{
	bool any = false;

	if (rep == NULL || rep->plan == NULL || redact_level(j->redact) != REDACT_NONE)
		return;
	for (const struct step *s = rep->plan->first; s; s = s->next) {
		if (strcmp(s->fingerprint, print) != 0 || s->first == NULL || s->edits_nr > FIX_EDITS_MAX)
			continue;
		if (!any)
			json_open_array(j, "fixes");
		any = true;
		fix(j, r, s);
	}
	if (any)
		json_close_array(j);
}

/* baseline: beside an earlier capture it is "new", "unchanged" or "absent"; NULL: there is none. */
static void result(struct json *j, const struct result *r, const struct repair *rep, const struct rules *rules,
		   const struct finding *f, const char *baseline)
{
	char print[FINGERPRINT_LEN + 1];
	struct buf path = { .p = NULL };
	bool detail = f->detail && redact_shows(j->redact, TOLD_SENTENCE);

	place_finding_path(f, &path);
	fingerprint_of(f, print);
	json_line(j);
	json_open_object(j, NULL);
	json_word(j, "ruleId", f->by->id);
	json_number(j, "ruleIndex", rule_index(rules, f->by));
	json_word(j, "level", outcome_severity(f->severity));
	if (detail)
		message(j, "message", f->detail);
	else
		words(j, "message", f->by->says);
	if (baseline)
		json_word(j, "baselineState", baseline);
	if (baseline && strcmp(baseline, "absent") == 0) { /* its bytes lie in a capture that this run does not tell of */
		json_open_array(j, "locations");
		json_open_object(j, NULL);
		logical(j, buf_text(&path));
		json_close_object(j);
		json_close_array(j);
	} else {
		locations(j, r, place_of_finding(f), buf_text(&path));
	}
	json_open_object(j, "partialFingerprints");
	json_word(j, "pmemscope/v1", print);
	json_close_object(j);
	fixes(j, r, rep, print);
	json_open_object(j, "properties");
	json_word(j, "verdict", outcome_verdict(f->verdict));
	json_word(j, "repair", outcome_repair(f->repair));
	json_sentence(j, "expected", f->expected);
	json_sentence(j, "actual", f->actual);
	json_close_object(j);
	json_close_object(j);
	j->told.failed |= path.failed;
	buf_free(&path);
}

static void notifications(struct json *j, const struct result *r)
{
	json_open_array(j, "toolExecutionNotifications");
	if (r->status != STATUS_OK) {
		json_open_object(j, NULL);
		json_word(j, "level", "error");
		message(j, "message", r->problem.text);
		json_close_object(j);
	}
	for (const struct unchecked *u = r->findings ? r->findings->unchecked : NULL; u; u = u->next) {
		struct buf path = { .p = NULL };

		place_path(u->node, &path);
		json_line(j);
		json_open_object(j, NULL);
		json_word(j, "level", "note");
		json_open_object(j, "associatedRule");
		json_word(j, "id", u->by->id);
		json_close_object(j);
		message(j, "message", u->why);
		if (path.len) {
			json_open_array(j, "locations");
			json_open_object(j, NULL);
			logical(j, buf_text(&path));
			json_close_object(j);
			json_close_array(j);
		}
		json_close_object(j);
		buf_free(&path);
	}
	json_close_array(j);
}

static void invocation(struct json *j, const struct result *r, const struct report_options *o)
{
	json_open_array(j, "invocations");
	json_open_object(j, NULL);
	json_bool(j, "executionSuccessful", r->status == STATUS_OK);
	json_number(j, "exitCode", outcome_of(r, o->fail_on));
	if (!o->reproducible && o->now && redact_shows(j->redact, TOLD_NUMBER))
		json_time(j, "endTimeUtc", o->now);
	notifications(j, r);
	json_close_object(j);
	json_close_array(j);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What stands for a value that was left out, so that nobody takes it for the value. */
static bool redaction_tokens(struct json *j)
{
	uint64_t nr = redact_level(j->redact) == REDACT_NONE ? 0 : redact_tokens(j->redact);
	const char **list = nr ? calloc(nr, sizeof(*list)) : NULL;

	if (nr == 0)
		return true;
	if (list == NULL)
		return false;
	for (uint64_t i = 0; i < nr; i++)
		list[i] = redact_token(j->redact, i);
	qsort(list, nr, sizeof(*list), by_text);
	json_open_array(j, "redactionTokens");
	for (uint64_t i = 0; i < nr; i++)
		if (i == 0 || strcmp(list[i], list[i - 1]) != 0)
			json_word(j, NULL, list[i]);
	if (!redact_shows(j->redact, TOLD_SENTENCE))
		json_word(j, NULL, LEFT_OUT);
	json_close_array(j);
	free(list);
	return true;
}

static bool run_begin(struct json *j, const struct result *r, const struct report_options *o, const struct rules *rules)
{
	json_open_object(j, NULL);
	driver(j, rules);
	invocation(j, r, o);
	artifacts(j, r, o);
	bool good = redaction_tokens(j);
	json_open_array(j, "results");
	return good;
}

static enum status run_end(struct json *j, const struct result *r, bool good)
{
	json_close_array(j);
	json_open_object(j, "properties");
	json_word(j, "verdict", r->verdict);
	json_sentence(j, "sentence", r->sentence);
	json_sentence(j, "nextStep", r->next_step);
	json_word(j, "redaction", redact_names[redact_level(j->redact)]);
	json_close_object(j);
	json_close_object(j);
	return json_end(j) && good ? STATUS_OK : ferror(j->f) ? STATUS_IO : STATUS_NOMEM;
}

enum status sarif_run(const struct result *r, const struct report_options *o, FILE *f)
{
	struct json j = { .f = f, .redact = o->redact, .lines = 1 };
	const struct findings *fs = r->findings;
	struct rules rules = { .nr = 0 };
	const struct check **list = json_checks_list(r, &rules.nr);

	if (list == NULL)
		return STATUS_NOMEM;
	rules.list = list;
	bool good = run_begin(&j, r, o, &rules);
	for (const struct finding *one = fs ? fs->first : NULL; one; one = one->next)
		result(&j, r, o->repair, &rules, one, NULL);
	free(list);
	return run_end(&j, r, good);
}

enum status sarif_log(const struct result *r, const struct report_options *o, FILE *f)
{
	fputs(SARIF_BEFORE, f);
	enum status st = sarif_run(r, o, f);

	fputs(SARIF_AFTER, f);
	return st == STATUS_OK && ferror(f) ? STATUS_IO : st;
}

static void results_of(struct json *j, const struct result *r, const struct rules *rules, const struct finding_list *l,
		       const char *baseline)
{
	for (size_t i = 0; i < l->nr; i++)
		result(j, r, NULL, rules, l->list[i], baseline);
}

/* Rules of both runs, those of the later one first. NULL without memory. */
static const struct check **rules_of_both(const struct result *a, const struct result *b, size_t *nr)
{
	size_t as, bs;
	const struct check **was = json_checks_list(a, &as), **now = json_checks_list(b, &bs);
	const struct check **all = calloc(as + bs + 1, sizeof(const struct check *));

	*nr = 0;
	for (size_t i = 0; all && was && now && i < as + bs; i++) {
		const struct check *c = i < bs ? now[i] : was[i - bs];

		if (rule_index(&(struct rules){ all, *nr }, c) == *nr)
			all[(*nr)++] = c;
	}
	free(was);
	free(now);
	return all;
}

enum status sarif_diff(const struct result *a, const struct result *b, const struct comparison *cmp,
		       const struct report_options *o, FILE *f)
{
	struct json j = { .f = f, .redact = o->redact, .lines = 1 };
	struct rules rules = { .nr = 0 };
	const struct check **list = rules_of_both(a, b, &rules.nr);

	if (list == NULL)
		return STATUS_NOMEM;
	rules.list = list;
	fputs(SARIF_BEFORE, f);
	bool good = run_begin(&j, b, o, &rules);
	results_of(&j, b, &rules, &cmp->fresh, "new");
	results_of(&j, b, &rules, &cmp->kept, "unchanged");
	results_of(&j, b, &rules, &cmp->gone, "absent");
	free(list);
	enum status st = run_end(&j, b, good);
	fputs(SARIF_AFTER, f);
	return st == STATUS_OK && ferror(f) ? STATUS_IO : st;
}
