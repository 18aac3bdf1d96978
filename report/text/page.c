#include "report/text/page.h"

#include "report/escape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const styles[] = {
	[STYLE_PLAIN] = "", [STYLE_STRONG] = "\033[1m", [STYLE_GOOD] = "\033[1;32m", [STYLE_WARN] = "\033[1;33m",
	[STYLE_BAD] = "\033[1;31m", [STYLE_FAINT] = "\033[2m",
};

size_t page_columns(const char *text, size_t len)
{
	size_t nr = 0;

	for (size_t i = 0; i < len; i++)
		nr += ((unsigned char)text[i] & 0xc0) != 0x80;
	return nr;
}

static void style_on(struct page *p, enum page_style s)
{
	if (p->color)
		fputs(styles[s], p->f);
}

static void style_off(struct page *p, enum page_style s)
{
	if (p->color && s != STYLE_PLAIN)
		fputs("\033[0m", p->f);
}

static void spaces(struct page *p, size_t nr)
{
	fprintf(p->f, "%*s", (int)nr, "");
}

static void line_break(struct page *p, size_t indent)
{
	putc('\n', p->f);
	spaces(p, indent);
}

/* The part of a word that fits into so many columns, bytes; at least one character. */
static size_t fitting(const char *word, size_t len, size_t columns)
{
	size_t n = 0;

	do
		n++;
	while (n < len && (((unsigned char)word[n] & 0xc0) == 0x80 || page_columns(word, n + 1) <= columns));
	return n;
}

/* text from column at on; later lines start at indent. What is too long for a line is cut into several. */
static void wrap(struct page *p, size_t at, unsigned indent, enum page_style style, const char *text)
{
	bool fresh = true, cut = false;

	style_on(p, style);
	while (*text) {
		size_t len = strcspn(text, " "), columns = page_columns(text, len);

		if (cut || (!fresh && at + 1 + columns > p->width)) {
			line_break(p, indent);
			at = indent;
			fresh = true;
			cut = false;
		}
		if (!fresh) {
			putc(' ', p->f);
			at++;
		}
		if (fresh && at + columns > p->width && p->width > indent) {
			len = fitting(text, len, p->width - at);
			fwrite(text, 1, len, p->f);
			text += len;
			at = p->width;
			fresh = false;
			cut = true;
			continue;
		}
		fwrite(text, 1, len, p->f);
		at += columns;
		fresh = cut = false;
		text += len;
		text += *text == ' ';
	}
	style_off(p, style);
	putc('\n', p->f);
}

static void clean_text(struct buf *b, const char *text)
{
	escape_plain(b, text, strlen(text));
}

void page_line(struct page *p, unsigned indent, const char *fmt, ...)
{
	struct buf b = { .p = NULL };
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0) {
		clean_text(&b, text);
		spaces(p, indent);
		fputs(buf_text(&b), p->f);
	}
	va_end(ap);
	putc('\n', p->f);
	free(text);
	buf_free(&b);
}

void page_gap(struct page *p)
{
	putc('\n', p->f);
}

void page_styled(struct page *p, unsigned indent, enum page_style style, const char *text)
{
	struct buf b = { .p = NULL };

	clean_text(&b, text);
	spaces(p, indent);
	wrap(p, indent, indent, style, buf_text(&b));
	buf_free(&b);
}

void page_text(struct page *p, unsigned indent, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0)
		page_styled(p, indent, STYLE_PLAIN, text);
	va_end(ap);
	free(text);
}

void page_item(struct page *p, unsigned indent, const char *text)
{
	struct buf b = { .p = NULL };

	clean_text(&b, text);
	spaces(p, indent);
	fputs("- ", p->f);
	wrap(p, indent + 2, indent + 2, STYLE_PLAIN, buf_text(&b));
	buf_free(&b);
}

void page_paragraphs(struct page *p, unsigned indent, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);

		page_text(p, indent, "%.*s", (int)len, text);
		text += len;
		if (*text) {
			text += 2;
			putc('\n', p->f);
		}
	}
}

void page_term_styled(struct page *p, unsigned indent, unsigned term_width, enum page_style style, const char *term,
		      const char *text)
{
	bool narrow = p->width < indent + term_width + 24;
	unsigned column = narrow ? indent + 4 : indent + term_width;
	struct buf t = { .p = NULL }, b = { .p = NULL };

	clean_text(&t, term);
	clean_text(&b, text);
	spaces(p, indent);
	style_on(p, style);
	fputs(buf_text(&t), p->f);
	style_off(p, style);
	size_t used = indent + page_columns(buf_text(&t), t.len);
	if (b.len == 0)
		column = (unsigned)used;
	else if (narrow || used + 2 > column)
		line_break(p, column);
	else
		spaces(p, column - used);
	wrap(p, column, column, STYLE_PLAIN, buf_text(&b));
	buf_free(&t);
	buf_free(&b);
}

void page_term(struct page *p, unsigned indent, unsigned term_width, const char *term, const char *text)
{
	page_term_styled(p, indent, term_width, STYLE_PLAIN, term, text);
}

void page_row(struct page *p, const char *label, enum page_style style, const char *word, const char *text)
{
	struct buf b = { .p = NULL };

	clean_text(&b, label);
	fprintf(p->f, "%s: ", buf_text(&b));
	style_on(p, style);
	fputs(word, p->f);
	style_off(p, style);
	buf_cut(&b, 0);
	clean_text(&b, text);
	fprintf(p->f, b.len ? " (%s)\n" : "%s\n", buf_text(&b));
	buf_free(&b);
}

void page_heading(struct page *p, const char *text)
{
	page_gap(p);
	page_styled(p, 0, STYLE_STRONG, text);
}

const char *page_sentence(const struct page *p, const char *text, struct buf *b)
{
	buf_cut(b, 0);
	if (text == NULL || (p->redact && !redact_value(p->redact, TOLD_SENTENCE, text, strlen(text), b)))
		return NULL;
	if (p->redact == NULL)
		buf_puts(b, text);
	return buf_text(b);
}

const char *page_size(uint64_t bytes, char *out)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned u = 0;

	if (bytes < 1024) {
		snprintf(out, 32, "%" PRIu64 " bytes", bytes);
		return out;
	}
	while (u < 5 && bytes >> (10 * (u + 2)))
		u++;
	uint64_t tenths = (bytes >> (10 * u)) * 10 / 1024;
	if (tenths % 10)
		snprintf(out, 32, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[u]);
	else
		snprintf(out, 32, "%" PRIu64 " %s", tenths / 10, units[u]);
	return out;
}
