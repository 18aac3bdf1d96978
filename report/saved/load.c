#include "report/saved/saved.h"

#include "report/json/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 256 << 20 };

static enum status fail(struct problem *p, enum status st, const char *path, const char *why)
{
	return problem_set(p, st, "%s: %s", path, why);
}

static enum status read_all(const char *path, char **text, size_t *len, struct problem *p)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	size_t room = 1 << 16;
	enum status st = STATUS_OK;

	*text = NULL;
	*len = 0;
	if (f == NULL)
		return fail(p, STATUS_IO, path, strerror(errno));
	for (;;) {
		char *more = realloc(*text, room + 1);

		if (more == NULL) {
			st = fail(p, STATUS_NOMEM, path, "no memory");
			break;
		}
		*text = more;
		*len += fread(*text + *len, 1, room - *len, f);
		(*text)[*len] = '\0';
		if (ferror(f))
			st = fail(p, STATUS_IO, path, errno ? strerror(errno) : "cannot be read");
		if (ferror(f) || *len < room)
			break;
		if (room >= FILE_MAX) {
			st = fail(p, STATUS_LIMIT, path, "longer than 256 MiB: no report that is read back");
			break;
		}
		room *= 2;
	}
	if (f != stdin)
		fclose(f);
	return st;
}

/* The JSON that a page carries, or NULL. Nothing inside of it ends its element: see html.c. */
static json_t *inlined(const char *page, const char *id)
{
	char open[80];
	const char *from, *to;

	snprintf(open, sizeof(open), "<script type=\"application/json\" id=\"%s\">", id);
	from = strstr(page, open);
	if (from == NULL)
		return NULL;
	from += strlen(open);
	to = strstr(from, "</script>");
	return to ? json_loadb(from, (size_t)(to - from), JSON_ALLOW_NUL, NULL) : NULL;
}

static enum status understood(struct saved *s, struct problem *p)
{
	const char *version = json_string_value(json_object_get(s->doc, "schema_version"));
	const char *kind = json_string_value(json_object_get(s->doc, "document"));
	size_t major = strcspn(JSON_SCHEMA_VERSION, ".");

	if (json_is_array(s->doc))
		return fail(p, STATUS_UNSUPPORTED, s->path, "holds several reports; write one file for each: analyze --json DIR/");
	if (version == NULL)
		return fail(p, STATUS_UNSUPPORTED, s->path, "no JSON report of pmemscope, and no page that carries one");
	if (strncmp(version, JSON_SCHEMA_VERSION, major) != 0 || version[major] != '.')
		return fail(p, STATUS_UNSUPPORTED, s->path, "its schema_version is of another generation: this pmemscope knows " JSON_SCHEMA_VERSION);
	s->diff = kind && strcmp(kind, "diff") == 0;
	if (!s->diff && !json_is_object(json_object_get(s->doc, "summary")))
		return fail(p, STATUS_UNSUPPORTED, s->path, "a report without a summary: it is not whole");
	return STATUS_OK;
}

enum status saved_load(const char *path, struct saved *out, struct problem *p)
{
	char *text;
	size_t len, at = 0;
	enum status st = read_all(path, &text, &len, p);

	*out = (struct saved){ .path = path };
	if (st == STATUS_OK) {
		while (at < len && isspace((unsigned char)text[at]))
			at++;
		if (at < len && text[at] == '<') {
			out->doc = inlined(text + at, "report-data");
			out->tables = inlined(text + at, "table-data");
		} else {
			out->doc = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
		}
		if (!json_is_array(out->tables)) {
			json_decref(out->tables);
			out->tables = json_array();
		}
		st = out->tables ? understood(out, p) : fail(p, STATUS_NOMEM, path, "no memory");
	}
	free(text);
	if (st != STATUS_OK)
		saved_free(out);
	return st;
}

void saved_free(struct saved *s)
{
	json_decref(s->doc);
	json_decref(s->tables);
	*s = (struct saved){ .path = s->path };
}
