#include "report/hexview/hexview.h"

#include "formats/image/image.h"
#include "report/escape.h"
#include "report/place.h"
#include "report/tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAX = 16, FOLD_FROM = 3 };

struct view {
	struct page *page;
	struct image *image;
	unsigned per_row;
	const struct source *in; /* the file of the last row */
	bool started;
};

static unsigned per_row(unsigned width)
{
	return width >= 120 ? 16 : width >= 72 ? 8 : 4;
}

/* Where the row starts, in its file; a line says so when that is another one. */
static uint64_t row_at(struct view *v, uint64_t at)
{
	struct place one = { v->image, at, 1 };
	struct origin o = { .source = NULL };
	struct buf b = { .p = NULL };

	if (!place_piece(&one, &o))
		return at;
	if (!v->started || o.source != v->in) {
		const char *path = o.source ? tell_last_part(o.source->path) : "in no file";

		if (o.source == NULL || !redact_value(v->page->redact, TOLD_NAME, path, strlen(path), &b))
			buf_puts(&b, path);
		page_styled(v->page, 0, STYLE_FAINT, buf_text(&b));
		buf_free(&b);
	}
	v->started = true;
	v->in = o.source;
	return o.at;
}

static void row(struct view *v, uint64_t at, const uint8_t *bytes, const uint8_t *lost, unsigned nr, bool shown,
		const char *text)
{
	struct buf hex = { .p = NULL };
	char chars[ROW_MAX + 1] = "";

	buf_printf(&hex, "%08" PRIx64 " ", row_at(v, at));
	for (unsigned i = 0; i < v->per_row; i++) {
		if (i >= nr)
			buf_puts(&hex, "   ");
		else if (lost[i])
			buf_puts(&hex, " ??");
		else if (!shown)
			buf_puts(&hex, " ..");
		else
			buf_printf(&hex, " %02x", bytes[i]);
		chars[i] = i >= nr ? ' ' : shown && !lost[i] && bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
	}
	chars[v->per_row] = '\0';
	buf_printf(&hex, "  %s", chars);
	page_term(v->page, 0, (unsigned)hex.len + 2, buf_text(&hex), text);
	buf_free(&hex);
}

static bool same(const uint8_t *p, const uint8_t *lost, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (p[i] || lost[i])
			return false;
	return true;
}

/* Columns left beside a row. */
static size_t beside(const struct view *v)
{
	size_t used = 8 + 1 + 3 * v->per_row + 2 + v->per_row + 2;

	return v->page->width > used ? v->page->width - used : 0;
}

/*
 * [at, at+len) in rows. Beside the first stands text, and value with it when both fit, else beside the
 * second. Whole rows of zeros in between are one line.
 */
static void rows(struct view *v, uint64_t at, uint64_t len, bool shown, const char *text, const char *value)
{
	bool apart = len > v->per_row && strlen(text) + strlen(" = ") + strlen(value) > beside(v);
	struct buf first = { .p = NULL };

	buf_printf(&first, "%s%s%s", text, *value && !apart ? " = " : "", apart ? "" : value);
	uint8_t bytes[ROW_MAX], lost[ROW_MAX];
	uint64_t zeros = 0;

	for (uint64_t done = 0; done < len; done += v->per_row) {
		unsigned nr = len - done < v->per_row ? (unsigned)(len - done) : v->per_row;
		bool last = done + nr == len;

		memset(lost, 0, sizeof(lost));
		if (!image_read(v->image, at + done, nr, bytes, lost)) {
			memset(bytes, 0, sizeof(bytes));
			memset(lost, 1, sizeof(lost));
		}
		if (done && !last && (done > v->per_row || !apart) && same(bytes, lost, nr)) {
			zeros++;
			continue;
		}
		if (zeros)
			page_line(v->page, 0, "*         %" PRIu64 " zero bytes", zeros * v->per_row);
		zeros = 0;
		row(v, at + done, bytes, lost, nr, shown,
		    done == 0 ? buf_text(&first) : apart && done == v->per_row ? value : "");
	}
	buf_free(&first);
}

/* Those that are told by tokens would be told by their bytes. */
static bool bytes_shown(const struct redact *rd, const struct field *f)
{
	enum told what = redact_told(f->kind);

	if (redact_level(rd) >= REDACT_IDS && (what == TOLD_UUID || what == TOLD_ID || what == TOLD_TEXT))
		return false;
	return redact_shows(rd, what);
}

static void fields(struct view *v, const struct layout *l, uint64_t at, const void *host)
{
	struct buf b = { .p = NULL };

	for (uint32_t i = 0; i < l->nr; i++) {
		const struct field *f = &l->fields[i];

		buf_cut(&b, 0);
		if (host && f->kind != KIND_PAD)
			tell_field(v->page->redact, f, host, &b);
		rows(v, at + f->off, f->width, bytes_shown(v->page->redact, f), f->name, buf_text(&b));
	}
	buf_free(&b);
}

void hexview_node(struct page *p, const struct node *n, uint64_t max)
{
	struct view v = { .page = p, .image = n->image, .per_row = per_row(p->width) };

	if (n->image == NULL || n->state == NODE_OUTSIDE) {
		page_text(p, 0, "it has no bytes of its own");
	} else if (n->layout && n->count == 0) {
		fields(&v, n->layout, n->at, n->host);
	} else if (n->count) {
		for (uint64_t i = 0; i < n->count && i * n->stride < max; i++)
			hexview_element(p, n, i);
	} else if (!redact_user_bytes(p->redact)) {
		page_text(p, 0, "%" PRIu64 " bytes of data; --user-bytes shows them", n->len);
	} else {
		rows(&v, n->at, n->len < max ? n->len : max, true, "", "");
		if (n->len > max)
			page_text(p, 0, "%" PRIu64 " more bytes; --limit shows more", n->len - max);
	}
}

void hexview_element(struct page *p, const struct node *array, uint64_t i)
{
	struct view v = { .page = p, .image = array->image, .per_row = per_row(p->width) };
	void *host = malloc(array->layout->host_size);
	struct buf b = { .p = NULL };

	if (host == NULL)
		return;
	bool read = node_element(array, i, host);
	place_path(array, &b);
	buf_printf(&b, "[%" PRIu64 "]", i);
	page_styled(p, 0, STYLE_STRONG, buf_text(&b));
	fields(&v, array->layout, array->at + i * array->stride, read ? host : NULL);
	buf_free(&b);
	free(host);
}
