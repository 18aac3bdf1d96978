#include "report/html/html.h"

#include "report/html/assets.h"
#include "report/html/fit.h"
#include "report/html/head.h"
#include "report/html/sections.h"
#include "report/html/tables.h"
#include "report/json/json.h"

#include <stdlib.h>
#include <string.h>

/* "damaged: pmemobj, 64 MiB" */
static void put_title(FILE *out, const json_t *doc)
{
	const json_t *pool = json_object_get(doc, "pool");

	html_put_text(out, html_string(json_object_get(doc, "summary"), "verdict"));
	if (!json_is_object(pool))
		return;
	fputs(": ", out);
	html_put_text(out, html_string(pool, "format"));
	if (json_object_get(pool, "size")) {
		fputs(", ", out);
		html_put_size(out, json_object_get(pool, "size"));
	}
}

static void put_top(FILE *out, const json_t *doc)
{
	const json_t *pool = json_object_get(doc, "pool"), *f;
	const json_t *name = json_object_get(json_array_get(json_object_get(doc, "sources"), 0), "name");
	size_t i;

	fputs("<body>\n<a class=\"skip\" href=\"#verdict\">Skip to the verdict</a>\n<header>\n<p class=\"tool\">pmemscope</p>\n<h1>", out);
	if (name)
		html_put_value(out, name);
	else
		fputs("Report on a pool", out);
	fputs("</h1>\n", out);
	if (json_is_object(pool)) {
		fputs("<p class=\"what\">", out);
		json_array_foreach(json_object_get(pool, "formats"), i, f) {
			fputs(i ? ", inside: " : "", out);
			html_put_value(out, f);
		}
		if (json_object_get(pool, "uuid")) {
			fputs(" <span class=\"mono\">", out);
			html_put_value(out, json_object_get(pool, "uuid"));
			fputs("</span>", out);
		}
		fputs("</p>\n", out);
	}
	fputs("<nav id=\"contents\" aria-label=\"Contents\" hidden></nav>\n</header>\n<main>\n", out);
}

/* Nothing in data ends the element it stands in: the angle brackets are written as JSON escapes. */
static bool put_data(FILE *out, const char *id, const json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);

	if (text == NULL)
		return false;
	fprintf(out, "<script type=\"application/json\" id=\"%s\">", id);
	for (const char *p = text; *p; p++)
		if (*p == '<' || *p == '>' || *p == '&')
			fprintf(out, "\\u%04x", (unsigned)*p);
		else
			fputc(*p, out);
	fputs("</script>\n", out);
	free(text);
	return true;
}

static bool put_page(FILE *out, const json_t *doc, const json_t *tables)
{
	bool ok = html_head_open(out, true);

	put_title(out, doc);
	html_head_close(out);
	put_top(out, doc);
	html_verdict_put(out, doc);
	html_fit_put(out, doc);
	html_findings_put(out, doc);
	html_story_put(out, doc);
	html_section_open(out, "map", "Map of the pool", NULL);
	fputs("<noscript><p class=\"hint\">The map is drawn by a script, and scripts are off.</p></noscript>\n</section>\n", out);
	html_section_open(out, "structures", "Structures and their bytes", NULL);
	fputs("<noscript><p class=\"hint\">The tree is drawn by a script, and scripts are off. "
	      "<code>pmemscope show</code> tells the same.</p></noscript>\n</section>\n", out);
	html_replicas_put(out, doc);
	html_plan_put(out, doc);
	html_sources_put(out, doc);
	html_glossary_put(out);
	fputs("</main>\n", out);
	ok = put_data(out, "report-data", doc) && ok;
	ok = put_data(out, "table-data", tables) && ok;
	fputs("<script>", out);
	fwrite(html_js, 1, html_js_len, out);
	fputs("</script>\n</body>\n</html>\n", out);
	return ok;
}

enum status html_render(json_t *doc, json_t *tables, FILE *out)
{
	for (int level = 0;; level++) {
		char *page = NULL;
		size_t len = 0;
		FILE *f = open_memstream(&page, &len);
		bool ok = f && put_page(f, doc, tables);

		ok = f && !ferror(f) && ok;
		ok = f && fclose(f) == 0 && ok;
		if (ok && len > HTML_LEN_MAX && html_fit(doc, tables, level)) {
			free(page);
			continue;
		}
		if (ok)
			fwrite(page, 1, len, out);
		free(page);
		return !ok ? STATUS_NOMEM : ferror(out) ? STATUS_IO : STATUS_OK;
	}
}

/* The JSON report, or the rows of tables, read back. NULL: without memory. */
static json_t *document(const struct result *r, const struct report_options *o, bool tables)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	json_t *doc = NULL;
	bool good = f && (tables ? html_tables(r, o->redact, f) : json_report(r, o, f) == STATUS_OK);

	good = f && fclose(f) == 0 && good;
	if (good)
		doc = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	free(text);
	return doc;
}

enum status html_report(const struct result *r, const struct report_options *o, FILE *out)
{
	json_t *doc = document(r, o, false), *tables = document(r, o, true);
	enum status st = doc && tables ? html_render(doc, tables, out) : STATUS_NOMEM;

	json_decref(doc);
	json_decref(tables);
	return st;
}
