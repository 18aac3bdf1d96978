/* Two captures of one pool: what changed between them. */
#include "report/cli/analysis.h"
#include "report/cli/output.h"
#include "report/cli/verbs.h"
#include "report/diff/diff.h"
#include "report/sarif/sarif.h"

#include <string.h>

enum { OWN_JSON = OPT_OWN, OWN_HTML, OWN_SARIF, OWN_TEXT, OWN_MAX, OPT_FORCE = 'f' };
enum { CHANGES_USUAL = 1000, COMPARISON_MAX = 256 << 20 };

static const struct option_row rows[] = {
	{ OWN_TEXT, 0, "text", NULL, ARG_NONE, NULL, "print the changes as text (default when no other form is asked for)" },
	{ OWN_JSON, 0, "json", "FILE", ARG_FILE, NULL, "write the changes as JSON; '-' is standard output" },
	{ OWN_HTML, 0, "html", "FILE", ARG_FILE, NULL, "write the changes as an HTML page; '-' is standard output" },
	{ OWN_SARIF, 0, "sarif", "FILE", ARG_FILE, NULL,
	  "write the findings as SARIF 2.1.0 with BEFORE as the baseline; '-' is standard output" },
	{ OWN_MAX, 0, "max-changes", "N", ARG_WORD, NULL, "changed places listed (default 1000); all are counted" },
	{ OPT_FORCE, 'f', "force", NULL, ARG_NONE, NULL, "compare two pools that are not the same by their uuids" },
};
static const struct option_table table = OPTION_TABLE("What to tell of the changes", rows);

struct job {
	const char *json, *html, *sarif;
	bool text, force;
	uint64_t max;
};

static bool form_write(struct cli *c, const char *path, const json_t *doc, const struct result *a, const struct result *b,
		       const struct comparison *cmp, const struct report_options *o, int form)
{
	struct output out;
	enum status st;

	if (path == NULL)
		return true;
	if (!output_open(c, &out, path))
		return false;
	st = form == OWN_HTML ? diff_html(doc, out.f) : form == OWN_SARIF ? sarif_diff(a, b, cmp, o, out.f)
								       : diff_json(a, b, cmp, o, out.f);
	if (st != STATUS_OK)
		cli_error(c, EXIT_FAILED, "%s: %s", path, st == STATUS_NOMEM ? "no memory" : "cannot be written");
	return output_close(c, &out, st == STATUS_OK);
}

static int told_with(struct cli *c, struct arena *arena, const struct result *a, const struct result *b,
		     const struct report_options *o, const struct job *job)
{
	struct comparison cmp;
	json_t *doc;
	bool good;

	if (!compare(arena, a, b, job->max, &cmp))
		return cli_error(c, EXIT_FAILED, "no memory to compare them; --max-changes lists fewer");
	doc = diff_document(a, b, &cmp, o);
	if (doc == NULL)
		return cli_error(c, EXIT_FAILED, "no memory to tell the changes; --max-changes lists fewer");
	good = form_write(c, job->json, doc, a, b, &cmp, o, OWN_JSON) && form_write(c, job->html, doc, a, b, &cmp, o, OWN_HTML) &&
	       form_write(c, job->sarif, doc, a, b, &cmp, o, OWN_SARIF);
	if (job->text) {
		struct page p = cli_page(c, stdout, o->redact);

		diff_text(doc, &p);
	}
	json_decref(doc);
	return !good ? EXIT_FAILED : cmp.same ? EXIT_CLEAN : EXIT_LEFT;
}

static int told(struct cli *c, const struct result *a, const struct result *b, const struct report_options *o, void *ctx)
{
	const struct job *job = ctx;
	const struct result *both[2] = { a, b };
	int status = EXIT_CLEAN;

	for (int i = 0; i < 2; i++)
		if (both[i]->status != STATUS_OK) {
			struct page err = cli_page(c, stderr, o->redact);
			struct buf text = { .p = NULL };
			const char *said = page_sentence(&err, both[i]->problem.text, &text);

			status = outcome_join(status, cli_error(c, (int)outcome_of_status(both[i]->status), "%s",
								said && *said ? said : both[i]->verdict));
			buf_free(&text);
		}
	if (status != EXIT_CLEAN)
		return status;
	if (compare_identity(a, b) == IDENTITY_OTHER && !job->force)
		return cli_error(c, EXIT_USAGE, "the two are not captures of one pool: their uuids differ; --force compares them all the same");
	struct arena *arena = arena_open(COMPARISON_MAX);
	if (arena == NULL)
		return cli_error(c, EXIT_FAILED, "no memory");
	status = told_with(c, arena, a, b, o, job);
	arena_close(arena);
	return status;
}

static bool own(struct cli *c, struct job *job, int id)
{
	switch (id) {
	case OWN_JSON:
		job->json = c->arg;
		return true;
	case OWN_HTML:
		job->html = c->arg;
		return true;
	case OWN_SARIF:
		job->sarif = c->arg;
		return true;
	case OWN_TEXT:
		job->text = true;
		return true;
	case OPT_FORCE:
		job->force = true;
		return true;
	default:
		return cli_count(c, "--max-changes", 1000000, &job->max);
	}
}

static bool to_stdout(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

static int run(struct cli *c)
{
	struct job job = { .max = CHANGES_USUAL };
	struct analysis an;
	int id, status;

	analysis_start(&an);
	an.options.no_map = true;
	while ((id = cli_next(c)) >= 0) {
		bool mine = id == OPT_FORCE || (id >= OWN_JSON && id <= OWN_MAX);

		if (mine && !own(c, &job, id))
			c->status = EXIT_USAGE;
		else if (mine || analysis_option(c, &an, id))
			continue;
		id = CLI_STOP;
		break;
	}
	status = c->status;
	if (job.json == NULL && job.html == NULL && job.sarif == NULL)
		job.text = true;
	if (id == CLI_END && job.text + to_stdout(job.json) + to_stdout(job.html) + to_stdout(job.sarif) > 1)
		status = cli_error(c, EXIT_USAGE, "only one report can go to standard output");
	else if (id == CLI_END)
		status = cli_flush(c, analysis_run_two(c, &an, told, &job));
	analysis_free(&an);
	return status;
}

const struct command command_diff = {
	.name = "diff", .args = "BEFORE AFTER", .summary = "what changed between two captures of one pool",
	.about = "Analyses both and compares them: by structure (fields with their old and new value, what is new and what is "
		 "gone, arrays element by element) and by finding (new, gone, in both). What the application keeps in the pool "
		 "is not compared. Reads only.\n\n"
		 "The exit status is 0 when no structure and no finding differs, and 4 when one does. Two pools that are not the "
		 "same by their uuids are refused, unless --force is given.",
	.tables = { &table, &option_evidence, &option_telling },
	.sources = true, .run = run,
};
