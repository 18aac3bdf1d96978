#include "report/html/sections.h"

#include <string.h>

void html_section_open(FILE *out, const char *id, const char *title, const char *hint)
{
	fprintf(out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n", id, id, id, title);
	if (hint)
		fprintf(out, "<p class=\"hint\">%s</p>\n", hint);
}

void html_table_open(FILE *out, const char *label, const char *const *heads, size_t nr)
{
	fprintf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><table class=\"cards\">\n<thead><tr>", label);
	for (size_t i = 0; i < nr; i++)
		fprintf(out, "<th scope=\"col\">%s</th>", heads[i]);
	fputs("</tr></thead>\n<tbody>\n", out);
}

void html_table_close(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

const char *html_severity_tone(const char *severity)
{
	static const char *const graver[] = { "error", "warning" };

	for (size_t i = 0; severity && i < sizeof(graver) / sizeof(graver[0]); i++)
		if (strcmp(severity, graver[i]) == 0)
			return graver[i];
	return "note";
}

void html_put_tone(FILE *out, const char *tone, const char *word)
{
	fprintf(out, "<td><span class=\"severity %s\">", tone);
	html_put_text(out, word);
	fputs("</span></td>", out);
}

void html_put_path(FILE *out, const char *path)
{
	if (path == NULL || *path == '\0')
		return;
	fputs("<a class=\"path\" href=\"#at/", out);
	html_put_fragment(out, path);
	fputs("\">", out);
	html_put_text(out, path);
	fputs("</a>", out);
}

static void put_source(FILE *out, const json_t *doc, const json_t *idx)
{
	const json_t *s = json_is_integer(idx) ? json_array_get(json_object_get(doc, "sources"),
								(size_t)json_integer_value(idx)) : NULL;

	if (s == NULL) {
		fputs("in no file", out);
		return;
	}
	fprintf(out, "<a href=\"#source-%" JSON_INTEGER_FORMAT "\">", json_integer_value(idx));
	if (json_object_get(s, "name"))
		html_put_value(out, json_object_get(s, "name"));
	else
		fprintf(out, "source %" JSON_INTEGER_FORMAT, json_integer_value(idx));
	fputs("</a>", out);
}

void html_put_evidence(FILE *out, const json_t *doc, const json_t *evidence)
{
	const json_t *e = json_array_get(evidence, 0);

	if (e == NULL)
		return;
	put_source(out, doc, json_object_get(e, "source"));
	if (!json_is_null(json_object_get(e, "source"))) {
		fputs(", byte <span class=\"mono\">", out);
		html_put_hex(out, json_object_get(e, "offset"));
		fputs("</span>", out);
	}
	if (json_object_get(e, "length")) {
		fputs(", ", out);
		html_put_size(out, json_object_get(e, "length"));
	}
	if (json_array_size(evidence) > 1)
		fprintf(out, ", and %zu more", json_array_size(evidence) - 1);
}
