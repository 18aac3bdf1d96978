/* Decoded structures: the tree, one of them as a table, as JSON, or as annotated bytes. */
#include "report/cli/analysis.h"
#include "report/cli/verbs.h"
#include "report/cli/watch.h"
#include "report/hexview/hexview.h"
#include "report/json/json.h"
#include "report/tell.h"
#include "report/text/tree.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_JSON = OPT_OWN, OWN_HEX, OWN_DEPTH, OWN_LIMIT };
enum { DEPTH_USUAL = 4, LIMIT_USUAL = 16, HEX_USUAL = 4096 };

static const struct option_row rows[] = {
	{ OWN_JSON, 0, "json", NULL, ARG_NONE, NULL, "as JSON" },
	{ OWN_HEX, 0, "hex", NULL, ARG_NONE, NULL, "the bytes, and beside them the fields they make" },
	{ OWN_DEPTH, 0, "depth", "N", ARG_WORD, NULL, "levels of the tree shown (default 4)" },
	{ OWN_LIMIT, 0, "limit", "N", ARG_WORD, NULL,
	  "like structures in a row and elements of an array shown (default 16); with --hex: bytes of data (default 4096)" },
};
static const struct option_table table = OPTION_TABLE("Output", rows);

struct job {
	const char *path;
	bool json, hex, limited;
	struct tree_limits limits;
	struct page page;
};

/* "3", "3-7": takes it off the front of *at. */
static bool range(const char **at, uint64_t *from, uint64_t *to)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	*from = *to = strtoull(*at, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		*to = strtoull(end + 1, &end, 10);
	*at = end;
	return *from <= *to;
}

static int no_such(struct cli *c, const struct node *n, const char *path)
{
	struct buf b = { .p = NULL };
	const char *last = "";
	unsigned nr = 0;

	for (const struct node *k = n ? n->child : NULL; k && nr < 12; k = k->next)
		if (strcmp(k->name, last) != 0) {
			buf_printf(&b, "%s%s%s", nr++ ? ", " : "", k->name, k->numbered ? "[N]" : "");
			last = k->name;
		}
	cli_error(c, EXIT_USAGE, "there is no '%s'%s%s", path, b.len ? "; there are: " : "", buf_text(&b));
	buf_free(&b);
	return EXIT_USAGE;
}

static const char *next_field(const void *ctx, size_t i)
{
	const struct layout *l = ctx;

	return i < l->nr ? l->fields[i].name : NULL;
}

static int field(struct cli *c, struct job *job, const struct node *n, const char *name)
{
	const struct field *f = n->layout && n->host ? layout_field(n->layout, name) : NULL;
	struct buf b = { .p = NULL };

	if (f == NULL && n->layout && n->child == NULL) {
		const char *near = command_nearest(name, next_field, n->layout);

		return cli_error(c, EXIT_USAGE, "%s has no field '%s'%s%s", n->layout->name, name, near ? "; did you mean " : "",
				 near ? near : "");
	}
	if (f == NULL)
		return no_such(c, n, name);
	tell_field(job->page.redact, f, n->host, &b);
	page_line(&job->page, 0, "%s", buf_text(&b));
	buf_free(&b);
	return EXIT_CLEAN;
}

/* "[0-3,9]" behind an array's path. */
static int elements(struct cli *c, struct job *job, const struct node *n, const char *list)
{
	const char *at = list + 1;
	uint64_t from, to;

	for (;;) {
		if (!range(&at, &from, &to) || (*at != ',' && *at != ']'))
			return cli_error(c, EXIT_USAGE, "'%s' is no list of elements like [0-7,12]", list);
		if (to >= n->count)
			return cli_error(c, EXIT_USAGE, "'%s': there are %" PRIu64 " elements, the last is [%" PRIu64 "]", list,
					 n->count, n->count - 1);
		if (job->json && json_elements(n, from, to - from + 1, job->page.redact, job->page.f) == STATUS_NOMEM)
			return cli_error(c, EXIT_FAILED, "no memory");
		for (uint64_t i = from; !job->json && i <= to && !watch_asked_to_stop(); i++) {
			if (job->hex)
				hexview_element(&job->page, n, i);
			else
				tree_element(&job->page, n, i);
		}
		if (*at++ == ']')
			break;
	}
	if (*at)
		return cli_error(c, EXIT_USAGE, "'%s': nothing can follow the elements", list);
	return EXIT_CLEAN;
}

/* "map[0-3,9]": the node of "map", and *rest at the bracket. */
static const struct node *find(struct arena *a, const struct node *root, const char *path, const char **rest)
{
	const char *list = strrchr(path, '[');
	const struct node *n = NULL;

	if (list && strpbrk(list, "-,")) {
		char *head = strndup(path, (size_t)(list - path));

		n = head ? node_find(root, head, rest) : NULL;
		bool whole = n && **rest == '\0';
		free(head);
		*rest = list;
		return whole && n->count ? n : NULL;
	}
	return node_find_within(a, root, path, rest);
}

static int told(struct cli *c, const struct result *r, const struct report_options *o, int i, int nr, void *ctx)
{
	struct job *job = ctx;
	const char *rest = "";
	const struct node *n = r->model.root;

	(void)i;
	(void)nr;
	if (r->status != STATUS_OK)
		cli_error(c, 0, "%s", r->problem.text);
	if (r->status != STATUS_OK && (n == NULL || n->child == NULL))
		return (int)outcome_of_status(r->status);
	job->page = cli_page(c, stdout, o->redact);
	if (job->path)
		n = find(r->arena, r->model.root, job->path, &rest);
	if (n == NULL)
		return no_such(c, r->model.root, job->path);
	if (*rest == '[' && n->count)
		return elements(c, job, n, rest);
	if (*rest)
		return field(c, job, n, *rest == '.' ? rest + 1 : rest);
	if (job->json)
		return json_node(n, o->redact, stdout) == STATUS_NOMEM ? cli_error(c, EXIT_FAILED, "no memory") : EXIT_CLEAN;
	if (job->hex)
		hexview_node(&job->page, n, job->limited ? job->limits.alike : HEX_USUAL);
	else
		tree_node(&job->page, n, job->limits);
	return EXIT_CLEAN;
}

static bool own(struct cli *c, struct job *job, int id)
{
	uint64_t v;

	if (id == OWN_JSON) {
		job->json = true;
	} else if (id == OWN_HEX) {
		job->hex = true;
	} else if (id == OWN_DEPTH) {
		if (!cli_count(c, "--depth", TREE_DEPTH_MAX, &v))
			return false;
		job->limits.depth = (unsigned)v;
	} else {
		if (!cli_count(c, "--limit", UINT64_MAX, &v))
			return false;
		job->limits.alike = v;
		job->limited = true;
	}
	return true;
}

static int run(struct cli *c)
{
	struct job job = { .limits = { DEPTH_USUAL, LIMIT_USUAL } };
	struct analysis an;
	int id, status;

	analysis_start(&an);
	an.options.intake.no_digests = true;
	while ((id = cli_next(c)) >= 0) {
		bool mine = id >= OWN_JSON && id <= OWN_LIMIT;

		if (mine && !own(c, &job, id))
			c->status = EXIT_USAGE;
		else if (mine || analysis_option(c, &an, id))
			continue;
		id = CLI_STOP;
		break;
	}
	status = c->status;
	if (id == CLI_END && job.json && job.hex) {
		status = cli_error(c, EXIT_USAGE, "--json and --hex contradict each other");
	} else if (id == CLI_END && cli_operand(c, 0) && cli_operand(c, 1) && cli_operand(c, 2)) {
		status = cli_error(c, EXIT_USAGE, "one SOURCE and one PATH at a time");
	} else if (id == CLI_END) {
		job.path = cli_operand(c, 0) ? cli_operand(c, 1) : NULL;
		if (job.path)
			c->argc--;
		status = cli_flush(c, analysis_run(c, &an, told, &job));
	}
	analysis_free(&an);
	return status;
}

const struct command command_show = {
	.name = "show", .args = "SOURCE [PATH]", .summary = "the decoded structures",
	.about = "Shows what SOURCE is made of: the tree, or what lies at PATH, as a table, as JSON, or as bytes with their "
		 "meaning. Reads only.\n\n"
		 "PATH is as the tree and the findings spell it: replica[0].part[0].header, a field of it "
		 "(replica[0].part[0].header.major), or elements of an array (map[0-7,12]).",
	.tables = { &table, &option_evidence, &option_telling },
	.sources = true, .run = run,
};
