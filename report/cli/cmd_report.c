/* Reports that were kept: told again in another form, and an index over many. */
#include "report/cli/cli.h"
#include "report/cli/output.h"
#include "report/cli/verbs.h"
#include "report/saved/saved.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OWN_FROM = OPT_OWN, OWN_INDEX, OWN_TEXT, OWN_JSON, OWN_HTML };

static const struct option_row rows[] = {
	{ OWN_FROM, 0, "from", "FILE", ARG_FILE, NULL, "a JSON report, or a page, which carries its JSON along; '-' is standard input" },
	{ OWN_INDEX, 0, "index", NULL, ARG_NONE, NULL, "one page over all FILEs, and over the reports in each DIR" },
	{ OWN_TEXT, 0, "text", NULL, ARG_NONE, NULL, "print it as text (default when no other form is asked for)" },
	{ OWN_JSON, 0, "json", "FILE", ARG_FILE, NULL, "write its JSON; '-' is standard output" },
	{ OWN_HTML, 0, "html", "FILE", ARG_FILE, NULL, "write the page; '-' is standard output" },
};
static const struct option_table table = OPTION_TABLE("Output", rows);

struct job {
	const char *from, *json, *html;
	bool index, text;
};

struct shelf {
	struct saved *list;
	char **paths; /* those we made */
	size_t nr, room;
};

static bool written(struct cli *c, const char *path, enum status st, struct output *out)
{
	if (st != STATUS_OK)
		cli_error(c, EXIT_FAILED, "%s: %s", path, st == STATUS_NOMEM ? "no memory" : "cannot be written");
	return output_close(c, out, st == STATUS_OK);
}

static int again(struct cli *c, const struct job *job)
{
	struct problem problem = { 0 };
	struct output out;
	struct saved s;
	enum status st = saved_load(job->from, &s, &problem);
	bool good = true;

	if (st != STATUS_OK)
		return cli_error(c, (int)outcome_of_status(st), "%s", problem.text);
	if (job->text) {
		struct page p = cli_page(c, stdout, NULL);

		saved_text(&s, &p);
	}
	if (job->json)
		good = output_open(c, &out, job->json) && written(c, job->json, saved_json(&s, out.f), &out);
	if (job->html && good) /* the last: what does not fit on a page is cut from the document */
		good = output_open(c, &out, job->html) && written(c, job->html, saved_html(&s, out.f), &out);
	saved_free(&s);
	return good ? EXIT_CLEAN : EXIT_FAILED;
}

/* given: named on the command line, so that it must be a report. Takes path over. */
static int shelve(struct cli *c, struct shelf *shelf, char *path, bool given)
{
	struct problem problem = { 0 };
	enum status st = STATUS_NOMEM;

	if (path && shelf->nr == shelf->room) {
		size_t room = shelf->room ? shelf->room * 2 : 64;
		struct saved *list = realloc(shelf->list, room * sizeof(*list));
		char **paths = realloc(shelf->paths, room * sizeof(*paths));

		shelf->list = list ? list : shelf->list;
		shelf->paths = paths ? paths : shelf->paths;
		shelf->room = list && paths ? room : shelf->room;
	}
	if (path && shelf->nr < shelf->room)
		st = saved_load(path, &shelf->list[shelf->nr], &problem);
	if (st == STATUS_OK && !shelf->list[shelf->nr].diff) {
		/* the index tells the summary alone */
		json_object_del(shelf->list[shelf->nr].doc, "model");
		json_object_del(shelf->list[shelf->nr].doc, "map");
		shelf->paths[shelf->nr++] = path;
		return EXIT_CLEAN;
	}
	if (st == STATUS_OK)
		saved_free(&shelf->list[shelf->nr]);
	if (given && st == STATUS_OK)
		cli_error(c, 0, "%s: it tells of two captures, and is left out", path);
	else if (given || st == STATUS_NOMEM)
		cli_error(c, 0, "%s", st == STATUS_NOMEM ? "no memory" : problem.text);
	free(path);
	return given || st == STATUS_NOMEM ? st == STATUS_OK ? EXIT_USAGE : (int)outcome_of_status(st) : EXIT_CLEAN;
}

static bool ends(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && strcmp(name + len - end, suffix) == 0;
}

/* "x.json" beside "x.html" is the same report: the page is the one to open. */
static bool page_beside(const char *dir, const char *name)
{
	char *page = NULL;
	struct stat st;
	bool is = asprintf(&page, "%s/%.*s.html", dir, (int)(strlen(name) - strlen(".json")), name) > 0 && stat(page, &st) == 0;

	free(page);
	return is;
}

static int shelve_dir(struct cli *c, struct shelf *shelf, const char *dir)
{
	struct dirent **names;
	int nr = scandir(dir, &names, NULL, alphasort), status = EXIT_CLEAN;

	if (nr < 0)
		return cli_error(c, EXIT_FAILED, "%s: the directory cannot be read", dir);
	for (int i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;
		char *path = NULL;

		if (ends(name, ".html") || (ends(name, ".json") && !page_beside(dir, name)))
			status = outcome_join(status, shelve(c, shelf, asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path, false));
		free(names[i]);
	}
	free(names);
	return status;
}

static int index_write(struct cli *c, const struct job *job, struct shelf *shelf)
{
	const char *slash = strrchr(job->html, '/');
	char *dir = slash ? strndup(job->html, (size_t)(slash - job->html) + 1) : strdup(".");
	struct output out;
	bool good = dir && output_open(c, &out, job->html);

	if (good)
		good = written(c, job->html, saved_index(shelf->list, shelf->nr, dir, out.f), &out);
	free(dir);
	return good ? EXIT_CLEAN : EXIT_FAILED;
}

static int index_all(struct cli *c, const struct job *job)
{
	struct shelf shelf = { .list = NULL };
	int status = EXIT_CLEAN;
	const char *path;
	struct stat st;

	for (int i = 0; (path = cli_operand(c, i)) != NULL; i++)
		status = outcome_join(status, stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? shelve_dir(c, &shelf, path)
											: shelve(c, &shelf, strdup(path), true));
	if (shelf.nr)
		status = outcome_join(status, index_write(c, job, &shelf));
	else
		status = outcome_join(status, cli_error(c, EXIT_NO_POOL, "no report among what was named: no index was written"));
	for (size_t i = 0; i < shelf.nr; i++)
		saved_free(&shelf.list[i]);
	/* sorted by now: the list borrows from paths, in another order */
	for (size_t i = 0; i < shelf.nr; i++)
		free(shelf.paths[i]);
	free(shelf.list);
	free(shelf.paths);
	return status;
}

static int choose(struct cli *c, struct job *job)
{
	bool json = job->json && strcmp(job->json, "-") == 0, html = job->html && strcmp(job->html, "-") == 0;

	if (job->index && (job->from || job->json || job->text || job->html == NULL || cli_operand(c, 0) == NULL))
		return cli_error(c, EXIT_USAGE, "an index is a page over files: pmemscope report --index DIR --html FILE");
	if (!job->index && (job->from == NULL || cli_operand(c, 0)))
		return cli_error(c, EXIT_USAGE, "which report? pmemscope report --from FILE");
	if (!job->index && job->json == NULL && job->html == NULL)
		job->text = true;
	if (job->text + json + html > 1)
		return cli_error(c, EXIT_USAGE, "only one form can go to standard output");
	return job->index ? index_all(c, job) : again(c, job);
}

static int run(struct cli *c)
{
	struct job job = { .text = false };
	int id;

	while ((id = cli_next(c)) >= 0)
		switch (id) {
		case OWN_FROM: job.from = c->arg; break;
		case OWN_INDEX: job.index = true; break;
		case OWN_TEXT: job.text = true; break;
		case OWN_JSON: job.json = c->arg; break;
		case OWN_HTML: job.html = c->arg; break;
		default: break;
		}
	return id == CLI_END ? cli_flush(c, choose(c, &job)) : c->status;
}

const struct command command_report = {
	.name = "report", .args = "--from FILE | --index FILE...", .summary = "a kept report told again; an index over many",
	.about = "Makes the text, the JSON and the page again from a report that was kept as JSON or as a page, also one of "
		 "'pmemscope diff'. Markdown, SARIF and JSON Lines need the evidence: 'pmemscope analyze' makes them. With --index, "
		 "one page over many reports: the verdicts counted, the worst first, each linked. Reads only.\n\n"
		 "The exit status tells of this work, not of the pool: 0, or 8 or 64 when a report could not be read.",
	.tables = { &table },
	.sources = true, .run = run,
};
