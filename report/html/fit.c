#include "report/html/fit.h"

#include "report/html/put.h"

/* What is kept at each level. A page at the last one is a few hundred kilobytes. */
static const struct { size_t findings, activities, changes, children, tiles, unchecked; bool tables; } levels[] = {
	{ 500, 128, 16, 256, 1024, 500, true },
	{ 500, 64, 8, 128, 1024, 200, false },
	{ 300, 64, 4, 64, 512, 100, false },
	{ 200, 32, 2, 32, 256, 50, false },
	{ 100, 16, 1, 16, 64, 20, false },
};

static void cut_said(json_t *doc, const char *what, size_t kept, size_t all)
{
	json_t *cut = json_object_get(doc, "cut"), *before = json_object_get(cut, what);

	if (cut == NULL && json_object_set_new(doc, "cut", json_object()) == 0)
		cut = json_object_get(doc, "cut");
	if ((size_t)json_integer_value(json_object_get(before, "of")) > all)
		all = (size_t)json_integer_value(json_object_get(before, "of")); /* of the level before */
	json_object_set_new(cut, what, json_pack("{s:I, s:I}", "listed", (json_int_t)kept, "of", (json_int_t)all));
}

static void cut_array(json_t *doc, json_t *array, size_t keep, const char *what)
{
	size_t all = json_array_size(array);

	if (all <= keep)
		return;
	cut_said(doc, what, keep, all);
	while (json_array_size(array) > keep)
		json_array_remove(array, json_array_size(array) - 1);
}

/* How many children were left out is kept with the node. */
static size_t cut_tree(json_t *node, size_t keep)
{
	json_t *children = json_object_get(node, "children"), *c;
	size_t all = json_array_size(children), left = 0, i;

	if (all > keep) {
		json_int_t before = json_integer_value(json_object_get(node, "left_out"));

		left = all - keep;
		json_object_set_new(node, "left_out", json_integer(before + (json_int_t)left));
		while (json_array_size(children) > keep)
			json_array_remove(children, json_array_size(children) - 1);
	}
	json_array_foreach(children, i, c)
		left += cut_tree(c, keep);
	return left;
}

bool html_fit(json_t *doc, json_t *tables, int level)
{
	json_t *list = json_object_get(json_object_get(doc, "activities"), "list"), *it;
	size_t i, left;

	if ((size_t)level >= sizeof(levels) / sizeof(levels[0]))
		return false;
	cut_array(doc, json_object_get(doc, "findings"), levels[level].findings, "findings");
	cut_array(doc, json_object_get(doc, "not_checked"), levels[level].unchecked, "checks that did not look");
	cut_array(doc, list, levels[level].activities, "activities");
	json_array_foreach(list, i, it)
		cut_array(doc, json_object_get(it, "changes"), levels[level].changes, "changes of an activity");
	json_array_foreach(json_object_get(json_object_get(doc, "map"), "bands"), i, it)
		cut_array(doc, json_object_get(it, "tiles"), levels[level].tiles, "tiles of a band");
	left = cut_tree(json_object_get(doc, "model"), levels[level].children);
	if (left) {
		json_t *so_far = json_object_get(json_object_get(json_object_get(doc, "cut"), "structures"), "of");

		cut_said(doc, "structures", 0, left + (size_t)json_integer_value(so_far));
	}
	if (!levels[level].tables && json_array_size(tables)) {
		cut_said(doc, "tables, row by row", 0, json_array_size(tables));
		json_array_clear(tables);
	}
	return true;
}

void html_fit_put(FILE *out, const json_t *doc)
{
	const json_t *v;
	const char *what;
	bool any = false;

	json_object_foreach((json_t *)(uintptr_t)json_object_get(doc, "cut"), what, v) {
		uint64_t kept = html_number(json_object_get(v, "listed")), all = html_number(json_object_get(v, "of"));

		fputs(any ? "; " : "<p class=\"cut\" id=\"cut\">This page is kept short enough to be mailed. Left out: ", out);
		any = true;
		if (kept)
			fprintf(out, "%s after the first %" PRIu64 " of %" PRIu64, what, kept, all);
		else
			fprintf(out, "%" PRIu64 " %s", all, what);
	}
	if (any)
		fputs(". The JSON report has all of it.</p>\n", out);
}
