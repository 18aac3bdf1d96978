/*
 * Text for terminals and files: wrapped to a width, indented, in colour or not. All that is printed
 * here is escaped: no byte of the evidence reaches a terminal as it is.
 */
#ifndef REPORT_TEXT_PAGE_H
#define REPORT_TEXT_PAGE_H

#include "report/redact.h"

#include <stdio.h>

enum { PAGE_NARROWEST = 40, PAGE_WIDTH = 80, PAGE_WIDEST = 200 };

enum page_style { STYLE_PLAIN, STYLE_STRONG, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_FAINT };

struct page {
	FILE *f;
	unsigned width;
	bool color;
	bool numbers; /* files are told by their number in the report, not by name */
	const struct redact *redact; /* NULL: nothing of the evidence is printed */
};

/* One line, not wrapped. */
void page_line(struct page *p, unsigned indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void page_gap(struct page *p); /* an empty line */
/* Wrapped between words; a word longer than the line stays whole. */
void page_text(struct page *p, unsigned indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void page_styled(struct page *p, unsigned indent, enum page_style style, const char *text);
/* The same behind a dash. */
void page_item(struct page *p, unsigned indent, const char *text);
/* Paragraphs separated by empty lines. */
void page_paragraphs(struct page *p, unsigned indent, const char *text);
/* A term, and beside it (below it on narrow pages) its text. term_width: columns, with a gap. */
void page_term(struct page *p, unsigned indent, unsigned term_width, const char *term, const char *text);
void page_term_styled(struct page *p, unsigned indent, unsigned term_width, enum page_style style, const char *term,
		      const char *text);
/* "label: word (text)" on one line, whatever the width. */
void page_row(struct page *p, const char *label, enum page_style style, const char *word, const char *text);
void page_heading(struct page *p, const char *text);
/* A sentence through the filter; NULL when it is left out or text is NULL. b holds it. */
const char *page_sentence(const struct page *p, const char *text, struct buf *b);

/* Columns that escaped text takes; combining and wide characters are not looked at. */
size_t page_columns(const char *text, size_t len);
/* A size as people read it: "64.0 MiB". out: at least 32 bytes. */
const char *page_size(uint64_t bytes, char *out);

#endif
