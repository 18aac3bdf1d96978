#include "report/html/sections.h"

static void put_row(FILE *out, const char *term, const json_t *v)
{
	if (v == NULL)
		return;
	fprintf(out, "<dt>%s</dt><dd>", term);
	html_put_value(out, v);
	fputs("</dd>\n", out);
}

static void put_size_row(FILE *out, const char *term, const json_t *v)
{
	if (v == NULL)
		return;
	fprintf(out, "<dt>%s</dt><dd>", term);
	html_put_size(out, v);
	fprintf(out, " <span class=\"soft\">(%" PRIu64 ")</span></dd>\n", html_number(v));
}

static void put_digest(FILE *out, const char *term, const json_t *v)
{
	if (v == NULL)
		return;
	fprintf(out, "<dt>%s</dt><dd class=\"mono digest\">", term);
	html_put_value(out, v);
	fputs("</dd>\n", out);
}

static void put_layers(FILE *out, const json_t *layers)
{
	const json_t *l;
	size_t i;

	fputs("<dt>Layers</dt><dd>", out);
	json_array_foreach(layers, i, l) {
		fputs(i ? " \xe2\x80\xba " : "", out);
		html_put_text(out, html_string(l, "kind"));
		if (json_object_get(l, "name")) {
			fputs(" ", out);
			html_put_value(out, json_object_get(l, "name"));
		}
	}
	fputs("</dd>\n", out);
}

static void put_unread(FILE *out, const json_t *unread)
{
	uint64_t total = html_number(json_object_get(unread, "total"));
	const json_t *ranges = json_object_get(unread, "ranges"), *r;
	size_t i;

	if (total == 0)
		return;
	fputs("<dt>Unreadable</dt><dd>", out);
	html_put_size(out, json_object_get(unread, "bytes"));
	fputs(" in ", out);
	html_put_count(out, total, "range", "ranges");
	fputs("<ul class=\"ranges mono\">", out);
	json_array_foreach(ranges, i, r) {
		fputs("<li>", out);
		html_put_hex(out, json_object_get(r, "offset"));
		fprintf(out, " +%" PRIu64 "</li>", html_number(json_object_get(r, "length")));
	}
	fputs("</ul>", out);
	if (total > json_array_size(ranges))
		fprintf(out, "the first %zu are listed", json_array_size(ranges));
	fputs("</dd>\n", out);
}

static void put_source(FILE *out, const json_t *s, size_t i)
{
	const json_t *stored = json_object_get(s, "stored"), *decoded = json_object_get(s, "decoded");

	fprintf(out, "<article class=\"source\" id=\"source-%zu\"><h3>", i);
	if (json_object_get(s, "name"))
		html_put_value(out, json_object_get(s, "name"));
	else
		fprintf(out, "source %zu", i);
	fputs("</h3>\n<dl class=\"facts\">\n", out);
	put_row(out, "Role", json_object_get(s, "role"));
	put_row(out, "Found", json_object_get(s, "found"));
	put_row(out, "Path", json_object_get(s, "path"));
	put_layers(out, json_object_get(s, "layers"));
	put_size_row(out, "Stored", json_object_get(stored, "size"));
	put_size_row(out, "Allocated", json_object_get(stored, "allocated"));
	put_size_row(out, "Decoded", json_object_get(decoded, "size"));
	put_size_row(out, "Left out on purpose", json_object_get(s, "left_out"));
	put_size_row(out, "Holes", json_object_get(decoded, "holes"));
	put_size_row(out, "Read", json_object_get(stored, "read"));
	put_row(out, "Changed", json_object_get(stored, "mtime"));
	put_digest(out, "SHA-256, stored", json_object_get(stored, "sha256"));
	put_digest(out, "SHA-256, decoded", json_object_get(decoded, "sha256"));
	put_digest(out, "SHA-256 over blocks, decoded", json_object_get(decoded, "tree_sha256"));
	put_unread(out, json_object_get(s, "unread"));
	put_row(out, "Note", json_object_get(s, "note"));
	fputs("</dl></article>\n", out);
}

void html_sources_put(FILE *out, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "sources"), *run = json_object_get(doc, "run"), *s;
	const json_t *redaction = json_object_get(doc, "redaction"), *tool = json_object_get(doc, "tool");
	size_t i;

	html_section_open(out, "provenance", "Provenance", "What was opened, how it was peeled, and what it can be known by again.");
	fputs("<div class=\"sources\">\n", out);
	json_array_foreach(list, i, s)
		put_source(out, s, i);
	fputs("<article class=\"source\"><h3>This report</h3>\n<dl class=\"facts\">\n<dt>Written by</dt><dd>", out);
	html_put_text(out, html_string(tool, "name"));
	fputs(" ", out);
	html_put_text(out, html_string(tool, "version"));
	fputs("</dd>\n", out);
	put_row(out, "Source as given", json_object_get(run, "source"));
	put_row(out, "Time", json_object_get(run, "time"));
	put_row(out, "Host", json_object_get(run, "host"));
	put_row(out, "User data read", json_object_get(run, "deep"));
	put_row(out, "Reproducible", json_object_get(run, "reproducible"));
	put_row(out, "Redaction", json_object_get(redaction, "level"));
	put_row(out, "User bytes shown", json_object_get(redaction, "user_bytes"));
	put_row(out, "JSON schema", json_object_get(doc, "schema_version"));
	put_row(out, "Exit status", json_object_get(json_object_get(doc, "summary"), "exit_status"));
	fputs("</dl></article>\n</div>\n</section>\n", out);
}

void html_glossary_put(FILE *out)
{
	html_section_open(out, "glossary", "Words used here", NULL);
	fputs("<dl class=\"glossary\">\n", out);
	for (size_t i = 0; i < glossary_nr; i++) {
		fprintf(out, "<div id=\"term-%s\"><dt>%s</dt><dd>", glossary[i].id, glossary[i].word);
		html_put_text(out, glossary[i].text);
		fputs("</dd></div>\n", out);
	}
	fputs("</dl>\n</section>\n", out);
}
