#include "report/batch/merge.h"

#include "formats/base/digest.h"
#include "report/batch/collect.h"
#include "report/batch/db.h"
#include "report/batch/done.h"
#include "report/batch/fleet.h"
#include "report/batch/joined_sarif.h"
#include "report/batch/papers.h"
#include "report/batch/results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_IMAGES, FILE_FINDINGS, FILE_SARIF, FILE_PAGE, FILE_DB, FILES };
static const char *const names[FILES] = { "images.jsonl", "findings.jsonl", "fleet.sarif", "fleet.html", "fleet.sqlite" };

struct work {
	struct batch_merge *m;
	char *path[FILES], *aside[FILES];
	FILE *f[FILES];              /* not the database's */
	struct batch_db *db;
	struct batch_joined_sarif sarif;
};

static enum status files_open(struct work *w, struct problem *p)
{
	if (mkdir(w->m->out, 0777) != 0 && errno != EEXIST)
		return problem_set(p, STATUS_IO, "%s: %s", w->m->out, strerror(errno));
	for (int i = 0; i < FILES; i++) {
		if (asprintf(&w->path[i], "%s/%s", w->m->out, names[i]) < 0 || asprintf(&w->aside[i], "%s.%ld", w->path[i], (long)getpid()) < 0)
			return problem_set(p, STATUS_NOMEM, "no memory");
		unlink(w->aside[i]);
		if (i != FILE_DB && (w->f[i] = fopen(w->aside[i], "wxe")) == NULL)
			return problem_set(p, STATUS_IO, "%s: %s", w->aside[i], strerror(errno));
	}
	w->db = batch_db_create(w->aside[FILE_DB], p);
	return w->db ? STATUS_OK : p->status;
}

/* All or none of them get their names. */
static enum status files_close(struct work *w, enum status st, struct problem *p)
{
	batch_db_close(w->db);
	for (int i = 0; i < FILES; i++)
		if (w->f[i] && fclose(w->f[i]) != 0 && st == STATUS_OK)
			st = problem_set(p, STATUS_IO, "%s: %s", w->aside[i], strerror(errno));
	for (int i = 0; i < FILES; i++) {
		if (w->aside[i] && st == STATUS_OK && rename(w->aside[i], w->path[i]) != 0)
			st = problem_set(p, STATUS_IO, "%s: %s", w->path[i], strerror(errno));
		if (w->aside[i] && st != STATUS_OK)
			unlink(w->aside[i]);
		free(w->aside[i]);
		free(w->path[i]);
	}
	return st;
}

static bool put_line(FILE *f, const json_t *row)
{
	return row && json_dumpf(row, f, JSON_PRESERVE_ORDER) == 0 && putc('\n', f) != EOF;
}

static void copy(json_t *row, const char *key, const json_t *from, const char *as)
{
	json_t *v = json_object_get(from, as);

	json_object_set(row, key, v ? v : json_null());
}

static bool exists(const struct batch_entry *e, const char *name)
{
	char *path = batch_results_path(e->results, e->id, name);
	bool is = path && access(path, F_OK) == 0;

	free(path);
	return is;
}

/* Where a person reads more, as seen from the directory of results; with it where there are several. */
static json_t *report_of(const struct work *w, const struct batch_entry *e)
{
	enum batch_paper best = exists(e, batch_paper_names[BATCH_PAPER_HTML]) ? BATCH_PAPER_HTML : BATCH_PAPER_JSON;

	if (!exists(e, batch_paper_names[best]))
		return json_null();
	return json_sprintf("%s%s%.2s/%s/%s", w->m->nr > 1 ? e->results : "", w->m->nr > 1 ? "/" : "", e->id, e->id,
			    batch_paper_names[best]);
}

static json_t *image_row(const struct work *w, const struct batch_entry *e, const json_t *done, const json_t *head)
{
	const json_t *pool = json_object_get(head, "pool"), *summary = json_object_get(head, "summary");
	const json_t *counts = json_object_get(summary, "counts");
	static const char *const severities[] = { "error", "warning", "note" };
	json_t *row = json_object();

	copy(row, "id", done, "id");
	copy(row, "source", done, "source");
	copy(row, "kind", done, "kind");
	copy(row, "format", pool, "format");
	copy(row, "pool", pool, "uuid");
	copy(row, "size", pool, "size");
	copy(row, "verdict", done, "verdict");
	copy(row, "exit_status", done, "exit_status");
	copy(row, "status", done, "status");
	for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++)
		json_object_set_new(row, severities[i], json_integer(json_integer_value(json_object_get(counts, severities[i]))));
	copy(row, "ending", json_object_get(summary, "ending"), "state");
	copy(row, "sentence", summary, "sentence");
	copy(row, "next_step", summary, "next_step");
	json_object_set_new(row, "report", report_of(w, e));
	return row;
}

static bool finding_put(struct work *w, json_t *row)
{
	bool good = put_line(w->f[FILE_FINDINGS], row) && batch_db_finding(w->db, row);

	w->m->findings++;
	json_decref(row);
	return good;
}

/* What became of the worker, as a finding: alike in all images that it happened to. */
static json_t *end_row(const struct batch_entry *e, const json_t *finding)
{
	const char *id = json_string_value(json_object_get(finding, "id"));
	const json_t *message = json_object_get(finding, "message");
	char hex[2 * DIGEST_LEN + 1] = "";
	uint8_t sum[DIGEST_LEN];

	if (id == NULL || !json_is_string(message) || !digest_of(id, strlen(id), sum))
		return NULL;
	digest_text(sum, hex);
	hex[16] = '\0'; /* as long as a fingerprint of any finding */
	return json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:s}", "image", e->id, "id", id, "severity", "error", "verdict", "unverified",
			 "message", message, "path", "", "fingerprint", hex, "repair", "none");
}

/* The head that the report's lines begin with, and its findings put. NULL: there are none that can be read. */
static json_t *lines_take(struct work *w, const struct batch_entry *e, bool *good)
{
	char *path = batch_results_path(e->results, e->id, batch_paper_names[BATCH_PAPER_LINES]), *line = NULL;
	FILE *f = path ? fopen(path, "re") : NULL;
	json_t *head = NULL;
	size_t room = 0;
	ssize_t len;

	while (*good && f && (len = getline(&line, &room, f)) > 0) {
		json_t *doc = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, NULL);

		if (!json_is_object(doc)) {
			json_decref(doc);
			break;
		}
		if (head == NULL) {
			head = doc;
			continue;
		}
		json_t *row = json_pack("{s:s}", "image", e->id);
		json_object_del(doc, "record");
		*good = row && json_object_update(row, doc) == 0 && finding_put(w, row);
		json_decref(doc);
	}
	if (f)
		fclose(f);
	free(line);
	free(path);
	return head;
}

static void count(struct batch_merge *m, const json_t *done)
{
	const char *verdict = json_string_value(json_object_get(done, "verdict"));
	bool retry = json_is_true(json_object_get(done, "retry"));

	m->images++;
	m->unfinished += retry;
	for (int v = 0; verdict && v < BATCH_VERDICTS; v++)
		m->verdicts[v] += strcmp(verdict, batch_verdict_names[v]) == 0;
	m->left += !retry && (json_integer_value(json_object_get(done, "exit_status")) == EXIT_LEFT ||
			      (verdict && strcmp(verdict, batch_verdict_names[BATCH_UNREAD]) == 0));
}

static enum status one(struct work *w, const struct batch_entry *e, struct problem *p)
{
	char *path = batch_results_path(e->results, e->id, BATCH_DONE);
	json_t *done = path ? json_load_file(path, 0, NULL) : NULL, *head, *row, *finding;
	bool good = true;

	free(path);
	if (!json_is_object(done)) { /* after a power failure: the next run makes it anew */
		w->m->unfinished++;
		json_decref(done);
		return STATUS_OK;
	}
	count(w->m, done);
	head = lines_take(w, e, &good);
	row = image_row(w, e, done, head);
	finding = json_object_get(done, "finding");
	if (finding)
		json_object_set_new(row, "error", json_integer(json_integer_value(json_object_get(row, "error")) + 1));
	good = good && put_line(w->f[FILE_IMAGES], row) && batch_db_image(w->db, row) &&
	       batch_joined_sarif_add(&w->sarif, e, row, finding);
	if (good && finding) {
		json_t *end = end_row(e, finding);

		good = end && finding_put(w, end);
	}
	json_decref(row);
	json_decref(head);
	json_decref(done);
	return good ? STATUS_OK : problem_set(p, STATUS_IO, "%s: %s", e->id, errno ? strerror(errno) : "it cannot be told");
}

enum status batch_merge(struct batch_merge *m, struct problem *p)
{
	struct work own = { .m = m }, *w = &own;
	size_t nr;
	struct batch_entry *list = batch_collect(w->m->results, w->m->nr, &nr, p);
	enum status st = list ? files_open(w, p) : p->status;

	if (st == STATUS_OK)
		batch_joined_sarif_begin(&w->sarif, w->f[FILE_SARIF]);
	for (size_t i = 0; st == STATUS_OK && i < nr; i++)
		st = one(w, &list[i], p);
	if (st == STATUS_OK && !batch_joined_sarif_end(&w->sarif))
		st = problem_set(p, STATUS_NOMEM, "no memory for the SARIF of all");
	if (st == STATUS_OK && !batch_db_settle(w->db, p))
		st = p->status;
	if (st == STATUS_OK)
		st = batch_fleet(w->db, w->m->nr > 1 ? NULL : w->m->results[0], w->m->out, w->f[FILE_PAGE]);
	if (st != STATUS_OK)
		problem_set(p, st, "%s: the page cannot be written", w->m->out);
	free(list);
	return files_close(w, st, p);
}
