#include "analyzer/capture/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool room_for(struct text *t, size_t len)
{
	size_t room = t->room ? t->room : 256;

	while (room - t->len <= len)
		room *= 2;
	if (room != t->room) {
		char *more = realloc(t->p, room);

		if (more == NULL)
			t->failed = true;
		else
			*t = (struct text){ more, t->len, room, t->failed };
	}
	return !t->failed;
}

void text_add(struct text *t, const void *bytes, size_t len)
{
	if (!room_for(t, len))
		return;
	memcpy(t->p + t->len, bytes, len);
	t->len += len;
	t->p[t->len] = '\0';
}

void text_format(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !room_for(t, (size_t)len))
		return;
	va_start(ap, fmt);
	vsnprintf(t->p + t->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)len;
}

void text_free(struct text *t)
{
	free(t->p);
	*t = (struct text){ .p = NULL };
}
