#include "report/cli/writers.h"

#include "report/html/html.h"
#include "report/json/json.h"
#include "report/markdown/markdown.h"
#include "report/sarif/sarif.h"
#include "report/tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct writer writers[] = {
	{ ".json", json_report, "[\n", ",\n", "]\n", false },
	{ ".jsonl", json_lines, "", "", "", false },
	{ ".html", html_report, NULL, NULL, NULL, false },
	{ ".sarif", sarif_run, SARIF_BEFORE, SARIF_BETWEEN, SARIF_AFTER, true },
	{ ".md", markdown_report, "", "\n", "", false },
};
static const struct option_row rows[] = {
	{ WRITER_FIRST + 0, 0, "json", "FILE", ARG_FILE, NULL, "write a JSON report; several SOURCEs make an array" },
	{ WRITER_FIRST + 1, 0, "jsonl", "FILE", ARG_FILE, NULL, "write JSON Lines: a head, then one finding a line" },
	{ WRITER_FIRST + 2, 0, "html", "FILE", ARG_FILE, NULL, "write an HTML report: one file, for a browser or to be printed" },
	{ WRITER_FIRST + 3, 0, "sarif", "FILE", ARG_FILE, NULL, "write SARIF 2.1.0, a run for each SOURCE" },
	{ WRITER_FIRST + 4, 0, "markdown", "FILE", ARG_FILE, NULL, "write a summary to paste into a ticket" },
};
const struct option_table option_writers = OPTION_TABLE("Reports (FILE: '-' is standard output; DIR/ makes a file for each SOURCE)", rows);

_Static_assert(sizeof(rows) / sizeof(rows[0]) == sizeof(writers) / sizeof(writers[0]), "a row for each writer");
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= WRITERS_MAX, "room for all writers");
enum { WRITERS_NR = sizeof(writers) / sizeof(writers[0]) };

bool writers_option(struct cli *c, struct writing *w, int id)
{
	int i = id - WRITER_FIRST;
	size_t len = strlen(c->arg);
	struct stat st;

	if (len == 0) {
		c->status = cli_error(c, EXIT_USAGE, "--%s wants the name of a file", rows[i].name);
		return false;
	}
	if (strcmp(c->arg, "-") == 0 && writers_any(w, "-")) {
		c->status = cli_error(c, EXIT_USAGE, "only one report can go to standard output");
		return false;
	}
	w[i].path = c->arg;
	w[i].directory = c->arg[len - 1] == '/' || (stat(c->arg, &st) == 0 && S_ISDIR(st.st_mode));
	return true;
}

bool writers_any(const struct writing *w, const char *path)
{
	for (int i = 0; i < WRITERS_NR; i++)
		if (w[i].path && (path == NULL || strcmp(w[i].path, path) == 0))
			return true;
	return false;
}

bool writers_fit(struct cli *c, const struct writing *w)
{
	bool several = cli_operand(c, 0) && cli_operand(c, 1);

	for (int n = 0; n < WRITERS_NR; n++)
		if (w[n].path && !w[n].directory && several && writers[n].before == NULL) {
			c->status = cli_error(c, EXIT_USAGE, "--%s: several SOURCEs need a directory: --%s DIR/", rows[n].name,
					      rows[n].name);
			return false;
		}
	return true;
}

/* DIR/003-pool.obj.json: the number keeps two SOURCEs of one name apart. */
static char *name_in(const char *dir, const char *source, const char *suffix, int i, int nr)
{
	const char *base = tell_last_part(source);
	size_t len = strlen(dir);
	char number[16] = "", *path;

	if (nr > 1)
		snprintf(number, sizeof(number), "%03d-", i + 1);
	if (asprintf(&path, "%s%s%s%.*s%s", dir, dir[len - 1] == '/' ? "" : "/", number, (int)strcspn(base, "/"),
		     strcmp(base, "-") == 0 ? "stdin" : base, suffix) < 0)
		return NULL;
	return path;
}

static bool put(struct cli *c, const struct writer *to, struct writing *w, const struct result *r,
		const struct report_options *o, bool first, bool last, bool several)
{
	bool around = to->always || several;
	enum status st;

	if (around && to->before)
		fputs(first ? to->before : to->between, w->out.f);
	errno = 0;
	st = to->write(r, o, w->out.f);
	if (st == STATUS_OK && around && last && to->after)
		fputs(to->after, w->out.f);
	if (st == STATUS_OK)
		return true;
	if (w->out.f == stdout && errno == EPIPE)
		return true; /* the reader has seen enough */
	cli_error(c, EXIT_FAILED, "%s: %s", w->path, st == STATUS_NOMEM ? "no memory" : errno ? strerror(errno) : "cannot be written");
	return false;
}

static bool put_alone(struct cli *c, const struct writer *to, struct writing *w, const struct result *r,
		      const struct report_options *o, int i, int nr)
{
	char *path = name_in(w->path, r->path, to->suffix, i, nr);
	bool good = path != NULL;

	if (i == 0 && mkdir(w->path, 0777) != 0 && errno != EEXIST) {
		cli_error(c, EXIT_FAILED, "%s: cannot be made: %s", w->path, strerror(errno));
		good = false;
	}
	if (good && output_open(c, &w->out, path)) {
		good = put(c, to, w, r, o, true, true, false);
		good = output_close(c, &w->out, good);
	} else {
		good = false;
	}
	free(path);
	return good;
}

bool writers_write(struct cli *c, struct writing *w, const struct result *r, const struct report_options *o, int i, int nr)
{
	bool good = true;

	for (int n = 0; n < WRITERS_NR; n++) {
		const struct writer *to = &writers[n];

		if (w[n].path == NULL)
			continue;
		if (w[n].directory) {
			good &= put_alone(c, to, &w[n], r, o, i, nr);
			continue;
		}
		if (i == 0 && !output_open(c, &w[n].out, w[n].path)) {
			good = false;
			continue;
		}
		if (w[n].out.f == NULL) {
			good = false;
			continue;
		}
		bool wrote = put(c, to, &w[n], r, o, i == 0, i == nr - 1, nr > 1);
		if (!wrote || i == nr - 1)
			wrote = output_close(c, &w[n].out, wrote);
		good &= wrote;
	}
	return good;
}

void writers_drop(struct cli *c, struct writing *w)
{
	for (int n = 0; n < WRITERS_NR; n++)
		if (w[n].out.f)
			output_close(c, &w[n].out, false);
}
