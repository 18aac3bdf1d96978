/*
 * Untrusted bytes made harmless, once, where they leave. Letters beyond ASCII stay; what steers a
 * terminal or turns the direction of writing does not.
 */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

#include "report/buf.h"

/* The code point that starts at p and its length in bytes; -1, length 1, when it is not UTF-8. */
int32_t escape_utf8(const uint8_t *p, size_t len, size_t *step);
bool escape_is_utf8(const void *bytes, size_t len);
/* Controls, direction marks and what is invisible: never written as they are. */
bool escape_unsafe(int32_t code);

/* For a terminal or a text file: unsafe characters and stray bytes become \xNN or \u{NNNN}. One line. */
void escape_plain(struct buf *b, const void *bytes, size_t len);
/* The inside of a JSON string. bytes are UTF-8. */
void escape_json(struct buf *b, const void *bytes, size_t len);
/* For Markdown: as plain, and its marks lose their meaning. */
void escape_markdown(struct buf *b, const void *bytes, size_t len);

#endif
