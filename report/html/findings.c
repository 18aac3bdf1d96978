#include "report/html/sections.h"

#include <string.h>

static const char *repair_says(const char *repair)
{
	static const struct { const char *repair, *says; } rows[] = {
		{ "safe", "Can be mended from a second witness." },
		{ "ask", "Can be mended after a choice." },
		{ "advanced", "Can be mended at the cost of information." },
	};

	for (size_t i = 0; repair && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(repair, rows[i].repair) == 0)
			return rows[i].says;
	return "No repair is known.";
}

static void put_row(FILE *out, const char *term, const json_t *v, struct html_seen *seen)
{
	if (v == NULL)
		return;
	fprintf(out, "<dt>%s</dt><dd%s>", term, seen ? "" : " class=\"mono\"");
	if (seen && json_is_string(v))
		html_put_prose(out, seen, json_string_value(v));
	else
		html_put_value(out, v);
	fputs("</dd>\n", out);
}

/* Two findings may share a fingerprint; an id may stand only once in a page. */
static void put_anchor(FILE *out, json_t *taken, const char *fingerprint)
{
	json_int_t nr = json_integer_value(json_object_get(taken, fingerprint)) + 1;

	json_object_set_new(taken, fingerprint, json_integer(nr));
	html_put_text(out, fingerprint);
	if (nr > 1)
		fprintf(out, "-%" JSON_INTEGER_FORMAT, nr);
}

static void put_finding(FILE *out, const json_t *doc, const json_t *f, json_t *taken)
{
	const char *id = html_string(f, "id"), *severity = html_string(f, "severity"), *path = html_string(f, "path");
	const char *fingerprint = html_string(f, "fingerprint"), *repair = html_string(f, "repair");
	const json_t *check = json_object_get(json_object_get(doc, "checks"), id ? id : "");
	struct html_seen seen = { .term = { false } };

	fprintf(out, "<tr id=\"finding-");
	put_anchor(out, taken, fingerprint ? fingerprint : "");
	fputs("\" data-severity=\"", out);
	html_put_text(out, severity);
	fputs("\" data-check=\"", out);
	html_put_text(out, id);
	fputs("\" data-path=\"", out);
	html_put_text(out, path);
	fputs("\">\n<td><span class=\"severity ", out);
	html_put_text(out, severity);
	fputs("\">", out);
	html_put_text(out, severity);
	fputs("</span></td>\n<td><details><summary>", out);
	html_put_value(out, json_object_get(f, "message"));
	fputs("</summary>\n<dl class=\"facts\">\n", out);
	put_row(out, "Expected", json_object_get(f, "expected"), NULL);
	put_row(out, "Found", json_object_get(f, "actual"), NULL);
	put_row(out, "Means", json_object_get(check, "means"), &seen);
	put_row(out, "Next", json_object_get(check, "remedy"), &seen);
	fprintf(out, "<dt>Repair</dt><dd>%s</dd>\n", repair_says(repair));
	put_row(out, "Verdict", json_object_get(f, "verdict"), &seen);
	put_row(out, "Rule", json_object_get(check, "source"), &seen);
	fputs("<dt>Link</dt><dd><a class=\"mono\" href=\"#finding-", out);
	html_put_text(out, fingerprint);
	fputs("\">", out);
	html_put_text(out, fingerprint);
	fputs("</a></dd>\n</dl></details>\n<span class=\"id\">", out);
	html_put_text(out, id);
	fputs("</span></td>\n<td>", out);
	html_put_path(out, path);
	if (json_array_size(json_object_get(f, "evidence"))) {
		fputs("<span class=\"where\">", out);
		html_put_evidence(out, doc, json_object_get(f, "evidence"));
		fputs("</span>", out);
	}
	fputs("</td>\n<td class=\"repair\">", out);
	html_put_text(out, repair);
	fputs("</td></tr>\n", out);
}

static void put_filters(FILE *out, const json_t *by_check)
{
	const json_t *c;
	size_t i;

	fputs("<form class=\"filters\" id=\"filters\" hidden>\n"
	      "<fieldset><legend>Severity</legend>"
	      "<label><input type=\"checkbox\" name=\"severity\" value=\"error\" checked> errors</label>"
	      "<label><input type=\"checkbox\" name=\"severity\" value=\"warning\" checked> warnings</label>"
	      "<label><input type=\"checkbox\" name=\"severity\" value=\"note\" checked> notes</label></fieldset>\n"
	      "<label class=\"grow\"><span>Search</span><input type=\"search\" name=\"text\" autocomplete=\"off\"></label>\n"
	      "<label class=\"grow\"><span>Check</span><select name=\"check\"><option value=\"\">all</option>", out);
	json_array_foreach(by_check, i, c) {
		fputs("<option>", out);
		html_put_text(out, html_string(c, "id"));
		fputs("</option>", out);
	}
	fputs("</select></label>\n<output id=\"shown\" role=\"status\"></output>\n</form>\n", out);
}

static void put_folded(FILE *out, const json_t *by_check)
{
	const json_t *c;
	bool any = false;
	size_t i;

	json_array_foreach(by_check, i, c) {
		uint64_t total = html_number(json_object_get(c, "total")), listed = html_number(json_object_get(c, "listed"));

		if (total <= listed)
			continue;
		fputs(any ? "; " : "<p class=\"cut\">Repeated findings are listed by their first places only: ", out);
		any = true;
		fputs("<span class=\"mono\">", out);
		html_put_text(out, html_string(c, "id"));
		fprintf(out, "</span> %" PRIu64 " of %" PRIu64, listed, total);
	}
	if (any)
		fputs(".</p>\n", out);
}

static void put_unchecked(FILE *out, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "not_checked"), *u;
	uint64_t all = html_number(json_object_get(json_object_get(json_object_get(doc, "summary"), "counts"), "not_checked"));
	size_t i;

	if (json_array_size(list) == 0)
		return;
	fprintf(out, "<details id=\"not-checked\"><summary>Not checked, and why (%" PRIu64 ")</summary>\n"
		"<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Not checked\"><table>"
		"<thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Where</th>"
		"<th scope=\"col\">Why</th></tr></thead><tbody>\n", all);
	json_array_foreach(list, i, u) {
		fputs("<tr><td class=\"mono\">", out);
		html_put_text(out, html_string(u, "id"));
		fputs("</td><td>", out);
		html_put_path(out, html_string(u, "path"));
		fputs("</td><td>", out);
		html_put_value(out, json_object_get(u, "why"));
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></div></details>\n", out);
}

void html_findings_put(FILE *out, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "findings"), *f;
	const json_t *by_check = json_object_get(json_object_get(doc, "summary"), "by_check");
	json_t *taken = json_object();
	size_t i;

	html_section_open(out, "findings", "Findings", NULL);
	if (json_array_size(list) == 0) {
		fputs("<p>Nothing was found.</p>\n", out);
	} else {
		put_filters(out, by_check);
		put_folded(out, by_check);
		fputs("<table class=\"findings\" id=\"findings-table\">\n<thead><tr><th scope=\"col\">Severity</th>"
		      "<th scope=\"col\">What</th><th scope=\"col\">Where</th><th scope=\"col\">Repair</th></tr></thead>\n<tbody>\n",
		      out);
		json_array_foreach(list, i, f)
			put_finding(out, doc, f, taken);
		fputs("</tbody></table>\n", out);
	}
	put_unchecked(out, doc);
	fputs("</section>\n", out);
	json_decref(taken);
}
