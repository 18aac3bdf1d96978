#include "report/html/sections.h"

static void put_side(FILE *out, const char *word, const json_t *v)
{
	if (v == NULL)
		return;
	fprintf(out, "<dt>%s</dt><dd class=\"mono\">", word);
	html_put_value(out, v);
	fputs("</dd>\n", out);
}

static void put_edit(FILE *out, const json_t *doc, const json_t *e)
{
	json_t *place = json_pack("[O]", e);

	fputs("<dl class=\"facts\"><dt>Bytes</dt><dd>", out);
	html_put_evidence(out, doc, place);
	fputs("</dd>\n", out);
	put_side(out, "Was", json_object_get(e, "was"));
	put_side(out, "Becomes", json_object_get(e, "now"));
	fputs("</dl>\n", out);
	json_decref(place);
}

static void put_step(FILE *out, const json_t *doc, const json_t *s)
{
	const json_t *edits = json_object_get(s, "edits"), *e;
	size_t i;

	fprintf(out, "<li><p>%s: ", json_is_true(json_object_get(s, "chosen")) ? "Chosen" : "Not chosen");
	html_put_value(out, json_object_get(s, "says"));
	fputs(" <span class=\"where\">", out);
	html_put_path(out, html_string(s, "path"));
	fputs("</span></p>\n", out);
	if (json_object_get(s, "loses")) {
		fputs("<dl class=\"facts\">", out);
		put_side(out, "Loses", json_object_get(s, "loses"));
		fputs("</dl>\n", out);
	}
	json_array_foreach(edits, i, e)
		put_edit(out, doc, e);
	fputs("</li>\n", out);
}

void html_plan_put(FILE *out, const json_t *doc)
{
	static const struct { const char *key, *says; } classes[] = {
		{ "safe", "can be mended from a second witness" },
		{ "ask", "can be mended after a choice" },
		{ "advanced", "can be mended at the cost of information" },
		{ "none", "have no known repair" },
	};
	const json_t *plan = json_object_get(doc, "plan"), *counts = json_object_get(plan, "counts"), *s;
	const json_t *steps = json_object_get(plan, "steps");
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < 4; i++)
		all += html_number(json_object_get(counts, classes[i].key));
	if (all == 0 && json_array_size(steps) == 0)
		return;
	html_section_open(out, "plan", "Repair", NULL);
	fputs("<ul class=\"tally\">", out);
	for (i = 0; i < 4; i++) {
		uint64_t nr = html_number(json_object_get(counts, classes[i].key));

		if (nr)
			fprintf(out, "<li><b>%" PRIu64 "</b> %s</li>", nr, classes[i].says);
	}
	fputs("</ul>\n", out);
	if (json_array_size(steps)) {
		fputs("<ol class=\"steps\">\n", out);
		json_array_foreach(steps, i, s)
			put_step(out, doc, s);
		fputs("</ol>\n", out);
	}
	fputs("</section>\n", out);
}
