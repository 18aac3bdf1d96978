#include "report/html/sections.h"

#include <string.h>

static const struct { const char *state, *tone, *word; } states[] = {
	{ "forward", "ok", "will be finished" },
	{ "back", "warning", "will be taken back" },
	{ "torn", "note", "will be ignored" },
	{ "unsure", "error", "in doubt" },
	{ "past", "note", "over" },
};
enum { STATES = sizeof(states) / sizeof(states[0]), ROW = 16 };

static int state_of(const char *state)
{
	for (int i = 0; state && i < STATES; i++)
		if (strcmp(state, states[i].state) == 0)
			return i;
	return STATES - 1;
}

/* Two rows of bytes, one below the other; those that differ are marked. */
static void put_before_after(FILE *out, const json_t *before, const json_t *after)
{
	const char *b = json_string_value(json_object_get(before, "hex")), *a = json_string_value(json_object_get(after, "hex"));
	size_t nb = b ? strlen(b) / 2 : 0, na = a ? strlen(a) / 2 : 0, nr = nb > na ? nb : na;

	if (b == NULL && a == NULL) {
		fputs("<dl class=\"facts\">", out);
		if (before)
			fputs("<dt>Before</dt><dd>", out), html_put_value(out, before), fputs("</dd>", out);
		if (after)
			fputs("<dt>After</dt><dd>", out), html_put_value(out, after), fputs("</dd>", out);
		fputs("</dl>\n", out);
		return;
	}
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Bytes before and after\"><table class=\"bytes\">"
	      "<thead><tr><th scope=\"col\">byte</th><th scope=\"col\">before</th><th scope=\"col\">after</th></tr></thead><tbody>\n",
	      out);
	for (size_t row = 0; row < nr; row += ROW) {
		fprintf(out, "<tr><th scope=\"row\">+%zu</th>", row);
		for (int side = 0; side < 2; side++) {
			const char *hex = side ? a : b, *other = side ? b : a;
			size_t n = side ? na : nb, n_other = side ? nb : na;
			bool marked = false;

			fputs("<td>", out);
			if (hex == NULL && row == 0)
				fputs("not known", out);
			for (size_t i = row; i < row + ROW && i < n; i++) {
				bool differs = other && (i >= n_other || memcmp(hex + 2 * i, other + 2 * i, 2) != 0);

				if (differs != marked)
					fputs(differs ? "<mark>" : "</mark>", out);
				marked = differs;
				fprintf(out, "%.2s", hex + 2 * i);
				if (i + 1 < row + ROW && i + 1 < n)
					fputs(i % 8 == 7 ? "  " : " ", out);
			}
			fputs(marked ? "</mark></td>" : "</td>", out);
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void put_changes(FILE *out, const json_t *doc, const json_t *act)
{
	const json_t *list = json_object_get(act, "changes"), *c;
	uint64_t all = html_number(json_object_get(act, "changes_total"));
	size_t i;

	if (json_array_size(list) == 0)
		return;
	fputs("<details class=\"changes\"><summary>", out);
	html_put_count(out, all, "range of bytes", "ranges of bytes");
	if (all > json_array_size(list))
		fprintf(out, ", the first %zu", json_array_size(list));
	fputs("</summary>\n<ol>\n", out);
	json_array_foreach(list, i, c) {
		fputs("<li><p>", out);
		html_put_value(out, json_object_get(c, "what"));
		fputs(" <span class=\"where\">", out);
		if (json_object_get(c, "offset")) {
			fputs("pool <span class=\"mono\">", out);
			html_put_hex(out, json_object_get(c, "offset"));
			fputs("</span>, ", out);
		}
		html_put_size(out, json_object_get(c, "length"));
		if (json_array_size(json_object_get(c, "evidence"))) {
			fputs(" &middot; ", out);
			html_put_evidence(out, doc, json_object_get(c, "evidence"));
		}
		fputs("</span></p>\n", out);
		if (json_object_get(c, "before") || json_object_get(c, "after"))
			put_before_after(out, json_object_get(c, "before"), json_object_get(c, "after"));
		fputs("</li>\n", out);
	}
	fputs("</ol></details>\n", out);
}

static void put_activity(FILE *out, const json_t *doc, const json_t *act, struct html_seen *seen)
{
	int s = state_of(html_string(act, "state"));

	fprintf(out, "<li class=\"%s\"><h3>", states[s].tone);
	html_put_value(out, json_object_get(act, "actor"));
	fprintf(out, " <span class=\"state %s\">%s</span></h3>\n", states[s].tone, states[s].word);
	if (json_object_get(act, "stage")) {
		fputs("<p class=\"stage\">", out);
		html_put_value(out, json_object_get(act, "stage"));
		fputs("</p>\n", out);
	}
	fputs("<p>", out);
	html_put_prose(out, seen, html_string(act, "says"));
	if (json_object_get(act, "outcome")) {
		fputs(" <b>At the next open:</b> ", out);
		html_put_prose(out, seen, html_string(act, "outcome"));
	}
	fputs("</p>\n<p class=\"where\">", out);
	html_put_path(out, html_string(act, "path"));
	fputs("</p>\n", out);
	put_changes(out, doc, act);
	fputs("</li>\n", out);
}

static void put_activities(FILE *out, const json_t *doc, const json_t *acts)
{
	const json_t *counts = json_object_get(acts, "counts"), *list = json_object_get(acts, "list"), *a;
	uint64_t actors = html_number(json_object_get(acts, "actors"));
	struct html_seen seen = { .term = { false } };
	uint64_t all = 0;
	size_t i;

	html_section_open(out, "story", "What was happening at the crash", NULL);
	fputs("<p>", out);
	if (html_string(acts, "summary"))
		html_put_prose(out, &seen, html_string(acts, "summary"));
	else
		fputs("Nothing was under way.", out);
	fputs("</p>\n<ul class=\"tally\">", out);
	for (int s = 0; s < STATES; s++) {
		uint64_t nr = html_number(json_object_get(counts, states[s].state));

		all += nr;
		if (nr)
			fprintf(out, "<li class=\"%s\"><b>%" PRIu64 "</b> %s</li>", states[s].tone, nr, states[s].word);
	}
	if (actors)
		fprintf(out, "<li><b>%" PRIu64 "</b> of %" PRIu64 " idle</li>", html_number(json_object_get(acts, "idle")),
			actors);
	fputs("</ul>\n", out);
	if (json_array_size(list)) {
		fputs("<ol class=\"timeline\">\n", out);
		json_array_foreach(list, i, a)
			put_activity(out, doc, a, &seen);
		fputs("</ol>\n", out);
	}
	if (all > json_array_size(list))
		fprintf(out, "<p class=\"cut\">%zu of %" PRIu64 " are listed.</p>\n", json_array_size(list), all);
	fputs("</section>\n", out);
}

static void put_recovery(FILE *out, const json_t *rec)
{
	const json_t *steps = json_object_get(rec, "steps"), *counts = json_object_get(rec, "counts"), *s;
	uint64_t all = html_number(json_object_get(rec, "steps_total"));
	struct html_seen seen = { .term = { false } };
	size_t i;

	html_section_open(out, "recovery", "What its library would do at the next open", NULL);
	fputs("<p>", out);
	html_put_value(out, json_object_get(rec, "by"));
	if (html_string(rec, "refused")) {
		fputs(" would not open it: ", out);
		html_put_prose(out, &seen, html_string(rec, "refused"));
	} else if (json_is_true(json_object_get(rec, "needed"))) {
		fputs(" would open it, and first ", out);
		html_put_count(out, all, "step", "steps");
		fputs(" of recovery.", out);
	} else {
		fputs(" would open it, with nothing to recover.", out);
	}
	fputs("</p>\n", out);
	if (json_array_size(steps)) {
		fputs("<ol class=\"steps\">\n", out);
		json_array_foreach(steps, i, s) {
			fputs("<li>", out);
			html_put_value(out, json_object_get(s, "says"));
			fputs(" ", out);
			html_put_path(out, html_string(s, "path"));
			fputs("</li>\n", out);
		}
		fputs("</ol>\n", out);
		if (all > json_array_size(steps))
			fprintf(out, "<p class=\"cut\">The first %zu of %" PRIu64 " steps are listed.</p>\n",
				json_array_size(steps), all);
	}
	if (json_is_true(json_object_get(rec, "simulated"))) {
		fputs("<p>This was carried out on a copy in memory: ", out);
		html_put_count(out, html_number(json_object_get(rec, "changed_bytes")), "byte", "bytes");
		fputs(" would change. Checked again afterwards: ", out);
		html_put_count(out, html_number(json_object_get(counts, "error")), "error", "errors");
		fputs(", ", out);
		html_put_count(out, html_number(json_object_get(counts, "warning")), "warning", "warnings");
		fputs(".</p>\n", out);
		json_array_foreach(json_object_get(rec, "findings"), i, s) {
			fputs(i ? "" : "<ul class=\"after\">\n", out);
			fputs("<li><span class=\"severity ", out);
			html_put_text(out, html_string(s, "severity"));
			fputs("\">", out);
			html_put_text(out, html_string(s, "severity"));
			fputs("</span> ", out);
			html_put_value(out, json_object_get(s, "message"));
			fputs(" ", out);
			html_put_path(out, html_string(s, "path"));
			fputs("</li>\n", out);
		}
		fputs(json_array_size(json_object_get(rec, "findings")) ? "</ul>\n" : "", out);
	}
	if (html_string(rec, "not_simulated")) {
		fputs("<p class=\"hint\">", out);
		html_put_prose(out, &seen, html_string(rec, "not_simulated"));
		fputs("</p>\n", out);
	}
	fputs("</section>\n", out);
}

void html_story_put(FILE *out, const json_t *doc)
{
	if (json_is_object(json_object_get(doc, "activities")))
		put_activities(out, doc, json_object_get(doc, "activities"));
	if (json_is_object(json_object_get(doc, "recovery")))
		put_recovery(out, json_object_get(doc, "recovery"));
}
