#include "report/html/sections.h"

#include <string.h>

/* A mark and a tone for each verdict: never colour alone. */
static const struct { const char *verdict, *tone, *mark, *word; } looks[] = {
	{ "clean", "ok", "\xe2\x9c\x93", "Clean" },
	{ "recoverable", "note", "\xe2\x86\xbb", "Recoverable" },
	{ "repairable", "warning", "\xe2\x96\xb2", "Repairable" },
	{ "damaged", "error", "\xe2\x9c\x95", "Damaged" },
	{ "unread", "warning", "!", "Unread" },
	{ "not a pool", "note", "?", "Not a pool" },
};
enum { LOOKS = sizeof(looks) / sizeof(looks[0]) };

const char *html_verdict_tone(const char *verdict)
{
	for (size_t i = 0; verdict && i < LOOKS; i++)
		if (strcmp(verdict, looks[i].verdict) == 0)
			return looks[i].tone;
	return "note";
}

static void put_counts(FILE *out, const json_t *doc, const json_t *counts)
{
	static const struct { const char *key, *one, *many, *href; } tiles[] = {
		{ "error", "error", "errors", "findings/error" },
		{ "warning", "warning", "warnings", "findings/warning" },
		{ "note", "note", "notes", "findings/note" },
		{ "not_checked", "check could not look", "checks could not look", "not-checked" },
	};
	const json_t *pool = json_object_get(doc, "pool"), *r;
	size_t i, parts = 0;

	fputs("<ul class=\"counts\" aria-label=\"Counts\">\n", out);
	for (i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++) {
		uint64_t nr = html_number(json_object_get(counts, tiles[i].key));

		fprintf(out, "<li class=\"%s%s\"><a href=\"#%s\"><b>%" PRIu64 "</b> %s</a></li>\n", tiles[i].key,
			nr ? "" : " none", nr ? tiles[i].href : "findings", nr, nr == 1 ? tiles[i].one : tiles[i].many);
	}
	if (json_is_object(pool)) {
		json_array_foreach(json_object_get(pool, "replicas"), i, r)
			parts += json_array_size(json_object_get(r, "parts"));
		if (json_object_get(pool, "size")) {
			fputs("<li><a href=\"#map\"><b>", out);
			html_put_size(out, json_object_get(pool, "size"));
			fputs("</b> address space</a></li>\n", out);
		}
		if (parts)
			fprintf(out, "<li><a href=\"#provenance\"><b>%zu</b> %s in %zu %s</a></li>\n", parts,
				parts == 1 ? "part" : "parts", json_array_size(json_object_get(pool, "replicas")),
				json_array_size(json_object_get(pool, "replicas")) == 1 ? "replica" : "replicas");
	}
	fputs("</ul>\n", out);
}

void html_verdict_put(FILE *out, const json_t *doc)
{
	const json_t *summary = json_object_get(doc, "summary"), *run = json_object_get(doc, "run");
	const char *verdict = html_string(summary, "verdict"), *mark = "!", *word = verdict;
	struct html_seen seen = { .term = { false } };
	size_t i;

	for (i = 0; verdict && i < LOOKS; i++)
		if (strcmp(verdict, looks[i].verdict) == 0) {
			mark = looks[i].mark;
			word = looks[i].word;
		}
	fprintf(out, "<section id=\"verdict\" class=\"verdict %s\" aria-labelledby=\"verdict-title\">\n"
		"<p class=\"word\"><span class=\"mark\" aria-hidden=\"true\">%s</span> ", html_verdict_tone(verdict), mark);
	html_put_text(out, word ? word : "Unread");
	fputs("</p>\n<h2 id=\"verdict-title\">", out);
	html_put_text(out, html_string(summary, "sentence"));
	fputs("</h2>\n", out);
	if (json_object_get(run, "problem")) {
		fputs("<p class=\"stopped\"><b>The analysis stopped early.</b> What was found by then is below. ", out);
		html_put_value(out, json_object_get(run, "problem"));
		fputs("</p>\n", out);
	}
	fputs("<div class=\"next\"><h3>What to do next</h3><p>", out);
	html_put_prose(out, &seen, html_string(summary, "next_step"));
	fputs("</p></div>\n", out);

	const json_t *ending = json_object_get(summary, "ending");
	const char *said = html_string(ending, "sentence"), *sentence = html_string(summary, "sentence");
	if (said && sentence && strstr(sentence, said) == NULL) {
		fputs("<div class=\"ending\"><h3>How it was left</h3><p>", out);
		html_put_prose(out, &seen, said);
		fputs("</p></div>\n", out);
	}
	put_counts(out, doc, json_object_get(summary, "counts"));
	fputs("</section>\n", out);
}
