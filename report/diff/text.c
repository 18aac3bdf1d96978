#include "report/diff/diff.h"

#include <string.h>

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void side(struct page *p, const char *label, const json_t *s)
{
	struct buf b = { .p = NULL };
	const char *source = text_of(s, "source"), *sentence = text_of(s, "sentence");

	buf_printf(&b, "%s%s%s", text_of(s, "verdict"), sentence ? ": " : "", sentence ? sentence : "");
	if (source)
		buf_printf(&b, " (%s)", source);
	page_term(p, 0, 9, label, buf_text(&b));
	buf_free(&b);
}

static void findings(struct page *p, const json_t *list, const char *mark, enum page_style style)
{
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f) {
		struct buf b = { .p = NULL };
		const char *message = text_of(f, "message");

		buf_printf(&b, "%s %s, at %s%s%s", text_of(f, "severity"), text_of(f, "id"), text_of(f, "path"), message ? ": " : "",
			   message ? message : "");
		page_term_styled(p, 2, 10, style, mark, buf_text(&b));
		buf_free(&b);
	}
}

static void changes(struct page *p, const json_t *list)
{
	struct buf path = { .p = NULL }, last = { .p = NULL }, words = { .p = NULL };
	const json_t *c;
	size_t i;

	json_array_foreach(list, i, c) {
		buf_cut(&path, 0);
		buf_cut(&words, 0);
		diff_change_path(c, &path);
		diff_change_words(c, &words);
		if (i == 0 || strcmp(buf_text(&path), buf_text(&last)) != 0)
			page_styled(p, 2, STYLE_STRONG, buf_text(&path));
		page_text(p, 4, "%s", buf_text(&words));
		buf_cut(&last, 0);
		buf_puts(&last, buf_text(&path));
	}
	buf_free(&path);
	buf_free(&last);
	buf_free(&words);
}

void diff_text(const json_t *doc, struct page *p)
{
	const json_t *f = json_object_get(doc, "findings");
	struct buf b = { .p = NULL };

	side(p, "Before", json_object_get(doc, "before"));
	side(p, "After", json_object_get(doc, "after"));
	page_gap(p);
	if (json_is_true(json_object_get(doc, "same")))
		page_text(p, 0, "The same: no structure and no finding differs.");
	diff_findings_words(doc, &b);
	page_row(p, "Findings", STYLE_STRONG, buf_text(&b), "");
	findings(p, json_object_get(f, "new"), "new", STYLE_BAD);
	findings(p, json_object_get(f, "gone"), "gone", STYLE_GOOD);
	page_gap(p);
	buf_cut(&b, 0);
	diff_changes_words(doc, &b);
	page_row(p, "Structures", STYLE_STRONG, buf_text(&b), "");
	changes(p, json_object_get(doc, "changes"));
	page_gap(p);
	page_text(p, 0, "What the application keeps in the pool, and places without fields, were not compared.");
	buf_free(&b);
}
