#include "report/diff/diff.h"

#include "report/html/head.h"
#include "report/html/put.h"
#include "report/html/sections.h"

#include <string.h>

static void put_side(FILE *out, const char *label, const json_t *s)
{
	const char *verdict = html_string(s, "verdict");

	fprintf(out, "<div class=\"next side %s\"><h3>%s</h3><p><b>", html_verdict_tone(verdict), label);
	html_put_text(out, verdict);
	fputs("</b> ", out);
	html_put_text(out, html_string(s, "sentence"));
	if (json_object_get(s, "source")) {
		fputs("</p><p class=\"where mono\">", out);
		html_put_value(out, json_object_get(s, "source"));
	}
	fputs("</p></div>\n", out);
}

static void put_findings(FILE *out, const json_t *list, const char *mark)
{
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f) {
		fprintf(out, "<tr><td class=\"word\">%s</td>", mark);
		html_put_tone(out, html_severity_tone(html_string(f, "severity")), html_string(f, "severity"));
		fputs("<td>", out);
		html_put_text(out, html_string(f, "message"));
		fputs(" <span class=\"id soft\">", out);
		html_put_text(out, html_string(f, "id"));
		fputs("</span></td><td class=\"mono\">", out);
		html_put_text(out, html_string(f, "path"));
		fputs("</td></tr>\n", out);
	}
}

static void put_changes(FILE *out, const json_t *list)
{
	static const char *const heads[] = { "Structure", "What changed" };
	struct buf b = { .p = NULL };
	const json_t *c;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	html_table_open(out, "Changes", heads, 2);
	json_array_foreach(list, i, c) {
		fputs("<tr><td class=\"mono\">", out);
		buf_cut(&b, 0);
		diff_change_path(c, &b);
		html_put_text(out, buf_text(&b));
		fputs("</td><td class=\"mono\">", out);
		buf_cut(&b, 0);
		diff_change_words(c, &b);
		html_put_text(out, buf_text(&b));
		fputs("</td></tr>\n", out);
	}
	html_table_close(out);
	buf_free(&b);
}

enum status diff_html(const json_t *doc, FILE *out)
{
	static const char *const heads[] = { "Change", "Severity", "Finding", "Where" };
	bool same = json_is_true(json_object_get(doc, "same")), ok = html_head_open(out, false);
	const json_t *f = json_object_get(doc, "findings");
	struct buf b = { .p = NULL };

	fputs("What changed", out);
	html_head_close(out);
	fputs("<body>\n<header>\n<p class=\"tool\">pmemscope</p>\n<h1>What changed between two captures</h1>\n</header>\n<main>\n", out);
	fprintf(out, "<section class=\"verdict %s\" id=\"verdict\" aria-labelledby=\"verdict-title\">\n<h2 id=\"verdict-title\">%s</h2>\n",
		same ? "ok" : "warning", same ? "The same: no structure and no finding differs." : "The two captures differ.");
	put_side(out, "Before", json_object_get(doc, "before"));
	put_side(out, "After", json_object_get(doc, "after"));
	fputs("</section>\n", out);

	diff_findings_words(doc, &b);
	html_section_open(out, "findings", "Findings", buf_text(&b));
	if (json_array_size(json_object_get(f, "new")) || json_array_size(json_object_get(f, "gone")) ||
	    json_array_size(json_object_get(f, "unchanged"))) {
		html_table_open(out, "Findings", heads, 4);
		put_findings(out, json_object_get(f, "new"), "new");
		put_findings(out, json_object_get(f, "gone"), "gone");
		put_findings(out, json_object_get(f, "unchanged"), "in both");
		html_table_close(out);
	}
	fputs("</section>\n", out);

	buf_cut(&b, 0);
	diff_changes_words(doc, &b);
	html_section_open(out, "changes", "Structures", buf_text(&b));
	put_changes(out, json_object_get(doc, "changes"));
	fputs("<p class=\"cut\">What the application keeps in the pool, and places without fields, were not compared.</p>"
	      "\n</section>\n</main>\n</body>\n</html>\n", out);
	ok = ok && !b.failed;
	buf_free(&b);
	return !ok ? STATUS_NOMEM : ferror(out) ? STATUS_IO : STATUS_OK;
}
