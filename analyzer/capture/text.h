/* A text that grows in memory. */
#ifndef ANALYZER_CAPTURE_TEXT_H
#define ANALYZER_CAPTURE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *p; /* NUL-ended once something was added; text_free frees it */
	size_t len, room;
	bool failed; /* no memory: what was added since is missing */
};

void text_add(struct text *t, const void *bytes, size_t len);
void text_format(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *t);

#endif
