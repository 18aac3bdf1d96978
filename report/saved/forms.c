#include "report/saved/saved.h"

#include "report/diff/diff.h"
#include "report/html/html.h"
#include "report/html/put.h"

#include <string.h>

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static void findings(struct page *p, const json_t *list)
{
	struct buf b = { .p = NULL };
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f) {
		const char *severity = text_of(f, "severity");
		enum page_style style = strcmp(severity, "error") == 0 ? STYLE_BAD : strcmp(severity, "warning") == 0 ? STYLE_WARN : STYLE_PLAIN;

		buf_cut(&b, 0);
		buf_printf(&b, "%s at %s: %s", text_of(f, "id"), text_of(f, "path"), text_of(f, "message"));
		page_term_styled(p, 2, 10, style, severity, buf_text(&b));
	}
	buf_free(&b);
}

static void counts(struct page *p, const json_t *summary)
{
	static const char *const keys[] = { "error", "warning", "note" };
	const json_t *c = json_object_get(summary, "counts");
	struct buf b = { .p = NULL };
	uint64_t all = 0, listed = html_number(json_object_get(c, "listed"));

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint64_t nr = html_number(json_object_get(c, keys[i]));

		buf_printf(&b, "%s%" PRIu64 " %s%s", i ? ", " : "", nr, keys[i], nr == 1 ? "" : "s");
		all += nr;
	}
	if (listed < all)
		buf_printf(&b, "; the first %" PRIu64 " are listed", listed);
	page_row(p, "Findings", STYLE_STRONG, buf_text(&b), "");
	buf_free(&b);
}

void saved_text(const struct saved *s, struct page *p)
{
	const json_t *summary = json_object_get(s->doc, "summary");
	const json_t *name = json_object_get(json_array_get(json_object_get(s->doc, "sources"), 0), "name");
	size_t unchecked = json_array_size(json_object_get(s->doc, "not_checked"));

	if (s->diff) {
		diff_text(s->doc, p);
		return;
	}
	page_row(p, json_is_string(name) ? json_string_value(name) : "Report", STYLE_STRONG, text_of(summary, "verdict"), "");
	page_text(p, 2, "%s", text_of(summary, "sentence"));
	if (json_object_get(summary, "next_step"))
		page_text(p, 2, "Next: %s", text_of(summary, "next_step"));
	page_gap(p);
	counts(p, summary);
	findings(p, json_object_get(s->doc, "findings"));
	if (unchecked)
		page_text(p, 0, "Not checked: %zu", unchecked);
	page_gap(p);
	page_text(p, 0, "Told again from a saved report: structures and their bytes are in its JSON and its page.");
}

enum status saved_json(const struct saved *s, FILE *out)
{
	if (json_dumpf(s->doc, out, JSON_INDENT(1)) != 0)
		return ferror(out) ? STATUS_IO : STATUS_NOMEM;
	putc('\n', out);
	return ferror(out) ? STATUS_IO : STATUS_OK;
}

enum status saved_html(struct saved *s, FILE *out)
{
	return s->diff ? diff_html(s->doc, out) : html_render(s->doc, s->tables, out);
}
