/* A page over many reports: which pool to look at first. */
#include "report/saved/saved.h"

#include "report/html/head.h"
#include "report/html/href.h"
#include "report/html/put.h"
#include "report/html/sections.h"

#include <stdlib.h>
#include <string.h>

/* The worst first. What is not known here comes before all: somebody should look. */
static const struct { const char *verdict, *tone; } ranks[] = {
	{ "damaged", "error" }, { "repairable", "warning" }, { "unread", "warning" }, { "not a pool", "note" },
	{ "recoverable", "note" }, { "clean", "note" },
};
enum { RANKS = sizeof(ranks) / sizeof(ranks[0]) };

static int rank_of(const struct saved *s)
{
	const char *verdict = html_string(json_object_get(s->doc, "summary"), "verdict");

	for (int i = 0; verdict && i < RANKS; i++)
		if (strcmp(verdict, ranks[i].verdict) == 0)
			return i;
	return -1;
}

static uint64_t count_of(const struct saved *s, const char *key)
{
	return html_number(json_object_get(json_object_get(json_object_get(s->doc, "summary"), "counts"), key));
}

static int worst_first(const void *x, const void *y)
{
	const struct saved *a = x, *b = y;
	uint64_t m = count_of(a, "error"), n = count_of(b, "error");

	if (rank_of(a) != rank_of(b))
		return rank_of(a) - rank_of(b);
	return m != n ? (m < n) - (m > n) : strcmp(a->path, b->path);
}

static void put_counts(FILE *out, const struct saved *list, size_t nr)
{
	fputs("<ul class=\"counts\" aria-label=\"Verdicts\">\n", out);
	for (int r = -1; r < RANKS; r++) {
		size_t n = 0;

		for (size_t i = 0; i < nr; i++)
			n += rank_of(&list[i]) == r;
		if (n)
			fprintf(out, "<li class=\"%s\"><b>%zu</b> %s</li>\n", r < 0 ? "note" : ranks[r].tone, n,
				r < 0 ? "of another verdict" : ranks[r].verdict);
	}
	fputs("</ul>\n", out);
}

static void put_row(FILE *out, const struct saved *s, const char *dir)
{
	static const char *const keys[] = { "error", "warning", "note" };
	const json_t *summary = json_object_get(s->doc, "summary"), *pool = json_object_get(s->doc, "pool");
	const json_t *name = json_object_get(json_array_get(json_object_get(s->doc, "sources"), 0), "name");
	int r = rank_of(s);

	fprintf(out, "<tr><td><span class=\"severity %s\">", r < 0 ? "note" : ranks[r].tone);
	html_put_text(out, html_string(summary, "verdict"));
	fputs("</span></td><td><a class=\"path\" href=\"", out);
	html_put_href(out, s->path, dir);
	fputs("\">", out);
	if (json_is_string(name))
		html_put_value(out, name);
	else
		html_put_text(out, s->path);
	fputs("</a></td><td>", out);
	html_put_text(out, html_string(pool, "format"));
	fputs("</td>", out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		fprintf(out, "<td class=\"num\">%" PRIu64 "</td>", count_of(s, keys[i]));
	fputs("<td>", out);
	html_put_text(out, html_string(summary, "sentence"));
	fputs("</td></tr>\n", out);
}

enum status saved_index(struct saved *list, size_t nr, const char *dir, FILE *out)
{
	bool ok = html_head_open(out, false);

	qsort(list, nr, sizeof(*list), worst_first);
	fputs("Index of reports", out);
	html_head_close(out);
	fputs("<body>\n<header>\n<p class=\"tool\">pmemscope</p>\n<h1>", out);
	html_put_count(out, nr, "report", "reports");
	fputs("</h1>\n</header>\n<main>\n", out);
	html_section_open(out, "reports", "Reports, the worst first", NULL);
	put_counts(out, list, nr);
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Reports\"><table>\n<thead><tr><th scope=\"col\">Verdict</th>"
	      "<th scope=\"col\">Report</th><th scope=\"col\">Format</th><th scope=\"col\">Errors</th><th scope=\"col\">Warnings</th>"
	      "<th scope=\"col\">Notes</th><th scope=\"col\">In a sentence</th></tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < nr; i++)
		put_row(out, &list[i], dir);
	fputs("</tbody></table></div>\n</section>\n</main>\n</body>\n</html>\n", out);
	return !ok ? STATUS_NOMEM : ferror(out) ? STATUS_IO : STATUS_OK;
}
