#include "tests/corpus/places.h"

#include "formats/base/checksum.h"
#include "formats/formats.h"
#include "formats/ns/label.h"
#include "formats/obj/ulog.h"
#include "formats/pool/hdr.h"
#include "tests/corpus/files.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 256 << 20, LOG_MAX = 2048, INDEX_MAX = 1 << 20 };

struct places {
	char source[4096];
	bool open;
	struct intake intake;
	struct model model;
};

struct places *places_open(void)
{
	return calloc(1, sizeof(struct places));
}

void places_forget(struct places *ps, const char *source)
{
	if (ps->open) {
		intake_close(&ps->intake);
		arena_close(ps->model.arena);
	}
	ps->open = false;
	snprintf(ps->source, sizeof(ps->source), "%s", source);
}

void places_close(struct places *ps)
{
	places_forget(ps, "");
	free(ps);
}

static bool look(struct places *ps)
{
	struct problem p = { STATUS_OK, "" };
	struct set_options set = { 0 };
	struct arena *a;

	if (ps->open)
		return true;
	a = arena_open(ARENA_MAX);
	if (a == NULL)
		return false;
	ps->open = true;
	ps->intake = (struct intake){ .arena = a, .options = { .limits = INTAKE_LIMITS } };
	ps->model = (struct model){ .arena = a, .intake = &ps->intake, .format = "unknown" };
	ps->model.root = node_group(a, NULL, "");
	if (ps->model.root && intake_open(&ps->intake, ps->source, "source", "given", &p) == STATUS_OK &&
	    formats_decode(&ps->model, &set, &p) == STATUS_OK)
		return true;
	fprintf(stderr, "%s: %s\n", ps->source, p.text);
	return false;
}

const struct node *places_root(struct places *ps)
{
	return look(ps) ? ps->model.root : NULL;
}

/* FILE@OFFSET or FILE@OFFSET+LENGTH */
static bool bytes_of_a_file(const char *text, const char *mark, struct place *out)
{
	char *end;

	snprintf(out->file, sizeof(out->file), "%.*s", (int)(mark - text), text);
	out->at = strtoull(mark + 1, &end, 0);
	out->len = *end == '+' ? strtoull(end + 1, &end, 0) : 1;
	if (*end == 0 && isdigit((unsigned char)mark[1]))
		return true;
	fprintf(stderr, "%s: a place in a file is FILE@OFFSET or FILE@OFFSET+LENGTH\n", text);
	return false;
}

/* Cuts the place down to what follows it: "+OFFSET" or "+OFFSET+LENGTH". */
static bool cut_down(const char *text, struct place *p)
{
	char *end;
	uint64_t off = strtoull(text + 1, &end, 0), len = *end == '+' ? strtoull(end + 1, &end, 0) : 1;

	if (*end || off > p->len || len > p->len - off) {
		fprintf(stderr, "%s: is not inside the %" PRIu64 " bytes of the place\n", text, p->len);
		return false;
	}
	p->at += off;
	p->len = len;
	p->field = NULL;
	return true;
}

static bool node_place_find(struct places *ps, const char *text, struct place *out);

bool places_find(struct places *ps, const char *text, struct place *out)
{
	const char *mark = strchr(text, '@'), *plus = strchr(text, '+');
	char path[4096];

	*out = (struct place){ .len = 0 };
	if (mark)
		return bytes_of_a_file(text, mark, out);
	snprintf(path, sizeof(path), "%.*s", plus ? (int)(plus - text) : (int)strlen(text), text);
	return look(ps) && node_place_find(ps, path, out) && (plus == NULL || cut_down(plus, out));
}

static bool node_place_find(struct places *ps, const char *text, struct place *out)
{
	const char *rest;

	const struct node *n = node_find(ps->model.root, text, &rest);
	if (n == NULL || n->image == NULL) {
		fprintf(stderr, "%s: there is no such place in %s\n", text, ps->source);
		return false;
	}
	*out = (struct place){ .image = n->image, .at = n->at, .len = n->len, .layout = n->layout };
	if (n->count && *rest == '[') {
		char *end;
		uint64_t i = strtoull(rest + 1, &end, 10);

		if (*end != ']' || i >= n->count || n->layout == NULL) {
			fprintf(stderr, "%s: %s has %" PRIu64 " elements\n", text, n->name, n->count);
			return false;
		}
		out->at += i * n->stride;
		out->len = n->layout->size;
		rest = end + 1;
		rest += *rest == '.';
	}
	out->struct_at = out->at;
	if (*rest == 0)
		return true;
	out->field = n->layout ? layout_field(n->layout, rest) : NULL;
	if (out->field == NULL) {
		fprintf(stderr, "%s: there is no %s in %s\n", text, rest, n->layout ? n->layout->name : n->name);
		return false;
	}
	out->at += out->field->off;
	out->len = out->field->width;
	return true;
}

/* The file, and the place in it, of byte off of p; *run: bytes that lie side by side there. */
static bool where(const struct place *p, uint64_t off, const char **file, uint64_t *at, size_t *run)
{
	if (p->file[0]) {
		*file = p->file;
		*at = p->at + off;
		return true;
	}
	struct origin o = image_origin(p->image, p->at + off);
	if (o.source == NULL || o.len == 0) {
		fprintf(stderr, "byte %" PRIu64 " is in no file\n", p->at + off);
		return false;
	}
	*file = o.source->path;
	*at = o.at;
	if (o.len < *run)
		*run = (size_t)o.len;
	return true;
}

bool place_read(const struct place *p, uint64_t off, uint8_t *buf, size_t len)
{
	while (len) {
		const char *file;
		uint64_t at;
		size_t run = len;

		if (!where(p, off, &file, &at, &run) || !files_pread(file, at, buf, run))
			return false;
		off += run;
		buf += run;
		len -= run;
	}
	return true;
}

bool place_write(const struct place *p, uint64_t off, const uint8_t *buf, size_t len)
{
	while (len) {
		const char *file;
		uint64_t at;
		size_t run = len;

		if (!where(p, off, &file, &at, &run) || !files_pwrite(file, at, buf, run))
			return false;
		off += run;
		buf += run;
		len -= run;
	}
	return true;
}

static uint64_t sum_of(const struct layout *l, const struct field *f, struct span s, uint64_t skip)
{
	uint64_t sum;

	if (skip)
		return checksum_fletcher64(s, f->off, skip);
	if (l == &pool_hdr_layout) {
		struct pool_hdr h;

		if (strcmp(f->name, "sds_checksum") == 0)
			return pool_hdr_sds_sum(s);
		layout_decode(l, s, 0, &h);
		pool_hdr_sum(s, &h, &sum);
		return sum;
	}
	return checksum_fletcher64(s, f->off, CHECKSUM_NO_SKIP);
}

/* A redo log's sum is over its entries too, up to the zero word that ends them. 0: it is no log, or unreadable. */
static uint32_t entries_len(const struct place *hdr)
{
	uint8_t buf[OBJ_ULOG_HDR_LEN];
	struct obj_ulog log;
	uint32_t len = 0;

	if (hdr->layout != &obj_ulog_layout || !place_read(hdr, 0, buf, sizeof(buf)) ||
	    !layout_decode(&obj_ulog_layout, (struct span){ buf, NULL, 0, sizeof(buf) }, 0, &log))
		return 0;
	while (len < log.capacity && len < LOG_MAX && place_read(hdr, OBJ_ULOG_HDR_LEN + len, buf, 8) &&
	       memcmp(buf, "\0\0\0\0\0\0\0", 8))
		len += OBJ_ULOG_VAL_LEN;
	return len;
}

/* A label index says how long it is. 0: after a message. */
static uint64_t index_len(const struct place *all)
{
	uint8_t head[LABEL_INDEX_HEAD];
	struct label_index i;

	if (!place_read(all, 0, head, sizeof(head)) ||
	    !layout_decode(&label_index_layout, (struct span){ head, NULL, 0, sizeof(head) }, 0, &i))
		return 0;
	if (i.mysize >= LABEL_INDEX_HEAD && i.mysize <= INDEX_MAX && i.mysize % 4 == 0)
		return i.mysize;
	fprintf(stderr, "seal: a label index of %" PRIu64 " bytes has no checksum\n", i.mysize);
	return 0;
}

bool place_seal(const struct place *p, uint64_t skip)
{
	const struct field *f = p->field;

	for (uint32_t i = 0; f == NULL && p->layout && i < p->layout->nr; i++)
		if (p->layout->fields[i].kind == KIND_SUM && strcmp(p->layout->fields[i].name, "checksum") == 0)
			f = &p->layout->fields[i];
	if (f == NULL || f->kind != KIND_SUM || f->width != 8) {
		fprintf(stderr, "seal: the place is no checksum, and holds none of that name\n");
		return false;
	}
	struct place all = *p;
	all.at = p->struct_at;
	uint64_t len = p->layout == &label_index_layout ? index_len(&all) : p->layout->size + entries_len(&all);
	uint8_t *buf = len ? malloc(len) : NULL;
	bool ok = buf && place_read(&all, 0, buf, len);
	if (ok) {
		uint64_t sum = sum_of(p->layout, f, (struct span){ buf, NULL, 0, len }, skip);

		for (int i = 0; i < 8; i++)
			buf[i] = (uint8_t)(sum >> (8 * i));
		ok = place_write(&all, f->off, buf, 8);
	}
	free(buf);
	return ok;
}
