/* A page over many reports: which pool to look at first. */
#include "report/saved/saved.h"

#include "report/html/head.h"
#include "report/html/href.h"
#include "report/html/put.h"
#include "report/html/sections.h"

#include <stdlib.h>
#include <string.h>

/* The worst first. What is not known here comes before all: somebody should look. */
static const char *const ranks[] = { "damaged", "repairable", "unread", "not a pool", "recoverable", "clean" };
enum { RANKS = sizeof(ranks) / sizeof(ranks[0]) };

static int rank_of(const struct saved *s)
{
	const char *verdict = html_string(json_object_get(s->doc, "summary"), "verdict");

	for (int i = 0; verdict && i < RANKS; i++)
		if (strcmp(verdict, ranks[i]) == 0)
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
			fprintf(out, "<li class=\"%s\"><span><b>%zu</b> %s</span></li>\n", html_verdict_tone(r < 0 ? NULL : ranks[r]), n,
				r < 0 ? "of another verdict" : ranks[r]);
	}
	fputs("</ul>\n", out);
}

static void put_row(FILE *out, const struct saved *s, const char *dir)
{
	static const struct { const char *key, *label; } cells[] = { { "error", "errors" }, { "warning", "warnings" }, { "note", "notes" } };
	const json_t *summary = json_object_get(s->doc, "summary"), *pool = json_object_get(s->doc, "pool");
	const json_t *name = json_object_get(json_array_get(json_object_get(s->doc, "sources"), 0), "name");
	const char *verdict = html_string(summary, "verdict");

	fputs("<tr>", out);
	html_put_tone(out, html_verdict_tone(verdict), verdict);
	fputs("<td class=\"name\"><a class=\"path\" href=\"", out);
	html_put_href(out, s->path, dir);
	fputs("\">", out);
	if (json_is_string(name))
		html_put_value(out, name);
	else
		html_put_text(out, s->path);
	fputs("</a></td><td class=\"word\">", out);
	html_put_text(out, html_string(pool, "format"));
	fputs("</td>", out);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		fprintf(out, "<td class=\"num\" data-label=\"%s\">%" PRIu64 "</td>", cells[i].label, count_of(s, cells[i].key));
	fputs("<td>", out);
	html_put_text(out, html_string(summary, "sentence"));
	fputs("</td></tr>\n", out);
}

enum status saved_index(struct saved *list, size_t nr, const char *dir, FILE *out)
{
	static const char *const heads[] = { "Verdict", "Report", "Format", "Errors", "Warnings", "Notes", "In a sentence" };
	bool ok = html_head_open(out, false);

	qsort(list, nr, sizeof(*list), worst_first);
	fputs("Index of reports", out);
	html_head_close(out);
	fputs("<body>\n<header>\n<p class=\"tool\">pmemscope</p>\n<h1>", out);
	html_put_count(out, nr, "report", "reports");
	fputs("</h1>\n</header>\n<main>\n", out);
	html_section_open(out, "reports", "Reports, the worst first", NULL);
	put_counts(out, list, nr);
	html_table_open(out, "Reports", heads, sizeof(heads) / sizeof(heads[0]));
	for (size_t i = 0; i < nr; i++)
		put_row(out, &list[i], dir);
	html_table_close(out);
	fputs("</section>\n</main>\n</body>\n</html>\n", out);
	return !ok ? STATUS_NOMEM : ferror(out) ? STATUS_IO : STATUS_OK;
}
