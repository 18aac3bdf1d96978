/* A change in words, for text and page. What comes out is not escaped. */
#include "report/diff/diff.h"

#include "report/tell.h"

#include <inttypes.h>
#include <string.h>

enum { BYTES_TOLD = 16 };

static uint64_t number(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

/* No value at all is padding that is zero, or a number that is not made out on that side. */
static void value(const json_t *v, struct buf *b)
{
	const char *hex = json_string_value(json_object_get(v, "hex"));

	if (json_is_string(v))
		buf_puts(b, json_string_length(v) ? json_string_value(v) : "\"\"");
	else if (json_is_integer(v))
		buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (hex)
		buf_printf(b, "%.*s%s", 2 * BYTES_TOLD, hex, strlen(hex) > 2 * (size_t)BYTES_TOLD ? "..." : "");
	else if (json_is_object(v))
		buf_puts(b, "(left out)");
	else
		buf_puts(b, "nothing");
}

static void pair(const json_t *o, struct buf *b)
{
	value(json_object_get(o, "was"), b);
	buf_puts(b, " -> ");
	value(json_object_get(o, "now"), b);
}

void diff_change_path(const json_t *change, struct buf *b)
{
	const char *kind = json_string_value(json_object_get(change, "kind")), *last;
	const char *path = json_string_value(json_object_get(change, "path"));
	uint64_t first = number(change, "first"), nr = number(change, "nr");

	buf_puts(b, path && *path ? path : "the whole");
	if (kind && strcmp(kind, "elements") == 0) {
		buf_printf(b, "[%" PRIu64, first);
		if (nr > 1)
			buf_printf(b, "-%" PRIu64, first + nr - 1);
		buf_puts(b, "]");
	}
	last = json_string_value(json_object_get(change, "last"));
	if (last)
		buf_printf(b, " to %s", last);
}

static void elements(const json_t *change, struct buf *b)
{
	const json_t *fields = json_object_get(change, "fields"), *f;
	uint64_t nr = number(change, "nr");
	size_t i;

	if (nr > 1) {
		tell_number(nr, "element", b);
		buf_puts(b, " changed; the first: ");
	}
	json_array_foreach(fields, i, f) {
		buf_printf(b, "%s%s ", i ? ", " : "", json_string_value(json_object_get(f, "field")));
		pair(f, b);
	}
	if (json_array_size(fields) == 0)
		buf_puts(b, json_object_get(change, "was") ? "could not be read before" : "cannot be read now");
}

void diff_change_words(const json_t *change, struct buf *b)
{
	const char *kind = json_string_value(json_object_get(change, "kind"));
	const char *field = json_string_value(json_object_get(change, "field"));
	const char *layout = json_string_value(json_object_get(change, "layout"));

	if (kind == NULL)
		return;
	if (strcmp(kind, "new") == 0 || strcmp(kind, "gone") == 0) {
		buf_puts(b, kind);
		if (number(change, "nr") > 1)
			buf_printf(b, ", %" PRIu64 " of them", number(change, "nr"));
		if (layout)
			buf_printf(b, ": %s", layout);
	} else if (strcmp(kind, "elements") == 0) {
		elements(change, b);
	} else {
		buf_printf(b, "%s ", field ? field : strcmp(kind, "count") == 0 ? "elements" : kind);
		pair(change, b);
	}
}

void diff_findings_words(const json_t *doc, struct buf *b)
{
	const json_t *f = json_object_get(doc, "findings");

	buf_printf(b, "%zu new, %zu gone, %zu in both", json_array_size(json_object_get(f, "new")),
		   json_array_size(json_object_get(f, "gone")), json_array_size(json_object_get(f, "unchanged")));
}

void diff_changes_words(const json_t *doc, struct buf *b)
{
	const json_t *c = json_object_get(doc, "counts");
	uint64_t total = number(doc, "changes_total"), listed = json_array_size(json_object_get(doc, "changes"));
	uint64_t fresh = number(c, "new"), gone = number(c, "gone"), rest = total - fresh - gone;

	tell_number(rest, "place", b);
	buf_printf(b, " changed, %" PRIu64 " new, %" PRIu64 " gone", fresh, gone);
	if (listed < rest)
		buf_printf(b, "; the first %" PRIu64 " are listed", listed);
}
