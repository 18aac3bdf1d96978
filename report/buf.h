/* A piece of text that grows. Always NUL-ended; remembers when memory ran out. */
#ifndef REPORT_BUF_H
#define REPORT_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *p; /* NULL while empty: use buf_text */
	size_t len, cap;
	bool failed;
};

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_hex(struct buf *b, const uint8_t *bytes, size_t len);
/* Forgets what is past len; the memory stays. */
void buf_cut(struct buf *b, size_t len);
const char *buf_text(const struct buf *b);
void buf_free(struct buf *b);

#endif
