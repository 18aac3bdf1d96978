#include "report/json/parts.h"

#include "formats/base/uuid.h"
#include "report/outcome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *kind_name(enum kind k)
{
	static const char *const names[] = {
		[KIND_UINT] = "uint",  [KIND_SIZE] = "size", [KIND_OFF] = "offset",	  [KIND_FLAGS] = "flags",
		[KIND_ID] = "id",      [KIND_TIME] = "time", [KIND_UUID] = "uuid",	  [KIND_UUID_BE] = "uuid-be",
		[KIND_TEXT] = "text",  [KIND_BYTES] = "bytes", [KIND_SUM] = "sum",	  [KIND_PAD] = "pad",
	};

	return names[k];
}

static void hex_value(struct json *j, const char *key, enum kind kind, uint64_t v)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "0x%" PRIx64, v);

	json_told(j, key, redact_told(kind), text, (size_t)len);
}

static void uuid_value(struct json *j, const char *key, enum kind kind, const uint8_t *u)
{
	char text[UUID_TEXT_LEN];

	(kind == KIND_UUID ? uuid_text_pmdk : uuid_text_rfc)(u, text);
	json_told(j, key, TOLD_UUID, text, strlen(text));
}

static bool hex_kind(enum kind k)
{
	return k == KIND_FLAGS || k == KIND_ID || k == KIND_SUM;
}

/* Text up to its first NUL; what stands behind it is told too, as bytes. */
static void text_value(struct json *j, const char *key, const uint8_t *p, size_t width)
{
	size_t len = strnlen((const char *)p, width);
	bool more = false;

	for (size_t i = len; i < width && !more; i++)
		more = p[i] != 0;
	if (more && redact_level(j->redact) == REDACT_NONE)
		json_bytes(j, key, TOLD_BYTES, p, width);
	else
		json_told(j, key, TOLD_TEXT, (const char *)p, len);
}

void json_field(struct json *j, const char *key, const struct field *f, const void *host)
{
	if (f->rep == REP_RAW) {
		const uint8_t *p = layout_bytes(f, host);
		bool zero = f->kind == KIND_PAD;

		for (uint32_t i = 0; i < f->width && zero; i++)
			zero = p[i] == 0;
		if (zero)
			return;
		if (f->kind == KIND_UUID || f->kind == KIND_UUID_BE)
			uuid_value(j, key, f->kind, p);
		else if (f->kind == KIND_TEXT)
			text_value(j, key, p, f->width);
		else
			json_bytes(j, key, redact_told(f->kind), p, f->width);
		return;
	}
	uint64_t v = layout_value(f, host);

	if (f->kind == KIND_PAD && v == 0)
		return;
	if (!redact_shows(j->redact, redact_told(f->kind)))
		json_redacted(j, key, "value", f->width);
	else if (hex_kind(f->kind) || f->kind == KIND_PAD || f->width > 4)
		hex_value(j, key, f->kind, v);
	else
		json_number(j, key, v);
}

void json_fields(struct json *j, const char *key, const struct layout *l, const void *host)
{
	json_open_object(j, key);
	for (uint32_t i = 0; i < l->nr; i++)
		json_field(j, l->fields[i].name, &l->fields[i], host);
	json_close_object(j);
}

void json_fact(struct json *j, const char *key, const struct fact *f)
{
	if (f->kind == KIND_UUID || f->kind == KIND_UUID_BE)
		uuid_value(j, key, f->kind, f->bytes);
	else if (f->kind == KIND_TEXT)
		json_told(j, key, f->text[0] == '/' ? TOLD_NAME : TOLD_SENTENCE, f->text, strlen(f->text));
	else if (!redact_shows(j->redact, redact_told(f->kind)))
		json_redacted(j, key, "value", 0);
	else if (hex_kind(f->kind))
		hex_value(j, key, f->kind, f->value);
	else
		json_number(j, key, f->value);
}

static void fact_row(struct json *j, const struct fact *f)
{
	json_open_object(j, NULL);
	json_word(j, "name", f->name);
	json_word(j, "kind", kind_name(f->kind));
	json_fact(j, "value", f);
	json_close_object(j);
}

/* All of a node but its children. */
static void node_head(struct json *j, const struct node *n)
{
	json_word(j, "name", n->parent ? n->name : "");
	if (n->numbered)
		json_number(j, "index", n->idx);
	json_path(j, "path", n);
	json_word(j, "state", outcome_node(n->state));
	json_sentence(j, "note", n->note);
	if (n->layout)
		json_word(j, "layout", n->layout->name);
	if (n->image) {
		json_number(j, "offset", n->at);
		json_number(j, "length", n->len);
	}
	if (n->count) {
		json_number(j, "count", n->count);
		json_number(j, "stride", n->stride);
	}
	if (n->image)
		json_evidence(j, "place", place_of_node(n));
	if (n->layout && n->host && n->state == NODE_READ)
		json_fields(j, "fields", n->layout, n->host);
	if (n->facts) {
		json_open_array(j, "facts");
		for (const struct fact *f = n->facts; f; f = f->next)
			fact_row(j, f);
		json_close_array(j);
	}
}

void json_model(struct json *j, const char *key, const struct node *root)
{
	for (const struct node *n = root; n;) {
		if (n != root)
			json_line(j);
		json_open_object(j, n == root ? key : NULL);
		node_head(j, n);
		if (n->child) {
			json_open_array(j, "children");
			n = n->child;
			continue;
		}
		json_close_object(j);
		while (n != root && n->next == NULL) {
			n = n->parent;
			json_close_array(j);
			json_close_object(j);
		}
		n = n == root ? NULL : n->next;
	}
}

static void layout(struct json *j, const struct layout *l)
{
	static const char *const reps[] = { [REP_LE] = "le", [REP_BE] = "be", [REP_RAW] = "raw" };

	json_open_object(j, l->name);
	if (l->source)
		json_word(j, "source", l->source);
	json_number(j, "size", l->size);
	json_open_array(j, "fields");
	for (uint32_t i = 0; i < l->nr; i++) {
		const struct field *f = &l->fields[i];

		json_line(j);
		json_open_object(j, NULL);
		json_word(j, "name", f->name);
		json_number(j, "offset", f->off);
		json_number(j, "width", f->width);
		json_word(j, "rep", reps[f->rep]);
		json_word(j, "kind", kind_name(f->kind));
		if (f->doc)
			json_word(j, "doc", f->doc);
		if (f->names) {
			json_open_array(j, "names");
			for (const struct name_of *n = f->names; n->name; n++) {
				json_open_object(j, NULL);
				json_hex(j, "value", n->value, 1);
				json_word(j, "name", n->name);
				json_close_object(j);
			}
			json_close_array(j);
		}
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

/* A program has some dozens of layouts, whatever the size of the tree. */
bool json_layouts(struct json *j, const struct node *root)
{
	const struct layout **seen = NULL;
	size_t nr = 0, room = 0;

	json_open_object(j, "layouts");
	for (const struct node *n = root; n;) {
		size_t i = 0;

		while (i < nr && seen[i] != n->layout)
			i++;
		if (n->layout && i == nr) {
			if (nr == room) {
				room = room ? room * 2 : 64;
				const struct layout **more = realloc(seen, room * sizeof(*more));
				if (more == NULL) {
					free(seen);
					return false;
				}
				seen = more;
			}
			seen[nr++] = n->layout;
			layout(j, n->layout);
		}
		if (n->child) {
			n = n->child;
			continue;
		}
		while (n != root && n->next == NULL)
			n = n->parent;
		n = n == root ? NULL : n->next;
	}
	free(seen);
	json_close_object(j);
	return true;
}
